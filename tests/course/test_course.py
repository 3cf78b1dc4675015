"""A course of twelve runs from nothing to four platforms, and no number disagrees between any two places."""

from __future__ import annotations

from pathlib import Path

from tests.course.agree import disagreements
from tests.course.run import run_course
from tests.warm_commands import run_command


def test_a_course_runs_from_nothing_and_every_place_has_the_same_numbers(tmp_path: Path) -> None:
    found = run_course(tmp_path, 12, 1, run_command)
    assert found["disagreements"] == []
    places = {"canvas.csv", "moodle.csv", "brightspace.csv", "grades.csv", "report.html", "feedback pages"}
    for slug in ("line", "kinds"):
        assert places <= set(found[slug]["places compared"])
        assert found[slug]["submissions"] == 11
    assert found["numbers compared"] > 200


def test_a_number_that_differs_or_is_missing_is_found() -> None:
    """The comparison itself can fail."""
    expected = {"ash": 9.0, "oak": 4.5}
    assert disagreements(expected, {"a.csv": {"ash": 9.0, "oak": 4.5}}, {}) == []
    assert disagreements(expected, {"a.csv": {"ash": 9.0, "oak": 4.4}}, {}) == [
        "a.csv has 4.4 for oak, but 4.5 is right"
    ]
    assert disagreements(expected, {"a.csv": {"ash": 9.0}}, {}) == ["a.csv has no number of oak, but 4.5 is right"]
    assert len(disagreements(expected, {"a.csv": {**expected, "yew": 0.0}}, {})) == 1
