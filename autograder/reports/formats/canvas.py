"""`canvas.csv`, as Canvas imports grades: the identity columns of its own export, and one column of scores.

Canvas finds a student by ID, else by SIS User ID, else by SIS Login ID, else by name. All are taken from the gradebook
that it exports, given as the roster; from a roster of the kit's, the student's id and e-mail; else the name of the
submission stands for the login. Whom Canvas does not know it asks about before it imports.

For who handed in nothing, and for an error of the grader's own, the cell says what the export says, mostly nothing: a
blank where Canvas has a score would take the score away.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from autograder.assignment import UsageError
from autograder.reports.formats.book import Book, spreadsheet

IDENTITY = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_KEYS = ("SIS Login ID", "SIS User ID", "ID", "student_id", "email")
_Reading = Callable[[str], str]
_Value = TypeVar("_Value")


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Every student of the roster, then whoever was graded and is not in it. Raises UsageError."""
    column = _column(book)
    scores = {r["student"]: r["score"] for r in book.results if r["status"] != "error"}
    people = _people(book)
    matched = _matched(people, [result["student"] for result in book.results])
    text = io.StringIO()
    table = csv.DictWriter(text, (*IDENTITY, column), restval="")
    table.writeheader()
    table.writerow({"Student": "    Points Possible", column: book.assignment.max_score})
    for number, row in enumerate(people):
        student = matched.get(number)
        score = scores[student] if student in scores else row.get(column, "")
        table.writerow(_identity(row) | {column: score})
    for student in unmatched_students(book):
        name = spreadsheet(student)
        table.writerow({"Student": name, "SIS Login ID": name, column: scores.get(student, "")})
    yield "canvas.csv", text.getvalue()


def unmatched_students(book: Book) -> list[str]:
    """Graded students whom the roster does not have, or has in a way that may mean somebody else."""
    students = [result["student"] for result in book.results]
    known = set(_matched(_people(book), students).values())
    return [student for student in students if student not in known]


def _column(book: Book) -> str:
    """The name of the assignment's column in the export, whose number tells Canvas which one; else a new one's."""
    names = "|".join(re.escape(name) for name in (book.assignment.title, book.assignment.slug))
    known = [column for column in book.roster.columns if re.fullmatch(rf"({names}) \(\d+\)", column)]
    if len(known) > 1:
        raise UsageError(f"the roster has more than one column for this assignment, {', '.join(known)}: leave one.")
    return known[0] if known else book.assignment.title


def _people(book: Book) -> list[Mapping[str, str]]:
    """The roster's students; an export also has a line for the points and one for Canvas' test student."""
    return [
        row
        for row in book.roster.rows
        if row.get("Student", "") not in ("Points Possible", "Student, Test") and any(row.get(key) for key in _KEYS)
    ]


def _matched(people: Sequence[Mapping[str, str]], students: Sequence[str]) -> dict[int, str]:
    """The graded student of a person, by the person's number.

    Names agree to the letter, else but for case, else with what is before the @ of an address. One that could mean two
    people, or two students, means nobody: the points of one must never become another's.
    """
    matched: dict[int, str] = {}
    readings: tuple[tuple[_Reading, _Reading], ...] = ((str, str), (str.casefold, str.casefold), (str.casefold, _local))
    for of_student, of_person in readings:
        graded = _unambiguous((of_student(student), student) for student in students)
        for key in _KEYS:
            persons = _unambiguous((of_person(row.get(key, "")), number) for number, row in enumerate(people))
            for name, number in persons.items():
                if name in graded and number not in matched and graded[name] not in matched.values():
                    matched[number] = graded[name]
    return matched


def _unambiguous(pairs: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    found: dict[str, list[_Value]] = defaultdict(list)
    for name, value in pairs:
        found[name].append(value)
    return {name: values[0] for name, values in found.items() if name and len(values) == 1}


def _local(address: str) -> str:
    name, at, _ = address.partition("@")
    return name.casefold() if at else ""


def _identity(row: Mapping[str, str]) -> dict[str, str]:
    """Canvas' own columns go back as they came, but for the name, which students choose."""
    if "student_id" not in row:
        name = row.get("Student") or _name(row, "LastName", "FirstName")
        return {column: row.get(column, "") for column in IDENTITY} | {"Student": spreadsheet(name)}
    name = _name(row, "last_name", "first_name") or row["student_id"] or row.get("email", "")
    own = {"Student": name, "SIS User ID": row["student_id"], "SIS Login ID": row.get("email", "")}
    return {key: spreadsheet(text) for key, text in own.items()}


def _name(row: Mapping[str, str], last: str, first: str) -> str:
    return ", ".join(part for part in (row.get(last), row.get(first)) if part)
