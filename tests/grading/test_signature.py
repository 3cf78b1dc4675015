"""The signature of a part: equal for students whose answers go wrong alike, and shown to no student."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from autograder.assignment import Assignment
from autograder.grading import Result, add_signatures
from autograder.grading.calls import Call, Raised
from autograder.reports import FORMATS, NEED_ROSTER, Book
from tests.grading.solutions import FULL, Grade, Solved

STOP = "def train_EM(*_):\n    raise NotImplementedError"


def e_step(solved: Solved, power: str) -> dict[str, Any]:
    return solved(after=f"_right = E_step\ndef E_step(*a):\n    return _right(*a) ** {power}", train_EM=STOP)


def signature_of(result: Result, part: str) -> str:
    return next(str(one["signature"]) for one in result["parts"] if one["id"] == part)


def test_answers_that_go_wrong_alike_have_the_same_signature_however_they_are_written(
    grade: Grade, solved: Solved
) -> None:
    one = grade(e_step(solved, "1.07"))
    same = grade(solved(after="_r = E_step\ndef E_step(*b):\n    return np.exp(1.07 * np.log(_r(*b)))", train_EM=STOP))
    other = grade(e_step(solved, "1.2"))
    assert signature_of(one, "e_step") == signature_of(same, "e_step") != ""
    assert signature_of(other, "e_step") not in ("", signature_of(one, "e_step"))
    assert {part["id"] for part in one["parts"] if part["signature"]} <= {"e_step", "em"}


def test_a_part_with_a_name_has_no_signature(grade: Grade, solved: Solved) -> None:
    code = "_right = compute_vlb\ndef compute_vlb(*a):\n    return _right(*a) / len(a[0])"
    result = grade(solved(after=code, train_EM=STOP))
    vlb = next(part for part in result["parts"] if part["id"] == "vlb")
    assert vlb["score"] < FULL["vlb"]
    assert {check["misconception"] for check in vlb["checks"] if check["status"] == "fail"} == {"mean_instead_of_sum"}
    assert vlb["signature"] == ""


def signature(assignment: Assignment, scale: float, message: str, personal: bool) -> str:
    """The signature of a student whose gamma is off by this factor."""
    rng = np.random.default_rng(int(1e6 * scale) if personal else 0)
    X, mu = rng.normal(size=(9, 2)), rng.normal(size=(3, 2))
    arguments = (X, np.full(3, 1 / 3), mu, np.array([np.eye(2)] * 3))
    wrong = assignment.solution.E_step(*arguments) * (1 + scale)
    calls = [Call("E_step", arguments, b"", 0, wrong, 0.0)]
    check = {"name": "gamma_is_right", "status": "fail", "message": message, "misconception": None}
    part: dict[str, Any] = {"id": "e_step", "checks": [check]}
    add_signatures([part], calls, assignment, personal)
    return str(part["signature"])


def test_the_numbers_in_a_message_do_not_count(assignment: Assignment) -> None:
    first = signature(assignment, 0.5, "gamma is off by 0.104 at [13, 1]: got 'x'.", personal=False)
    second = signature(assignment, 0.5, "gamma is off by 2e-05 at [2, 0]: got 'y'.", personal=False)
    assert first == second
    assert first != signature(assignment, 0.5, "gamma is not finite.", personal=False)


def test_with_personal_data_only_the_size_of_a_deviation_counts(assignment: Assignment) -> None:
    assert signature(assignment, 0.02, "off", personal=True) == signature(assignment, 0.03, "off", personal=True)
    assert signature(assignment, 0.02, "off", personal=True) != signature(assignment, 2e-5, "off", personal=True)
    assert signature(assignment, 0.02, "off", personal=False) != signature(assignment, 0.03, "off", personal=False)


def test_odd_answers_have_a_signature_too(assignment: Assignment) -> None:
    check = {"name": "pi_is_right", "status": "fail", "message": "off", "misconception": None}
    arguments = (np.ones((4, 2)) * np.arange(4)[:, None], np.full((4, 2), 0.5))
    found = set()
    for answer in (None, 3, (1,), ("a", "b", "c"), (np.nan, 1, 1), ([0.5, np.inf], 1, 1), Raised("ValueError", "x")):
        part: dict[str, Any] = {"id": "m_step.pi", "checks": [check]}
        add_signatures([part], [Call("M_step", arguments, b"", 0, answer, 0.0)], assignment, False)
        found.add(part["signature"])
    assert "" not in found
    assert all(re.fullmatch(r"[0-9a-f]{12}", one) for one in found)


def test_no_file_for_students_or_platforms_contains_it(
    grade: Grade, solved: Solved, assignment: Assignment, tmp_path: Path
) -> None:
    result = grade(e_step(solved, "1.07"))
    book = Book(assignment, tmp_path, (result,))
    for name, files in FORMATS.items():
        for _, text in files(book) if name not in ("html", *NEED_ROSTER) else ():
            assert signature_of(result, "e_step") not in str(text)
