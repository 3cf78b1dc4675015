"""Writes `blackboard.csv` or `blackboard.xls`, which Blackboard uploads: its columns of names and the assignment's.

The roster is what Blackboard downloads from its gradebook. Its encoding and its separator stay: a file named .xls is a
table with tabs in UTF-16. Blackboard finds a column by the number at its end, and makes a column of text from others.
So the assignment has to be there. Columns of other assignments are left out, so that their grades cannot change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from autograder.assignment import UsageError
from autograder.reports.formats.book import Book
from autograder.reports.formats.grade_table import (
    as_csv,
    column_of,
    demand_points,
    demand_students,
    filled_column,
    scores_for,
    students_of,
)
from autograder.submissions import role_of

_GRADE = re.compile(r"(?P<name>.+?)\s*\[(?P<about>[^\]]*)\]\s*\|[0-9]+|(?P<plain>.+?)\s*\|[0-9]+")
_MOST = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_KEPT = ("last_name", "first_name", "login", "number")


def files(book: Book) -> Iterator[tuple[str, str | bytes]]:
    """Yield the file.

    Raises UsageError if the roster is not Blackboard's or has no column for the assignment, if Blackboard would lose a
    grade, or if the points differ.
    """
    table = book.roster.table
    if book.roster.platform != "blackboard":
        raise UsageError("blackboard: give the gradebook that Blackboard downloads with --roster.")
    place = column_of(book, table.columns, _name)
    if place is None:
        raise UsageError(
            f"the roster has no column for this assignment. In Blackboard, give its column a name with "
            f"'{book.assignment.title}' or '{book.assignment.slug}' in it, and download the gradebook again."
        )
    filled = students_of(book)
    demand_students(book, filled, "the roster")
    found = _GRADE.fullmatch(table.columns[place].strip())
    amount = _MOST.search((found and found["about"]) or "")
    demand_points(book, float(amount[0].replace(",", ".")) if amount else None, "the roster")
    texts = filled_column(table.cells, place, scores_for(book, filled), "the roster")
    kept = [i for i, column in enumerate(table.columns) if role_of(column) in _KEPT]
    if not any(role_of(table.columns[i]) == "login" for i in kept):  # in a language that is not known
        kept = [0, 1, 2, 3]
    rows = [[table.columns[i] for i in (*kept, place)]]
    for person in book.roster.people:
        cells = [*table.cells[person.row], *[""] * len(table.columns)]
        rows.append([*(cells[i] for i in kept), texts.get(person.row, cells[place])])
    ending = "xls" if table.delimiter == "\t" else "csv"
    yield f"blackboard.{ending}", as_csv(rows, table.delimiter, table.encoding)


def _name(column: str) -> str | None:
    found = _GRADE.fullmatch(column)
    return (found["name"] or found["plain"]) if found else None
