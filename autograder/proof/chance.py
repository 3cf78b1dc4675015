"""Measures luck: how likely right code passes a check that it may fail by chance."""

from __future__ import annotations

import contextlib
import math
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.assignment import Case, Check, Function, UsageError
from autograder.grading import quiet_and_repeatable, run_seeded

RUNS = 100  # single tries of each solution on each case
PASSES = 0.999  # the lower end of the confidence interval for right code has to reach this probability
ANSWERS = 10  # how many answers each solution gives to a value of the key
_CONFIDENCE = 0.95
SAME_EACH_TIME = (
    "each try gives the same answer, so `tries` can't help. If the function gets its seed as an argument, leave out "
    "`tries` and the tolerance."
)


@dataclass(frozen=True)
class Trials:
    """How many of `runs` single tries succeeded on a case that gives a student `tries` tries.

    `answers` counts the different answers of the tries. It is 0 if that is not known.
    """

    runs: int
    succeeded: int
    tries: int
    answers: int = 0

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

    @property
    def change_nothing(self) -> bool:
        """Whether each try of a case gave one and the same wrong answer, so that more tries can't help."""
        return any(case.answers == 1 and not case.succeeded for case in (*self.on_cases, *self.on_second_look))


def run_trials(check: Check, name: str, function: Function, tolerance: float, runs: int = RUNS) -> CheckTrials:
    """Run one solution on a check's cases, one try at a time. Raises UsageError when second looks differ."""

    def trials_on(case: Case) -> Trials:
        tries = str(check.tries)
        single = replace(case, inputs={**case.inputs, tries: 1}).with_tolerance(tolerance)
        seeded = [_Seeded(name, function, seed) for seed in range(runs)]
        succeeded = sum(check.passes(student, single) for student in seeded)
        return Trials(runs, succeeded, int(case.inputs[tries]), _different(student.answers for student in seeded))

    cases = check.cases(None)
    if any(case.second_look is not cases[0].second_look for case in cases):
        raise UsageError(f"{check.name}: give all cases of a check the same second look, or none of them one.")
    with quiet_and_repeatable():
        return CheckTrials([trials_on(case) for case in cases], [trials_on(case) for case in cases[0].second_look])


def _different(answers: Iterable[list[bytes]]) -> int:
    """How many of the tries' answers differ. It is 0 if not every try has an answer that can be compared."""
    found = set(map(tuple, answers))
    return 0 if () in found else len(found)


class _Seeded:
    """A `student` with one function, which draws its random numbers from a seed. It keeps the `answers`.

    The caller is inside `quiet_and_repeatable`.
    """

    def __init__(self, name: str, function: Function, seed: int) -> None:
        self._name, self._function, self._seed = name, function, seed
        self.answers: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        if name != self._name:
            raise AttributeError(name)

        def call(*arguments: Any) -> Any:
            answer = run_seeded(self._function, arguments, self._seed)
            with contextlib.suppress(Exception):  # whatever the author's own objects raise
                self.answers.append(pickle.dumps(answer))
            return answer

        return call


def passes_by_chance(check: str, trials_of: Mapping[str, CheckTrials]) -> dict[str, Any]:
    """The `luck` of a check in calibration.json. Raises UsageError when right code fails too often.

    `trials_of` has the tries of each right solution by its name.
    """
    at_least = {name: trials.passes(lambda case: case.at_least) for name, trials in trials_of.items()}
    unluckiest = min(at_least, key=lambda name: at_least[name])
    if at_least[unluckiest] < PASSES:
        mend = SAME_EACH_TIME if trials_of[unluckiest].change_nothing else "give the cases more tries or a second look."
        raise UsageError(
            f"{check}: the right solution '{unluckiest}' passes with a probability of only {at_least[unluckiest]:.5f}, "
            f"but {PASSES} is needed: {mend}"
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
