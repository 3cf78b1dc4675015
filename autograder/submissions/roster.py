"""Who is in the class: a CSV with `student_id,email`, or a platform's own export, whose columns are kept."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import UsageError

_NAMES = ("student_id", "email", "ID", "SIS User ID", "SIS Login ID")  # the last three are Canvas'


@dataclass(frozen=True)
class Roster:
    """The rows of a roster as they stand in the file, each a mapping of column to text."""

    columns: tuple[str, ...] = ()
    rows: tuple[Mapping[str, str], ...] = ()

    def of(self, student: str) -> Mapping[str, str]:
        """The row whose `student_id` this is; empty where there is none."""
        return next((row for row in self.rows if row.get("student_id") == student), {})


def read_roster(path: Path) -> Roster:
    """Read a roster, with commas or, as spreadsheets of many countries save it, semicolons.

    Raises UsageError when it is no CSV in UTF-8 whose head row has a column that names students.
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
    """What two spellings of one e-mail address have in common: capitals and ways to write an accent do not count."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email.strip()).casefold())


def students_by_email(roster: Roster) -> dict[str, str]:
    """The `student_id` of each e-mail address, by its `email_key`.

    Raises UsageError when a column or a value is missing, when one stands twice, and for an id that can't be the
    name of a folder, as nbgrader wants it.
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
            raise UsageError(f"line {number} of the roster: {email} stands there twice.")
        students[email] = student
    return students


def student_ids(roster: Roster) -> list[str]:
    """The `student_id` of every row.

    Raises UsageError when one is missing or stands twice, and for one that can't be the name of a folder.
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
            raise UsageError(f"line {number} of the roster: {student} stands there twice.")
        students[student] = None
    return list(students)
