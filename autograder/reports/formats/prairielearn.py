"""Writes `prairielearn/<student>.json`: the results.json of PrairieLearn's external graders."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.grading import Result, earned
from autograder.marking import Grade
from autograder.reports.formats.book import Book, as_json, entries, explanation, message
from autograder.submissions import file_name


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield a file for each student, except where a question is not marked yet: it would be a score."""
    for result in book.results:
        grade = book.grades[result["student"]]
        if grade.is_complete or result["status"] == "error":
            yield f"prairielearn/{file_name(result['student'])}.json", as_json(_results(result, grade))


def _results(result: Result, grade: Grade) -> dict[str, object]:
    """The content of results.json. A broken file and an error of the grader are not gradable.

    PrairieLearn then takes neither points nor an attempt from the student.
    """
    tests = [
        {
            "name": entry["title"],
            "description": entry["part"],
            "points": earned(entry),
            "max_points": entry["points"],
            "message": explanation(entry),
            "output": "",
        }
        for entry in entries(result, grade)
    ]
    common = {"message": message(result, grade), "output": "", "tests": tests}
    if result["status"] != "graded" or grade.score is None:
        return {"gradable": False, "format_errors": [result["message"]], **common}
    return {"gradable": True, "score": grade.score / grade.max_score, **common}
