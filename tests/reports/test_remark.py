"""The last column of the class table says what cost a student most points."""

from __future__ import annotations

import copy

import pytest

from autograder.grading import Result
from autograder.reports.tables import remark
from tests.reports.conftest import with_failure


@pytest.fixture
def right(class_of_five: list[Result]) -> Result:
    return copy.deepcopy(class_of_five[0])


def test_a_dear_failure_without_a_name_comes_before_a_cheap_mistake_with_one(right: Result) -> None:
    cheap = with_failure(right, "pi_for_any_data", "With N = 1: pi is off by 1.", "Divide by N.", "pi_not_divided")
    both = with_failure(cheap, "sigma_is_right", "With other samples: sigma is off by 2.", None, None)
    assert remark(cheap) == "pi_not_divided"
    assert remark(both) == "sigma is off by 2, pi_not_divided"


def test_the_points_of_a_mistake_in_two_parts_are_added(right: Result) -> None:
    one = with_failure(right, "sigma_is_right", "sigma is off by 2.", None, None)  # 14 points
    two = with_failure(one, "mu_is_right", "mu is off by 1.", "Divide by N_c.", "by_n")  # 7 points
    three = with_failure(two, "vlb_is_right", "loss is off by 1.", "Divide by N_c.", "by_n")  # 9 points
    assert remark(two) == "sigma is off by 2, by_n"
    assert remark(three) == "by_n"


def test_what_is_seen_in_the_code_says_more_than_the_message(right: Result) -> None:
    result = with_failure(right, "vlb_is_right", "loss is off by 1.", None, None)
    for part in result["parts"]:
        for check in part["checks"]:
            check["observations"] = ["You add 1e-10."] if check["status"] == "fail" else []
    assert remark(result) == "You add 1e-10"


def test_nothing_is_said_about_full_marks(right: Result) -> None:
    assert remark(right) == ""


def test_a_broken_cell_leaves_room_for_the_names_of_other_mistakes(right: Result) -> None:
    message = (
        "With N = 60: no cell defines a function named M_step. The first cell that failed raised SyntaxError: "
        "unmatched ')', in code cell 6, line 4."
    )
    broken = with_failure(right, "sigma_is_right", message, None, None)  # 14 points
    named = with_failure(broken, "vlb_is_right", "loss is off by 1.", "Divide by N_c.", "by_n")
    assert remark(broken) == "no M_step (a cell raised SyntaxError: unmatched ')', in code cell 6, line 4)"
    assert remark(named) == "no M_step (a cell raised SyntaxError: unmatched ')', in cod…, by_n"


def test_the_call_that_hung_is_told_and_not_the_calls_that_were_spared_for_it(right: Result) -> None:
    spared = "With 3 clusters: E_step was not called again, because it had to be stopped 2 times."
    hangs = "With 1 cluster: E_step was stopped: it did not end within 2 seconds of processor time."
    part = next(part for part in right["parts"] if len(part["checks"]) > 1)
    cheap, *dear = sorted(part["checks"], key=lambda check: check["points"])
    result = with_failure(right, cheap["name"], hangs, None, None)
    for check in dear:
        result = with_failure(result, check["name"], spared, None, None)
    assert remark(result) == "E_step was stopped: it did not end within 2 seconds of processor time"


def test_a_wrong_function_comes_before_the_dearer_part_that_calls_it(right: Result) -> None:
    seen = "train_EM raised AttributeError: x. (The grader saw this with correct vlb in place of yours.)"
    vlb = with_failure(right, "vlb_is_right", "With N = 1: loss is off by 1.", None, None)  # 9 points
    dearer = with_failure(vlb, "sigma_is_right", f"With N = 1: {seen}", None, None)  # 14 points
    assert remark(dearer) == "loss is off by 1, train_EM raised AttributeError: x"
