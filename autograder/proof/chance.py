"""Measures luck: how likely right code is to pass a check that it may fail by chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.assignment import Case, Check, Function, UsageError
from autograder.grading import run_quietly

RUNS = 100  # single tries of each solution on each case
PASSES = 0.999  # what right code has to reach, at the lower end of the confidence interval
ANSWERS = 10  # of each solution to a value of the key
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Trials:
    """Of `runs` single tries on a case with `tries` tries, so many succeeded."""

    runs: int
    succeeded: int
    tries: int

    @property
    def once(self) -> float:
        """The share of single tries that succeeded."""
        return self.succeeded / self.runs

    @property
    def sure(self) -> float:
        """The probability that one of all tries succeeds; at least so, with 95 % confidence."""
        from scipy.special import betaincinv  # a tenth of a second, of every command line that measures no luck

        k, n = self.succeeded, self.runs
        # The lower end of the interval of Clopper and Pearson (1934) for a binomial share.
        share = float(betaincinv(k, n - k + 1, 1 - _CONFIDENCE)) if k else 0.0
        return 1 - (1 - share) ** self.tries


@dataclass(frozen=True)
class CheckTrials:
    """The luck of one solution with a check: with all of its cases, and with their second look, if they have one."""

    first: Sequence[Trials]
    second: Sequence[Trials]

    def passes(self, luck: Callable[[Trials], float]) -> float:
        """The probability to pass, when `luck` says how likely each single case is passed."""
        first = math.prod(map(luck, self.first))
        return first + (1 - first) * math.prod(map(luck, self.second)) if self.second else first


def run_trials(check: Check, name: str, function: Function, tolerance: float) -> CheckTrials:
    """The luck of one solution with a check's cases, a single try at a time."""

    def of(case: Case) -> Trials:
        tries = str(check.tries)
        single = replace(case, inputs={**case.inputs, tries: 1}).judged_with(tolerance)
        succeeded = sum(check.passes(_Seeded(name, function, seed), single) for seed in range(RUNS))
        return Trials(RUNS, succeeded, int(case.inputs[tries]))

    cases = check.cases(None)
    if any(case.second_look is not cases[0].second_look for case in cases):
        raise UsageError(f"{check.name}: the cases of one check have the same second look, or none.")
    return CheckTrials([of(case) for case in cases], [of(case) for case in cases[0].second_look])


class _Seeded:
    def __init__(self, name: str, function: Function, seed: int) -> None:
        self._name, self._function, self._seed = name, function, seed

    def __getattr__(self, name: str) -> Any:
        if name != self._name:
            raise AttributeError(name)
        return lambda *arguments: run_quietly(self._function, arguments, self._seed)


def passes_by_chance(check: str, of: Mapping[str, CheckTrials]) -> dict[str, Any]:
    """What calibration.json says of a check's luck. Raises UsageError when right code fails too often."""
    sure = {name: lucks.passes(lambda luck: luck.sure) for name, lucks in of.items()}
    unlucky = min(sure, key=lambda name: sure[name])
    if sure[unlucky] < PASSES:
        raise UsageError(f"{check}: the alternative '{unlucky}' passes with a probability of only {sure[unlucky]:.5f}.")
    once = [lucks.passes(lambda luck: luck.once) for lucks in of.values()]
    return {
        "runs_per_case": RUNS,
        "right_code_passes_at_least": math.floor(sure[unlucky] * 1e5) / 1e5,
        "unluckiest": unlucky,
        "confidence": _CONFIDENCE,
        "a_single_try_fails": round(1 - float(np.mean(once)), 2),
    }


def answers_by_chance(strays: Mapping[str, Sequence[float]], tolerance: float) -> dict[str, Any]:
    """What calibration.json says of right answers to a value of the key, by solution how far each is off."""
    answers = [stray for of_one in strays.values() for stray in of_one]
    taken = [stray for stray in answers if stray <= tolerance]
    return {
        "answers": len(answers),
        "share_taken_for_right": round(len(taken) / len(answers), 4),
        "furthest_of_these": float(f"{max(taken, default=0.0):.1e}"),
    }
