"""Gives points: a check that passed earns its points, and the rubric lets a known mistake keep a share of them.

The points of the checks depend on outcomes and rubric alone. So a changed rubric rescores a ledger without running a
student's code.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from autograder.assignment import Assignment, Misconception, UsageError, declared_in
from autograder.grading.result import Result

Keeps = Callable[[Mapping[str, Any]], float]  # the share of its points that a failed check with a known mistake keeps


def with_credit(result: dict[str, Any], keeps: Keeps) -> Result:
    """Return the result with the points of its checks and parts and its score. `keeps` is the rubric."""
    parts = []
    for part in result["parts"]:
        shares = [_share(check, keeps) for check in part["checks"] if check["status"] == "fail"]
        least = min(shares, default=0.0)  # a check that was not asked keeps as much as the one that it depends on
        checks = [check | {"earned": _points(check, keeps, least)} for check in part["checks"]]
        parts.append(part | {"score": _whole(sum(check["earned"] for check in checks)), "checks": checks})
    return Result(result | {"score": _whole(sum(part["score"] for part in parts)), "parts": parts})


def _points(check: Mapping[str, Any], keeps: Keeps, least: float) -> float:
    shares = {"pass": 1.0, "fail": _share(check, keeps), "skipped": least}
    return _whole(check["points"] * shares.get(check["status"], 0.0))


def _share(check: Mapping[str, Any], keeps: Keeps) -> float:
    return keeps(check) if check["misconception"] else 0.0


def _whole(points: float) -> float:
    """Return the points without the error of a sum of fractions; a whole number stays as it is."""
    return round(points, 6) if isinstance(points, float) else points


def rubric(assignment: Assignment) -> Keeps:
    """Return the rubric: the assignment's policy overrides what the misconceptions say of themselves."""

    @functools.cache
    def of_the_catalogue() -> dict[str, float]:  # loaded only when a mistake was named, because that takes a second
        return {m.name: m.keeps for m in declared_in(assignment.misconceptions, Misconception)}

    def keeps(check: Mapping[str, Any]) -> float:
        name = check["misconception"]
        line = assignment.rubric.get(name)
        if line is None:
            return of_the_catalogue().get(name, 0.0)
        numbers = check.get("numbers", ())
        is_small = line.up_to is None or (numbers and all(abs(number) <= line.up_to for number in numbers))
        return line.keeps if is_small else 0.0

    return keeps


def demand_known_mistakes(assignment: Assignment) -> None:
    """Raise UsageError if the rubric names a mistake that the catalogue does not have."""
    known = {m.name for m in declared_in(assignment.misconceptions, Misconception)} if assignment.rubric else set()
    for name in assignment.rubric:
        if name not in known:
            raise UsageError(
                f"source/{assignment.slug}/assignment.toml: [rubric.{name}] names no misconception of "
                f"reference/{assignment.slug}/misconceptions: correct the name, or remove the table."
            )
