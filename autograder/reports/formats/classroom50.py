"""Writes `classroom50/<student>.json`: the result.json (classroom50/result/v1) that a Classroom 50 runner publishes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

from autograder.grading import Result, earned
from autograder.reports.formats.book import Book, as_json, entries
from autograder.submissions import file_name

SCHEMA = "classroom50/result/v1"


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield a file for each student. Without a final score there is no file, because it would count as a score.

    Classroom 50 takes only whole numbers. If any check has fractional points, all points are given in hundredths.
    """
    points = [
        p
        for result in book.results
        for entry in entries(result, book.grades[result["student"]])
        for p in (entry["points"], earned(entry))
    ]
    points += [grade.late_penalty for grade in book.grades.values()]
    unit = 1 if all(float(p).is_integer() for p in points) else 100
    for result in book.results:
        if book.grades[result["student"]].is_complete:
            yield f"classroom50/{file_name(result['student'])}.json", as_json(_result(book, result, unit))


def _result(book: Book, result: Result, unit: int) -> dict[str, object]:
    """The content of result.json. Lateness takes its points off the sum of the tests."""
    grade = book.grades[result["student"]]
    tests = [
        {
            "test-name": f"{entry['part']}: {entry['title']}".removeprefix(": "),
            "passed": entry["status"] == "pass",
            "score": round(earned(entry) * unit),
            "max-score": round(entry["points"] * unit),
        }
        for entry in entries(result, grade)
    ]
    if grade.late_text:
        tests.append({"test-name": grade.late_sentence, "passed": not grade.late_penalty, "score": 0, "max-score": 0})
    handed_in = result.get("submitted_at") or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "schema": SCHEMA,
        "classroom": _env("CLASSROOM") or "local",
        "assignment": _env("ASSIGNMENT") or book.assignment.slug,
        "assignment_type": "group" if _env("ASSIGNMENT_TYPE") == "group" else "individual",
        # A runner grades one repository and gives its owner. In a class each student owns their own submission.
        "owner": (_env("OWNER") if len(book.results) == 1 else "") or result["student"],
        **_links(f"submit/{handed_in.replace(':', '-')}-{result['notebook_sha256'][:7]}"),
        "datetime": handed_in,
        "score": sum(int(test["score"]) for test in tests) - round(grade.late_penalty * unit),
        "max-score": sum(int(test["max-score"]) for test in tests),
        "tests": tests,
    }


def _links(submission: str) -> dict[str, str]:
    """The links that the runner gives, or links made from GitHub's own variables. Without either they are `local`.

    The schema allows no empty link. A submission without a tag gets a name like the runner's tags, with the notebook's
    digest in place of the commit's.
    """
    server, repository, sha = (
        _env("GITHUB_SERVER_URL"),
        _env("GITHUB_REPOSITORY"),
        _env("GITHUB_SHA"),
    )
    by_github = f"{server}/{repository}/commit/{sha}" if server and repository and sha else "local"
    commit = _env("COMMIT_URL") or by_github
    return {
        "submission": _env("SUBMISSION_TAG") or submission,
        "commit": commit,
        "release": _env("RELEASE_URL") or commit,
        "review": _env("REVIEW_URL") or commit,
    }


def _env(name: str) -> str:
    """The value of an environment variable, empty if it is not set."""
    return os.environ.get(name, "")
