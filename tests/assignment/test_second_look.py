"""Cases that right code may miss by bad luck: whoever misses one has to pass all of its second look."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from autograder.assignment import Case, Check, CheckFailed, UsageError, check, expect
from autograder.proof.calibrate import deviation
from autograder.proof.chance import CheckTrials, Trials, run_trials

AGAIN = tuple(Case(f"again {i}", {"at": 2 + i, "tries": 3}) for i in range(2))
CASES = [Case(f"case {i}", {"at": i, "tries": 2}, second_look=AGAIN) for i in range(2)]


class Off:
    """A student that is off by so much in each case, and knows which ones it was asked."""

    def __init__(self, *off: float) -> None:
        self.off, self.asked = off, list[int]()

    def answer(self, at: int) -> float:
        self.asked.append(at)
        return 1 + self.off[at]


def made(cases: list[Case] = CASES) -> Check:
    @check("a", points=1, cases=lambda: cases, tries="tries")
    def is_one(student: Any, case: Case) -> None:
        """The answer is one."""
        expect(student.answer(case.at), "answer").shape().close_to(1.0, case.tolerance)

    return is_one.mark  # type: ignore[attr-defined, no-any-return]


def passes(student: Any) -> bool:
    try:
        for case in CASES:
            made().ask(student, case.judged_with(0.1))
    except CheckFailed:
        return False
    return True


def test_who_misses_no_case_gets_no_second_look() -> None:
    student = Off(0, 0.05, 9, 9)
    assert passes(student)
    assert student.asked == [0, 1]


def test_who_misses_a_case_passes_with_all_of_the_second_look() -> None:
    assert passes(Off(9, 0, 0, 0.05))


@pytest.mark.parametrize("off", [(9, 0, 0, 9), (0, 9, 9, 0)])
def test_who_misses_one_of_the_second_look_too_fails_with_the_sentence_of_the_first(off: tuple[float, ...]) -> None:
    missed = CASES[0 if off[0] else 1].judged_with(0.1)
    with pytest.raises(CheckFailed, match=r"answer is off, by 9 of its scale"):
        made().ask(Off(*off), missed)


@pytest.mark.parametrize(
    ("off", "worst"),
    [((0, 0.2, 0, 0.1), 0.1), ((0.3, 0.2, 0.9, 0), 0.3), ((0, 0, 9, 9), 0), ((0.01, 0.2, 0.1, 0.02), 0.1)],
)
def test_a_deviation_is_the_least_tolerance_with_which_the_check_passes(off: tuple[float, ...], worst: float) -> None:
    assert deviation(made(), CASES, Off(*off)) == pytest.approx(worst)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_the_probability_to_pass_is_that_of_all_ways_in_which_it_may_turn_out(share: float) -> None:
    total = 0.0
    for found in itertools.product([True, False], repeat=4):
        if passes(Off(*(0 if hit else 9 for hit in found))):
            total += math.prod(share if hit else 1 - share for hit in found)
    one = Trials(100, round(100 * share), 1)
    assert CheckTrials([one, one], [one, one]).passes(lambda case: case.once) == pytest.approx(total)


def test_luck_is_measured_with_single_tries_of_every_case_and_of_the_second_look() -> None:
    def answer(at: int) -> float:
        return 1.0 if np.random.random() < (0.2, 0.4, 0.6, 0.8)[at] else 9.0

    lucks = run_trials(made(), "answer", answer, 0.1)
    assert [case.tries for case in (*lucks.first, *lucks.second)] == [2, 2, 3, 3]
    assert [case.once for case in (*lucks.first, *lucks.second)] == pytest.approx([0.2, 0.4, 0.6, 0.8], abs=0.2)


def test_cases_of_one_check_that_differ_in_their_second_look_are_refused() -> None:
    with pytest.raises(UsageError, match=r"is_one: give all cases of a check the same second look, or none"):
        run_trials(made([CASES[0], Case("alone", {"at": 1, "tries": 2})]), "answer", lambda at: 1.0, 0.1)
