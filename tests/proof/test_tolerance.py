"""Where a tolerance is set, and when the evidence leaves no room for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograder.assignment import UsageError
from autograder.proof import tolerance_midway
from autograder.proof.tolerance import MeasuredTolerance, find_tolerance

names = st.sampled_from("abcdefgh")
deviations = st.floats(1e-16, 1e3)


def tolerance_of(right: Mapping[str, float], wrong: Mapping[str, float], by_hand: Any = None) -> MeasuredTolerance:
    return find_tolerance("a_check", right, wrong, {"a_check": by_hand} if by_hand else {})


@given(
    st.dictionaries(names, st.floats(1e-16, 1e-7), min_size=1, max_size=5),
    st.dictionaries(names, st.floats(1e-16, 10.0), min_size=1, max_size=5),
)
def test_a_tolerance_keeps_a_factor_of_ten_from_right_and_from_wrong_answers(
    right: dict[str, float], wrong: dict[str, float]
) -> None:
    try:
        measured = tolerance_of(right, wrong)
    except UsageError:
        assume(False)
    furthest, nearest = max(right.values()), measured.nearest_misconception[1]
    assert measured.furthest_alternative[1] == furthest
    # A tolerance is rounded to one digit, so up to a third of each factor may be lost.
    assert measured.tolerance > 6 * furthest
    assert measured.tolerance < nearest / 6
    assert all(d > measured.tolerance or d <= 10 * max(furthest, 1e-13) for d in wrong.values())


@given(
    st.dictionaries(names, deviations, min_size=1, max_size=5),
    st.dictionaries(names, deviations, max_size=5),
)
def test_on_one_students_data_there_is_always_a_tolerance_between_right_answers_and_visible_mistakes(
    right: dict[str, float], wrong: dict[str, float]
) -> None:
    furthest = max(right.values())
    measured = tolerance_midway("a_check", right, wrong)
    assert measured.tolerance > 2 * furthest
    assert all(d > 2 * measured.tolerance or d <= 10 * max(furthest, 1e-13) for d in wrong.values())


def test_the_furthest_alternative_and_the_nearest_misconception_are_named() -> None:
    measured = tolerance_of({"loops": 1e-12, "einsum": 1e-11}, {"far": 1.0, "near": 1e-3, "unseen": 0.0})
    assert measured.furthest_alternative == ("einsum", 1e-11)
    assert measured.nearest_misconception == ("near", 1e-3)
    assert measured.tolerance == pytest.approx(1e-7)


def test_on_one_students_data_there_is_a_tolerance_without_visible_mistakes_too() -> None:
    measured = tolerance_midway("a_check", {"loops": 1e-12}, {"unseen": 0.0})
    assert 1e-12 < measured.tolerance < 1e-6
    assert measured.as_json()["nearest_misconception"] == {"name": "", "deviation": None}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({}, "its part has no misconceptions"),
        ({"unseen": 0.0}, "no misconception comes near. The furthest right solution, 'loops', deviates by 7e-05"),
        ({"of_another_kind": math.inf}, "no misconception comes near"),
        ({"far": 1e6}, "the nearest misconception, 'far', is too far away .*a tolerance of 8 of the scale"),
    ],
)
def test_a_check_that_no_mistake_comes_near_is_refused_by_name_with_the_lines_to_paste(
    wrong: dict[str, float], why: str
) -> None:
    right = {"loops": 7e-5, "einsum": 1e-12}
    with pytest.raises(UsageError, match=rf"(?s)^a_check: {why}.*\[tolerances\.a_check\]\n    value = .*\n    why = "):
        tolerance_of(right, wrong)
    assert tolerance_of(right, wrong, {"value": 1e-3, "why": "because"}).tolerance == 1e-3


def test_a_check_that_compares_no_numbers_needs_no_near_mistake() -> None:
    assert tolerance_of({"loops": 0.0}, {"of_another_kind": math.inf, "unseen": 0.0}).tolerance < 1e-6


def test_answers_that_are_right_or_wrong_without_a_tolerance_need_no_misconception() -> None:
    assert find_tolerance("answer", {"small_letter": 0.0}, {}, {}, exact=True).nearest_misconception == ("", math.inf)


def test_right_code_that_agrees_to_the_last_bit_still_leaves_room_for_rounding() -> None:
    assert tolerance_of({"loops": 0.0}, {"wrong": math.inf}).tolerance > 1e-13


def test_a_gap_too_small_for_a_tolerance_is_refused_with_both_names() -> None:
    with pytest.raises(
        UsageError,
        match=r"a_check: no room for a tolerance between the alternative 'loops' .* and the misconception 'near'",
    ):
        tolerance_of({"loops": 1e-4, "einsum": 1e-12}, {"far": 1.0, "near": 5e-3})


def test_right_code_that_fails_with_every_tolerance_is_refused() -> None:
    with pytest.raises(UsageError, match="'loops' fails with every tolerance"):
        tolerance_of({"loops": math.inf, "einsum": 0.0}, {"far": 1.0})


def test_a_tolerance_set_by_hand_is_used_and_recorded_with_its_reason() -> None:
    measured = tolerance_of({"loops": 1e-4}, {"far": 1.0, "near": 5e-2}, {"value": 1e-3, "why": "because"})
    assert (measured.tolerance, measured.why) == (1e-3, "because")
    assert measured.as_json() == {
        "tolerance": 1e-3,
        "furthest_alternative": {"name": "loops", "deviation": 1e-4},
        "nearest_misconception": {"name": "near", "deviation": 5e-2},
        "why": "because",
    }


@pytest.mark.parametrize("by_hand", [{"value": 1e-3}, {"value": 1e-3, "why": ""}])
def test_a_tolerance_set_by_hand_without_a_reason_is_refused(by_hand: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="needs a `why`"):
        tolerance_of({"loops": 1e-4}, {"far": 1.0}, by_hand)


@pytest.mark.parametrize("value", [1e-4, 1e-5])
def test_a_tolerance_set_by_hand_that_fails_right_code_is_refused(value: float) -> None:
    with pytest.raises(UsageError, match=r"a_check: the tolerance set by hand fails the alternative 'loops'"):
        tolerance_of({"loops": 1e-4, "einsum": 1e-9}, {"far": 1.0}, {"value": value, "why": "because"})


@pytest.mark.parametrize(
    ("wrong", "value", "message"),
    [
        (
            {"far": 1.0},
            5e-4,
            "a_check: the tolerance set by hand is less than 10 times the deviation of the alternative 'loops'",
        ),
        (
            {"far": 1.0, "near": 5e-3},
            1e-3,
            "a_check: the deviation of the misconception 'near' .0.005. is less than 10 times "
            "the tolerance set by hand",
        ),
        ({"far": 1.0, "near": 5e-3}, 1e-2, "a_check: the tolerance set by hand lets near pass: lower it, or list"),
    ],
)
def test_a_tolerance_set_by_hand_too_close_to_the_evidence_is_refused_with_the_name(
    wrong: dict[str, float], value: float, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        tolerance_of({"loops": 1e-4}, wrong, {"value": value, "why": "because"})


def test_a_tolerance_set_by_hand_may_let_a_mistake_pass_only_if_it_is_listed() -> None:
    by_hand = {"value": 1e-2, "why": "because", "blind_to": ["near"]}
    measured = tolerance_of({"loops": 1e-4}, {"far": 1.0, "near": 5e-3, "unseen": 5e-4}, by_hand)
    assert measured.nearest_misconception == ("far", 1.0)
    with pytest.raises(UsageError, match="`blind_to` lists near, but the tolerance lets no such misconception pass"):
        tolerance_of({"loops": 1e-4}, {"far": 1.0}, by_hand)
