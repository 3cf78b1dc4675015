"""Reads the files that a student handed in beside the notebook, such as a module that it imports.

Only a folder that belongs to one student has such files. What the assignment gives out is not read, and the number and
the size of the files are limited.
"""

from __future__ import annotations

import contextlib
import hashlib
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autograder.assignment import Assignment, UsageError
from autograder.submissions.grader_submit_file import begins_as_written, is_submission_file
from autograder.submissions.listing import list_folder, list_zip
from autograder.submissions.submission import BROKEN_ZIP, Submission

MAX_FILES = 100
MAX_MB = 16  # of all files together; less if submissions may write less
_NOT_WORK = (".", "__MACOSX", "__pycache__")
_GIVEN = ("grader", "grader.py", "timestamp.txt")  # the local grader and nbgrader write these
_COURSE = ("source", "reference", "data", "release")  # folders of a course, which hold no submission


@dataclass(frozen=True)
class Beside:
    """The files by their path from the notebook's folder, and the paths of those that were left out."""

    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    left_out: tuple[str, ...] = ()
    most: str = ""  # what is allowed, in words

    @property
    def sha256(self) -> str:
        """A hash of what was read. Empty if there are no files."""
        total = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode(errors="surrogatepass"))
        return total.hexdigest() if self.files else ""


def files_beside(submission: Submission, assignment: Assignment) -> Beside:
    """The files beside a submission's notebook. A file that can't be read is left out."""
    if submission.beside is not None:
        return Beside(*submission.beside)
    has_files = submission.own_folder or submission.others is not None
    if not has_files or submission.problem or submission.content is not None:
        return Beside()
    most_bytes = min(MAX_MB << 20, assignment.limits.file_mb << 18)
    files: dict[str, bytes] = {}
    left_out: list[str] = []
    left = most_bytes
    with contextlib.suppress(UsageError):  # the folder is gone; reading the notebook says so
        for name, place in sorted(_names(submission, assignment), key=_modules_first):
            content = _read(submission, place, left) if place and len(files) < MAX_FILES else None
            if content is not None and begins_as_written(content):
                continue
            if content is None:
                left_out.append(name)
            else:
                files[name] = content
                left -= len(content)
    return Beside(
        files, tuple(left_out), f"at most {MAX_FILES} files of {most_bytes / (1 << 20):g} MB together, and no links"
    )


def _modules_first(found: tuple[str, str]) -> tuple[bool, int, str]:
    """The order in which files are read, if not all of them can be: modules, and what lies near."""
    return not found[0].endswith(".py"), found[0].count("/"), found[0]


def _names(submission: Submission, assignment: Assignment) -> Iterator[tuple[str, str]]:
    """The path of each file from the notebook's folder, and where to read it. A link is nowhere to be read."""
    if submission.others is not None:
        chosen = submission.member or str(submission.path.absolute())
        for name, real in submission.others.items():
            if real != chosen and _is_work(name, "", assignment):
                yield name, real
        return
    if submission.member:
        listing = list_zip(submission.path)
        notebook = next((name for name, real in listing.files.items() if real == submission.member), "")
    else:
        if any(submission.path.resolve().is_relative_to(assignment.root.resolve() / folder) for folder in _COURSE):
            return
        listing, notebook = list_folder(submission.path.parent), submission.path.name
    above = notebook.rpartition("/")[0]
    folder = PurePosixPath(above).name if submission.member else submission.path.parent.name
    for name, real in {**dict.fromkeys(listing.links, ""), **listing.files}.items():
        below = name.removeprefix(f"{above}/") if above else name
        if name != notebook and (not above or name.startswith(f"{above}/")) and _is_work(below, folder, assignment):
            yield below, real


def _is_work(name: str, folder: str, assignment: Assignment) -> bool:
    """Whether a file may be a student's work. Another notebook is, if the folder is one of nbgrader."""
    parts = PurePosixPath(name).parts
    if not parts or parts[0] in (assignment.notebook, *assignment.files, *_GIVEN) or ".." in parts:
        return False
    if name.startswith("/") or not name.isprintable() or any(part.startswith(_NOT_WORK) for part in parts):
        return False
    if is_submission_file(parts[-1], assignment.slug):
        return False
    return folder == assignment.slug or not name.lower().endswith(".ipynb")


def _read(submission: Submission, place: str, most: int) -> bytes | None:
    """A file, or None if it has more than so many bytes or can't be read."""
    try:
        if not submission.member:
            with Path(submission.path.parent, place).open("rb") as file:
                content = file.read(most + 1)
        else:
            with warnings.catch_warnings(), zipfile.ZipFile(submission.path) as archive:
                warnings.simplefilter("ignore")  # as in Submission.read
                if archive.getinfo(place).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    return None
                with archive.open(place) as member:
                    content = member.read(most + 1)
    except BROKEN_ZIP:
        return None
    return content if len(content) <= most else None
