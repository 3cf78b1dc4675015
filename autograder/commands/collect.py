"""`autograder collect`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.assignment import (
    Assignment,
    UsageError,
    course_root,
    load,
)
from autograder.commands.serve import Data, Database
from autograder.commands.terminal import (
    Quiet,
    console,
    counted,
    usage_errors,
)

if TYPE_CHECKING:
    from autograder.service import Entry, Store


def collect(
    slug: Annotated[str, typer.Argument(help="The assignment.")],
    data: Data,
    course: Annotated[Path, typer.Option("--course", help="The nbgrader course whose submitted/ is filled.")],
    database: Database = None,
    quiet: Quiet = False,
) -> None:
    """Lay out the service's submissions as nbgrader has them: submitted/STUDENT/SLUG/ with timestamp.txt.

    Of each student the one that counts; while none is graded, the last. Run again, it brings what has changed.
    """
    from autograder.service import Unavailable, open_store

    os.umask(0o077)  # grades are nobody else's business
    with usage_errors():
        if database is None and not (data / "submissions.db").is_file():
            raise UsageError(f"{data}: no submissions are kept here; give the --data of `autograder serve`.")
        assignment = load(course_root(), slug)
        store = open_store(data, database)
        try:
            count = _lay_out(store, assignment, course / "submitted")
        except Unavailable as problem:
            raise UsageError(f"{data}: the database does not answer ({problem}); try again.") from None
        except OSError as problem:
            raise UsageError(f"{course}: can't be written ({problem}).") from None
        finally:
            store.close()
        if not count:
            raise UsageError(f"{data}: nobody has submitted '{slug}' yet.")
    if not quiet:
        console.print(f"{counted(count, 'submission')} in {course / 'submitted'}", highlight=False, soft_wrap=True)


def _lay_out(store: Store, assignment: Assignment, submitted: Path) -> int:
    from autograder.service import entry_that_counts

    by_student: dict[str, list[Entry]] = {}
    for entry in store.of_assignment(assignment.slug):
        by_student.setdefault(entry.student, []).append(entry)
    for student, entries in by_student.items():
        chosen = entry_that_counts(entries, assignment.counts) or entries[-1]
        folder = submitted / student / assignment.slug
        folder.mkdir(parents=True, exist_ok=True)
        (folder / assignment.notebook).write_bytes(store.notebook(chosen.receipt))
        when = datetime.fromtimestamp(chosen.received, UTC)
        (folder / "timestamp.txt").write_text(f"{when:%Y-%m-%d %H:%M:%S} UTC", encoding="utf-8")
    return len(by_student)
