"""What a submission scores and what the student reads. The assignment and the sandbox are real."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.assignment import Assignment, Case, Misconception, declared_in, notebook_to_bytes, source_of
from autograder.grading import Spec, grade_submission, statuses_of_notebook
from autograder.sandbox import Sandbox, SandboxBroken
from autograder.submissions import Submission
from tests.grading.solutions import (
    ALL_BUT_TRAINING,
    FULL,
    NO_TRAINING,
    SPIES,
    WORDS,
    ZEROS,
    Checks,
    Grade,
    Scores,
    Solved,
)

# ---------------------------------------------------------------- right and unsolved


def test_the_source_scores_full_points(grade: Grade, source: Any, scores: Scores) -> None:
    result = grade(source)
    assert (result["status"], result["score"], result["message"]) == ("graded", 100, "")
    assert scores(result) == FULL


@pytest.mark.parametrize("cells", [{}, {"e_step": "def E_step(X, pi, mu, sigma):\n    return 0.0"}])
def test_without_names_each_check_has_the_same_status(
    grade: Grade, solved: Solved, checks: Checks, spec: Spec, sandbox: Sandbox, cells: dict[str, str]
) -> None:
    notebook = solved(**cells)
    result = {check["name"]: check["status"] for check in checks(grade(notebook))}
    assert statuses_of_notebook(notebook_to_bytes(notebook), spec, sandbox) == result
    assert ("fail" in result.values()) == bool(cells)


def test_lost_metadata_changes_nothing(grade: Grade, source: Any) -> None:
    bare = copy.deepcopy(source) | {"metadata": {}}
    for cell in bare["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    assert grade(bare)["score"] == 100


def test_a_source_may_be_one_string_or_a_list_of_lines(grade: Grade, source: Any) -> None:
    other = copy.deepcopy(source)
    for cell in other["cells"]:
        text = cell["source"]
        cell["source"] = text.splitlines(keepends=True) if isinstance(text, str) else "".join(text)
    assert grade(other)["score"] == 100


def test_the_release_scores_nothing_and_says_so(grade: Grade, release: Any, scores: Scores, checks: Checks) -> None:
    result = grade(release)
    assert result["status"] == "graded"
    assert set(scores(result).values()) == {0}
    failed = [check for check in checks(result) if check["status"] == "fail"]
    assert all("not implemented" in check["message"] for check in failed)
    assert {check["status"] for check in checks(result)} == {"fail", "skipped"}
    assert {check["misconception"] for check in checks(result)} == {None}


def test_functions_that_return_zeros_score_nothing(grade: Grade, solved: Solved) -> None:
    result = grade(solved(**ZEROS))
    assert (result["status"], result["score"]) == ("graded", 0)


def test_a_notebook_without_cells_scores_nothing(grade: Grade, checks: Checks) -> None:
    result = grade({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})
    assert (result["status"], result["score"]) == ("graded", 0)
    assert "no cell defines a function named E_step" in checks(result, "e_step")[0]["message"]


# ---------------------------------------------------------------- one mistake


@pytest.mark.parametrize(
    "name",
    ["normalised_over_the_points", "mu_transposed", "sigma_left_at_zero", "pi_for_each_point", "bound_of_each_point"],
)
def test_one_mistake_costs_its_own_part_and_is_named(
    grade: Grade, solved: Solved, scores: Scores, checks: Checks, assignment: Assignment, name: str
) -> None:
    mistake = next(m for m in declared_in(assignment.misconceptions, Misconception) if m.name == name)
    function = assignment.part(mistake.part).function
    result = grade(solved(**{assignment.cell_of(function): source_of(mistake.function, function)}))
    lost = {part for part, score in scores(result).items() if score < FULL[part]}
    assert lost == {mistake.part}
    failed = [check for check in checks(result, mistake.part) if check["status"] == "fail"]
    assert {check["misconception"] for check in failed} == {name}
    assert all(mistake.hint in check["hint"] and mistake.see in check["hint"] for check in failed)
    assert all(check["message"].startswith("With ") for check in failed)
    others = [check for check in checks(result) if check not in failed]
    assert {check["misconception"] for check in others if check["status"] == "pass"} == {None}


def test_an_unknown_mistake_gets_no_name(grade: Grade, solved: Solved, checks: Checks) -> None:
    result = grade(solved(after="_right = E_step\ndef E_step(*a):\n    return _right(*a) ** 1.07"))
    found = checks(result, "e_step")
    assert "fail" in {check["status"] for check in found}
    assert {check["misconception"] for check in found} == {None}


# ---------------------------------------------------------------- written in another way


def test_functions_are_found_in_any_cell(grade: Grade, solved: Solved, right: dict[str, str]) -> None:
    empty = dict.fromkeys(right, "# see the last cell")
    assert grade(solved(after="\n\n".join(right.values()), **empty))["score"] == 100


def test_without_a_test_cell_the_last_definition_counts(
    grade: Grade, solved: Solved, right: dict[str, str], scores: Scores
) -> None:
    result = grade(solved(after=right["compute_vlb"], compute_vlb=ZEROS["compute_vlb"]))
    assert scores(result) == FULL


def test_cells_that_draw_download_or_print_a_lot_do_no_harm(grade: Grade, solved: Solved) -> None:
    before = "%matplotlib inline\n!pip install something\nimport numpy as np\nprint('x' * 10**7)"
    after = "%%time\nplt.plot(X[:, 0])\nplt.show()\nfrom tqdm.notebook import tqdm as bar\nfor _ in bar(range(3)): pass"
    result = grade(solved(before=before, after=after))
    assert (result["score"], result["message"]) == (100, "")


def test_odd_but_right_returns_score_full_points(grade: Grade, solved: Solved, scores: Scores) -> None:
    odd = """
