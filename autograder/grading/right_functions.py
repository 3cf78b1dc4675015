"""The right functions that may stand in place of a student's own while a part that builds on them is asked again."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.assignment import Assignment, Case, Check, CheckFailed
from autograder.sandbox import StandIn

ChecksWithCases = Sequence[tuple[Check, Sequence[Case]]]


def stand_ins_for(assignment: Assignment, checks_with_cases: ChecksWithCases) -> dict[str, StandIn]:
    """Return the right functions that another part builds on. The checks show what arguments each takes.

    A class or a variable has no stand-in, and neither has a function that no check asks.
    """
    solution = assignment.solution
    needed = {name for part in assignment.parts for name in part.builds_on}
    functions = sorted(name for name in needed if inspect.isfunction(getattr(solution, name)))
    stand_ins = {name: _stand_in(name, assignment, checks_with_cases) for name in functions}
    return {name: stand_in for name, stand_in in stand_ins.items() if stand_in}


def _stand_in(function: str, assignment: Assignment, checks_with_cases: ChecksWithCases) -> StandIn | None:
    """Return the right function with what the checks show of its arguments. None if they do not ask it."""
    recorder = _Recorder(assignment.solution)
    for check, cases in checks_with_cases:
        if assignment.part(check.part).function == function and function not in recorder.axes:
            with contextlib.suppress(CheckFailed):
                check.question(recorder, cases[0])
    if function not in recorder.axes:
        return None
    right = getattr(assignment.solution, function)
    return StandIn(right, recorder.axes[function], recorder.whole[function])


class _Recorder:
    """The right functions as a check calls them. It keeps what the arguments of each function are.

    It keeps how many axes they have, and whether they are whole numbers.
    """

    def __init__(self, solution: Any) -> None:
        self._solution = solution
        self.axes: dict[str, tuple[int, ...]] = {}
        self.whole: dict[str, tuple[bool, ...]] = {}

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            self.axes.setdefault(name, tuple(np.ndim(argument) for argument in arguments))
            self.whole.setdefault(name, tuple(np.asarray(argument).dtype.kind in "iu" for argument in arguments))
            return getattr(self._solution, name)(*arguments)

        return call
