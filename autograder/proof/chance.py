"""Measures luck: how likely right code passes a check that it may fail by chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.assignment import Case, Check, Function, UsageError
from autograder.grading import run_quietly

RUNS = 100  # single tries of each solution on each case
PASSES = 0.999  # the lower end of the confidence interval for right code has to reach this probability
ANSWERS = 10  # how many answers each solution gives to a value of the key
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Trials:
    """How many of `runs` single tries succeeded on a case that gives a student `tries` tries."""

    runs: int
    succeeded: int
    tries: int

    @property
    def once(self) -> float:
        """The share of single tries that succeeded."""
        return self.succeeded / self.runs

    @property
    def at_least(self) -> float:
        """A lower limit, with 95 % confidence, of the probability that at least one of all tries succeeds."""
        from scipy.special import betaincinv  # takes 0.1 s, which most commands need not spend

        k, n = self.succeeded, self.runs
        # The lower end of the interval of Clopper and Pearson (1934) for a binomial share.
        share = float(betaincinv(k, n - k + 1, 1 - _CONFIDENCE)) if k else 0.0
        return 1 - (1 - share) ** self.tries


@dataclass(frozen=True)
class CheckTrials:
    """Single tries of one solution on the cases of a check, and on their second look if they have one."""

    on_cases: Sequence[Trials]
    on_second_look: Sequence[Trials]

    def passes(self, case_probability: Callable[[Trials], float]) -> float:
        """The probability of passing the check, given the probability of passing each case."""
        first = math.prod(map(case_probability, self.on_cases))
        if not self.on_second_look:
            return first
        return first + (1 - first) * math.prod(map(case_probability, self.on_second_look))


def run_trials(check: Check, name: str, function: Function, tolerance: float) -> CheckTrials:
    """Run one solution on a check's cases, one try at a time. Raises UsageError when second looks differ."""

    def trials_on(case: Case) -> Trials:
        tries = str(check.tries)
        single = replace(case, inputs={**case.inputs, tries: 1}).with_tolerance(tolerance)
        succeeded = sum(check.passes(_Seeded(name, function, seed), single) for seed in range(RUNS))
        return Trials(RUNS, succeeded, int(case.inputs[tries]))

    cases = check.cases(None)
    if any(case.second_look is not cases[0].second_look for case in cases):
        raise UsageError(f"{check.name}: give all cases of a check the same second look, or none of them one.")
    return CheckTrials([trials_on(case) for case in cases], [trials_on(case) for case in cases[0].second_look])


class _Seeded:
    """A `student` with one function, which draws its random numbers from a seed."""

    def __init__(self, name: str, function: Function, seed: int) -> None:
        self._name, self._function, self._seed = name, function, seed

    def __getattr__(self, name: str) -> Any:
        if name != self._name:
            raise AttributeError(name)
        return lambda *arguments: run_quietly(self._function, arguments, self._seed)


def passes_by_chance(check: str, trials_of: Mapping[str, CheckTrials]) -> dict[str, Any]:
    """The `luck` of a check in calibration.json. Raises UsageError when right code fails too often.

    `trials_of` has the tries of each right solution by its name.
    """
    at_least = {name: trials.passes(lambda case: case.at_least) for name, trials in trials_of.items()}
    unluckiest = min(at_least, key=lambda name: at_least[name])
    if at_least[unluckiest] < PASSES:
        raise UsageError(
            f"{check}: the right solution '{unluckiest}' passes with a probability of only {at_least[unluckiest]:.5f}, "
            f"but {PASSES} is needed: give the cases more tries or a second look."
        )
    once = [trials.passes(lambda case: case.once) for trials in trials_of.values()]
    return {
        "runs_per_case": RUNS,
        "right_code_passes_at_least": math.floor(at_least[unluckiest] * 1e5) / 1e5,
        "unluckiest": unluckiest,
        "confidence": _CONFIDENCE,
        "a_single_try_fails": round(1 - float(np.mean(once)), 2),
    }


def answers_by_chance(deviations_of: Mapping[str, Sequence[float]], tolerance: float) -> dict[str, Any]:
    """The `luck` of a value of the key in calibration.json.

    `deviations_of` has the deviations of each right solution's answers by the solution's name.
    """
    answers = [deviation for deviations in deviations_of.values() for deviation in deviations]
    accepted = [deviation for deviation in answers if deviation <= tolerance]
    return {
        "answers": len(answers),
        "share_taken_for_right": round(len(accepted) / len(answers), 4),
        "furthest_of_these": float(f"{max(accepted, default=0.0):.1e}"),
    }
