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

from autograder.assignment import Assignment, Unreadable, UsageError
from autograder.submissions.submission_file import is_submission_file, notebook_inside, owner_by_name

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
        return notebook_inside(raw) if (self.member or self.path.name).endswith(".json") else raw

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


def find_submissions(paths: Sequence[Path], assignment: Assignment) -> list[Submission]:
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


def submission_in_folder(student: str, folder: Path, assignment: Assignment) -> Submission:
    """What one student handed in, as a platform lays it out: a folder of files with the notebook among them."""
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if _is_one(p, assignment)}
    names = sorted(name for name in files if not any(part.startswith(".") for part in PurePosixPath(name).parts))
    if not names:
        return Submission(student, folder, problem=_NO_NOTEBOOK)
    return _submission(student, folder, names, assignment, {name for name, p in files.items() if p.is_symlink()})


def passed_over(paths: Sequence[Path], assignment: Assignment) -> list[str]:
    """The files and folders beside submissions that gave none, by name; not those of nbgrader's submitted/."""
    left: set[str] = set()
    for path in paths:
        there, notebooks, _ = _listed(path, assignment)
        around = _around(notebooks, assignment)
        groups = _by_student(notebooks, assignment, around).values()
        used = {_parts(name, around)[0] for names in groups for name in names}
        for name in there:
            parts = _parts(name, around)
            if parts and "submitted" not in (path.name, *PurePosixPath(name).parts) and not _hidden(parts):
                left |= {parts[0]} - used
    return sorted(left)


def _at(path: Path, assignment: Assignment) -> list[Submission]:
    if (path / assignment.slug / assignment.notebook).is_file():
        return [submission_in_folder(path.name, path / assignment.slug, assignment)]  # submitted/<student> itself
    there, notebooks, links = _listed(path, assignment)
    if path.is_dir() and [name for name in notebooks if not _hidden(_parts(name))] == [assignment.notebook]:
        whole = path.resolve()  # one student's: the file still has the assignment's name
        return [
            submission_in_folder(whole.parent.name if whole.name == assignment.slug else whole.name, path, assignment)
        ]
    if there or path.is_dir():
        return _group(path, there, notebooks, links, assignment)
    if path.is_symlink() and _named(path.name, assignment):
        return [Submission(_owner(path.name, assignment), path, problem=_LINK)]
    if path.is_file() and not _is_zip(path, assignment):
        in_nbgrader = path.parent.name == assignment.slug and path.stem == Path(assignment.notebook).stem
        student = path.parent.parent.name if in_nbgrader else _owner(path.name, assignment)
        return [Submission(student, path, submitted_at=_timestamp(path))]
    if path.exists():
        return []
    raise UsageError(f"{path}: no such file or folder.")


def _listed(path: Path, assignment: Assignment) -> tuple[list[str], list[str], set[str]]:
    """The names of all files and folders in a folder or a zip; of these the notebooks, and of them the links."""
    if path.is_dir():
        found = {p.relative_to(path).as_posix(): p for p in sorted(path.rglob("*"))}
        files = [name for name, p in found.items() if _is_one(p, assignment)]
        return list(found), files, {name for name in files if found[name].is_symlink()}
    if _is_zip(path, assignment):
        try:
            with zipfile.ZipFile(path) as archive:
                members = {i.filename: i for i in archive.infolist()}
        except _BROKEN_ZIP as problem:
            raise UsageError(f"{path}: the zip is broken ({problem}).") from None
        named = [name for name in members if _named(name, assignment)]
        return list(members), named, {name for name in named if stat.S_ISLNK(members[name].external_attr >> 16)}
    return [], [], set()


def _is_zip(path: Path, assignment: Assignment) -> bool:
    """A notebook's name makes a file one student's, whatever is in it."""
    return not path.is_symlink() and not _named(path.name, assignment) and zipfile.is_zipfile(path)


def _named(name: str, assignment: Assignment) -> bool:
    return name.lower().endswith(".ipynb") or is_submission_file(name, assignment.slug)


def _is_one(path: Path, assignment: Assignment) -> bool:
    return _named(path.name, assignment) and (path.is_symlink() or path.is_file())


def _owner(name: str, assignment: Assignment) -> str:
    """Whose file this is, by its name."""
    slug = assignment.slug
    return owner_by_name(name, slug) if is_submission_file(name, slug) else PurePosixPath(name).stem


def _group(
    path: Path, there: Iterable[str], notebooks: Sequence[str], links: set[str], assignment: Assignment
) -> list[Submission]:
    """The submissions among all that is `there`: one for each student, in submitted/ also without a notebook."""
    groups = _by_student(notebooks, assignment, _around(notebooks, assignment))
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


def _around(notebooks: Iterable[str], assignment: Assignment) -> str:
    """The one folder that a class lies in, as it is packed on many desktops; empty where there is none.

    A folder around a single notebook is its student's, and so is one that has the assignment's notebook or folder.
    """
    inside = [parts for name in notebooks if not _hidden(parts := _parts(name)) and "submitted" not in parts]
    tops = {parts[0] for parts in inside}
    if len(tops) != 1 or any(parts[1:2] in ([], [assignment.notebook], [assignment.slug]) for parts in inside):
        return ""
    whole = len(inside) > 1 or inside[0][2:3] == [assignment.slug]
    return tops.pop() if whole else ""


def _parts(name: str, around: str = "") -> list[str]:
    """A relative path's parts below submitted/, or below the folder around all."""
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", "..")]
    if "submitted" in parts[:-1]:
        return parts[parts.index("submitted") + 1 :]
    return parts[1:] if around and parts[0] == around else parts


def _hidden(parts: Iterable[str]) -> bool:
    return any(part.startswith((".", "__MACOSX")) and part != ".." for part in parts)  # .ipynb_checkpoints and the like


def _by_student(names: Iterable[str], assignment: Assignment, around: str) -> dict[str, list[str]]:
    """Groups relative paths by student: <student>.ipynb or <student>/…/notebook.ipynb."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        parts = _parts(name, around)
        if _hidden(PurePosixPath(name).parts):
            continue
        if len(parts) >= 3 and parts[1] != assignment.slug and parts[-1] != assignment.notebook:
            continue  # nbgrader's folder of another assignment
        groups[_owner(parts[0], assignment) if len(parts) == 1 else parts[0]].append(name)
    return groups


def _submission(student: str, path: Path, names: list[str], assignment: Assignment, links: set[str]) -> Submission:
    # What grader.submit left beside a notebook does not count.
    names = [name for name in names if name.lower().endswith(".ipynb")] or names
    names = sorted(names, key=lambda name: (len(PurePosixPath(name).parts), name))
    named = [name for name in names if PurePosixPath(name).name == assignment.notebook]
    depths = [len(PurePosixPath(name).parts) for name in named]
    chosen = (named or names)[0]  # a copy kept deeper down is not what is handed in
    where, member = (path / chosen, "") if path.is_dir() else (path, chosen)
    problem = ""
    if len(names) > 1 and not named:
        problem = f"there are {len(names)} notebooks and none has the assignment's name: keep one."
    elif depths.count(min(depths, default=0)) > 1:
        problem = f"there are {depths.count(min(depths))} notebooks with the assignment's name side by side: keep one."
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
