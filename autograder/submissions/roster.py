"""Reads the roster of a class: a CSV with `student_id,email`, or the export of a platform. All columns are kept."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import UsageError

_NAMES = ("student_id", "email", "ID", "SIS User ID", "SIS Login ID")  # the last three are columns of Canvas


@dataclass(frozen=True)
class Roster:
    """The rows of a roster, in the order of the file. Each maps the names of columns to text."""

    columns: tuple[str, ...] = ()
    rows: tuple[Mapping[str, str], ...] = ()

    def row_of(self, student: str) -> Mapping[str, str]:
        """The row with this `student_id`. Empty if there is none."""
        return next((row for row in self.rows if row.get("student_id") == student), {})


def read_roster(path: Path) -> Roster:
    """Read a roster. Columns are separated by commas, or by semicolons as spreadsheets in many countries save them.

    Raises UsageError when the file is not a CSV in UTF-8, or when no column of its first line names students.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        head = text.partition("\n")[0]
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
        columns, *rows = [[cell.strip() for cell in line] for line in lines if line] or [[]]
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the roster can't be read; save it as CSV in UTF-8.") from None
    except (OSError, csv.Error) as problem:
        raise UsageError(f"{path}: the roster can't be read ({problem}).") from None
    if not set(columns) & set(_NAMES):
        raise UsageError(
            f"{path}: no column of the roster names students; expected a CSV whose first line is "
            "student_id,email or the gradebook that Canvas exports."
        )
    filled = [dict(zip(columns, [*row, *[""] * len(columns)], strict=False)) for row in rows]  # short lines are common
    return Roster(tuple(columns), tuple(filled))


def email_key(email: str) -> str:
    """The address in a form that does not depend on capitals or on how its accents are encoded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email.strip()).casefold())


def students_by_email(roster: Roster) -> dict[str, str]:
    """A mapping from the `email_key` of each address to the `student_id`.

    Raises UsageError when a column or a value is missing, when a value is there twice, or when an id can't be the
    name of a folder, which nbgrader needs.
    """
    absent = [column for column in ("student_id", "email") if column not in roster.columns]
    if absent:
        raise UsageError(f"the roster has no column {' and no column '.join(absent)}; it needs student_id,email.")
    students: dict[str, str] = {}
    for number, (student, row) in enumerate(zip(student_ids(roster), roster.rows, strict=True), 2):
        email = email_key(row.get("email", ""))
        if not all(email.partition("@")):
            raise UsageError(f"line {number} of the roster needs a student_id and an e-mail address.")
        if email in students:
            raise UsageError(f"line {number} of the roster: {email} is in the roster twice.")
        students[email] = student
    return students


def student_ids(roster: Roster) -> list[str]:
    """The `student_id` of every row.

    Raises UsageError when an id is missing, is there twice, or can't be the name of a folder.
    """
    if "student_id" not in roster.columns:
        raise UsageError("the roster has no column student_id; it needs student_id,email.")
    students: dict[str, None] = {}
    for number, row in enumerate(roster.rows, 2):
        student = row.get("student_id", "")
        if not student:
            raise UsageError(f"line {number} of the roster needs a student_id and an e-mail address.")
        if student.startswith(".") or set(student) & set("/\\\0") or not student.isprintable() or len(student) > 100:
            raise UsageError(f"line {number} of the roster: {student!r} can't be the name of a student's folder.")
        if student in students:
            raise UsageError(f"line {number} of the roster: {student} is in the roster twice.")
        students[student] = None
    return list(students)
