"""Says how a part goes wrong in a short text that is equal for students whose answers go wrong alike.

The report groups parts by it if they carry no name. It is for the instructor. No page of a student shows it.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.assignment import Assignment
from autograder.grading.answers import is_numeric, outcome_of, quiet_and_repeatable
from autograder.grading.calls import Call, Raised
from autograder.sandbox import seed_random_numbers
from grader.same import is_same
from grader.values import BadValue, as_array

_MOST_CALLS = 40  # of a part's function; the reference answers each of them once more
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|\b(nan|inf|NaN)\b")
_QUOTED = re.compile(r"'[^']*'|`[^`]*`")


def add_signatures(
    parts: Sequence[dict[str, Any]], calls: Sequence[Call], assignment: Assignment, personal: bool
) -> None:
    """Add `signature` to each part of a result. It is empty for a part that lost no points or carries a name.

    With `personal` data, students get other numbers. Then only outcomes and the sizes of deviations count.
    """
    for part in parts:
        part["signature"] = ""
        failed = [check for check in part["checks"] if check["status"] == "fail"]
        if failed and not any(check["misconception"] for check in failed):
            outcomes = [f"{check['name']} {check['status']} {_kind(check['message'])}" for check in part["checks"]]
            try:
                outcomes += _deviations(part["id"], calls, assignment, personal)
            except Exception:  # noqa: BLE001 - the outcomes alone are a signature too
                outcomes.append("no deviations")
            part["signature"] = hashlib.sha256("\n".join(outcomes).encode("utf-8", "replace")).hexdigest()[:12]


def _kind(message: str) -> str:
    """A message without its numbers and without the names in a student's code."""
    return _NUMBER.sub("#", _QUOTED.sub("'…'", message))


def _deviations(part: str, calls: Sequence[Call], assignment: Assignment, personal: bool) -> list[str]:
    """How far each answer is from the reference's. Nothing if right code gives another answer each time."""
    function = assignment.part(part).function
    values = [value for method in assignment.submits.values() for value in method if value.part == part]
    reference = getattr(assignment.solution, function, None)
    if reference is None or any(value.random for value in values):
        return []
    position = assignment.index_in_returned_tuple(part)
    asked = [call for call in calls if call.function == function][:_MOST_CALLS]
    deviations = []
    with quiet_and_repeatable():  # once, because to enter it takes as long as most answers
        for call in asked:
            seed_random_numbers(call.seed)
            deviations.append(_deviation(outcome_of(reference, call.arguments), call.outcome, position, personal))
    return deviations


def _deviation(expected: Any, got: Any, position: int | None, personal: bool) -> str:
    if isinstance(got, Raised):
        return f"raised {got.type}"
    if isinstance(expected, Raised):
        return "no reference"
    if position is not None:
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return "no tuple"
        expected, got = expected[position], got[position]
    if not is_numeric(expected):
        return "right" if is_same(got, expected, 1e-7) else f"wrong {type(got).__name__}"
    wanted = np.asarray(expected, dtype=float)
    try:
        given = as_array(got, wanted.shape, "value")
    except (BadValue, TypeError, ValueError):
        return "another shape"
    if not np.isfinite(given).all():
        return "not finite"
    with np.errstate(all="ignore"):
        size = float(np.abs(wanted).max(initial=0.0)) or 1.0
        deviation = float(np.abs(given - wanted).max(initial=0.0)) / size
    if deviation < 1e-9:
        return "right"
    # Rounding errors are far smaller than the last digit that counts here.
    return f"10^{math.floor(math.log10(deviation))}" if personal else f"{deviation:.1e}"
