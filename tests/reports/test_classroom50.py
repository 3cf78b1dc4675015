"""classroom50/<student>.json: the fields and types of classroom50/result/v1, its owner and its links."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from autograder.grading import Result
from autograder.reports import Book
from autograder.reports.formats import classroom50

Make = Callable[..., Book]
_TEXT = {"type": "string", "minLength": 1}
_POINTS = {"type": "integer", "minimum": 0}
_TEST = {"test-name": _TEXT, "passed": {"type": "boolean"}, "score": _POINTS, "max-score": _POINTS}
_FIELDS = {
    "schema": {"const": "classroom50/result/v1"},
    "assignment_type": {"enum": ["individual", "group"]},
    "submission": {"type": "string", "pattern": "^submit/"},
    "datetime": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
    "tests": {"type": "array", "items": {"type": "object", "properties": _TEST, "required": list(_TEST)}},
    **dict.fromkeys(("classroom", "assignment", "owner", "commit", "release", "review"), _TEXT),
    **dict.fromkeys(("score", "max-score"), _POINTS),
}
SCHEMA = {"type": "object", "properties": _FIELDS, "required": list(_FIELDS), "additionalProperties": False}
GIVEN = ("CLASSROOM", "ASSIGNMENT", "ASSIGNMENT_TYPE", "OWNER", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL")
GIVEN += ("REVIEW_URL", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_REPOSITORY_OWNER", "GITHUB_SHA")


@pytest.fixture(params=["nothing", "empty", "GitHub", "runner"])
def surroundings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which variables the environment sets."""
    for name in GIVEN:
        monkeypatch.delenv(name, raising=False)
        if request.param == "empty":
            monkeypatch.setenv(name, "")
    if request.param in ("GitHub", "runner"):
        monkeypatch.setenv("GITHUB_SERVER_URL", "https://example.org")
        monkeypatch.setenv("GITHUB_REPOSITORY", "course/cs1-em-gmm-ada")
        monkeypatch.setenv("GITHUB_REPOSITORY_OWNER", "course")
        monkeypatch.setenv("GITHUB_SHA", "5eed")
    if request.param == "runner":
        monkeypatch.setenv("CLASSROOM", "cs1")
        monkeypatch.setenv("ASSIGNMENT", "em-gmm")
        monkeypatch.setenv("ASSIGNMENT_TYPE", "group")
        monkeypatch.setenv("OWNER", "ada")
        monkeypatch.setenv("SUBMISSION_TAG", "submit/2026-03-01T10-00-00Z-5eed")
        monkeypatch.setenv("REVIEW_URL", "https://example.org/compare")
    return request.param


def written(book: Book) -> list[dict[str, Any]]:
    return [json.loads(text) for _, text in classroom50.files(book)]


def test_a_result_fits_the_schema_in_every_environment(
    surroundings: str, book: Make, class_of_five: list[Result]
) -> None:
    undated = [{**result, "submitted_at": None} for result in class_of_five]
    for results in (class_of_five, undated, class_of_five[:1], class_of_five[2:3]):
        for result in written(book(results)):
            jsonschema.validate(result, SCHEMA)
            assert result["tests"]


@pytest.mark.parametrize(
    ("field", "value"), [("submission", "local"), ("score", 1.5), ("owner", ""), ("usernames", [])]
)
def test_the_schema_rejects_wrong_fields(field: str, value: object, book: Make) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written(book())[0] | {field: value}, SCHEMA)


def test_the_runners_variables_are_preferred_to_githubs(
    surroundings: str, book: Make, class_of_five: list[Result]
) -> None:
    (result,) = written(book(class_of_five[:1]))
    github = "https://example.org/course/cs1-em-gmm-ada/commit/5eed"
    commit = github if surroundings in ("GitHub", "runner") else "local"
    assert result["commit"] == result["release"] == commit
    if surroundings == "runner":
        named = [result[name] for name in ("classroom", "assignment", "assignment_type", "owner", "review")]
        assert named == ["cs1", "em-gmm", "group", "ada", "https://example.org/compare"]
        assert result["submission"] == "submit/2026-03-01T10-00-00Z-5eed"
    else:
        named = [result[name] for name in ("classroom", "assignment", "assignment_type", "owner", "review")]
        assert named == ["local", "em_gmm", "individual", "alder", commit]
        assert re.fullmatch(r"submit/2026-03-01T10-00-00Z-0{7}", result["submission"])


def test_in_a_class_each_student_owns_their_submission(
    surroundings: str, book: Make, class_of_five: list[Result]
) -> None:
    assert [result["owner"] for result in written(book())] == [
        result["student"] for result in class_of_five if result["status"] != "error"
    ]


def test_points_are_whole_numbers_that_add_up_to_the_ledgers_score(book: Make, class_of_five: list[Result]) -> None:
    for result, ledgers in zip(written(book(class_of_five[:3])), class_of_five[:3], strict=True):
        assert (result["score"], result["max-score"]) == (ledgers["score"], ledgers["max_score"])
        assert result["score"] == sum(test["score"] for test in result["tests"])


def test_fractional_points_turn_all_points_into_hundredths(book: Make, class_of_five: list[Result]) -> None:
    results = copy.deepcopy(class_of_five[:3])
    for check in (check for part in results[0]["parts"] for check in part["checks"]):
        check["points"] /= 3
    thirds, whole_points, unreadable = written(book(results))
    assert thirds["score"] == thirds["max-score"] == sum(test["score"] for test in thirds["tests"])
    assert thirds["score"] == pytest.approx(100 * results[0]["max_score"] / 3, abs=len(thirds["tests"]))
    assert (whole_points["score"], whole_points["max-score"]) == (9300, 10000)
    assert (unreadable["score"], unreadable["max-score"]) == (0, 10000)
