"""Finds the scores that a new grading changed, with the old score, the new score and the reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograder.grading import Result, earned
from autograder.marking import Grade


@dataclass(frozen=True)
class Change:
    """One student's old and new score. `why` says what changed: notebook, checks, each check's points, lateness."""

    student: str
    old: float
    new: float
    why: str


def score_changes(
    before: Mapping[str, Result],
    after: Iterable[Result],
    grades_before: Mapping[str, Grade],
    grades_after: Mapping[str, Grade],
) -> list[Change]:
    """Return a change for each student whose score differs, in the order of `after`.

    The scores are those of the grades. A result with an error of the grader has no score, so it is left out.
    """
    changes = []
    for new in after:
        student = new["student"]
        if student in before:
            was, now = grades_before[student], grades_after[student]
            if was.so_far is not None and now.so_far is not None and was.so_far != now.so_far:
                why = _reason(before[student], new)
                if was.lateness != now.lateness:
                    why += f"; {was.late_text or 'in time'} → {now.late_text or 'in time'}"
                changes.append(Change(student, was.so_far, now.so_far, why))
    return changes


def _reason(old: Result, new: Result) -> str:
    """Say what changed between two results, and which checks then gave other points."""
    causes = []
    if old["notebook_sha256"] != new["notebook_sha256"]:
        causes.append("another notebook")
    if old["spec_sha256"] != new["spec_sha256"]:
        causes.append("the checks changed")
    if old["status"] != new["status"]:
        causes.append(f"was {old['status']}, is {new['status']}")
    before, after = _points_by_check(old), _points_by_check(new)
    differing = [name for name in {**before, **after} if before.get(name, 0) != after.get(name, 0)]
    changed = [f"{name} {before.get(name, 0):g} → {after.get(name, 0):g}" for name in differing]
    return f"{', '.join(causes) or 'the same notebook and checks'}: {', '.join(changed) or 'no check differs'}"


def _points_by_check(result: Result) -> dict[str, float]:
    """The points that the student earned in each check."""
    checks = [check for part in result["parts"] for check in part["checks"]]
    return {check["name"]: earned(check) for check in checks}
