"""What a graded class says about its assignment: how hard each check is, and whether it tells strong from weak."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.grading import Result

ENOUGH = 10  # students; below, a correlation says nothing
# The grader's own sentences from their beginning: what a student's exception says comes later in one, and is no limit.
_LIMIT = re.compile(
    r"(?:With [^:]*: )?"
    r"(?:\w+ was stopped: |Code cell \d+ was stopped, |\w+ was not called again, "
    r"|(?:\w+|A cell) (?:needs|writes|starts|uses) more (?:memory )?than the "
    r"|the notebook's cells could not be run to their end: |not run: )"
)


@dataclass(frozen=True)
class Item:
    """A check over the class. `facility` is the share of its points that was earned, in [0, 1].

    `discrimination` is the correlation of its points with the score on all other checks (the corrected item-total
    correlation of classical test theory: Henrysson, Psychometrika 28, 1963); None where it does not exist.
    """

    part: str
    name: str
    title: str
    points: float
    facility: float
    discrimination: float | None

    @property
    def remark(self) -> str:
        """What an instructor may want to look at."""
        if self.facility == 1:
            return "everybody passes"
        if self.facility >= 0.95:
            return "nearly everybody passes"
        if self.facility <= 0.2:
            return "hardly anybody passes"
        if self.discrimination is not None and self.discrimination < 0.1:
            return "does not tell strong from weak"
        return ""


def check_statistics(results: Sequence[Result]) -> list[Item]:
    """Every check that was asked of a graded submission, in order.

    A ledger may hold results from before a check was added: a check is measured on those who were asked it.
    """
    asked: dict[str, tuple[str, Mapping[str, Any]]] = {}
    outcomes: dict[str, list[tuple[bool, float]]] = defaultdict(list)  # whether it passed, the points of all others
    for result in results:
        if result["status"] == "graded":
            total = sum(_earned(check) for check in checks_of(result))
            for part in result["parts"]:
                for check in part["checks"]:
                    asked.setdefault(check["name"], (part["id"], check))
                    outcomes[check["name"]].append((check["status"] == "pass", total - _earned(check)))
    found = []
    for name, (part, check) in asked.items():
        own, rest = np.array(outcomes[name], float).T
        found.append(Item(part, name, check["title"], check["points"], float(own.mean()), _correlation(own, rest)))
    return found


def recognised_mistakes(results: Sequence[Result]) -> list[tuple[str, str, list[str]]]:
    """Each misconception that was recognised, its hint and who has it; the most frequent first."""
    who: dict[str, list[str]] = defaultdict(list)
    hints: dict[str, str] = {}
    for result in results:
        named = {check["misconception"]: check["hint"] for check in checks_of(result) if check["misconception"]}
        hints |= named
        for name in named:
            who[name].append(result["student"])
    return sorted(((name, hints[name], students) for name, students in who.items()), key=lambda m: (-len(m[2]), m[0]))


def limit_that_was_met(result: Result) -> str:
    """The first sentence that says which limit a submission met; empty when it met none."""
    texts = [result["message"], *(check["message"] for check in checks_of(result))]
    return next((text for text in texts if _LIMIT.match(text)), "")


def checks_of(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A result's checks, of all parts."""
    return [check for part in result["parts"] for check in part["checks"]]


def _earned(check: Mapping[str, Any]) -> float:
    return check["points"] if check["status"] == "pass" else 0.0


def _correlation(one: Any, other: Any) -> float | None:
    if len(one) < ENOUGH or one.std() == 0 or other.std() == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])
