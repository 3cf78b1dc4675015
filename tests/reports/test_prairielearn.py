"""prairielearn/<student>.json: the results.json that PrairieLearn's documentation requires of an external grader."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from autograder.grading import Result
from autograder.reports import Book
from autograder.reports.formats import prairielearn

Make = Callable[..., Book]
_TEXT, _NUMBER = {"type": "string"}, {"type": "number", "minimum": 0}
_TEST = {
    **dict.fromkeys(("name", "description", "message", "output"), _TEXT),
    **dict.fromkeys(("points", "max_points"), _NUMBER),
}
SCHEMA = {
    "type": "object",
    "properties": {
        "gradable": {"type": "boolean"},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "format_errors": {"type": "array", "items": _TEXT},
        "message": _TEXT,
        "output": _TEXT,
        "tests": {
            "type": "array",
            "items": {"type": "object", "properties": _TEST, "required": list(_TEST), "additionalProperties": False},
        },
    },
    "required": ["gradable", "message", "output", "tests"],
    "additionalProperties": False,
    # A submission has a score if and only if it can be graded.
    "if": {"properties": {"gradable": {"const": True}}},
    "then": {"required": ["score"], "not": {"required": ["format_errors"]}},
    "else": {"required": ["format_errors"], "not": {"required": ["score"]}},
}


def written(book: Book) -> list[dict[str, Any]]:
    return [json.loads(text) for _, text in prairielearn.files(book)]


def test_a_result_has_the_documented_fields_and_a_test(
    book: Make, class_of_five: list[Result], interrupted: Result
) -> None:
    results = written(book([*class_of_five, interrupted]))
    assert len(results) == 6
    for result in results:
        jsonschema.validate(result, SCHEMA)
        assert result["tests"]


@pytest.mark.parametrize("change", [{"score": 93}, {"gradable": False}, {"tests": [{"name": "x"}]}, {"score": None}])
def test_the_schema_rejects_wrong_fields(change: dict[str, Any], book: Make) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written(book())[1] | change, SCHEMA)


def test_the_score_is_the_share_of_the_ledgers_points(book: Make, class_of_five: list[Result]) -> None:
    graded = [result for result in class_of_five if result["status"] == "graded"]
    for result, ledgers in zip(written(book(graded)), graded, strict=True):
        assert result["score"] * ledgers["max_score"] == pytest.approx(ledgers["score"])
        assert sum(test["points"] for test in result["tests"]) == ledgers["score"]


def test_a_broken_file_or_an_error_of_the_grader_takes_no_points_and_no_attempt(
    book: Make, class_of_five: list[Result], interrupted: Result
) -> None:
    for result in written(book([*class_of_five[2:4], interrupted])):
        assert result["gradable"] is False
        assert result["format_errors"] == [result["message"]] != [""]
