"""Applies a changed rubric to a ledger. No student's code runs, because outcomes and rubric decide the points."""

from __future__ import annotations

from collections.abc import Iterable

from autograder.grading import Keeps, Result, with_credit
from autograder.runs.ledger import Ledger, StoredResults


def rescore(ledger: Ledger, keeps: Keeps) -> list[tuple[Result, Result]]:
    """Append a new result for each student whose points differ under this rubric. Return the old and the new results.

    The caller holds the ledger's lock. Raises OSError if the ledger cannot be written.
    """
    changed = []
    for old in StoredResults(ledger.path).values():
        new = with_credit(old, keeps)
        if _points(new) != _points(old):
            ledger.append(new)
            changed.append((old, new))
    return changed


def outdated(results: Iterable[Result], keeps: Keeps) -> list[str]:
    """Return the students whose points would be others under this rubric: `rescore` was not run since it changed."""
    return [each["student"] for each in results if _points(with_credit(each, keeps)) != _points(each)]


def _points(result: Result) -> list[float]:
    return [part["score"] for part in result["parts"]]
