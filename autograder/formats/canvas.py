"""`canvas.csv`, as Canvas imports grades: the identity columns of its own export, and one column of scores.

Canvas finds a student by ID, else by SIS User ID, else by SIS Login ID. All are taken from the gradebook that it
exports, given as the roster; from a roster of the kit's, the student's id and e-mail; else the name of the
submission stands for the login. A blank score leaves what Canvas has: for who handed in nothing, and for an error of
the grader's own.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping

from autograder.formats.book import Book, spreadsheet

IDENTITY = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_KEYS = ("SIS Login ID", "SIS User ID", "ID", "student_id", "email")


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Every student of the roster, then whoever was graded and is not in it."""
    column = _column(book)
    scores = {r["student"]: r["score"] for r in book.results if r["status"] != "error"}
    text = io.StringIO()
    table = csv.DictWriter(text, (*IDENTITY, column), restval="", lineterminator="\n")
    table.writeheader()
    table.writerow({"Student": "    Points Possible", column: book.assignment.max_score})
    matched = _matched(book)
    for number, row in enumerate(_people(book)):
        table.writerow(_identity(row) | {column: scores.get(matched.get(number, ""), "")})
    for student in strangers(book):
        name = spreadsheet(student)
        table.writerow({"Student": name, "SIS Login ID": name, column: scores.get(student, "")})
    yield "canvas.csv", text.getvalue()


def strangers(book: Book) -> list[str]:
    """Graded students whom the roster does not have."""
    known = set(_matched(book).values())
    return [result["student"] for result in book.results if result["student"] not in known]


def _column(book: Book) -> str:
    """The name of the assignment's column in the export, whose number tells Canvas which one; else a new one's."""
    names = "|".join(re.escape(name) for name in (book.assignment.title, book.assignment.slug))
    known = [column for column in book.roster.columns if re.fullmatch(rf"({names}) \(\d+\)", column)]
    return known[0] if known else book.assignment.title


def _people(book: Book) -> list[Mapping[str, str]]:
    """The roster's students; an export also has a line for the points and one for Canvas' test student."""
    return [
        row
        for row in book.roster.rows
        if row.get("Student", "") not in ("Points Possible", "Student, Test") and any(row.get(key) for key in _KEYS)
    ]


def _matched(book: Book) -> dict[int, str]:
    """The graded student of a person, by the person's number."""
    graded = {result["student"].casefold(): result["student"] for result in book.results}
    matched = {}
    for number, row in enumerate(_people(book)):
        names = [row[key].casefold() for key in _KEYS if row.get(key)]
        names += [name.partition("@")[0] for name in names if "@" in name]
        found = [graded[name] for name in names if name in graded]
        if found:
            matched[number] = found[0]
    return matched


def _identity(row: Mapping[str, str]) -> dict[str, str]:
    if "student_id" not in row:
        return {name: row.get(name, "") for name in IDENTITY}
    name = ", ".join(part for part in (row.get("last_name"), row.get("first_name")) if part)
    own = {"Student": name or row["student_id"], "SIS User ID": row["student_id"], "SIS Login ID": row.get("email", "")}
    return {key: spreadsheet(text) for key, text in own.items()}
