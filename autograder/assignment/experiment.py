"""Experiments: questions that tell one mistake from others without the answers of a known mistake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder.assignment.demands import CheckFailed
from autograder.assignment.vocabulary import Function


@dataclass(frozen=True)
class Experiment:
    """A question about a student's function, as `@experiment` records it.

    - `part`: the part whose function it asks.
    - `explains`: the names of the checks that get the experiment's name if it is true.
    """

    part: str
    explains: tuple[str, ...]
    function: Function

    @property
    def name(self) -> str:
        return self.function.__name__

    def holds(self, student: Any) -> bool:
        """Whether the experiment is true of a student. False if the student's code fails it in another way."""
        try:
            return bool(self.function(student))
        except CheckFailed:
            return False


def experiment(part: str, *, explains: tuple[str, ...]) -> Callable[[Function], Function]:
    """Marks a function as an experiment. It has the name of a misconception, whose hint the students read.

    The kit calls it with a student after one of the checks in `explains` failed. It returns whether the student's code
    has this mistake. CheckFailed, which a call of the student's code may raise, counts as False. A failed check gets
    the name of an experiment if exactly one of those that explain it is true. For example:

        @experiment("fit", explains=("finds_the_best",))
        def restarts_ignored(student: Any) -> bool:
            return student.fit(POINTS, 1) == student.fit(POINTS, 6)
    """

    def mark(function: Function) -> Function:
        function.mark = Experiment(part, explains, function)  # type: ignore[attr-defined]
        return function

    return mark
