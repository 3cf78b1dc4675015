"""Finds submissions: a notebook, a folder of notebooks, nbgrader's `submitted/`, or a zip of any of these.

The file that `grader.submit` writes stands for the notebook in it.
"""

from __future__ import annotations

import errno
import lzma
import stat
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from autograder import submission_file
from autograder.assignment import Assignment, UsageError
from autograder.notebook import Unreadable

MAX_BYTES = 50 << 20
_NO_NOTEBOOK = "there is no notebook (.ipynb) in what was handed in."
_LINK = "the file is a link, and what it leads to was not handed in."
_STAMP_BYTES = 1024
# All that reading a damaged or hostile zip has been seen to end in.
_BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError),
    *(KeyError, IndexError, MemoryError, OverflowError),
)


@dataclass(frozen=True)
class Submission:
    """Whose it is and where it lies: a file, or a member of a zip. It is read only when it is graded.

    `content` is the notebook itself, where it lies in no file. `problem` is why it can't be read, where that shows
    from outside. `submitted_at` is known where nbgrader's timestamp.txt lies beside it. `seed` is the student's where
    everybody has data of their own.
    """

    student: str
    path: Path
    member: str = ""
    problem: str = ""
    submitted_at: str | None = None  # ISO 8601, UTC
    content: bytes | None = field(default=None, repr=False)
    seed: int | None = field(default=None, repr=False)

    def read(self) -> bytes:
        """The notebook's bytes. Raises Unreadable; OSError where it is the machine's fault that it can't be read."""
        if self.problem:
            raise Unreadable(self.problem)
        if self.content is not None:
            return self.content
        raw = self._raw()
        return submission_file.notebook(raw) if (self.member or self.path.name).endswith(".json") else raw

    def _raw(self) -> bytes:
        if not self.member:
            return self._bounded(self.path.open("rb"))
        try:
            with zipfile.ZipFile(self.path) as archive:
                # Any other packing lets a few bytes ask for gigabytes of memory.
                if archive.getinfo(self.member).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise Unreadable("the file can't be read: it is packed in an unusual way; make the zip anew.")
                return self._bounded(archive.open(self.member))
        except _BROKEN_ZIP as problem:
            if isinstance(problem, OSError) and problem.errno not in (None, errno.EINVAL):
                raise  # the disk's fault; a damaged zip leads to places where no file has bytes
            raise Unreadable(f"the file can't be read: {problem}.") from None

    @staticmethod
    def _bounded(file: IO[bytes]) -> bytes:
        with file:
            raw = file.read(MAX_BYTES + 1)  # whatever size it claims to have
        if len(raw) > MAX_BYTES:
            raise Unreadable(f"the file is larger than {MAX_BYTES >> 20} MB.")
        return raw


def find(paths: Sequence[Path], assignment: Assignment) -> list[Submission]:
    """All submissions under the paths, sorted by student. Raises UsageError for a path that holds none."""
    found: dict[str, Submission] = {}
    for path in paths:
        here = _at(path, assignment)
        if not here:
            raise UsageError(
                f"{path}: no submission here; expected a notebook, a folder of <student>.ipynb, submitted/ or a zip."
            )
        for submission in here:
            if submission.student in found:
                other = found[submission.student].path
                raise UsageError(f"two submissions of '{submission.student}': {other} and {submission.path}.")
            found[submission.student] = submission
    return [found[student] for student in sorted(found)]


def handed_in(student: str, folder: Path, assignment: Assignment) -> Submission:
    """What one student handed in, as a platform lays it out: a folder of files with the notebook among them."""
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if _is_one(p, assignment)}
    names = sorted(name for name in files if not any(part.startswith(".") for part in PurePosixPath(name).parts))
    if not names:
        return Submission(student, folder, problem=_NO_NOTEBOOK)
    return _submission(student, folder, names, assignment, {name for name, p in files.items() if p.is_symlink()})


