"""`autograder collect`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.assignment import Assignment, UsageError, course_root, load
from autograder.commands.serve import Data, Database
from autograder.commands.terminal import Quiet, console, counted, usage_errors

if TYPE_CHECKING:
    from autograder.service import Entry, Store


def collect(
    slug: Annotated[str, typer.Argument(help="The assignment.")],
    data: Data,
    course: Annotated[
        Path, typer.Option("--course", help="The nbgrader course. The submissions go into its submitted/.")
    ],
    database: Database = None,
    quiet: Quiet = False,
) -> None:
    """Copy the service's submissions into an nbgrader course.

    For each student, copy the submission that counts into submitted/STUDENT/SLUG/, or the last one if none is graded
    yet. Write timestamp.txt beside it. To update the course, run the command again.
    """
    from autograder.service import Unavailable, open_store

    os.umask(0o077)  # only the owner can read the files, because they contain grades
    with usage_errors():
        if database is None and not (data / "submissions.db").is_file():
            raise UsageError(f"{data}: no submissions are kept here. Give the --data of `autograder serve`.")
        assignment = load(course_root(), slug)
        store = open_store(data, database)
        try:
            count = _copy_submissions(store, assignment, course / "submitted", data)
        except Unavailable as problem:
            raise UsageError(f"{data}: the database does not answer ({problem}). Try again.") from None
        except OSError as problem:
            raise UsageError(f"{course}: can't be written ({problem}).") from None
        finally:
            store.close()
        if not count:
            raise UsageError(f"{data}: no student has submitted '{slug}' yet.")
    if not quiet:
        console.print(
            f"copied {counted(count, 'submission')} into {course / 'submitted'}", highlight=False, soft_wrap=True
        )


def _copy_submissions(store: Store, assignment: Assignment, submitted: Path, data: Path) -> int:
    from autograder.service import Deadlines, choose_counted_entry

    by_student: dict[str, list[Entry]] = {}
    for entry in store.entries_of_assignment(assignment.slug):
        by_student.setdefault(entry.student, []).append(entry)
    for student, entries in by_student.items():
        chosen = choose_counted_entry(entries, assignment, Deadlines(data)) or entries[-1]
        folder = submitted / student / assignment.slug
        folder.mkdir(parents=True, exist_ok=True)
        (folder / assignment.notebook).write_bytes(store.notebook(chosen.receipt))
        received = datetime.fromtimestamp(chosen.received, UTC)
        (folder / "timestamp.txt").write_text(f"{received:%Y-%m-%d %H:%M:%S} UTC", encoding="utf-8")
    return len(by_student)
