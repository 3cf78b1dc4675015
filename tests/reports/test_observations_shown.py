"""What was seen in a student's code is shown wherever the messages of the checks are shown."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from autograder.grading import Result
from autograder.nbgrader.verdicts import with_verdicts
from autograder.reports import FORMATS, Book

Make = Callable[..., Book]
SEEN = "You add 1e-10 inside a logarithm: `np.log(p + 1e-10)`."


@pytest.fixture
def observed(class_of_five: list[Result]) -> Result:
    result = copy.deepcopy(class_of_five[1])
    for part in result["parts"]:
        for check in part["checks"]:
            check["observations"] = [SEEN] if check["status"] == "fail" else []
    return result


@pytest.mark.parametrize("name", ["gradescope", "junit", "prairielearn"])
def test_a_platform_gets_it_beside_the_message(book: Make, observed: Result, name: str) -> None:
    files = dict(FORMATS[name](book([observed])))
    assert any(f"In your code: {SEEN}" in text for text in files.values())


def test_the_student_reads_it_once_for_each_part(book: Make, observed: Result) -> None:
    [(_, page)] = FORMATS["feedback"](book([observed]))
    assert page.count(SEEN) == 1
    assert "In your code:" in page


def test_a_ledger_from_before_has_none(book: Make, class_of_five: list[Result]) -> None:
    assert all("In your code" not in page for _, page in FORMATS["feedback"](book(class_of_five)))


def test_nbgraders_test_cell_shows_it(observed: Result, book: Make) -> None:
    assignment = book([observed]).assignment
    names = ("e_step", "m_step", "compute_vlb", "train_EM", "test")
    marks = [{"nbgrader": {"grade_id": name, "solution": name != "test", "grade": name == "test"}} for name in names]
    cells = [{"cell_type": "code", "source": "", "metadata": mark} for mark in marks]
    [*_, test] = with_verdicts(cells, cells, assignment, observed)
    assert f"In your code: {SEEN}" in test["outputs"][0]["text"]
