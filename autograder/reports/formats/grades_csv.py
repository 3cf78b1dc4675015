"""Writes `grades.csv` with the columns of nbgrader's own export. `--parts` adds a column for each part."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from autograder.reports.formats.book import Book, spreadsheet

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield the file, with a line for each student. An error of the grader leaves its scores empty, not zero."""
    parts = [part.id for part in book.assignment.parts] if book.part_columns else []
    text = io.StringIO()
    table = csv.DictWriter(text, (*COLUMNS, *parts), restval="")
    table.writeheader()
    for result in book.results:
        person = book.roster.row_of(result["student"])
        graded = result["status"] != "error"
        score = float(result["score"]) if graded else ""
        table.writerow(
            {
                "assignment": result["assignment"],
                "duedate": _as_nbgrader(book.assignment.due),
                "timestamp": _as_nbgrader(result.get("submitted_at")),
                "student_id": spreadsheet(result["student"]),
                **{column: spreadsheet(person.get(column, "")) for column in ("last_name", "first_name", "email")},
                "raw_score": score,
                "late_submission_penalty": 0.0,
                "score": score,
                "max_score": float(result["max_score"]),
                **{part["id"]: float(part["score"]) for part in result["parts"] if graded and part["id"] in parts},
            }
        )
    yield "grades.csv", text.getvalue()


def _as_nbgrader(moment: str | None) -> str:
    """Turn `2026-03-02T12:30:00Z` into nbgrader's form, `2026-03-02 12:30:00`. Both are UTC."""
    return moment.replace("T", " ").removesuffix("Z") if moment else ""
