"""Appends to `marks.jsonl`. Several processes and threads may write at the same time."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from autograder.assignment import UsageError
from autograder.marking.lines import READER, SCHEMA, CommentLine, DoneLine, GiveLine, ItemLine, Line, as_text, subject
from autograder.marking.marks import MARKS_NAME, Marks, lines_of

_FORM = "%Y-%m-%dT%H:%M:%S.%fZ"
Changes = Iterable[Mapping[str, Any]]


class MarksFile:
    """The marks beside a ledger. What is written is on the disk when `write` returns."""

    def __init__(self, folder: Path, assignment: str) -> None:
        self.path = folder / MARKS_NAME
        self._assignment = assignment
        self._read: tuple[tuple[int, int], Marks] = ((0, 0), Marks(()))

    @property
    def version(self) -> str:
        """A text that changes whenever the file changes. It is "0-0" as long as there is no file."""
        return "-".join(str(number) for number in self._stamp())

    def marks(self) -> Marks:
        """Return the marks as the file says them now. Raises UsageError if a line is broken."""
        stamp = self._stamp()
        if stamp != self._read[0]:
            raw = self.path.read_bytes() if stamp != (0, 0) else b""
            self._read = (stamp, Marks(lines_of(raw, self.path)))
        return self._read[1]

    def write(self, marker: str, question: str, changes: Callable[[Marks], Changes], undoes: str = "") -> list[Line]:
        """Append the lines of one action. `changes` gets the marks and returns the fields of each line.

        No other process writes between the two. Returns the lines. Raises UsageError if the file can't be written, and
        ValueError if a field has a wrong value.
        """
        import fcntl  # Windows has no fcntl, and can still read marks

        fields = {"assignment": self._assignment, "question": question, "marker": marker, "undoes": undoes}
        try:
            if not self.path.exists() and not _lines(fields, changes(self.marks()), "", ""):
                return []  # a file would mean that somebody marks
            with self.path.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed
                return self._append(file, fields, changes)
        except OSError as problem:
            raise UsageError(f"{self.path}: the marks can't be written ({problem.strerror}).") from None

    def undo(self, marker: str, question: str) -> list[Line]:
        """Take back the marker's last action that is not taken back yet. Returns its lines, or none.

        What another marker has changed since then stays.
        """
        action = next(iter(_actions_to_undo(self.marks(), marker, question)), "")
        undone = [line for line in self.marks().lines if line.action == action and line.question == question]
        if action:
            self.write(marker, question, lambda marks: _taken_back(marks, undone), action)
        return undone if action else []

    def _append(self, file: IO[bytes], fields: Mapping[str, Any], changes: Callable[[Marks], Changes]) -> list[Line]:
        raw = self.path.read_bytes()
        complete = raw.rfind(b"\n") + 1
        if complete < len(raw):
            os.ftruncate(file.fileno(), complete)  # a writer died in the middle of a line
        marks = self.marks()
        # The clock may have been set back, or another machine's may be ahead. What is written last has to count.
        last = max((line.time for line in marks.lines), default="")
        now = datetime.now(UTC)
        with suppress(ValueError):
            now = max(now, datetime.strptime(last, _FORM).replace(tzinfo=UTC) + timedelta(microseconds=1))
        lines = _lines(fields, changes(marks), now.strftime(_FORM), secrets.token_hex(6))
        file.write("".join(as_text(line) + "\n" for line in lines).encode("utf-8", "backslashreplace"))
        file.flush()
        with suppress(OSError):  # some disks do not offer it
            os.fsync(file.fileno())
        return lines

    def _stamp(self) -> tuple[int, int]:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return (0, 0)
        return (status.st_size, status.st_mtime_ns)


def _lines(fields: Mapping[str, Any], changes: Changes, time: str, action: str) -> list[Line]:
    """The lines of one action. Raises ValueError if a field has a wrong value."""
    common = {"schema": SCHEMA, **fields, "time": time, "action": action}
    try:
        return [READER.validate_python({**common, **change}) for change in changes]
    except ValidationError as problem:
        raise ValueError(problem.errors()[0]["msg"]) from None


def _actions_to_undo(marks: Marks, marker: str, question: str) -> list[str]:
    """The marker's actions on a question that can be taken back, the last one first."""
    undone = {line.undoes for line in marks.lines if line.undoes}
    own = [line for line in marks.lines if (line.marker, line.question) == (marker, question) and not line.undoes]
    in_order = dict.fromkeys(line.action for line in sorted(own, key=lambda line: line.time, reverse=True))
    return [action for action in in_order if action not in undone]


def _taken_back(marks: Marks, undone: Iterable[Line]) -> Iterable[dict[str, Any]]:
    """The fields of the lines that set everything back to what it was before the action."""
    before: dict[tuple[str, ...], Line] = {}
    wanted = {subject(line): line for line in undone}
    for line in marks.lines:
        what = subject(line)
        if what in wanted and line.action != wanted[what].action:
            before[what] = max(before.get(what, line), line, key=lambda line: (line.time, as_text(line)))
    for what, line in wanted.items():
        if marks.latest(what) == line:  # otherwise it was changed since then
            yield _own_fields(before[what]) if what in before else _own_fields(line) | _nothing(line)


def _own_fields(line: Line) -> dict[str, Any]:
    """The fields of a line without those that say when, by whom and why it was written."""
    return line.model_dump(exclude={"schema_name", "assignment", "question", "time", "marker", "action", "undoes"})


def _nothing(line: Line) -> dict[str, Any]:
    """The values that a thing has before anybody sets it."""
    if isinstance(line, ItemLine):
        return {"deleted": True}
    if isinstance(line, GiveLine):
        return {"given": False}
    if isinstance(line, CommentLine):
        return {"text": ""}
    if isinstance(line, DoneLine):
        return {"done": False}
    return {"counts_from": "full"}
