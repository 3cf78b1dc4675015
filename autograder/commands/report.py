"""`autograder report`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import Assignment, UsageError, course_root, load
from autograder.commands.terminal import Quiet, console, usage_errors
from autograder.formats import FORMATS, write
from autograder.formats.book import Book
from autograder.ledger import NAME, Result, last_results
from autograder.roster import Roster, read_roster

FormatName = StrEnum("FormatName", {name: name for name in FORMATS})  # type: ignore[misc]
Formats = Annotated[list[FormatName] | None, typer.Option("--format", help="A file to write; may be given again.")]
RosterFile = Annotated[
    Path | None, typer.Option("--roster", help="CSV with student_id,email, or the gradebook that Canvas exports.")
]
Parts = Annotated[bool, typer.Option("--parts", help="In tables, one more column for each part.")]


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the ledger, as given to grade --out.")],
    formats: Formats = None,
    roster: RosterFile = None,
    parts: Parts = False,
    quiet: Quiet = False,
) -> None:
    """Write the files that platforms and people read, from the ledger alone."""
    with usage_errors():
        results = last_results(folder / NAME)
        if not results:
            raise UsageError(f"{folder / NAME}: no graded submission here; give the folder given to grade --out.")
        named = {result["assignment"] for result in results.values()}
        if len(named) > 1:
            raise UsageError(f"{folder / NAME}: holds the assignments {', '.join(sorted(named))}; grade each apart.")
        assignment = load(course_root(), named.pop())
        people = read_roster(roster) if roster else Roster()
        in_order = [results[student] for student in sorted(results)]
        publish(assignment, folder, in_order, formats or [], people, parts, quiet)


def publish(
    assignment: Assignment,
    folder: Path,
    results: Sequence[Result],
    formats: Sequence[str],
    roster: Roster,
    parts: bool,
    quiet: bool,
) -> None:
    """Write the formats and say where they lie."""
    for name in dict.fromkeys(str(name) for name in formats):
        written = write(Book(assignment, folder, tuple(results), roster, parts), [name])
        if not quiet:
            where = written[0] if len(written) == 1 else f"{written[0].parent}/ ({len(written)} files)"
            console.print(f"{name}: {where}", highlight=False, markup=False, soft_wrap=True)
