"""Writes `gradescope/<student>.json`: the results.json that a Gradescope autograder leaves."""

from __future__ import annotations

import math
from collections.abc import Iterator

from autograder.grading import Result, earned
from autograder.marking import Grade
from autograder.reports.formats.book import Book, as_json, entries, explanation, message
from autograder.submissions import file_name


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield a file for each student with a final score.

    Without a results.json Gradescope says that the autograder failed, and sets no score. Any file would set a score.
    """
    for result in book.results:
        grade = book.grades[result["student"]]
        if grade.is_complete:
            yield f"gradescope/{file_name(result['student'])}.json", as_json(results_json(result, grade))


def results_json(result: Result, grade: Grade) -> dict[str, object]:
    """Return the content of results.json for a submission with a final score."""
    numbers = _numbers(result, grade)
    return {
        "score": grade.score,
        "execution_time": math.ceil(result["seconds"]),
        "output": message(result, grade),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {key: result[key] for key in ("schema", "notebook_sha256", "spec_sha256", "status")},
        "tests": [
            {
                "score": earned(entry),
                "max_score": entry["points"],
                "status": "passed" if entry["status"] == "pass" else "failed",
                "name": entry["title"],
                "number": number,
                "output": explanation(entry),
                "output_format": "text",
                "tags": [entry["part"]] if entry["part"] else [],
                "visibility": "visible",
                "extra_data": {"check": entry["name"], "status": entry["status"]},
            }
            for number, entry in zip(numbers, entries(result, grade), strict=True)
        ],
    }


def _numbers(result: Result, grade: Grade) -> list[str]:
    """Number the checks 1.1, 1.2, … by part. The entry that says why there are no checks is number 1.

    The questions that a person marks follow with a number each.
    """
    parts = enumerate(result["parts"], 1)
    checks = [f"{part}.{check}" for part, p in parts for check in range(1, len(p["checks"]) + 1)] or ["1"]
    first = max(1, len(result["parts"])) + 1
    return checks + [str(number) for number, _ in enumerate(grade.questions, first) if grade.counts_marks]
