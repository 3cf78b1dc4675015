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
