"""Grades notebook assignments. This is the API that docs/api.md describes, and that the commands use themselves.

Call the functions in the folder of a course, as you call the commands. Each of them raises UsageError with a sentence
for the instructor. `import autograder` takes no time, because each function imports what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from os import PathLike
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from autograder.assignment import Assignment, UsageError
    from autograder.grading import Result
    from autograder.proof import Proof
    from autograder.runs import ClassRun
    from autograder.submissions import Roster

__all__ = ["Result", "UsageError", "grade", "load", "prove", "report"]
_ROOM_OF = {"Result": "grading", "UsageError": "assignment"}
_File = str | PathLike[str]
_Progress = Callable[[int], AbstractContextManager[Callable[[object], None]]]


def __getattr__(name: str) -> Any:
    """Import a public class when it is used."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'autograder' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"autograder.{_ROOM_OF[name]}"), name)


def load(slug: str) -> Assignment:
    """Return the assignment with its policy, as source/<slug>/assignment.toml says it."""
    from autograder import assignment

    return assignment.load(assignment.course_root(), slug)


def grade(
    slug: str,
    paths: _File | Iterable[_File],
    out: _File,
    *,
    roster: _File | Roster | None = None,
    jobs: int = 0,
    isolation: str = "strict",
    regrade: bool = False,
    scheduler: str | None = None,
    platform: str | None = None,
    groups: _File | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> ClassRun:
    """Grade submissions. Return an iterator that yields the Result of each one as soon as the ledger in `out` has it.

    - `paths` is a notebook, a folder of notebooks, nbgrader's submitted/, the export of a platform, a zip of any of
      these, or several of them.
    - `out` is the folder of the ledger. A submission that it has already is not graded again.
    - `roster` is a CSV with the columns student_id,email, or the table of grades that Canvas, Moodle, Brightspace or
      Blackboard exports.
    - `jobs` is the number of workers. 0 means one for each core.
    - `isolation` of student code is "strict" or "process".
    - `regrade` grades everything again. The old ledger is kept under another name.
    - `scheduler` is the address of a Dask scheduler, such as tcp://HOST:8786.
    - `platform` is "canvas", "moodle", "blackboard", "brightspace", "gradescope" or "ilias", if the names of an export
      do not say it, or "files" if they only look so.
    - `groups` is a CSV with the columns group,student_id. Each member gets the grade of the group's submission.
    - `note` gets sentences for the instructor, such as which submissions are missing.
    """
    from pathlib import Path

    from autograder.runs import Options, grade_class
    from autograder.sandbox import Isolation
    from autograder.submissions import FILES, PLATFORMS, read_groups

    if platform not in (None, FILES, *PLATFORMS):
        from autograder.assignment import UsageError

        raise UsageError(f"there is no platform '{platform}'; there are: {', '.join((*PLATFORMS, FILES))}.")
    options = Options(jobs, Isolation(isolation), regrade, scheduler, platform)
    several = [Path(path) for path in ([paths] if isinstance(paths, str | PathLike) else paths)]
    teams = read_groups(Path(groups)) if groups is not None else None
    return grade_class(load(slug), several, Path(out), options, _people(roster), note, teams)


def report(
    results: Iterable[Result],
    format: str,
    out: _File,
    *,
    roster: _File | Roster | None = None,
    parts: bool = False,
    earlier: Iterable[_File] = (),
) -> list[Path]:
    """Write the files of a format, such as "csv" or "html", and return their paths.

    - `results` are those of one assignment.
    - `out` is the folder of their ledger, because pages link to what is there. The files go there too.
    - `roster` is the same as for `grade`.
    - `parts` adds a column for each part to grades.csv.
    - `earlier` are the folders of ledgers of earlier years, which "html" compares with this one.
    """
    from pathlib import Path

    from autograder.reports import Book, read_earlier, write_format

    graded = tuple(results)
    slugs = sorted({result["assignment"] for result in graded})
    if len(slugs) != 1:
        from autograder.assignment import UsageError

        raise UsageError(f"a report is about one assignment, but these results are of: {', '.join(slugs) or 'none'}.")
    past = read_earlier([Path(folder) for folder in earlier], slugs[0], Path(out))
    book = Book(load(slugs[0]), Path(out), graded, _people(roster), parts, earlier=past)
    return write_format(book, format)


def prove(slug: str, *, jobs: int = 0, progress: _Progress = lambda _: nullcontext(lambda _: None)) -> Proof:
    """Show that right solutions pass every check and that known mistakes fail one. Return the Proof.

    Its `failures` has a sentence for each thing that is not proven, and its `rows` what each solution got. Nothing is
    written. `jobs` is the number of workers. 0 means one for each core. `progress` opens a bar for a number of steps.
    """
    from autograder.building import prove_assignment
    from autograder.runs import worker_count

    return prove_assignment(load(slug), worker_count(jobs), progress)


def _people(roster: _File | Roster | None) -> Roster:
    from pathlib import Path

    from autograder.submissions import Roster, read_roster

    if isinstance(roster, Roster):
        return roster
    return Roster() if roster is None else read_roster(Path(roster))
