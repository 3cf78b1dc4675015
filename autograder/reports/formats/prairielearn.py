"""Writes `prairielearn/<student>.json`: the results.json of PrairieLearn's external graders."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.grading import Result, earned
from autograder.reports.formats.book import Book, as_json, entries, explanation
from autograder.submissions import file_name


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield a file for each student."""
    for result in book.results:
        yield f"prairielearn/{file_name(result['student'])}.json", as_json(_results(result))


def _results(result: Result) -> dict[str, object]:
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
        for entry in entries(result)
    ]
    common = {"message": result["message"], "output": "", "tests": tests}
    if result["status"] != "graded":
        return {"gradable": False, "format_errors": [result["message"]], **common}
    return {"gradable": True, "score": result["score"] / result["max_score"], **common}
