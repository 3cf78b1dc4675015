"""Writes `grades.csv` with the columns of nbgrader's own export. `--parts` adds a column for each part."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from autograder.grading import Result
from autograder.marking import Grade
from autograder.reports.formats.book import Book, spreadsheet
from autograder.reports.tables import question_ids

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield the file, with a line for each student. A score that is not final yet stays empty. It is not zero."""
    parts = _part_columns(book)
    text = io.StringIO()
    table = csv.DictWriter(text, (*COLUMNS, *parts), restval="")
    table.writeheader()
    for result in book.results:
        person = book.roster.row_of(result["student"])
        grade = book.grades[result["student"]]
        is_final = grade.score is not None and grade.before_late is not None
        table.writerow(
            {
                "assignment": result["assignment"],
                "duedate": _as_nbgrader(book.assignment.due),
                "timestamp": _as_nbgrader(result.get("submitted_at")),
                "student_id": spreadsheet(result["student"]),
                **{column: spreadsheet(person.get(column, "")) for column in ("last_name", "first_name", "email")},
                "raw_score": float(grade.before_late or 0) if is_final else "",
                "late_submission_penalty": float(grade.late_penalty),
                "score": float(grade.score or 0) if is_final else "",
                "max_score": float(grade.max_score),
                **{name: float(points) for name, points in _points_of_parts(result, grade).items() if name in parts},
            }
        )
    yield "grades.csv", text.getvalue()


def _part_columns(book: Book) -> list[str]:
    """The ids of the parts, and of the questions that a person marks. None if the columns are not wanted."""
    if not book.part_columns:
        return []
    return [*(part.id for part in book.assignment.parts), *question_ids(book.grades.values())]


def _points_of_parts(result: Result, grade: Grade) -> dict[str, float]:
    """The points of each part and question, without those that are not known yet."""
    parts = {part["id"]: part["score"] for part in result["parts"] if result["status"] != "error"}
    return parts | {name: points for name, points in grade.points_by_question.items() if points is not None}


def _as_nbgrader(moment: str | None) -> str:
    """Turn `2026-03-02T12:30:00Z` into nbgrader's form, `2026-03-02 12:30:00`. Both are UTC."""
    return moment.replace("T", " ").removesuffix("Z") if moment else ""
