"""Writes `moodle.csv`, the grading worksheet with the grades, and `moodle-feedback.zip` for Moodle's bulk upload.

The worksheet is the one that was given as the roster: its columns and its language stay. Moodle finds a student by the
number in the first column, skips a grade that is above the maximum or locked, and says nothing of it. So what it would
skip is refused here. In the zip, each student has a folder of the name that Moodle's own download has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from autograder.assignment import UsageError
from autograder.reports.formats import feedback
from autograder.reports.formats.book import Book
from autograder.reports.formats.grade_table import (
    Filled,
    as_csv,
    demand_points,
    demand_students,
    filled_column,
    is_no,
    refuse,
    scores_for,
    students_of,
)
from autograder.reports.formats.packed import packed
from autograder.submissions import Person, file_name, numbered_parts, worksheet_columns

_REMOVED = re.compile(r"""[\x00-\x1f&<>"`|':\\/]""")  # what Moodle leaves out of the names of files


def files(book: Book) -> Iterator[tuple[str, str | bytes]]:
    """Yield the worksheet and the zip.

    Raises UsageError if the roster is no grading worksheet of this assignment, or if Moodle would lose a grade.
    """
    table = book.roster.table
    columns = worksheet_columns(table.columns, table.cells) if book.roster.platform == "moodle" else None
    if columns is None:
        raise UsageError("moodle: give the assignment's grading worksheet, as Moodle exports it, with --roster.")
    filled = students_of(book)
    demand_students(book, filled, "the worksheet")
    _demand_same_assignment(book, filled)
    grade, most = columns
    maximum = table.cells[0][most].strip()
    demand_points(book, float(maximum.replace(",", ".")), "the worksheet")
    scores = scores_for(book, filled)
    texts = filled_column(table.cells, grade, scores, "the worksheet", "," if "," in maximum else ".")
    changed = [row for row, text in texts.items() if text != table.cells[row][grade].strip()]
    locked = [scores[row][0] for row in changed if any(map(is_no, table.cells[row][most + 1 : most + 3]))]
    refuse(locked, "Moodle has locked the grade of {}, and would leave it as it is: unlock it, and export again.")
    rows = [list(row) for row in table.cells]
    for row, text in texts.items():
        rows[row][grade] = text
    yield "moodle.csv", as_csv([table.columns, *rows], table.delimiter, table.encoding)
    yield "moodle-feedback.zip", packed(_pages(book, filled))


def _demand_same_assignment(book: Book, filled: Filled) -> None:
    """Raise UsageError if the students had other numbers when they handed in: Moodle counts in each assignment anew."""
    for result in book.results:
        said, person = result.get("platform") or {}, filled.person_of.get(result["student"])
        if person and said.get("name") == "moodle" and not result.get("members") and said.get("id") != person.id:
            raise UsageError(
                f"the worksheet is that of another assignment: {result['student']} is number {person.id} there, and "
                f"number {said.get('id')} in the submissions."
            )


def _pages(book: Book, filled: Filled) -> Iterator[tuple[str, str]]:
    pages = dict(feedback.files(book))
    for result in book.results:
        student = result["student"]
        person = filled.person_of.get(student)
        if person and book.grades[student].score is not None:
            yield f"{_folder(book, person)}/feedback.html", pages[f"feedback/{file_name(student)}.html"]


def _folder(book: Book, person: Person) -> str:
    """The name as Moodle writes it. Only the number counts, which has to come after the first underscore."""
    name = person.full_name or numbered_parts(book.roster.table.cells[person.row][0])[0]
    return f"{_REMOVED.sub('', name).replace('_', ' ').strip(' .')}_{person.id}_assignsubmission_file_"
