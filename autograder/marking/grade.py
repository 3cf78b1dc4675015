"""The grade of a student. This is the only place that adds points, so no two pages or files can disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import Assignment
from autograder.grading import Result
from autograder.submissions import Roster


@dataclass(frozen=True)
class Grade:
    """What a student gets for an assignment.

    - `score` and `max_score` are points. `score` is None if there is no grade yet: the grader itself failed.
    """

    student: str
    score: float | None
    max_score: float


def grades_of(assignment: Assignment, folder: Path, results: Sequence[Result], roster: Roster) -> dict[str, Grade]:
    """Return the grade of each student. `folder` is the folder of the ledger, `results` the latest of each student."""
    return {
        result.student: Grade(result.student, None if result.status == "error" else result.score, result.max_score)
        for result in results
    }