def _at(path: Path, assignment: Assignment) -> list[Submission]:
    if (path / assignment.slug / assignment.notebook).is_file():
        return [handed_in(path.name, path / assignment.slug, assignment)]  # submitted/<student> itself
    if path.is_dir():
        there = {p.relative_to(path).as_posix(): p for p in path.rglob("*")}
        files = {name: p for name, p in there.items() if _is_one(p, assignment)}
        links = {name for name, p in files.items() if p.is_symlink()}
        return _group(path, there, files, links, assignment)
    if path.is_symlink() and _named(path.name, assignment):
        return [Submission(_owner(path.name, assignment), path, problem=_LINK)]
    if not _named(path.name, assignment) and zipfile.is_zipfile(path):  # a notebook is one student's, whatever is in it
        try:
            with zipfile.ZipFile(path) as archive:
                every = {i.filename: i for i in archive.infolist()}
        except _BROKEN_ZIP as problem:
            raise UsageError(f"{path}: the zip is broken ({problem}).") from None
        members = {name: i for name, i in every.items() if _named(name, assignment)}
        links = {name for name, member in members.items() if stat.S_ISLNK(member.external_attr >> 16)}
        return _group(path, every, members, links, assignment)
    if path.is_file():
        in_nbgrader = path.parent.name == assignment.slug and path.stem == Path(assignment.notebook).stem
        student = path.parent.parent.name if in_nbgrader else _owner(path.name, assignment)
        return [Submission(student, path, submitted_at=_timestamp(path))]
    raise UsageError(f"{path}: no such file or folder.")


def _named(name: str, assignment: Assignment) -> bool:
    return name.endswith(".ipynb") or submission_file.is_one(name, assignment.slug)


def _is_one(path: Path, assignment: Assignment) -> bool:
    return _named(path.name, assignment) and (path.is_symlink() or path.is_file())


def _owner(name: str, assignment: Assignment) -> str:
    """Whose file this is, by its name."""
    slug = assignment.slug
    return submission_file.owner(name, slug) if submission_file.is_one(name, slug) else PurePosixPath(name).stem


def _group(
    path: Path, there: Iterable[str], notebooks: Iterable[str], links: set[str], assignment: Assignment
) -> list[Submission]:
    """The submissions among all that is `there`: one for each student, also for one who handed in no notebook."""
    groups = _by_student(notebooks, assignment)
    found = [_submission(student, path, names, assignment, links) for student, names in groups.items()]
    bare: set[str] = set()
    for name in there:
        parts = PurePosixPath(name).parts
        if "submitted" in parts:
            parts = parts[parts.index("submitted") + 1 :]
        elif path.name != "submitted":
            continue
        if len(parts) >= 2 and parts[1] == assignment.slug and parts[0] not in groups and parts[0][0] != ".":
            bare.add(parts[0])
    return [*found, *(Submission(student, path, problem=_NO_NOTEBOOK) for student in sorted(bare))]


def _by_student(names: Iterable[str], assignment: Assignment) -> dict[str, list[str]]:
    """Groups relative paths by student: <student>.ipynb or <student>/…/notebook.ipynb."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        parts = [part for part in PurePosixPath(name).parts if part not in ("/", "..")]
        if any(part.startswith((".", "__MACOSX")) for part in parts):
            continue  # .ipynb_checkpoints and the like
        if "submitted" in parts[:-1]:
            parts = parts[parts.index("submitted") + 1 :]
        if len(parts) >= 3 and parts[1] != assignment.slug:
            continue  # nbgrader's folder of another assignment
        groups[_owner(parts[0], assignment) if len(parts) == 1 else parts[0]].append(name)
    return groups


def _submission(student: str, path: Path, names: list[str], assignment: Assignment, links: set[str]) -> Submission:
    names = [name for name in names if name.endswith(".ipynb")] or names  # what grader.submit left beside a notebook
    named = [name for name in names if PurePosixPath(name).name == assignment.notebook]
    chosen, *others = named[:1] or names
    where, member = (path / chosen, "") if path.is_dir() else (path, chosen)
    problem = ""
    if others:
        problem = f"there are {len(names)} notebooks and none has the assignment's name: keep one."
    elif chosen in links:
        problem = _LINK
    elif PurePosixPath(chosen).is_absolute() or ".." in PurePosixPath(chosen).parts:
        problem = "its path leads out of the zip."
    return Submission(student, where, member, problem, None if member else _timestamp(where))


def _timestamp(notebook: Path) -> str | None:
    """What nbgrader's timestamp.txt beside a notebook says; None where there is none that can be read."""
    path = notebook.with_name("timestamp.txt")
    if not path.is_file() or path.is_symlink():
        return None
    from nbgrader.utils import parse_utc  # takes seconds to import

    try:
        with path.open("rb") as file:
            text = file.read(_STAMP_BYTES).decode().strip()
        return f"{parse_utc(text).isoformat(timespec='seconds')}Z" if text else None
    except (ValueError, OverflowError, OSError):
        return None
