"""What a new grading changed: old score, new score and why, for each student whose score is another now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograder.grading import Result


@dataclass(frozen=True)
class Change:
    """One student's score before and after; `why` names the checks that went over, and what had changed."""

    student: str
    old: float
    new: float
    why: str


def score_changes(before: Mapping[str, Result], after: Iterable[Result]) -> list[Change]:
    """The students whose score differs, in their order; an error of ours is no score."""
    pairs = ((before[result["student"]], result) for result in after if result["student"] in before)
    return [
        Change(new["student"], old["score"], new["score"], _why(old, new))
        for old, new in pairs
        if old["score"] != new["score"] and "error" not in (old["status"], new["status"])
    ]


def _why(old: Result, new: Result) -> str:
    causes = []
    if old["notebook_sha256"] != new["notebook_sha256"]:
        causes.append("another notebook")
    if old["spec_sha256"] != new["spec_sha256"]:
        causes.append("the checks changed")
    if old["status"] != new["status"]:
        causes.append(f"was {old['status']}, is {new['status']}")
    was, now = _points(old), _points(new)
    differs = [name for name in {**was, **now} if was.get(name, 0) != now.get(name, 0)]
    moved = [f"{name} {was.get(name, 0):g} → {now.get(name, 0):g}" for name in differs]
    return f"{', '.join(causes) or 'the same notebook and checks'}: {', '.join(moved) or 'no check differs'}"


def _points(result: Result) -> dict[str, float]:
    """What each check was worth to the student."""
    checks = [check for part in result["parts"] for check in part["checks"]]
    return {check["name"]: check["points"] if check["status"] == "pass" else 0 for check in checks}
