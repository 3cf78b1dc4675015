"""`autograder roster`."""

from __future__ import annotations

import csv
import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import UsageError
from autograder.commands.serve import Data, Database, students_url
from autograder.commands.terminal import usage_errors
from autograder.submissions import read_roster, students_by_email

roster = typer.Typer(
    no_args_is_help=True,
    help="Work with the roster of the class.",
    epilog="Example: autograder roster links --data service --roster roster.csv --url https://grading.example.org",
)


@roster.callback()
def main() -> None:
    """Work with the roster of the class."""


@roster.command(
    epilog="Example: autograder roster links --data service --roster roster.csv --url https://grading.example.org"
)
def links(
    data: Data,
    people: Annotated[Path, typer.Option("--roster", help="A CSV with the columns student_id,email.")],
    url: Annotated[
        str, typer.Option("--url", help="The address of the service for students.")
    ] = "http://127.0.0.1:8000",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The CSV to write, readable only by its owner. The default is standard output."),
    ] = None,
    database: Database = None,
) -> None:
    """Make each student's personal link to the service. Mail each link to that student only.

    Each run makes the same links. If the instructor voids a link on the instructor's page, the next run makes another.
    """
    from autograder.assignment import write_private
    from autograder.service import Unavailable, open_store, open_tokens

    os.umask(0o077)
    with usage_errors():
        address = students_url(url)
        students = students_by_email(read_roster(people))
        tokens, _ = open_tokens(data)
        store = open_store(data, database)
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(("student_id", "email", "link"))
        try:
            for email, student in students.items():
                link = tokens.make_link(student, store.generations(student).links)
                table.writerow((student, email, f"{address}/enter/{link}"))
        except Unavailable as problem:
            raise UsageError(f"{data}: the database does not answer ({problem}). Try again.") from None
        finally:
            store.close()
        if out is None:
            _print_table(text.getvalue())
            return
        try:
            write_private(out, text.getvalue())
        except OSError as problem:
            raise UsageError(f"{out}: can't be written ({problem.strerror}).") from None


def _print_table(text: str) -> None:
    """Write the table to standard output in UTF-8. Raises UsageError if a part of it is lost: here it is the result."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except (OSError, ValueError) as problem:
        raise UsageError(f"the links can't be printed ({problem}). Write them into a file with --out.") from None
