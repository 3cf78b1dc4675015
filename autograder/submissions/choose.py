"""Chooses the notebook among the files of one student, and reads the time beside it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from datetime import UTC
from pathlib import Path, PurePosixPath

from dateutil import parser, tz

from autograder.assignment import Assignment
from autograder.submissions.listing import Listing
from autograder.submissions.submission import Submission

NO_NOTEBOOK = "there is no notebook (.ipynb) in what was handed in."
LINK = "the file is a link: hand in the notebook itself."
_MAX_TIMESTAMP_BYTES = 1024


def is_hidden(parts: Iterable[str]) -> bool:
    """Whether a part is no work of a student, such as .ipynb_checkpoints, or lost+found on a disk of its own."""
    return any(part.startswith((".", "__MACOSX", "lost+found")) and part != ".." for part in parts)


def choose_notebook(
    student: str,
    path: Path,
    names: list[str],
    assignment: Assignment,
    listing: Listing,
    own: Mapping[str, str] | None = None,
) -> Submission:
    """Return the submission of a student who handed in the notebooks with these names.

    `own` maps a name to the path that the student gave the file, if the export of a platform renamed it.
    """
    path_of = {name: PurePosixPath((own or {}).get(name, name)) for name in names}
    # If there is a notebook, a file of grader.submit beside it does not count.
    names = [name for name in names if name.lower().endswith(".ipynb")] or names
    names = sorted(names, key=lambda name: (len(path_of[name].parts), name))
    right_names = [name for name in names if path_of[name].name == assignment.notebook]
    depths = [len(path_of[name].parts) for name in right_names]
    chosen = (right_names or names)[0]  # the one least deep: a copy in a folder below it does not count
    real = listing.links.get(chosen) or listing.files[chosen]
    where, member = (path / real, "") if path.is_dir() else (path, real)
    side_by_side = depths.count(min(depths, default=0))
    problem = ""
    if len(names) > 1 and not right_names:
        problem = f"there are {len(names)} notebooks and none has the assignment's name: keep one."
    elif side_by_side > 1:
        problem = f"there are {side_by_side} notebooks with the assignment's name side by side: keep one."
    elif chosen in listing.links:
        problem = LINK
    elif PurePosixPath(chosen).is_absolute() or ".." in PurePosixPath(chosen).parts:
        problem = "its path leads out of the zip."
    others = [path_of[name] for name in names if name != chosen and path_of[name].name not in assignment.files]
    folder = f"/{path_of[chosen].parent}"
    not_graded = [posixpath.relpath(f"/{other}", folder) for other in others] if side_by_side == 1 else []
    submitted_at = None if member else timestamp(where)
    return Submission(student, where, member, problem, submitted_at, not_graded=tuple(not_graded))


def timestamp(notebook: Path) -> str | None:
    """The time in nbgrader's timestamp.txt beside a notebook. None if there is no such file or it can't be read."""
    path = notebook.with_name("timestamp.txt")
    if not path.is_file() or path.is_symlink():
        return None
    try:
        with path.open("rb") as file:
            return _utc(file.read(_MAX_TIMESTAMP_BYTES).decode())
    except (ValueError, OverflowError, OSError):
        return None


def _utc(text: str) -> str | None:
    """A time as nbgrader writes it, in UTC. The zone may be missing, an offset or a name: Europe/Berlin.

    Raises ValueError or OverflowError if the text is no time.
    """
    words = text.split()
    if not words:
        return None
    zone = tz.gettz(words[2]) if len(words) == 3 else None
    moment = parser.parse(" ".join(words[:2] if zone else words))
    moment = moment.replace(tzinfo=moment.tzinfo or zone or UTC).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