_E, _M, _vlb, _train = E_step, M_step, compute_vlb, train_EM
def E_step(X, pi, mu, sigma):
    return [list(row) for row in _E(X, np.ravel(pi), np.asarray(mu), np.asarray(sigma))]
def M_step(X, gamma):
    pi, mu, sigma = _M(X, np.asarray(gamma))
    return [pi[:, None], mu.tolist(), list(sigma)]
def compute_vlb(X, pi, mu, sigma, gamma):
    return np.array([[_vlb(X, np.ravel(pi), np.asarray(mu), np.asarray(sigma), np.asarray(gamma))]])
def train_EM(*arguments, **more):
    loss, pi, mu, sigma = _train(*arguments, **more)
    return [np.array([float(np.ravel(loss)[0])]), pi, [list(m) for m in mu], sigma.tolist()]
"""
    assert scores(grade(solved(after=odd))) == FULL


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("spy", SPIES.values(), ids=SPIES)
def test_the_outcome_of_a_call_reveals_nothing_of_a_hidden_case(
    grade: Grade, solved: Solved, spec: Spec, spy: str, word: str
) -> None:
    line = json.dumps(
        grade(solved(e_step=f"def E_step(X, pi, mu, sigma):\n    {spy.format(word)}", train_EM=NO_TRAINING))
    )
    asked = [case for check, cases in spec.checks_with_cases if check.part == "e_step" for case in cases]
    for case in asked:
        secret = eval(word, {"X": case.X})
        assert [secret[i : i + 6] for i in range(0, len(secret) - 6, 6) if secret[i : i + 6] in line] == []


def test_a_submission_that_fails_does_not_affect_the_next_one(grade: Grade, solved: Solved, source: Any) -> None:
    grade(solved(after="import os\nos._exit(1)", train_EM=NO_TRAINING))
    grade(solved(after="np.linalg.slogdet = np.sum = None\nopen('samples.npz', 'w').close()", train_EM=NO_TRAINING))
    assert grade(source)["score"] == 100


@pytest.mark.parametrize(
    "forged",
    [
        "{'failures': [{'cell': 'x'}, 3, {'type': 1, 'text': None, 'cell': None}], 'value': 1}",
        "{'failures': 7, 'missing': 'yes'}",
        "{'value': {'score': 100}, 'changed': 5}",
        "{'failure': {'type': 'E', 'text': 'x', 'cell': 1.5, 'line': 'y'}}",
    ],
)
def test_a_forged_answer_earns_nothing_and_breaks_nothing(grade: Grade, solved: Solved, forged: str) -> None:
    cell = f"""
