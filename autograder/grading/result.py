"""The shape of a result: one line of the ledger, as a dict of plain values."""

from collections.abc import Mapping
from typing import Any

SCHEMA = "autograder/result/v1"
Result = dict[str, Any]


def earned(check: Mapping[str, Any]) -> float:
    """Return the points that the student earned in a check. Ledgers of earlier versions say only whether it passed."""
    points: float = check.get("earned", check["points"] if check["status"] == "pass" else 0)
    return points
