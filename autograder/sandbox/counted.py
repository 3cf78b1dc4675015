"""Counts the seconds of a request so that the load of the machine does not change the count.

What counts is the processor time of all processes of the session, and the time in which all of them sleep. A process
that waits for a busy processor costs nothing. The parent process measures both, outside of the student's process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

_EVERY = 0.05  # seconds between two looks
_BACKSTOP = 20.0  # times the limit, by the clock: for code that neither computes nor sleeps


class TimedOut(Exception):
    """The student's code did not answer in time."""


class Allowance:
    """The seconds that one request may take. `look` is called again and again while the answer is awaited.

    `measure` says what the session's processes use (see `usage.py`). `end` is a time of time.monotonic: whatever was
    counted, the request ends then. On a system that cannot count, the limit is one by the clock.
    """

    def __init__(self, seconds: float, end: float, measure: Callable[[], Mapping[str, Any]]) -> None:
        self._limit, self._measure = seconds, measure
        self._started = self._looked = time.monotonic()
        self._before: Mapping[str, Any] = {}
        self._computed = self._slept = 0.0
        self.deadline = min(end, self._started + _BACKSTOP * seconds)

    def look(self) -> None:
        """Measure, unless it was done a moment ago. Raises TimedOut, which says which limit was met."""
        now = time.monotonic()
        if now >= self.deadline:
            raise TimedOut(self.late())
        if now - self._looked < _EVERY:
            return
        passed, self._looked = now - self._looked, now
        found = self._measure()
        if not found:
            if now - self._started >= self._limit:
                raise TimedOut(f"it did not end within {self._limit:g} seconds")
            return
        if self._before:  # the first look is where the count begins
            computed = max(0.0, found["seconds"] - self._before["seconds"])
            self._computed += computed
            if not computed and not found["awake"] and not self._before["awake"]:
                self._slept += passed
        self._before = found
        if self._computed + self._slept >= self._limit:
            raise TimedOut(self._what_it_did())

    def _what_it_did(self) -> str:
        if self._computed >= self._slept:
            return f"it did not end within {self._limit:g} seconds of processor time"
        return f"it did not end within {self._limit:g} seconds, most of which it slept or waited"

    def late(self) -> str:
        """What to say if the time is up by the clock."""
        return f"it did not end within {self.deadline - self._started:.3g} seconds by the clock"
