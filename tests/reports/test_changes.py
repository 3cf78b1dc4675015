"""The list of scores that a new grading changed."""

from __future__ import annotations

from typing import Any

from autograder.reports import score_changes


def result(student: str, score: float, *checks: tuple[str, str], spec: str = "a", status: str = "graded") -> Any:
    parts = [{"checks": [{"name": name, "points": 5, "status": outcome} for name, outcome in checks]}]
    return {
        "student": student,
        "score": score,
        "status": status,
        "notebook_sha256": "n",
        "spec_sha256": spec,
        "parts": parts,
    }


def test_a_changed_score_is_listed_with_the_checks_that_changed() -> None:
    before = {"ada": result("ada", 5, ("is_right", "pass"), ("is_finite", "fail"))}
    after = [result("ada", 5, ("is_right", "fail"), ("is_finite", "pass"), spec="b") | {"score": 10}]
    (change,) = score_changes(before, after)
    assert (change.student, change.old, change.new) == ("ada", 5, 10)
    assert change.why == "the checks changed: is_right 5 → 0, is_finite 0 → 5"


def test_equal_scores_and_new_students_are_not_changes() -> None:
    before = {"ada": result("ada", 5, ("is_right", "pass"))}
    assert score_changes(before, [result("ada", 5, ("is_right", "pass"), spec="b"), result("bob", 0)]) == []


def test_a_file_that_became_readable_says_so() -> None:
    before = {"ada": result("ada", 0, status="unreadable")}
    after = [result("ada", 5, ("is_right", "pass")) | {"notebook_sha256": "other"}]
    assert score_changes(before, after)[0].why == "another notebook, was unreadable, is graded: is_right 0 → 5"


def test_an_error_of_the_grader_is_not_a_changed_score() -> None:
    before, failed = result("ada", 80, ("is_right", "pass")), result("ada", 0, status="error")
    assert score_changes({"ada": before}, [failed]) == score_changes({"ada": failed}, [before]) == []


def test_a_new_check_that_failed_is_not_listed_as_changed() -> None:
    before = {"ada": result("ada", 5, ("is_right", "pass"))}
    after = [result("ada", 0, ("is_right", "fail"), ("is_new", "fail"), spec="b")]
    assert score_changes(before, after)[0].why == "the checks changed: is_right 5 → 0"
