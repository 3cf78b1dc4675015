"""The fingerprints of a class lie beside its ledger, and a notebook without them is only not compared."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment, notebook_to_bytes, source_notebook
from autograder.reports import similarity
from autograder.runs import fingerprints as keeping
from autograder.submissions import Submission


def result(student: str, sha: str = "a") -> dict[str, Any]:
    return {"student": student, "status": "graded", "notebook_sha256": sha}


def test_fingerprints_are_kept_beside_the_ledger_and_made_again_only_for_another_notebook(
    assignment: Assignment, tmp_path: Path
) -> None:
    notebook = tmp_path / "ash.ipynb"
    raw = notebook_to_bytes(source_notebook(assignment))
    notebook.write_bytes(raw)
    submission, graded = Submission("ash", notebook), result("ash", hashlib.sha256(raw).hexdigest())
    keeping.record_fingerprints(tmp_path, assignment, [submission], [graded])
    first = (tmp_path / keeping.FINGERPRINTS_NAME).read_text(encoding="utf-8")
    assert len(json.loads(first)["fingerprints"]) > similarity.LEAST
    notebook.unlink()
    keeping.record_fingerprints(tmp_path, assignment, [submission], [graded])
    assert (tmp_path / keeping.FINGERPRINTS_NAME).read_text(encoding="utf-8") == first
    keeping.record_fingerprints(tmp_path, assignment, [submission], [result("ash", "b")])
    assert similarity.similar_pairs(tmp_path, [result("ash", "b")]) == ([], ["ash"])


def test_grading_another_folder_into_the_same_ledger_keeps_the_first_fingerprints(
    assignment: Assignment, tmp_path: Path
) -> None:
    raw = notebook_to_bytes(source_notebook(assignment))
    sha = hashlib.sha256(raw).hexdigest()
    results = [result("ash", sha), result("oak", sha)]
    for kept in results:
        notebook = tmp_path / f"{kept['student']}.ipynb"
        notebook.write_bytes(raw)
        keeping.record_fingerprints(tmp_path, assignment, [Submission(kept["student"], notebook)], [kept])
    pairs, uncompared = similarity.similar_pairs(tmp_path, results)
    assert [(pair.one, pair.other, pair.share) for pair in pairs] == [("ash", "oak", pytest.approx(1))]
    assert uncompared == []


def test_a_notebook_that_changed_after_it_was_graded_is_not_compared(assignment: Assignment, tmp_path: Path) -> None:
    notebook = tmp_path / "ash.ipynb"
    notebook.write_bytes(notebook_to_bytes(source_notebook(assignment)))
    assert (
        keeping.record_fingerprints(tmp_path, assignment, [Submission("ash", notebook)], [result("ash", "as graded")])
        == ""
    )
    assert similarity.similar_pairs(tmp_path, [result("ash", "as graded")]) == ([], ["ash"])


def test_the_others_are_compared_if_a_file_is_missing_or_broken(assignment: Assignment, tmp_path: Path) -> None:
    good = source_notebook(assignment)
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "x = 'no end ((((("}
    files = {"ash": good, "elm": {**good, "cells": [*good["cells"], code]}, "oak": good}
    results = []
    for student, notebook in files.items():
        raw = notebook_to_bytes(notebook)
        (tmp_path / f"{student}.ipynb").write_bytes(raw)
        results.append(result(student, hashlib.sha256(raw).hexdigest()))
    submissions = [Submission(student, tmp_path / f"{student}.ipynb") for student in (*files, "yew")]
    assert keeping.record_fingerprints(tmp_path, assignment, submissions, [*results, result("yew")]) == ""
    pairs, uncompared = similarity.similar_pairs(tmp_path, [*results, result("yew")])
    assert {(pair.one, pair.other) for pair in pairs} == {("ash", "elm"), ("ash", "oak"), ("elm", "oak")}
    assert uncompared == ["yew"]


def test_fingerprints_that_cannot_be_written_give_a_message_and_change_no_grade(
    assignment: Assignment, tmp_path: Path
) -> None:
    notebook = tmp_path / "ash.ipynb"
    notebook.write_bytes(notebook_to_bytes(source_notebook(assignment)))
    (tmp_path / keeping.FINGERPRINTS_NAME).mkdir()
    message = keeping.record_fingerprints(tmp_path, assignment, [Submission("ash", notebook)], [result("ash")])
    assert "No grade depends on it" in message
    assert similarity.similar_pairs(tmp_path, [result("ash")]) == ([], ["ash"])


def test_students_in_a_damaged_fingerprints_file_are_only_not_compared(tmp_path: Path) -> None:
    (tmp_path / keeping.FINGERPRINTS_NAME).write_text('{"student": "ash"}\n[1]\n{"stu', encoding="utf-8")
    assert similarity.similar_pairs(tmp_path, [result("ash")]) == ([], ["ash"])


def test_one_member_of_a_group_stands_for_all(assignment: Assignment, tmp_path: Path) -> None:
    raw = notebook_to_bytes(source_notebook(assignment))
    results = [result(student, hashlib.sha256(raw).hexdigest()) for student in ("ash", "elm", "oak")]
    for kept in results:
        (tmp_path / f"{kept['student']}.ipynb").write_bytes(raw)
    submissions = [Submission(r["student"], tmp_path / f"{r['student']}.ipynb") for r in results]
    keeping.record_fingerprints(tmp_path, assignment, submissions, results)
    grouped = [r | {"members": ["ash", "oak"]} if r["student"] != "elm" else r for r in results]
    pairs, _ = similarity.similar_pairs(tmp_path, grouped)
    assert [(pair.one, pair.other) for pair in pairs] == [("ash", "elm")]
