"""The processes of a sandbox, as the tests see them from outside."""

from __future__ import annotations

import contextlib
import os
import select
import time
from pathlib import Path

LONG = 60.0  # seconds


def descendants(pid: int) -> set[int]:
    """The process ids of all living processes that a process started, directly or through others."""
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            state, parent, *_ = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            parents[int(entry)] = 0 if state in "ZX" else int(parent)
    found, new = set[int](), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def have_ended(pids: set[int]) -> bool:
    """Whether the processes have ended. Waits for a while, because the kernel may carry out a kill late."""
    give_up = time.monotonic() + 20
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # it has ended long ago
            ended = os.pidfd_open(pid)
            try:
                if not select.select([ended], [], [], max(0.0, give_up - time.monotonic()))[0]:
                    return False
            finally:
                os.close(ended)
    return True
