"""Right code may fail some cases by bad luck. It then passes by passing all of the case's second look."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from autograder.assignment import Case, Check, CheckFailed, UsageError, check, expect
from autograder.proof.chance import CheckTrials, Trials, passes_by_chance, run_trials
from autograder.proof.measure import deviation

SECOND_LOOK = tuple(Case(f"again {i}", {"at": 2 + i, "tries": 3}) for i in range(2))
CASES = [Case(f"case {i}", {"at": i, "tries": 2}, second_look=SECOND_LOOK) for i in range(2)]


class InaccurateStudent:
    """A student whose answer is off by a given number in each case. `asked` lists the cases that were asked."""

    def __init__(self, *off: float) -> None:
        self.off, self.asked = off, list[int]()

    def answer(self, at: int) -> float:
        self.asked.append(at)
        return 1 + self.off[at]


def make_check(cases: list[Case] = CASES) -> Check:
    @check("a", points=1, cases=lambda: cases, tries="tries")
    def is_one(student: Any, case: Case) -> None:
        """The answer is one."""
        expect(student.answer(case.at), "answer").shape().close_to(1.0, case.tolerance)

    return is_one.mark  # type: ignore[attr-defined, no-any-return]


def passes(student: Any) -> bool:
    try:
        for case in CASES:
            make_check().ask(student, case.with_tolerance(0.1))
    except CheckFailed:
        return False
    return True


def test_a_student_who_passes_all_cases_gets_no_second_look() -> None:
    student = InaccurateStudent(0, 0.05, 9, 9)
    assert passes(student)
    assert student.asked == [0, 1]


def test_a_student_who_fails_a_case_passes_with_all_of_the_second_look() -> None:
    assert passes(InaccurateStudent(9, 0, 0, 0.05))


@pytest.mark.parametrize("off", [(9, 0, 0, 9), (0, 9, 9, 0)])
def test_a_student_who_fails_in_the_second_look_too_reads_the_message_of_the_first_case(off: tuple[float, ...]) -> None:
    missed = CASES[0 if off[0] else 1].with_tolerance(0.1)
    with pytest.raises(CheckFailed, match=r"answer is off, by 9 of its scale"):
        make_check().ask(InaccurateStudent(*off), missed)


@pytest.mark.parametrize(
    ("off", "worst"),
    [((0, 0.2, 0, 0.1), 0.1), ((0.3, 0.2, 0.9, 0), 0.3), ((0, 0, 9, 9), 0), ((0.01, 0.2, 0.1, 0.02), 0.1)],
)
def test_the_deviation_is_the_smallest_tolerance_with_which_the_check_passes(
    off: tuple[float, ...], worst: float
) -> None:
    assert deviation(make_check(), CASES, InaccurateStudent(*off))[0] == pytest.approx(worst)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_the_probability_to_pass_is_the_sum_over_all_outcomes(share: float) -> None:
    total = 0.0
    for found in itertools.product([True, False], repeat=4):
        if passes(InaccurateStudent(*(0 if hit else 9 for hit in found))):
            total += math.prod(share if hit else 1 - share for hit in found)
    one = Trials(100, round(100 * share), 1)
    assert CheckTrials([one, one], [one, one]).passes(lambda case: case.once) == pytest.approx(total)


def test_luck_is_measured_with_single_tries_of_each_case_and_of_the_second_look() -> None:
    def answer(at: int) -> float:
        return 1.0 if np.random.random() < (0.2, 0.4, 0.6, 0.8)[at] else 9.0

    trials = run_trials(make_check(), "answer", answer, 0.1)
    assert [case.tries for case in (*trials.on_cases, *trials.on_second_look)] == [2, 2, 3, 3]
    assert [case.once for case in (*trials.on_cases, *trials.on_second_look)] == pytest.approx(
        [0.2, 0.4, 0.6, 0.8], abs=0.2
    )


def test_tries_of_a_function_that_gets_its_seed_are_called_useless() -> None:
    at_chance = [Case("fair", {"at": 0, "tries": 1})]
    for answer, mend in (
        (lambda at: 9.0, r"each try gives the same answer, so `tries` can't help\. If the function gets its seed as"),
        (lambda at: 9.0 + np.random.random(), r"give the cases more tries or a second look\."),
    ):
        trials = run_trials(make_check(at_chance), "answer", answer, 0.1)
        with pytest.raises(UsageError, match=mend):
            passes_by_chance("is_one", {"wrong": trials})


def test_cases_of_one_check_that_differ_in_their_second_look_are_refused() -> None:
    with pytest.raises(UsageError, match=r"is_one: give all cases of a check the same second look, or none"):
        run_trials(make_check([CASES[0], Case("alone", {"at": 1, "tries": 2})]), "answer", lambda at: 1.0, 0.1)
