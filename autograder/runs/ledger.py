"""The append-only record of graded submissions: one JSON object a line. Each is on the disk before the next."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from autograder.assignment import UsageError
from autograder.grading import Result
from autograder.submissions import same_name

LEDGER_NAME = "results.jsonl"
_RESUME_FIELDS = (
    "notebook_sha256",
    "files_sha256",
    "spec_sha256",
    "variant",
    "status",
    "message",
    "submitted_at",
    "made_for",
    "late",
    "attempt",
    "platform",
    "group",
    "members",
    "not_graded",
)


# What the kernel says where a disk, such as a share, does not offer what was asked. It is no damage.
_NOT_OFFERED = {
    *(errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOLCK, errno.EBADF, errno.ENOTTY),
    *(errno.EPERM, errno.EACCES, errno.ENOPROTOOPT),
}
NOT_LOCKED = (
    "The disk of {folder} can't lock files, so nothing prevents two runs from writing the same ledger. "
    "Start only one run at a time."
)
NOT_CONFIRMED = (
    "The disk of {folder} does not confirm that files are stored. Until it has stored them by itself, a power cut can "
    "lose the last results. The next run would then grade them again."
)


@contextlib.contextmanager
def locked(folder: Path, say: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Hold the lock of a ledger's folder. Raises UsageError if another run holds it.

    If the folder's disk can't lock anything, `say` gets a sentence, and there is no lock.
    If the folder was made here and nothing was written to it, it is removed afterwards.
    """
    import fcntl  # Windows has no fcntl, and can still read ledgers

    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as problem:
        raise UsageError(f"{folder}: no ledger can be kept here ({problem.strerror}).") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system releases it when this process ends
        except BlockingIOError:
            raise UsageError(
                f"{folder}: another run is writing this ledger. Wait until it has ended, or give another --out."
            ) from None
        except OSError as problem:
            if problem.errno not in _NOT_OFFERED:
                raise UsageError(f"{folder}: no ledger can be kept here ({problem.strerror}).") from None
            say(NOT_LOCKED.format(folder=folder))
        yield
    finally:
        os.close(descriptor)
        if made:
            with contextlib.suppress(OSError):  # the folder is not empty
                folder.rmdir()


class Ledger:
    """The file `DIR/results.jsonl`. A reader takes the last line of each student."""

    def __init__(self, folder: Path) -> None:
        self.is_confirmed = True  # whether the disk confirmed so far that what was written is stored
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / LEDGER_NAME
        self._repair()

    def _repair(self) -> None:
        """Remove a last line that was cut off, for instance by a power cut."""
        if self.path.exists():
            raw = self.path.read_bytes()
            complete = raw.rfind(b"\n") + 1
            if complete < len(raw):
                os.truncate(self.path, complete)

    def set_aside(self) -> None:
        """Rename the ledger to the next free name, such as results.1.jsonl, and begin an empty ledger."""
        last = max(self._numbers_set_aside(), default=0)
        if self.path.exists():
            self.path.rename(self._path_aside(last + 1))
            self._sync_folder()

    def previous(self, students: Sequence[str], spec_sha256: str) -> Mapping[str, Result]:
        """Return the ledger that was set aside last, so that a regrade can be compared with it.

        A ledger of the same spec is passed over if an older ledger has students that it lacks. Such a ledger is an
        earlier attempt at this regrade that was cut off. A ledger that cannot be read is passed over too.
        """
        ledgers = []
        for number in sorted(self._numbers_set_aside(), reverse=True):
            with contextlib.suppress(UsageError):
                ledgers.append(StoredResults(self._path_aside(number)))
        for i, ledger in enumerate(ledgers):
            first = next(iter(ledger), None)
            lacks = any(s in older and s not in ledger for older in ledgers[i + 1 :] for s in students)
            if first is not None and not (lacks and ledger[first]["spec_sha256"] == spec_sha256):
                return ledger
        return {}

    def _numbers_set_aside(self) -> list[int]:
        named = [path.name.split(".")[1] for path in self.path.parent.glob("results.*.jsonl")]
        return [int(number) for number in named if number.isdecimal()]

    def _path_aside(self, number: int) -> Path:
        return self.path.with_name(f"results.{number}.jsonl")

    def append(self, result: Mapping[str, Any]) -> None:
        """Append one result and wait until it is on the disk. Raises OSError and leaves no half line if that fails."""
        new = not self.path.exists()
        length = 0 if new else self.path.stat().st_size
        try:
            with self.path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(Result(result).to_json() + "\n")
                file.flush()
                self._sync(file.fileno())
            if new:
                self._sync_folder()
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(self.path, length)
            raise

    def _sync_folder(self) -> None:
        """Wait until the file's name is on the disk, so that it survives a power cut."""
        descriptor = os.open(self.path.parent, os.O_RDONLY)
        try:
            self._sync(descriptor)
        finally:
            os.close(descriptor)

    def _sync(self, descriptor: int) -> None:
        """Wait until it is on the disk. If the disk offers no way to wait, go on, and remember it."""
        try:
            os.fsync(descriptor)
        except OSError as problem:
            if problem.errno not in _NOT_OFFERED:
                raise
            self.is_confirmed = False

    def latest(self) -> dict[str, Result]:
        """Return the last result of each student."""
        return latest_results(self.path)

    def latest_fields_for_resume(self) -> dict[str, dict[str, Any]]:
        """Return, for each student's last result, only the fields that a resumed run looks at. They fit into memory."""
        return {r["student"]: {name: r.get(name) for name in _RESUME_FIELDS} for _, r in _results(self.path)}


class StoredResults(Mapping[str, Result]):
    """The last result of each student in a ledger, as a mapping from student to result.

    A result is read from the disk when it is used. All results of a large class would not fit into memory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places = {result["student"]: place for place, result in _results(path)}

    def __getitem__(self, student: str) -> Result:
        place = self._places[student]
        with self._path.open("rb") as file:
            file.seek(place)
            return Result(json.loads(file.readline()), student=student)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class ResultsInOrder(Sequence[Result]):
    """The stored results of these students, in their order. A result is read from the disk when it is used."""

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
    """Return the last result of each student in a ledger; nothing if there is no file.

    A last line without its end is still being written, so it is skipped. Raises UsageError for any other broken line.
    """
    return {result["student"]: result for _, result in _results(path)}


def _results(path: Path) -> Iterator[tuple[int, Result]]:
    """Yield each result, and the byte at which its line begins."""
    if not path.exists():
        return
    after = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            place, after = after, after + len(line)
            if line.endswith(b"\n") and line.strip():
                try:
                    result = Result(json.loads(line))
                    # An older run may have stored the name as a Mac writes it.
                    result["student"] = same_name(result["student"]) or result["student"]
                except (ValueError, TypeError, KeyError, AttributeError):
                    raise UsageError(
                        f"{path}: line {number} is no result. Delete the line; the next run grades its student again."
                    ) from None
                yield place, result


def is_still_valid(
    result: Mapping[str, Any],
    notebook_sha256: str,
    spec_sha256: str,
    variant: str | None = None,
    files_sha256: str = "",
) -> bool:
    """Whether a result is valid for this notebook, the files beside it, spec and variant.

    An error of the grader never is.
    """
    files = result.get("files_sha256") or ""  # an older ledger knows of no files
    graded_from = (result["notebook_sha256"], files, result["spec_sha256"], result.get("variant"))
    return graded_from == (notebook_sha256, files_sha256, spec_sha256, variant) and result["status"] != "error"
