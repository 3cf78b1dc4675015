"""Measures how hard each check was for a graded class, and whether it tells strong students from weak ones."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.grading import Result, earned

ENOUGH = 10  # students; a correlation over fewer says nothing
# Matches the start of the grader's own sentences. The text of a student's exception comes later in a sentence, so a
# student cannot imitate a limit.
_LIMIT = re.compile(
    r"(?:With [^:]*: )?"
    r"(?:\w+ was stopped: |The statement in line \d+ of code cell \d+ was stopped |\w+ was not called again, "
    r"|(?:\w+|A cell) (?:needs|writes|starts|uses) more (?:memory )?than the "
    r"|the notebook's cells could not be run to their end: |not run: )"
)


@dataclass(frozen=True)
class CheckStatistics:
    """A check over the class. `facility` is the share of students that passed it, in [0, 1].

    `passed` of the `asked` students passed it.

    `discrimination` is the correlation of passing it (0 or 1) with the points of all other checks: the corrected
    item-total correlation of classical test theory (Henrysson, Psychometrika 28, 1963). It is None if it cannot be
    computed.

    `fifths` has the share that passes it in each fifth of the class by score, the weakest fifth first. It is empty if
    fewer than `ENOUGH` students were asked.
    """

    part: str
    name: str
    title: str
    points: float
    facility: float
    discrimination: float | None
    passed: int
    asked: int
    fifths: tuple[float, ...] = ()

    @property
    def remark(self) -> str:
        """What is unusual about the check, empty if nothing is."""
        if self.facility == 1:
            return "everybody passes"
        if self.facility >= 0.95:
            return "nearly everybody passes"
        if self.facility <= 0.2:
            return "hardly anybody passes"
        if self.discrimination is not None and self.discrimination < 0.1:
            return "does not tell strong from weak"
        return ""


def check_statistics(results: Sequence[Result]) -> list[CheckStatistics]:
    """Return the statistics of every check in the graded results, in the order in which the checks first appear.

    A ledger may hold results from before a check was added. So a check is measured only on the submissions that had it.
    A notebook that a group handed in together counts once.
    """
    checks: dict[str, tuple[str, Mapping[str, Any]]] = {}  # by name: its part and the check
    # By name: whether a student passed, the points of all other checks, and those of all checks.
    outcomes: dict[str, list[tuple[bool, float, float]]] = defaultdict(list)
    groups = set()
    for result in results:
        members = tuple(result.get("members") or (result["student"],))
        if result["status"] == "graded" and members not in groups:
            groups.add(members)
            total = sum(earned(check) for check in checks_of(result))
            for part in result["parts"]:
                for check in part["checks"]:
                    checks.setdefault(check["name"], (part["id"], check))
                    outcomes[check["name"]].append((check["status"] == "pass", total - earned(check), total))
    items = []
    for name, (part, check) in checks.items():
        passed, rest, total = np.array(outcomes[name], float).T
        items.append(
            CheckStatistics(
                *(part, name, check["title"], check["points"]),
                *(float(passed.mean()), _correlation(passed, rest), int(passed.sum()), len(passed)),
                shares_by_fifth(passed, total),
            )
        )
    return items


def shares_by_fifth(passed: Sequence[float], scores: Sequence[float]) -> tuple[float, ...]:
    """Return the mean of `passed` (0 or 1, by student) in each fifth of the students by score, the lowest first.

    This is the difficulty by group of the upper-lower method (Kelley, Journal of Educational Psychology 30, 1939), with
    fifths in place of two groups. The fifths are equally large. Students with the same score are
    spread over the fifths in equal shares. So the order of the students changes nothing, and the mean of the five
    numbers is that of `passed`.
    It is empty if there are fewer than `ENOUGH` students.
    """
    points, count = np.asarray(scores, float), len(passed)
    if count < ENOUGH:
        return ()
    in_order = np.sort(points)
    first, last = np.searchsorted(in_order, points, "left"), np.searchsorted(in_order, points, "right")
    edges = np.arange(6)[:, None] * count / 5
    overlap = np.minimum(last, edges[1:]) - np.maximum(first, edges[:-1])
    weights = np.clip(overlap, 0, None) / (last - first)
    return tuple(float(share) for share in weights @ np.asarray(passed, float) * 5 / count)


def interval(passed: int, asked: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a probability, of which `passed` of `asked` trials came true.

    It is the exact interval of Clopper and Pearson (Biometrika 26, 1934).
    """
    from scipy.stats import binomtest  # takes half a second to import, which most commands need not spend

    low, high = binomtest(passed, asked).proportion_ci(0.95, "exact")
    return float(low), float(high)


def recognised_mistakes(results: Sequence[Result]) -> list[tuple[str, str, list[str]]]:
    """Return each recognised misconception with its hint and the students who have it, the most frequent first."""
    students_with: dict[str, list[str]] = defaultdict(list)
    hints: dict[str, str] = {}
    for result in results:
        recognised = {check["misconception"]: check["hint"] for check in checks_of(result) if check["misconception"]}
        hints |= recognised
        for name in recognised:
            students_with[name].append(result["student"])
    mistakes = ((name, hints[name], students) for name, students in students_with.items())
    return sorted(mistakes, key=lambda mistake: (-len(mistake[2]), mistake[0]))


def limit_that_was_met(result: Result) -> str:
    """Return the first message that says which limit the submission met, empty if it met none."""
    texts = [result["message"], *(check["message"] for check in checks_of(result))]
    return next((text for text in texts if _LIMIT.match(text)), "")


def checks_of(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the checks of all parts of a result."""
    return [check for part in result["parts"] for check in part["checks"]]


def observations_on(part: Mapping[str, Any]) -> list[str]:
    """Return what was seen in the code of a part, each sentence once. An old ledger has no observations."""
    return list(dict.fromkeys(sentence for check in part["checks"] for sentence in check.get("observations", ())))


def _correlation(one: Any, other: Any) -> float | None:
    """Pearson's correlation, or None if the class is too small or one of the two does not vary."""
    if len(one) < ENOUGH or one.std() == 0 or other.std() == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])
