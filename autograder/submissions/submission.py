"""Reads one submission, with a limit for its size: a file, or a member of a zip that may be damaged or hostile."""

from __future__ import annotations

import errno
import lzma
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from autograder.assignment import Unreadable
from autograder.submissions.grader_submit_file import begins_as_written, notebook_inside
from autograder.submissions.identity import same_name

MAX_BYTES = 50 << 20
# Every exception that a damaged or hostile zip has been seen to raise.
BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError),
    *(KeyError, IndexError, MemoryError, OverflowError),
)


@dataclass(frozen=True)
class HandedIn:
    """What the export of a platform says of a submission.

    - `platform`: its name, such as "moodle".
    - `id`: what the platform calls the student, or the group.
    - `name`: how the export writes the name.
    - `file`: the name of the file or folder in the export. Feedback that goes back has the same name.
    - `logins`: what may be the login or the student number. Only one of them is.
    - `superseded`: how many submissions of the student were replaced by this one.
    - `earlier`: whether later attempts do not count, because they have no notebook.
    - `people`: name, student number and e-mail of each, if the platform itself says who handed in together.
    """

    platform: str
    id: str
    name: str
    file: str
    logins: tuple[str, ...] = ()
    email: str = ""
    superseded: int = 0
    earlier: bool = False
    people: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Submission:
    """What one student handed in: a file, or a member of a zip. It is read only when it is graded.

    - `content`: the notebook itself, if it is not in a file.
    - `student`: the name in the form in which names are compared; see `identity`.
    - `problem`: why it can't be read, if that is known without reading it.
    - `submitted_at`: the time in the platform's export, or in nbgrader's timestamp.txt beside the notebook.
    - `late`: the platform's own mark, or None if it has none.
    - `attempt`: the number of the attempt, if the platform counts them.
    - `handed_in`: what the platform's export says, if it comes from one.
    - `group`: the name of the group that handed it in together, and `members` its students.
    - `seed`: the student's seed, if the assignment has personal data.
    - `own_folder`: whether everything in the notebook's folder is this student's.
    - `beside`: the files beside the notebook and the names of those left out, if they were read already.
    - `others`: the student's other files by the path that the student gave them, if the export renamed them.
    - `not_graded`: the student's other notebooks, by the path from this one, which has the assignment's name.
    - `before`: the student's earlier attempts, the latest first.
    """

    student: str
    path: Path
    member: str = ""
    problem: str = ""
    submitted_at: str | None = None  # ISO 8601, UTC
    content: bytes | None = field(default=None, repr=False)
    seed: int | None = field(default=None, repr=False)
    own_folder: bool = False
    beside: tuple[Mapping[str, bytes], tuple[str, ...], str] | None = field(default=None, repr=False)
    late: bool | None = None
    attempt: int | None = None
    handed_in: HandedIn | None = field(default=None, repr=False)
    others: Mapping[str, str] | None = field(default=None, repr=False)
    group: str = ""
    members: tuple[str, ...] = ()
    not_graded: tuple[str, ...] = ()
    before: tuple[Submission, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Store the student's name in the form in which names are compared."""
        object.__setattr__(self, "student", same_name(self.student) or self.student)

    def read(self) -> bytes:
        """The notebook's bytes. Raises Unreadable, or OSError when this machine is at fault and not the file."""
        if self.problem:
            raise Unreadable(self.problem)
        if self.content is not None:
            return self.content
        raw = self._read_file()
        is_named = (self.member or self.path.name).endswith(".json")
        return notebook_inside(raw) if is_named or begins_as_written(raw) else raw

    def _read_file(self) -> bytes:
        if not self.member:
            return self._read_limited(self.path.open("rb"))
        try:
            with warnings.catch_warnings(), zipfile.ZipFile(self.path) as archive:
                warnings.simplefilter("ignore")  # of members that overlap, since Python 3.14: their check sums decide
                # With any other compression, a few bytes could demand gigabytes of memory.
                if archive.getinfo(self.member).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise Unreadable("the file can't be read: it is packed in an unusual way. Make a new zip.")
                return self._read_limited(archive.open(self.member))
        except BROKEN_ZIP as problem:
            if isinstance(problem, OSError) and problem.errno not in (None, errno.EINVAL):
                raise  # the disk is at fault; a damaged zip gives EINVAL, since it points outside the file
            raise Unreadable(f"the file can't be read: {problem}.") from None

    @staticmethod
    def _read_limited(file: IO[bytes]) -> bytes:
        with file:
            raw = file.read(MAX_BYTES + 1)  # the size that a zip states may be wrong
        if len(raw) > MAX_BYTES:
            raise Unreadable(f"the file is larger than {MAX_BYTES >> 20} MB.")
        return raw
