"""Standard output and standard error that never undo what a command has done.

A log in ASCII, a reader that stopped reading, a full disk or a closed output must not end a command between two
steps. What can't be shown there is replaced or left out, and the exit code still says how the command ended.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from typing import Any, TextIO


class _Forgiving:
    """A text file that leaves out what can't be written. It is otherwise the file that it wraps."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._descriptor = file.fileno()

    def write(self, text: str) -> int:
        try:
            return self._file.write(text)
        except (OSError, ValueError):
            self._give_up()
            return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        try:
            self._file.flush()
        except (OSError, ValueError):
            self._give_up()

    def _give_up(self) -> None:
        """Send what is still in the buffer, and all that follows, nowhere. Otherwise Python would fail at its exit."""
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._descriptor)
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def forgive_output() -> None:
    """Make standard output and standard error forgiving, for the rest of this process."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except (
            OSError
        ):  # it is closed: otherwise the next file that is opened, such as the ledger, would take its place
            os.open(os.devnull, os.O_RDWR)
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        file = getattr(sys, name)
        if file is None:  # Python found it closed
            file = open(descriptor, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - open until the process ends
        with contextlib.suppress(AttributeError, ValueError):
            file.reconfigure(errors="replace")
        with contextlib.suppress(AttributeError, OSError, ValueError):
            setattr(sys, name, _Forgiving(file))
