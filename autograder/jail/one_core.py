"""Keeps both ends of a session on one core: they take turns, and to wake another core up costs more than a call."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_PROCESSOR = 36  # among the fields of /proc/PID/stat that follow the name; see proc(5)


class OneCore:
    """The core that this thread runs on, and stays on until it leaves."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._allowed: set[int] = set()
        if not hasattr(os, "sched_setaffinity"):
            return
        with contextlib.suppress(OSError):  # where a thread cannot be kept it is only slower
            self._allowed = os.sched_getaffinity(0)
            number = int(Path("/proc/thread-self/stat").read_text().rpartition(")")[2].split()[_PROCESSOR])
            os.sched_setaffinity(0, {number})
            self.number = number

    def leave(self) -> None:
        """Run wherever there is room again."""
        if self.number is not None:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, self._allowed)
            self.number = None
