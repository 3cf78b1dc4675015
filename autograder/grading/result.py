"""The result of a submission: one line of the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, TypedDict

SCHEMA = "autograder/result/v1"


class CheckResult(TypedDict):
    """What a check said. `misconception` and `hint` are None if no known mistake was recognised."""

    name: str
    title: str
    points: float
    earned: float
    status: Literal["pass", "fail", "skipped", "error"]
    message: str
    misconception: str | None
    hint: str | None
    seconds: float


class PartResult(TypedDict):
    """The points of a part, and its checks."""

    id: str
    title: str
    score: float
    max_score: float
    checks: list[CheckResult]


class Result(dict[str, Any]):
    """The result of a submission. It is a dict with the fields of the ledger's line, and typed attributes for most.

    - `status` is "graded", "unreadable" (no notebook that can be graded: the score is 0) or "error" (the grader itself
      failed: the score is no grade).
    - `score` and `max_score` are points. `message` says what the student should know of the whole notebook.
    - `submitted_at` is a time in UTC as text, such as "2026-11-24T12:00:00Z", or None if it is not known.
    - `late` is the platform's own mark, and None if it has none. `attempt` is the number of the attempt, or None.
    - `members` are the students who handed it in together, each with a result of their own. It is empty for one alone.
    """

    @property
    def assignment(self) -> str:
        return str(self["assignment"])

    @property
    def student(self) -> str:
        return str(self["student"])

    @property
    def submitted_at(self) -> str | None:
        """When the submission was handed in, or None. Ledgers of earlier versions do not say it."""
        found: str | None = self.get("submitted_at")
        return found

    @property
    def late(self) -> bool | None:
        """Whether the platform marked the submission as late. None if it does not say."""
        found: bool | None = self.get("late")
        return found

    @property
    def attempt(self) -> int | None:
        """The number of the attempt, if the platform counts them."""
        found: int | None = self.get("attempt")
        return found

    @property
    def members(self) -> list[str]:
        """The students of the group that handed it in, or nobody."""
        found: list[str] = self.get("members") or []
        return found

    @property
    def status(self) -> Literal["graded", "unreadable", "error"]:
        found: Literal["graded", "unreadable", "error"] = self["status"]
        return found

    @property
    def score(self) -> float:
        points: float = self["score"]
        return points

    @property
    def max_score(self) -> float:
        points: float = self["max_score"]
        return points

    @property
    def message(self) -> str:
        return str(self["message"])

    @property
    def parts(self) -> list[PartResult]:
        """The parts of the assignment. It is empty if nothing could be asked."""
        found: list[PartResult] = self["parts"]
        return found

    def to_json(self) -> str:
        """Return the ledger's line, without its end. Half a character, which UTF-8 cannot write, is escaped.

        Raises ValueError if a number is infinite or not a number.
        """
        line = json.dumps(self, ensure_ascii=False, allow_nan=False)
        return line.encode("utf-8", "backslashreplace").decode("utf-8")


def earned(check: Mapping[str, Any]) -> float:
    """Return the points that the student earned in a check. Ledgers of earlier versions say only whether it passed."""
    points: float = check.get("earned", check["points"] if check["status"] == "pass" else 0)
    return points
