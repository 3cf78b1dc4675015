"""The append-only record of graded submissions: one JSON object a line, on disk before the next one."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import overload

from autograder.assignment import UsageError
from autograder.grading import Result

LEDGER_NAME = "results.jsonl"
_HEAD = ("notebook_sha256", "spec_sha256", "variant", "status", "message", "submitted_at", "made_for")


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """While inside, no other run writes a ledger in this folder. Raises UsageError when one does already.

    A folder that was made for nothing is gone afterwards.
    """
    import fcntl  # which not every system has that only reads ledgers

    made = not folder.exists()
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
        if made:
            with contextlib.suppress(OSError):  # there is something in it
                folder.rmdir()


class Ledger:
    """`DIR/results.jsonl`. Later lines of a student replace earlier ones for whoever reads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / LEDGER_NAME
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
        last = max(self._aside(), default=0)
        if self.path.exists():
            self.path.rename(self._path_aside(last + 1))
            self._keep_name()

    def previous(self, students: Sequence[str], spec_sha256: str) -> Mapping[str, Result]:
        """The ledger that was set aside last, for a regrade under this spec to be compared with.

        One under the same spec that lacks students whom an earlier one has is an attempt at this very regrade that was
        cut off. It is passed over, and so is one that can't be read.
        """
        ledgers = []
        for number in sorted(self._aside(), reverse=True):
            with contextlib.suppress(UsageError):
                ledgers.append(StoredResults(self._path_aside(number)))
        for i, ledger in enumerate(ledgers):
            first = next(iter(ledger), None)
            lacks = any(s in older and s not in ledger for older in ledgers[i + 1 :] for s in students)
            if first is not None and not (lacks and ledger[first]["spec_sha256"] == spec_sha256):
                return ledger
        return {}

    def _aside(self) -> list[int]:
        named = [path.name.split(".")[1] for path in self.path.parent.glob("results.*.jsonl")]
        return [int(number) for number in named if number.isdecimal()]

    def _path_aside(self, number: int) -> Path:
        return self.path.with_name(f"results.{number}.jsonl")

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
        return latest_results(self.path)

    def heads(self) -> dict[str, Result]:
        """Of the last result of each student no more than what settles a submission: a class's fit in the memory."""
        return {r["student"]: {name: r.get(name) for name in _HEAD} for _, r in _results(self.path)}


class StoredResults(Mapping[str, Result]):
    """The last result of each student, by student, as a ledger has them now.

    Each is read when it is asked for: of a large class all results at once would not fit in the memory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places = {result["student"]: place for place, result in _results(path)}

    def __getitem__(self, student: str) -> Result:
        place = self._places[student]
        with self._path.open("rb") as file:
            file.seek(place)
            return dict(json.loads(file.readline()))

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class ResultsInOrder(Sequence[Result]):
    """What is stored of these students, in their order; each is read when it is asked for."""

    def __init__(self, stored: Mapping[str, Result], students: Sequence[str]) -> None:
        self._stored = stored
        self._students = students

    @overload
    def __getitem__(self, which: int) -> Result: ...
    @overload
    def __getitem__(self, which: slice) -> Sequence[Result]: ...
    def __getitem__(self, which: int | slice) -> Result | Sequence[Result]:
        if isinstance(which, slice):
            return ResultsInOrder(self._stored, self._students[which])
        return self._stored[self._students[which]]

    def __len__(self) -> int:
        return len(self._students)


def latest_results(path: Path) -> dict[str, Result]:
    """The last result of each student in a ledger, by student; none where there is no file.

    A last line without its end is still being written and no result yet. Raises UsageError for any other line that is
    none.
    """
    return {result["student"]: result for _, result in _results(path)}


def _results(path: Path) -> Iterator[tuple[int, Result]]:
    """Each result, and the byte at which its line begins."""
    if not path.exists():
        return
    after = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            place, after = after, after + len(line)
            if line.endswith(b"\n") and line.strip():
                try:
                    result = json.loads(line)
                    result["student"]
                except (ValueError, TypeError, KeyError):
                    raise UsageError(
                        f"{path}: line {number} is no result; delete it, and the next run grades its student again."
                    ) from None
                yield place, result


def settles(result: Result, notebook_sha256: str, spec_sha256: str, variant: str | None = None) -> bool:
    """Whether a result stands for this notebook and data under this spec; an error of ours is tried again."""
    told = (result["notebook_sha256"], result["spec_sha256"], result.get("variant"))
    return told == (notebook_sha256, spec_sha256, variant) and result["status"] != "error"
