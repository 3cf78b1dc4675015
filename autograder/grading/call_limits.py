"""The seconds that a call of a student's function may take, from how long right solutions take.

`autograder build` measures right solutions on one machine, and a worker on another grades by them. A yardstick, a small
fixed piece of work, is timed on both and says how much slower the worker is.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.assignment import Assignment, UsageError

MULTIPLE = 30  # times the processor time of the slowest right solution
FLOOR = 2.0  # seconds that any call may take
_SLOWEST = "slowest_alternative"  # in calibration.json
_NOISE = 1.3  # the factor by which two measurements of the yardstick on one machine may differ
_RUNS = 3  # of the yardstick; the quickest counts, because it was disturbed least


@functools.cache
def yardstick() -> float:
    """Processor seconds of a fixed piece of work, about 0.02. Measured once in a process."""
    return min(_time_yardstick() for _ in range(_RUNS))


def _time_yardstick() -> float:
    started = time.process_time()
    points = np.arange(600.0).reshape(200, 3) % 7.0
    total = 0.0
    for _ in range(24):
        for x in points:  # as students' loops do: much Python, and small arrays
            total += float(x @ x) + sum(i * 0.5 for i in range(60))
        total += float(np.linalg.cholesky(points.T @ points + np.eye(3)).sum() + np.exp(-points).sum())
    return time.process_time() - started


@dataclass(frozen=True)
class CallLimits:
    """`seconds` has what a call may take on the machine that built the assignment, by the check that asks for it.

    A check that an older kit measured is not in it. `yardstick` is that machine's, None if it is not known.
    """

    seconds: Mapping[str, float] = field(default_factory=dict)
    yardstick: float | None = None

    def of(self, check: str) -> float:
        """The seconds, with two digits, that a call may take in this process if the check asks for it.

        A slower machine gives more than the one that built the assignment, a faster one does not give less. Infinite
        if the check was not measured.
        """
        if check not in self.seconds:
            return math.inf
        slowness = yardstick() / self.yardstick if self.yardstick else 1.0
        return _two_digits(self.seconds[check] * (slowness if slowness > _NOISE else 1.0))


def call_limits(assignment: Assignment, calibration: Mapping[str, Any]) -> CallLimits:
    """The limits that follow from calibration.json and from [seconds] in the policy.

    Raises UsageError if the policy sets the seconds of a check that does not exist.
    """
    checks = calibration["checks"]
    demand_known(assignment, checks)
    slowest = {name: row[_SLOWEST]["seconds"] for name, row in checks.items() if _SLOWEST in row}
    measured = {name: max(FLOOR, MULTIPLE * seconds) for name, seconds in slowest.items()}
    by_hand = {name: float(entry["value"]) for name, entry in assignment.seconds.items()}
    return CallLimits(measured | by_hand, calibration.get("yardstick_seconds"))


def demand_known(assignment: Assignment, checks: Iterable[str]) -> None:
    """Raise UsageError if the policy sets the seconds of a check that is not among these."""
    for name in sorted(set(assignment.seconds) - set(checks)):
        raise UsageError(f"[seconds.{name}]: reference/{assignment.slug}/checks has no check of this name.")


def _two_digits(seconds: float) -> float:
    step = 10.0 ** (math.floor(math.log10(seconds)) - 1)
    return float(f"{math.ceil(seconds / step - 1e-9) * step:.3g}")
