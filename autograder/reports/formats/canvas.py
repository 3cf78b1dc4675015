"""Writes `canvas.csv`, which Canvas imports: the identity columns of Canvas' own export, and one column of scores.

Canvas looks for a student by ID, then by SIS User ID, then by SIS Login ID, then by name. If the roster is Canvas'
exported gradebook, these columns are copied from it. If the roster is the kit's own, the student's id and e-mail fill
them. Without a roster, the submission's name is the login. If Canvas does not know a student, it asks the instructor
before it imports.

If a student handed in nothing or has no final score yet, the cell keeps the export's value, which is mostly empty.
An empty cell would delete a score that Canvas already has.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from autograder.reports.formats import canvas_feedback
from autograder.reports.formats.book import Book, spreadsheet
from autograder.reports.formats.grade_table import (
    AMOUNT,
    column_of,
    demand_points,
    new_column_notes,
    students_of,
)
from autograder.submissions import without_capitals

IDENTITY = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_COLUMN = re.compile(r"(?P<name>.+) \(\d+\)", re.DOTALL)  # Homework 4 (5502)
_Value = TypeVar("_Value")


def files(book: Book) -> Iterator[tuple[str, str | bytes]]:
    """Yield the file and, if submissions came from Canvas, the zip of feedback.

    The file has every student of the roster, then the graded students who are not in it.

    Raises UsageError when the roster has several columns for the assignment, or other points than the assignment.
    """
    known = _known_column(book)
    column = known or book.assignment.title
    demand_points(book, _points_possible(book, column), "the gradebook")
    scores = {student: grade.score for student, grade in book.grades.items() if grade.score is not None}
    matched = _person_rows(book)
    text = io.StringIO()
    table = csv.DictWriter(text, (*IDENTITY, column), restval="")
    table.writeheader()
    table.writerow({"Student": "    Points Possible", column: book.max_score})
    for person in book.roster.people:
        row, student = book.roster.rows[person.row], matched.get(person.row)
        score = scores[student] if student in scores else row.get(column, "")
        table.writerow(_identity(row) | {column: score})
    for student in unmatched_students(book):
        name = spreadsheet(student)
        table.writerow({"Student": name, "SIS Login ID": name, column: scores.get(student, "")})
    yield "canvas.csv", text.getvalue()
    yield from canvas_feedback.files(book)


def unmatched_students(book: Book) -> list[str]:
    """Return the graded students who are not in the roster, or who could be several people there."""
    known = set(_person_rows(book).values())
    return [result["student"] for result in book.results if result["student"] not in known]


def notes(book: Book) -> list[str]:
    """Say what an instructor should know of the file before the import."""
    return new_column_notes(book, "Canvas", bool(_known_column(book)))


def _known_column(book: Book) -> str:
    """The name of the assignment's column in the export, with Canvas' number. Empty if there is none."""
    place = column_of(book, book.roster.columns, _name_in)
    return "" if place is None else book.roster.columns[place]


def _name_in(column: str) -> str | None:
    found = _COLUMN.fullmatch(column)
    return found["name"] if found else None


def _points_possible(book: Book, column: str) -> float | None:
    """The points that Canvas gives for a column. None if the table does not say it."""
    texts = [row.get(column, "") for row in book.roster.rows if row.get("Student") == "Points Possible"]
    amount = AMOUNT.fullmatch(texts[0]) if texts else None
    return float(amount[0].replace(",", ".")) if amount else None


def _person_rows(book: Book) -> dict[int, str]:
    """The graded student by the number of their row in the roster.

    As for the other platforms, and then by the part of an address before the @, because Canvas' logins are often
    addresses. A name that fits two people or two students is matched to nobody.
    """
    filled = students_of(book)
    found = {person.row: student for student, person in filled.person_of.items()}
    left = [person for person in book.roster.people if person.row not in found]
    rows = _unambiguous((_before_at(text), one.row) for one in left for text in {one.email, *one.logins})
    graded = _unambiguous((without_capitals(student), student) for student in filled.strangers)
    return found | {rows[name]: student for name, student in graded.items() if name in rows}


def _unambiguous(pairs: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    """The value of each name that is not empty and has only one value."""
    found: dict[str, list[_Value]] = defaultdict(list)
    for name, value in pairs:
        found[name].append(value)
    return {name: values[0] for name, values in found.items() if name and len(values) == 1}


def _before_at(address: str) -> str:
    """The part of an address before the @. It is empty for a text without an @."""
    name, at, _ = address.partition("@")
    return name if at else ""


def _identity(row: Mapping[str, str]) -> dict[str, str]:
    """The identity columns of a person. Canvas' own go back unchanged, except the name, because students choose it."""
    if "student_id" not in row:
        name = row.get("Student") or _name(row, "LastName", "FirstName")
        return {column: row.get(column, "") for column in IDENTITY} | {"Student": spreadsheet(name)}
    name = _name(row, "last_name", "first_name") or row["student_id"] or row.get("email", "")
    own = {"Student": name, "SIS User ID": row["student_id"], "SIS Login ID": row.get("email", "")}
    return {key: spreadsheet(text) for key, text in own.items()}


def _name(row: Mapping[str, str], last: str, first: str) -> str:
    return ", ".join(part for part in (row.get(last), row.get(first)) if part)
