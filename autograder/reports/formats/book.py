"""What every format is made from: the graded class and its roster. Nothing here computes a score."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.grading import Result, earned
from autograder.marking import Grade, QuestionGrade, full_points, grades_of
from autograder.reports.earlier import Earlier
from autograder.submissions import Roster

# Some spreadsheets read the full-width forms of these characters as they read the plain ones.
_FORMULA = re.compile("[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]")


@dataclass(frozen=True)
class Book:
    """A ledger's folder, and the latest result of each student, sorted by student."""

    assignment: Assignment
    folder: Path
    results: tuple[Result, ...]
    roster: Roster = field(default_factory=Roster)
    part_columns: bool = False  # whether grades.csv has a column for each part
    pictures: Path | None = None  # where the pictures of the results are, if they are not in `folder`
    feedback_is_served: bool = False  # whether a service serves it, so that the report links to it without a file
    earlier: tuple[Earlier, ...] = ()  # classes of earlier years, which the report compares with this one

    @cached_property
    def grades(self) -> dict[str, Grade]:
        """The grade of each student. Every score that a format writes for a student comes from here."""
        return grades_of(self.assignment, self.folder, self.results, self.roster)

    @cached_property
    def max_score(self) -> float:
        """The points of a perfect submission."""
        return full_points(self.assignment, self.folder)


def entries(result: Result, grade: Grade) -> list[dict[str, Any]]:
    """Return the checks of a result, or a single entry that says why there are none. Then the questions follow.

    An entry has the keys of a check in the ledger, and `part`, the id of its part. The single entry is needed because a
    platform that has no test to show would not show the reason. The questions that a person marks are included if they
    count. Their key `by_hand` is true.
    """
    return _checks(result) + [_question_entry(graded) for graded in grade.questions if grade.counts_marks]


def message(result: Result, grade: Grade) -> str:
    """Return what a student reads of the whole notebook: how late it was, and the message of the result."""
    return "\n".join(text for text in (grade.late_sentence, result["message"]) if text)


def _question_entry(graded: QuestionGrade) -> dict[str, Any]:
    """A question that a person marks, in the form of a check. `skipped` means that it is not marked yet."""
    points, question = graded.points, graded.question
    status = "skipped" if points is None else "pass" if points == question.max_score else "fail"
    return {
        "part": question.id,
        "name": question.id,
        "title": question.title,
        "points": question.max_score,
        "earned": points or 0,
        "status": status,
        "message": "Not marked yet." if points is None else "\n".join(comments(graded)),
        "misconception": None,
        "hint": None,
        "observations": [],
        "seconds": 0.0,
        "by_hand": True,
    }


def comments(graded: QuestionGrade) -> list[str]:
    """Return what markers say about an answer: each item with its points, then the comment for this student alone."""
    items = [f"{item.points:+g}: {item.text}" if item.points else item.text for item in graded.items]
    late = ["This was marked in another version of your notebook."] if graded.in_other_notebook else []
    return [*items, *([graded.comment] if graded.comment else []), *late]


def _checks(result: Result) -> list[dict[str, Any]]:
    checks = [{**check, "part": part["id"]} for part in result["parts"] for check in part["checks"]]
    if checks:
        return checks
    return [
        {
            "part": "",
            "name": result["status"],
            "title": "The submission can be graded",
            "points": result["max_score"],
            "status": "error" if result["status"] == "error" else "fail",
            "message": result["message"],
            "misconception": None,
            "hint": None,
            "observations": [],
            "seconds": result["seconds"],
        }
    ]


def explanation(entry: Mapping[str, Any]) -> str:
    """Return the message of a check, the hint if the mistake is a known one, and what was seen in the code.

    If the rubric lets the mistake keep points, the text says how many.
    """
    if entry.get("by_hand"):
        return str(entry["message"])
    hint = f"Hint: {entry['hint']}" if entry["hint"] else ""
    seen = [f"In your code: {sentence}" for sentence in entry.get("observations", ())]
    kept = "" if entry["status"] == "pass" or not earned(entry) else f"You keep {earned(entry):g} points for it."
    return "\n".join(text for text in (entry["message"], hint, *seen, kept) if text)


def spreadsheet(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula. Students choose the names of their files."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_json(value: object) -> str:
    """Return the value as the text of a JSON file."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
