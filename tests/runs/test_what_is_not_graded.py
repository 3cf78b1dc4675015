"""What a student handed in beside the graded notebook, or before it, is named on the page and on the console."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment, notebook_to_bytes
from autograder.grading import Result, Spec
from autograder.runs import Ledger, grade_into_ledger
from autograder.sandbox import strictest_isolation
from autograder.submissions import Roster, find_submissions, name_students
from tests.runs.test_handed_in import refuse_to_grade
from tests.submissions import exports
from tests.submissions.layouts import write_files, write_zip
from tests.submissions.whole_exports import NAME, WHEN, A, B, C, D

RIGHT = notebook_to_bytes({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
DAMAGED = RIGHT[:20]  # it runs no code
Graded = Callable[..., dict[str, Result]]

FOLDERS = [
    {"ada/em_gmm.ipynb": RIGHT, "ada/em_gmm-v2.ipynb": RIGHT, "bob/em_gmm.ipynb": RIGHT},
    {"submitted/ada/em_gmm/em_gmm.ipynb": RIGHT, "submitted/ada/em_gmm/em_gmm-v2.ipynb": RIGHT},
    {exports.moodle(A, NAME): RIGHT, exports.moodle(A, "em_gmm-v2.ipynb"): RIGHT},
    {exports.canvas(A, 901, NAME): RIGHT, exports.canvas(A, 902, "em_gmm-v2.ipynb"): RIGHT},
]


@pytest.mark.parametrize("files", FOLDERS)
@pytest.mark.parametrize("zipped", [False, True])
def test_an_instructor_reads_whose_other_notebooks_are_not_graded(
    tmp_path: Path, assignment: Assignment, files: dict[str, bytes], zipped: bool
) -> None:
    path = write_zip(tmp_path / "x.zip", files) if zipped else write_files(tmp_path / "x", files)
    named, notes = name_students(find_submissions([path], assignment), Roster(), {})
    told = dict(notes)["Not graded, because a notebook beside it has the assignment's name"]
    assert told == [f"{named[0].student} (em_gmm-v2.ipynb)"]


def test_a_note_of_other_notebooks_is_only_about_notebooks_of_the_student(
    tmp_path: Path, assignment: Assignment
) -> None:
    given = {f"ada/{name}": b"" for name in assignment.files}
    files = {"ada/em_gmm.ipynb": RIGHT, "ada/.ipynb_checkpoints/em_gmm-checkpoint.ipynb": RIGHT, **given}
    found = find_submissions([write_files(tmp_path, files | {"bob/a.ipynb": RIGHT, "bob/b.ipynb": RIGHT})], assignment)
    assert [s.not_graded for s in found] == [(), ()]  # bob reads that he has to keep one


@pytest.fixture
def graded(spec: Spec, tmp_path: Path) -> Graded:
    ledger = Ledger(tmp_path / "grades")

    def run(path: Path, graded: bool = True) -> dict[str, Result]:
        more: dict[str, Any] = {} if graded else {"pool": refuse_to_grade}
        submissions = find_submissions([path], spec.assignment)
        results = grade_into_ledger(spec, submissions, ledger, 1, strictest_isolation(), **more)
        return {result["student"]: result for result in results}

    return run


def test_a_student_reads_which_notebooks_are_not_graded_also_if_they_come_or_go_later(
    tmp_path: Path, graded: Graded
) -> None:
    path = write_files(tmp_path / "x", {"ada/em_gmm.ipynb": DAMAGED})
    assert "not graded" not in graded(path)["ada"].message
    write_files(path, {"ada/old/em_gmm.ipynb": RIGHT, "ada/em_gmm-v2.ipynb": RIGHT})
    said = "em_gmm.ipynb counts, because it has the assignment's name. Handed in too, but not graded: "
    assert graded(path)["ada"].message.endswith(f"{said}em_gmm-v2.ipynb, old/em_gmm.ipynb.")
    assert said in graded(path, graded=False)["ada"].message
    for name in ("em_gmm-v2.ipynb", "old/em_gmm.ipynb"):
        (path / "ada" / name).unlink()
    assert "not graded" not in graded(path)["ada"].message


def test_a_damaged_last_attempt_says_which_earlier_one_can_be_read(tmp_path: Path, graded: Graded) -> None:
    contents = {A: [RIGHT, DAMAGED], B: [DAMAGED], C: [DAMAGED, RIGHT, b"[]", DAMAGED], D: [b"[]", DAMAGED]}
    files = {
        exports.brightspace(student, WHEN + timedelta(i), NAME): raw
        for student, several in contents.items()
        for i, raw in enumerate(several)
    }
    path = write_zip(tmp_path / "x.zip", files)
    results = graded(path)
    assert {result.status for result in results.values()} == {"unreadable"}
    right = {name.partition("/")[0] for name, raw in files.items() if raw == RIGHT}
    said = {name for name in right for result in results.values() if f"can be read, but the last one counts: {name}."
            in result.message and "run the same command again" in result.message}  # fmt: skip
    assert said == right
    assert sum("earlier attempt" in result.message for result in results.values()) == 2
    assert graded(path, graded=False) == results


def test_the_file_that_canvas_numbers_lower_is_an_earlier_attempt(tmp_path: Path, assignment: Assignment) -> None:
    names = [exports.canvas(A, 901 + i, f"em_gmm{f'-{i}' if i else ''}.ipynb") for i in range(3)]
    [found] = find_submissions([write_files(tmp_path, dict.fromkeys(names, RIGHT))], assignment)
    assert found.path.name == names[2]
    assert [one.handed_in and one.handed_in.file for one in found.before] == [names[1], names[0]]
