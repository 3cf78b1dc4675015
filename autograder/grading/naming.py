"""Finds which known mistake a part's answers look like: runs each mistake on the same inputs and compares.

`judge` writes the name of the mistake to the checks.
"""

from __future__ import annotations

import contextlib
import functools
import io
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from autograder.assignment import Assignment, Function, Misconception, declared_in
from autograder.grading.student import Call, Raised
from autograder.sandbox import repeatable_random_numbers
from grader.values import BadValue, as_array


class Diagnosis:
    """The known mistakes of an assignment, and the answers they gave to the inputs that were tried so far."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._answers: dict[tuple[str, bytes], Any] = {}

    @functools.cached_property
    def _misconceptions(self) -> list[Misconception]:
        # Loaded only when a part lost points: the catalogue imports many packages, which takes a second.
        known = declared_in(self._assignment.misconceptions, Misconception)
        return [mistake for mistake in known if not mistake.hint_to_write]  # no student reads a placeholder

    def find_mistake(self, part: str, calls: Sequence[Call]) -> Misconception | None:
        """Return the mistake of `part` whose answers equal the student's in every call of the part's function.

        Return None if no mistake fits, or if mistakes with different names fit. A wrong name is worse than none.
        """
        function, nested = self._assignment.part(part).function, bool(self._assignment.part(part).builds_on)
        position = self._assignment.index_in_returned_tuple(part)
        inherited = {
            call.outcome.type
            for call in calls
            if call.function in self._assignment.part(part).builds_on and isinstance(call.outcome, Raised)
        }
        # The quickest calls come first, so that most mistakes are ruled out before a slow call is made.
        asked = sorted((call for call in calls if call.function == function), key=lambda call: call.seconds)
        candidates = [m for m in self._misconceptions if m.part == part] if asked else []
        for call in asked:
            if isinstance(call.outcome, Raised) and call.outcome.type in inherited:
                return None  # the exception comes from a function that this function calls
            candidates = [m for m in candidates if self._agree(self._answer(m, call), call.outcome, position, nested)]
        if len({m.known_as for m in candidates}) != 1:
            return None
        return next(m for m in self._misconceptions if m.name == candidates[0].known_as)

    @staticmethod
    def _agree(expected: Any, got: Any, position: int | None, nested: bool) -> bool:
        if nested and isinstance(expected, Raised) and isinstance(got, Raised):
            # The exception may come from a function that this function calls, where the student's text may differ.
            return expected.type == got.type
        return same_outcome(expected, got, position)

    def _answer(self, misconception: Misconception, call: Call) -> Any:
        key = (misconception.name, call.question)
        if key not in self._answers:
            self._answers[key] = run_quietly(misconception.function, call.arguments, call.seed)
        return self._answers[key]


def run_quietly(function: Function, arguments: Sequence[Any], seed: int = 0) -> Any:
    """Return what a function returns for copies of the arguments, or a Raised if it raises an exception."""
    with quiet_and_repeatable(seed):
        return outcome_of(function, arguments)


@contextlib.contextmanager
def quiet_and_repeatable(seed: int = 0) -> Iterator[None]:
    """A context in which functions print nothing, warn of nothing, and draw the same random numbers again."""
    silent = contextlib.redirect_stdout(io.StringIO())
    with warnings.catch_warnings(), np.errstate(all="ignore"), silent, repeatable_random_numbers(seed):
        warnings.simplefilter("ignore")
        yield


def outcome_of(function: Function, arguments: Sequence[Any]) -> Any:
    """Do what `run_quietly` does, for a caller that is inside `quiet_and_repeatable` already.

    Entering it for each call is slow.
    """
    copies = [np.array(a) if isinstance(a, np.ndarray) else a for a in arguments]
    try:
        return function(*copies)
    except Exception as problem:  # noqa: BLE001 - a wrong function may raise anything, and that is its answer
        return Raised(type(problem).__name__, str(problem))


def same_outcome(expected: Any, got: Any, position: int | None = None) -> bool:
    """Whether two outcomes agree to seven digits. NaN equals NaN, and an infinity equals itself.

    With a position, only the values at that position of two tuples or lists are compared.
    """
    if isinstance(expected, Raised) or isinstance(got, Raised):
        return isinstance(expected, Raised) and isinstance(got, Raised) and expected == got
    if expected is None:
        return got is None
    if isinstance(expected, tuple | list):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return False
        pairs = list(zip(expected, got, strict=True))
        return all(same_outcome(e, g) for e, g in (pairs if position is None else pairs[position : position + 1]))
    try:
        wanted = np.asarray(expected, dtype=float)
        given = as_array(got, wanted.shape, "value")
    except (BadValue, TypeError, ValueError):
        return False
    size = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0) or 1.0
    return bool(np.allclose(given, wanted, rtol=1e-7, atol=1e-9 * size, equal_nan=True))
