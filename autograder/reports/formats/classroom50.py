"""`classroom50/<student>.json`: the result.json (classroom50/result/v1) that a Classroom 50 runner publishes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

from autograder.grading import Result
from autograder.reports.formats.book import (
    Book,
    as_json,
    earned,
    entries,
)
from autograder.submissions import file_name

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
    handed_in = result.get("submitted_at") or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "schema": SCHEMA,
        "classroom": _given("CLASSROOM") or "local",
        "assignment": _given("ASSIGNMENT") or book.assignment.slug,
        "assignment_type": "group" if _given("ASSIGNMENT_TYPE") == "group" else "individual",
        # The runner grades one repository and knows whose; in a class each is the owner of their own.
        "owner": (_given("OWNER") if len(book.results) == 1 else "") or result["student"],
        **_links(f"submit/{handed_in.replace(':', '-')}-{result['notebook_sha256'][:7]}"),
        "datetime": handed_in,
        "score": sum(int(test["score"]) for test in tests),
        "max-score": sum(int(test["max-score"]) for test in tests),
        "tests": tests,
    }


def _links(submission: str) -> dict[str, str]:
    """What the runner gives, or what GitHub's own variables make of it; away from both `local`, for none may be empty.

    A submission without its tag is named as the runner names tags, with the notebook's digest for the commit's.
    """
    server, repository, sha = _given("GITHUB_SERVER_URL"), _given("GITHUB_REPOSITORY"), _given("GITHUB_SHA")
    here = f"{server}/{repository}/commit/{sha}" if server and repository and sha else "local"
    commit = _given("COMMIT_URL") or here
    return {
        "submission": _given("SUBMISSION_TAG") or submission,
        "commit": commit,
        "release": _given("RELEASE_URL") or commit,
        "review": _given("REVIEW_URL") or commit,
    }


def _given(name: str) -> str:
    return os.environ.get(name, "")
