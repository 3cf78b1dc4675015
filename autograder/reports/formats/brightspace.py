"""Writes `brightspace.csv`, which Brightspace imports: `OrgDefinedId`, `Username`, `<item> Points Grade` and a mark.

If the roster is Brightspace's export, the columns are copied from it. If the export has no column for the assignment,
or if the roster is the kit's own, the column has the assignment's title, and Brightspace offers to make the item. A
student without a grade keeps the grade of the export.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from autograder.reports.formats.book import Book
from autograder.reports.formats.grade_table import (
    as_csv,
    column_of,
    demand_points,
    demand_students,
    filled_column,
    new_column_notes,
    scores_for,
    students_of,
)

KEYS = ("OrgDefinedId", "Username")
_END = "End-of-Line Indicator"
_GRADE = re.compile(r"(?P<item>.+) Points Grade\b(?:.*?MaxPoints:(?P<most>[0-9.]+))?.*")


def files(book: Book) -> Iterator[tuple[str, str | bytes]]:
    """Yield the file. Raises UsageError if Brightspace would lose a grade, or if the points differ."""
    title = f"{book.assignment.title} Points Grade"
    if book.roster.platform != "brightspace":
        rows = [["Username", title, _END]]
        for result in book.results:
            score = book.grades[result["student"]].score
            if score is not None:
                rows.append([f"#{result['student']}", f"{score:.10g}", "#"])
        yield "brightspace.csv", as_csv(rows)
        return
    table, filled = book.roster.table, students_of(book)
    demand_students(book, filled, "the roster")
    scores = scores_for(book, filled)
    place = column_of(book, table.columns, _item)
    heading = table.columns[place] if place is not None else title
    found = _GRADE.fullmatch(heading.strip())
    demand_points(book, float(found["most"]) if found and found["most"] else None, "the roster")
    at = len(table.columns) if place is None else place
    texts = filled_column(table.cells, at, scores, "the roster")
    keys = [i for i, column in enumerate(table.columns) if column.strip() in KEYS]
    if not keys:  # the names of the columns are fixed, but an export may have only one of them
        keys = [0]
    rows = [[*(table.columns[i].strip() for i in keys), heading, _END]]
    for person in book.roster.people:
        cells = [*table.cells[person.row], *[""] * (len(table.columns) + 1)]
        rows.append([*(cells[i] for i in keys), texts.get(person.row, cells[at]), "#"])
    yield "brightspace.csv", as_csv(rows)


def notes(book: Book) -> list[str]:
    """Say what an instructor should know of the file before the import."""
    columns = book.roster.table.columns if book.roster.platform == "brightspace" else ()
    return new_column_notes(book, "Brightspace", column_of(book, columns, _item) is not None)


def _item(column: str) -> str | None:
    found = _GRADE.fullmatch(column)
    return found["item"] if found else None
