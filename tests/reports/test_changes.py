"""The list of scores that a new grading changed."""

from __future__ import annotations

from typing import Any

from autograder.marking import Grade, Lateness
from autograder.reports.changes import Change, score_changes


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


def grades(*results: Any) -> dict[str, Grade]:
    scores = {r["student"]: None if r["status"] == "error" else r["score"] for r in results}
    return {student: Grade(student, score, 100, so_far=score, before_late=score) for student, score in scores.items()}


def changes(before: dict[str, Any], after: list[Any]) -> list[Change]:
    return score_changes(before, after, grades(*before.values()), grades(*after))


def test_a_changed_score_is_listed_with_the_checks_that_changed() -> None:
    before = {"ada": result("ada", 5, ("is_right", "pass"), ("is_finite", "fail"))}
    after = [result("ada", 5, ("is_right", "fail"), ("is_finite", "pass"), spec="b") | {"score": 10}]
    (change,) = changes(before, after)
    assert (change.student, change.old, change.new) == ("ada", 5, 10)
    assert change.why == "the checks changed: is_right 5 → 0, is_finite 0 → 5"


def test_equal_scores_and_new_students_are_not_changes() -> None:
    before = {"ada": result("ada", 5, ("is_right", "pass"))}
    assert changes(before, [result("ada", 5, ("is_right", "pass"), spec="b"), result("bob", 0)]) == []


def test_a_file_that_became_readable_says_so() -> None:
    before = {"ada": result("ada", 0, status="unreadable")}
    after = [result("ada", 5, ("is_right", "pass")) | {"notebook_sha256": "other"}]
    assert changes(before, after)[0].why == "another notebook, was unreadable, is graded: is_right 0 → 5"


def test_an_error_of_the_grader_is_not_a_changed_score() -> None:
    before, failed = result("ada", 80, ("is_right", "pass")), result("ada", 0, status="error")
    assert changes({"ada": before}, [failed]) == changes({"ada": failed}, [before]) == []


def test_a_new_check_that_failed_is_not_listed_as_changed() -> None:
    before = {"ada": result("ada", 5, ("is_right", "pass"))}
    after = [result("ada", 0, ("is_right", "fail"), ("is_new", "fail"), spec="b")]
    assert changes(before, after)[0].why == "the checks changed: is_right 5 → 0"


def test_a_notebook_that_was_handed_in_again_but_late_has_another_score_for_that_reason() -> None:
    same = result("ada", 80, ("is_right", "pass"))
    late = Grade("ada", 72, 100, so_far=72, before_late=80, lateness=Lateness(1, 0.9, text="1 day late, 90 %"))
    (change,) = score_changes({"ada": same}, [same], grades(same), {"ada": late})
    assert (change.old, change.new) == (80, 72)
    assert change.why.endswith("; in time → 1 day late, 90 %: 8 points are taken off")
