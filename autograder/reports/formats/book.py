"""What a format is made from: the graded class, whom its students are, and nothing that computes a score."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.grading import Result
from autograder.submissions import Roster

_FORMULA = re.compile("[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]")  # the wide forms too, which some spreadsheets read alike


@dataclass(frozen=True)
class Book:
    """A ledger's folder and its last result of each student, sorted by student."""

    assignment: Assignment
    folder: Path
    results: tuple[Result, ...]
    roster: Roster = field(default_factory=Roster)
    parts: bool = False  # whether tables have a column for each part
    linked: bool = False  # whether feedback is served beside the report, so that no file says who has some


def entries(result: Result) -> list[dict[str, Any]]:
    """A result's checks with the id of their part, or one entry that says why there are none.

    The keys are those of the ledger's checks and `part`; a platform that shows no test shows no reason either.
    """
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
            "seconds": result["seconds"],
        }
    ]


def explanation(entry: Mapping[str, Any]) -> str:
    """What went wrong, and the hint where the mistake is a known one; empty for a check that passed."""
    hint = f"Hint: {entry['hint']}" if entry["hint"] else ""
    return "\n".join(text for text in (entry["message"], hint) if text)


def spreadsheet(text: str) -> str:
    """Text that no spreadsheet takes for a formula: students choose the names of their files."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_json(value: object) -> str:
    """JSON as a file's text."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def earned(entry: Mapping[str, Any]) -> float:
    """The points that an entry gives."""
    return entry["points"] if entry["status"] == "pass" else 0
