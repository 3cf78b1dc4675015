"""The tolerance of a check or of a value of the key: between where right code strays and where wrong code begins."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.assignment import UsageError
from autograder.grading import Raised
from grader.compare import compare
from grader.values import BadValue, as_array, finite

FLOOR = 1e-13  # rounding that any correct code may show on a machine that was not measured
_ROOM = 10.0  # between the tolerance and the evidence on each side


@dataclass(frozen=True)
class MeasuredTolerance:
    """What was measured for one check or one value of the key, and the tolerance that follows."""

    tolerance: float
    furthest_alternative: tuple[str, float]
    nearest_misconception: tuple[str, float]
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """Numbers to two digits: enough to review, and the same from run to run."""
        record: dict[str, Any] = {"tolerance": self.tolerance}
        for side, (name, deviation) in (
            ("furthest_alternative", self.furthest_alternative),
            ("nearest_misconception", self.nearest_misconception),
        ):
            record[side] = {"name": name, "deviation": _short(deviation)}
        return record | ({"why": self.why} if self.why else {})


def deviation_of(answer: Any, expected: Any, scale: float) -> float:
    """How far an answer is off, in its scale; infinite where it is no array of numbers of the right shape."""
    if isinstance(answer, Raised):
        return math.inf
    try:
        array = as_array(answer, expected.shape, "the answer")
        finite(array, "the answer")
    except BadValue:
        return math.inf
    return compare(array, expected, scale).size


def tolerance_between(
    name: str, right: Mapping[str, float], wrong: Mapping[str, float], by_hand: Mapping[str, Mapping[str, Any]]
) -> MeasuredTolerance:
    """The tolerance between right and wrong, with room on each side, or the one set by hand, held to the evidence."""
    found = tolerance_midway(name, right, wrong)
    (stray, spread), (nearest, bound) = found.furthest_alternative, found.nearest_misconception
    spread = max(FLOOR, spread)
    if name in by_hand:
        return _by_hand(name, by_hand[name], spread, found.furthest_alternative, wrong)
    if bound < _ROOM**2 * spread:
        raise UsageError(
            f"{name}: no room between the alternative '{stray}' ({spread:.2g}) and '{nearest}' ({bound:.2g})."
        )
    return found


def tolerance_midway(name: str, right: Mapping[str, float], wrong: Mapping[str, float]) -> MeasuredTolerance:
    """The tolerance in the middle of right and wrong, with whatever room there is: twice on each side or more.

    A mistake within 10 times the spread is one that can't be seen here.
    """
    stray = max(right, key=lambda n: right[n], default="")
    spread = max(FLOOR, right.get(stray, 0.0))
    if not math.isfinite(spread):
        raise UsageError(f"{name}: the alternative '{stray}' is taken for wrong.")
    seen = {n: d for n, d in wrong.items() if d > _ROOM * spread}
    nearest = min(seen, key=lambda n: seen[n], default="")
    bound = seen.get(nearest, math.inf)
    tolerance = math.sqrt(spread * bound) if math.isfinite(bound) else spread * 1e4
    return MeasuredTolerance(_rounded(tolerance, 1), (stray, right.get(stray, 0.0)), (nearest, bound))


def _by_hand(
    name: str, hand: Mapping[str, Any], spread: float, furthest: tuple[str, float], wrong: Mapping[str, float]
) -> MeasuredTolerance:
    """A tolerance set by hand, held to the same evidence; `blind_to` names the mistakes that it forgives."""
    value, blind = hand["value"], hand.get("blind_to", [])
    if not hand.get("why"):
        raise UsageError(f"[tolerances] {name}: a tolerance set by hand needs a `why`.")
    if not spread < value:
        raise UsageError(f"{name}: the tolerance set by hand fails the alternative '{furthest[0]}' ({spread:.2g}).")
    if value < _ROOM * spread:
        raise UsageError(
            f"{name}: the tolerance set by hand is less than 10 times what '{furthest[0]}' strays ({spread:.2g})."
        )
    forgiven = sorted(n for n, d in wrong.items() if _ROOM * spread < d <= value)
    if set(forgiven) - set(blind):
        names = ", ".join(n for n in forgiven if n not in blind)
        raise UsageError(f"{name}: the tolerance set by hand forgives {names}: lower it, or list them in `blind_to`.")
    if set(blind) - set(forgiven):
        names = ", ".join(n for n in blind if n not in forgiven)
        raise UsageError(f"[tolerances] {name}: `blind_to` lists {names}, which is not forgiven: take it out.")
    above = {n: d for n, d in wrong.items() if d > value}
    nearest = min(above, key=lambda n: above[n], default="")
    bound = above.get(nearest, math.inf)
    if bound < _ROOM * value:
        raise UsageError(f"{name}: '{nearest}' ({bound:.2g}) is less than 10 times the tolerance set by hand away.")
    return MeasuredTolerance(value, furthest, (nearest, bound), hand["why"])


def _short(number: float) -> float | None:
    """A number that reads well in a diff; None for infinity, which JSON does not have."""
    return _rounded(number, 2) if math.isfinite(number) else None


def _rounded(number: float, digits: int) -> float:
    return float(f"{number:.{digits - 1}e}")