import sys
_frames = sys.modules["frames"]
_send = _frames.send
_frames.send = lambda channel, message, deadline: _send(channel, {forged}, deadline)
"""
    result = grade(solved(after=cell, train_EM=NO_TRAINING))
    assert result["status"] == "graded"
    assert result["score"] == 0


def test_a_cell_that_forges_an_unreadable_answer_is_left_out(grade: Grade, solved: Solved) -> None:
    forging = "import sys\nsys.modules['frames']._pack = lambda *_: []"
    result = grade(solved(after=forging, train_EM=NO_TRAINING))
    assert (result["status"], result["score"]) == ("graded", ALL_BUT_TRAINING)
    assert " was stopped and left out: what came back cannot be read" in result["message"]


# ---------------------------------------------------------------- the result


def test_a_result_has_the_keys_of_the_ledger(grade: Grade, release: Any) -> None:
    result = grade(release)
    assert set(result) == {
        *(
            "schema",
            "assignment",
            "student",
            "notebook_sha256",
            "files_sha256",
            "spec_sha256",
            "status",
            "score",
            "max_score",
        ),
        *("isolation", "seconds", "message", "parts", "submitted_at", "variant"),
    }
    assert (result["schema"], result["assignment"], result["student"]) == ("autograder/result/v1", "em_gmm", "ada")
    assert [(part["id"], part["max_score"]) for part in result["parts"]] == list(FULL.items())
    for part in result["parts"]:
        assert set(part) == {"id", "title", "score", "max_score", "checks", "signature"}
        assert sum(check["points"] for check in part["checks"]) == part["max_score"]
        for check in part["checks"]:
            assert set(check) == {
                *("name", "title", "points", "earned", "status", "followed_through"),
                *("message", "misconception", "hint", "numbers", "observations", "seconds"),
            }
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_an_unreadable_file_scores_nothing_and_says_why(grade: Grade) -> None:
    result = grade(b"no notebook at all")
    assert (result["status"], result["score"], result["parts"]) == ("unreadable", 0, [])
    assert "no valid JSON" in result["message"]


def test_an_error_of_the_grader_never_counts_as_the_students_failure(
    grade: Grade, release: Any, spec: Spec, checks: Checks
) -> None:
    def broken(student: Any, case: Case) -> None:
        """An error of the grader itself."""
        raise np.linalg.LinAlgError("ours")

    check, cases = spec.checks_with_cases[0]
    asked = ((dataclasses.replace(check, question=broken), cases), *spec.checks_with_cases[1:])
    result = grade(release, spec=dataclasses.replace(spec, checks_with_cases=asked))
    assert result["status"] == "error"
    assert "ours" in result["message"]
    first = checks(result, "e_step")[0]
    assert (first["status"], first["misconception"]) == ("error", None)
    assert "LinAlgError: ours" in first["message"]


def test_a_sandbox_that_breaks_during_a_check_is_no_outcome_of_that_check(
    grade: Grade, release: Any, spec: Spec
) -> None:
    def asks(student: Any, case: Case) -> None:
        """A call in a sandbox that is gone."""
        raise SandboxBroken("gone")

    check, cases = spec.checks_with_cases[0]
    with pytest.raises(SandboxBroken, match="gone"):
        grade(
            release,
            spec=dataclasses.replace(spec, checks_with_cases=((dataclasses.replace(check, question=asks), cases),)),
        )


def test_a_sandbox_that_breaks_after_the_last_check_costs_no_result(
    release: Any, spec: Spec, sandbox: Sandbox, tmp_path: Path
) -> None:
    def draw(*_: object) -> None:
        raise SandboxBroken("gone")

    (tmp_path / "ada.ipynb").write_bytes(notebook_to_bytes(release))
    assert grade_submission(Submission("ada", tmp_path / "ada.ipynb"), spec, sandbox, draw)["status"] == "graded"
