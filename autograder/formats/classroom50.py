"""`classroom50/<student>.json`: the result.json (classroom50/result/v1) that a Classroom 50 runner publishes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

from autograder.file_names import file_name
from autograder.formats.book import Book, as_json, earned, entries
from autograder.ledger import Result

SCHEMA = "classroom50/result/v1"


def files(book: Book) -> Iterator[tuple[str, str]]:
    """One file a student; none for an error of ours, which would count as a score of 0.

    Scores are whole numbers there: with points that are none, all of them are counted in hundredths.
    """
    points = [entry["points"] for result in book.results for entry in entries(result)]
    unit = 1 if all(float(p).is_integer() for p in points) else 100
    for result in book.results:
        if result["status"] != "error":
            yield f"classroom50/{file_name(result['student'])}.json", as_json(_result(book, result, unit))


def _result(book: Book, result: Result, unit: int) -> dict[str, object]:
    tests = [
        {
            "test-name": f"{entry['part']}: {entry['title']}".removeprefix(": "),
            "passed": entry["status"] == "pass",
            "score": round(earned(entry) * unit),
            "max-score": round(entry["points"] * unit),
        }
        for entry in entries(result)
    ]
    here = _links()
    return {
        "schema": SCHEMA,
        "classroom": os.environ.get("CLASSROOM", "local"),
        "assignment": os.environ.get("ASSIGNMENT", book.assignment.slug),
        "assignment_type": os.environ.get("ASSIGNMENT_TYPE", "individual"),
        "owner": os.environ.get("GITHUB_REPOSITORY_OWNER", result["student"]),
        **here,
        "datetime": result.get("submitted_at") or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": sum(int(test["score"]) for test in tests),
        "max-score": sum(int(test["max-score"]) for test in tests),
        "tests": tests,
    }


def _links() -> dict[str, str]:
    """What the runner gives, or what GitHub's own variables make of it; `local` away from both."""
    server, repository = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    commit = f"{server}/{repository}/commit/{os.environ.get('GITHUB_SHA')}" if server and repository else "local"
    commit = os.environ.get("COMMIT_URL", commit)
    return {
        "submission": os.environ.get("SUBMISSION_TAG", "local"),
        "commit": commit,
        "release": os.environ.get("RELEASE_URL", commit),
        "review": os.environ.get("REVIEW_URL") or commit,
    }
