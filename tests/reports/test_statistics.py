"""The difficulty and discrimination of checks, compared with values computed by hand and by scipy."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from scipy.stats import pearsonr

from autograder.reports.statistics import ENOUGH, check_statistics, limit_that_was_met, recognised_mistakes
from autograder.sandbox import Sandbox

Result = dict[str, Any]


def result(student: str, *passed: bool, message: str = "", status: str = "graded") -> Result:
    checks = [
        {"name": f"c{i}", "title": f"C{i}.", "points": i + 1, "status": "pass" if ok else "fail", "message": ""}
        | {"misconception": None, "hint": None}
        for i, ok in enumerate(passed)
    ]
    return {"student": student, "status": status, "message": message, "parts": [{"id": "p", "checks": checks}]}


# A class of twelve. All pass the first check. The second and third agree mostly, and the fourth goes against them.
CLASS = [result(str(n), True, n > 3, n > 5, n <= 4) for n in range(12)]


def test_facility_is_the_share_of_the_points_that_were_earned() -> None:
    assert [item.facility for item in check_statistics(CLASS)] == pytest.approx([1, 8 / 12, 6 / 12, 5 / 12])


def test_discrimination_is_the_correlation_with_the_rest_of_the_score() -> None:
    rest = [1 + 3 * (n > 5) + 4 * (n <= 4) for n in range(12)]
    expected = pearsonr([2 * (n > 3) for n in range(12)], rest).statistic
    assert check_statistics(CLASS)[1].discrimination == pytest.approx(expected)


def test_a_check_that_all_pass_or_that_goes_against_the_others_gets_a_remark() -> None:
    assert check_statistics(CLASS)[0].remark == "everybody passes"
    assert check_statistics(CLASS)[0].discrimination is None
    assert check_statistics(CLASS)[3].remark == "does not tell strong from weak"


def test_a_small_class_has_no_discrimination() -> None:
    assert all(item.discrimination is None for item in check_statistics(CLASS[: ENOUGH - 1]))


def test_only_graded_submissions_count() -> None:
    broken = {"student": "x", "status": "unreadable", "message": "", "parts": []}
    assert check_statistics([*CLASS, broken]) == check_statistics(CLASS)
    assert check_statistics([broken]) == []


def test_a_check_is_measured_only_on_submissions_that_had_it() -> None:
    """The ledger has submissions that were graded before the second check was added."""
    older = [result(f"old{n}", n > 1) for n in range(4)]
    first, second, *_ = check_statistics([*older, *CLASS])
    assert first.facility == pytest.approx(14 / 16)
    assert second.facility == pytest.approx(8 / 12)


def test_the_facility_of_a_check_without_points_is_the_share_of_passes() -> None:
    students = [result(str(n), n < 3) for n in range(4)]
    for student in students:
        student["parts"][0]["checks"][0]["points"] = 0
    assert check_statistics(students)[0].facility == pytest.approx(3 / 4)


def test_mistakes_are_sorted_by_their_number_of_students() -> None:
    one, two, three = result("a", False, False), result("b", False), result("c", False)
    for r, name in ((one, "rare"), (two, "common"), (three, "common")):
        for check in r["parts"][0]["checks"]:
            check |= {"misconception": name, "hint": f"{name}!"}
    assert recognised_mistakes([one, two, three]) == [("common", "common!", ["b", "c"]), ("rare", "rare!", ["a"])]


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.sleep(60)",
        "import os\nos._exit(1)",
        "big = b'x' * 10**11",
        "def E_step(*_):\n    while True:\n        pass",
        "def E_step(*_):\n    import os; os._exit(1)",
        "def E_step(*_):\n    return b'x' * 10**11",
    ],
)
def test_a_submission_that_was_stopped_met_a_limit(
    text: str, grade: Callable[..., Any], solved: Callable[..., Any], impatient_sandbox: Sandbox
) -> None:
    cells = {"train_EM": "def train_EM(*_):\n    raise NotImplementedError"}
    graded = grade(solved(**cells, e_step=text), sandbox=impatient_sandbox)
    assert limit_that_was_met(graded)


IMITATION = "E_step was stopped: not run: needs more memory than a submission may use (MemoryError)"


@pytest.mark.parametrize(
    "text", [f"raise ValueError({IMITATION!r})", f"def E_step(*_):\n    raise ValueError({IMITATION!r})"]
)
def test_a_students_exception_text_cannot_imitate_a_limit(
    text: str, grade: Callable[..., Any], solved: Callable[..., Any], sandbox: Sandbox
) -> None:
    cells = {"train_EM": "def train_EM(*_):\n    raise NotImplementedError"}
    graded = grade(solved(**cells, e_step=text), sandbox=sandbox)
    assert IMITATION in json.dumps(graded)
    assert limit_that_was_met(graded) == ""
