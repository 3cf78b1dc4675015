"""Finds the value of a family's free numbers that explains a student's answers."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from autograder.assignment import Misconception
from autograder.grading.answers import Array, Asked, KnownAnswers

Numbers = tuple[float, ...]

_FLOAT, _SINGLE = np.finfo(np.float64), np.finfo(np.float32)
_OF_MACHINES = tuple(float(x) for x in (_FLOAT.eps, _FLOAT.tiny, _FLOAT.smallest_subnormal, _SINGLE.eps, _SINGLE.tiny))
_EXPONENTS = (*range(2, -34, -1), -35, -38, -40, -45, *range(-50, -290, -10), *range(-290, -324, -1))
# What people take for a small number.
USUAL = (*(float(f"1e{exponent}") for exponent in _EXPONENTS), *_OF_MACHINES, 2e-16, 1e-154)
# The same for a mistake with two of them, of which all pairs are tried.
USUAL_IN_PAIRS = (
    *(float(f"1e{e}") for e in (*range(-2, -13, -1), -15, -16, -20, -30, -50, -100, -300)),
    _OF_MACHINES[0],
)
# So many digits of wrong numbers have to be explained with no, one or two free numbers. Some 2,000 values are tried for
# one free number, so a few digits may agree by chance.
EVIDENCE = (2.5, 6.0, 9.0)
_ENOUGH = 3  # values that fit: then none of them can be told to the student


def values_that_fit(family: Misconception, asked: Sequence[Asked], answers: KnownAnswers) -> list[Numbers]:
    """Values of the free numbers with which a family gives all of these answers. The first call should tell most.

    Usual numbers are tried first. If none of them fits and there is one free number, a search follows. Its result needs
    two wrong numbers or more, because with a free number it is easy to explain one.
    """
    if sum(one.evidence for one in asked) < EVIDENCE[len(family.free)] or not any(one.off for one in asked):
        return []  # answers that are only NaN or infinite fit many numbers and say nothing of any
    fitting: list[Numbers] = []
    for numbers in _usual_that_may_fit(family, asked[0], answers):
        if _fits(family, numbers, asked, answers):
            fitting.append(numbers)
            if len(fitting) == _ENOUGH:
                break
    if not fitting and len(family.free) == 1 and sum(int(one.wrong.sum()) for one in asked) >= 2:
        # One answer may be the same for many values, so up to three of them are searched.
        for one in sorted(asked, key=lambda one: one.off / one.size, reverse=True)[:3]:
            found = _searched(family, one, answers)
            fitting = fitting or [(number,) for number in found if _fits(family, (number,), asked, answers)]
    return fitting


def usual_values(mistake: Misconception) -> Iterator[Numbers]:
    """The values of a mistake's free numbers that people usually take. One empty tuple if it has no free number."""
    usual = mistake.usual or (USUAL if len(mistake.free) == 1 else USUAL_IN_PAIRS)
    return itertools.product(usual, repeat=len(mistake.free))


def _usual_that_may_fit(family: Misconception, one: Asked, answers: KnownAnswers) -> Sequence[Numbers]:
    """The usual values with which a family gives this answer. All of them if it is no array of numbers."""
    usual = tuple(usual_values(family))
    if one.arrays is None:
        return usual
    return [usual[i] for i in one.rows_that_may_explain(answers.table(family, usual, one))]


def examples_of(mistake: Misconception) -> list[tuple[Numbers, Callable[..., object]]]:
    """The functions of a mistake that are tried where a call may take long. Of a family, these are its examples."""
    if not mistake.free:
        return [((), mistake.function)]
    return [(numbers, function_with(mistake, numbers)) for numbers in mistake.examples]


def function_with(family: Misconception, numbers: Numbers) -> Callable[..., object]:
    """The family's function with these numbers."""
    return functools.partial(family.function, **dict(zip(family.free, numbers, strict=True)))


def _fits(family: Misconception, numbers: Numbers, asked: Sequence[Asked], answers: KnownAnswers) -> bool:
    return all(one.explained_by(answers.of(family, numbers, one)) for one in asked)


def _searched(family: Misconception, asked: Asked, answers: KnownAnswers) -> Iterator[float]:
    """Values between two usual ones at which the answer passes the student's, seen along the student's deviation."""
    if asked.arrays is None:
        return
    from scipy.optimize import brentq  # takes 0.3 s, which most commands need not spend

    got, right = asked.arrays
    use = np.isfinite(got) & np.isfinite(right)
    direction = np.where(use, got - right, 0.0)[use] if use.any() else np.zeros(1)
    if not direction.any():
        return

    def beyond(exponent: float) -> float:
        numbers = asked.numbers_of(answers.of(family, (10.0**exponent,), asked))
        return np.nan if numbers is None else side_of(numbers)

    def side_of(numbers: Array) -> float:
        return float((numbers[use] - got[use]) @ direction)

    exponents = sorted({float(np.log10(number)) for number in family.usual} or {float(e) for e in range(-33, 3)})
    table = answers.table(family, tuple((10.0**exponent,) for exponent in exponents), asked)
    sides = [side_of(row) if usable else np.nan for row, usable in zip(table.numbers, table.usable, strict=True)]

    for (low, before), (high, after) in itertools.pairwise(zip(exponents, sides, strict=True)):
        if before * after < 0:
            try:
                yield 10.0 ** float(brentq(beyond, low, high, xtol=1e-12))
            except ValueError:  # the answer is not a number somewhere between them
                continue
