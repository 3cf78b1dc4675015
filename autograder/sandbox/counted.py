"""Counts the seconds of a request so that the load of the machine does not change the count.

What counts is the processor time of all processes of the session, and the time in which all of them sleep. A process
that waits for a busy processor, or for an answer of the trusted side, costs nothing. The parent process measures both,
outside of the student's process.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from autograder.sandbox.problems import TimedOut

_EVERY = 0.05  # seconds between two looks
_BACKSTOP = 20.0  # times the limit, by the clock: for code that neither computes nor sleeps


class Allowance:
    """The seconds that one request may take. `look` is called again and again while the answer is awaited.

    `measure` says what the session's processes use (see `usage.py`). `end` is a time of time.monotonic: whatever was
    counted, the request ends then. On a system that cannot count, the limit is one by the clock.

    A request may consist of parts, each with a limit of its own: see `begin_part`.
    """

    def __init__(self, seconds: float, end: float, measure: Callable[[], Mapping[str, Any]]) -> None:
        self._limit, self._part_limit, self._measure = seconds, math.inf, measure
        self._started = self._looked = time.monotonic()
        self._before: Mapping[str, Any] = {}
        self._computed = self._slept = self._part_began = 0.0
        self._was_waiting = False
        self.deadline = min(end, self._started + _BACKSTOP * seconds)

    def begin_part(self, seconds: float) -> None:
        """From here on, a part of the request may take so many of the request's seconds."""
        self._part_limit, self._part_began = seconds, self._counted

    def trusted_side_was_asked(self) -> None:
        """The session waits, or waited since the last look, for an answer of the trusted side. That is no sleep."""
        self._was_waiting = True

    @property
    def part(self) -> float:
        """The seconds counted for the present part."""
        return self._counted - self._part_began

    @property
    def is_used_up(self) -> bool:
        """Whether all seconds of the request are used, not only those of a part."""
        return self._counted >= self._limit

    @property
    def _counted(self) -> float:
        return self._computed + self._slept

    def look(self) -> None:
        """Measure, unless it was done a moment ago. Raises TimedOut, which says which limit was met."""
        now = time.monotonic()
        if now >= self.deadline:
            raise TimedOut(self.late())
        if now - self._looked < _EVERY:
            return
        self._count(now - self._looked, self._measure())
        self._looked, self._was_waiting = now, False
        if self.part >= self._part_limit:
            raise TimedOut(self._too_long(self._part_limit))
        if self.is_used_up:
            raise TimedOut(self._too_long(self._limit))

    def _count(self, passed: float, found: Mapping[str, Any]) -> None:
        before, self._before = self._before, found
        if not found:  # this system cannot tell
            self._slept += passed
        elif before:  # otherwise it is the first look, where the count begins
            # If processes hide the time of their children, all time that passes counts.
            computed = max(passed if found["unseen"] else 0.0, found["seconds"] - before["seconds"])
            self._computed += computed
            if not (computed or found["awake"] or before["awake"] or self._was_waiting):
                self._slept += passed

    def _too_long(self, limit: float) -> str:
        if not self._before:
            return f"it did not end within {limit:g} seconds"
        if self._computed >= self._slept:
            return f"it did not end within {limit:g} seconds of processor time"
        return f"it did not end within {limit:g} seconds, most of which it slept or waited"

    def late(self) -> str:
        """What to say if the time is up by the clock."""
        return f"it did not end within {self.deadline - self._started:.3g} seconds by the clock"
