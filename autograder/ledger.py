"""The append-only record of graded submissions: one JSON object a line, on disk before the next one."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.assignment import UsageError

SCHEMA = "autograder/result/v1"
NAME = "results.jsonl"
Result = dict[str, Any]
_HEAD = ("notebook_sha256", "spec_sha256", "variant", "status", "submitted_at")


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """While inside, no other run writes a ledger in this folder. Raises UsageError when one does already."""
    import fcntl  # which not every system has that only reads ledgers

    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as problem:
        raise UsageError(f"{folder}: no ledger can be kept here ({problem.strerror}).") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # gone with this process, however it ends
        except BlockingIOError:
            raise UsageError(
                f"{folder}: another run is writing this ledger; wait until it has ended, or give another --out."
            ) from None
        yield
    finally:
        os.close(descriptor)


class Ledger:
    """`DIR/results.jsonl`. Later lines of a student replace earlier ones for whoever reads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / NAME
        self._repair()

    def _repair(self) -> None:
        """Cut a last line that was being written when the power went."""
        if self.path.exists():
            raw = self.path.read_bytes()
            whole = raw.rfind(b"\n") + 1
            if whole < len(raw):
                os.truncate(self.path, whole)

    def set_aside(self) -> None:
        """Keep the ledger under the next free name, results.1.jsonl and so on, and begin an empty one."""
        if self.path.exists():
            named = [path.name.split(".")[1] for path in self.path.parent.glob("results.*.jsonl")]
            last = max((int(number) for number in named if number.isdecimal()), default=0)
            self.path.rename(self.path.with_name(f"results.{last + 1}.jsonl"))
            self._keep_name()

    def append(self, result: Result) -> None:
        """Write one result and wait until it is on disk. Raises OSError, and leaves no half line, when it can't be."""
        new = not self.path.exists()
        whole = 0 if new else self.path.stat().st_size
        try:
            with self.path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                file.write(json.dumps(result, ensure_ascii=False, allow_nan=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            if new:
                self._keep_name()
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(self.path, whole)
            raise

    def _keep_name(self) -> None:
        """Wait until the folder knows its files by their names, also after a power cut."""
        descriptor = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def latest(self) -> dict[str, Result]:
        """The last result of each student, by student."""
        return last_results(self.path)

    def heads(self) -> dict[str, Result]:
        """Of the last result of each student no more than what settles a submission: a class's fit in the memory."""
        return {r["student"]: {name: r.get(name) for name in _HEAD} for r in _results(self.path)}


def last_results(path: Path) -> dict[str, Result]:
    """The last result of each student in a ledger, by student; none where there is no file.

    A last line without its end is still being written and no result yet. Raises UsageError for any other line that is
    none.
    """
    return {result["student"]: result for result in _results(path)}


def _results(path: Path) -> Iterator[Result]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n") and line.strip():
                try:
                    result = json.loads(line)
                    result["student"]
                except (ValueError, TypeError, KeyError):
                    raise UsageError(
                        f"{path}: line {number} is no result; delete it, and the next run grades its student again."
                    ) from None
                yield result


def settles(result: Result, notebook_sha256: str, spec_sha256: str, variant: str | None = None) -> bool:
    """Whether a result stands for this notebook and data under this spec; an error of ours is tried again."""
    told = (result["notebook_sha256"], result["spec_sha256"], result.get("variant"))
    return told == (notebook_sha256, spec_sha256, variant) and result["status"] != "error"
