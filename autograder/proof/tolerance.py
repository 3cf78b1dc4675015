"""Finds the tolerance of a check or a key value: above the deviations of right code, below those of wrong code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.assignment import UsageError

FLOOR = 1e-13  # a deviation that correct code may have by rounding on a machine that was not measured
_ALL = 0.5  # of the scale: an answer of zeros deviates by 1
_ROOM = 10.0  # the factor between the tolerance and the evidence on each side


@dataclass(frozen=True)
class MeasuredTolerance:
    """The tolerance of one check or one value of the key, and the measurements that it follows from."""

    tolerance: float
    furthest_alternative: tuple[str, float]
    nearest_misconception: tuple[str, float]
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """The entry of calibration.json. Numbers have two digits: enough to review, and the same in every run."""
        record: dict[str, Any] = {"tolerance": self.tolerance}
        for side, (name, deviation) in (
            ("furthest_alternative", self.furthest_alternative),
            ("nearest_misconception", self.nearest_misconception),
        ):
            record[side] = {"name": name, "deviation": _two_digits(deviation)}
        return record | ({"why": self.why} if self.why else {})


def find_tolerance(
    name: str,
    right: Mapping[str, float],
    wrong: Mapping[str, float],
    by_hand: Mapping[str, Mapping[str, Any]],
    *,
    exact: bool = False,
) -> MeasuredTolerance:
    """The tolerance midway between right and wrong deviations, or the tolerance in `by_hand` if it fits them.

    `exact` says that answers are right or wrong without a tolerance. Then it needs no wrong ones.
    Raises UsageError when the evidence leaves less than a factor of 10 on either side of the tolerance.
    """
    measured = tolerance_midway(name, right, wrong)
    (furthest, spread), (nearest, limit) = measured.furthest_alternative, measured.nearest_misconception
    spread = max(FLOOR, spread)
    if name in by_hand:
        return _tolerance_by_hand(name, by_hand[name], spread, measured.furthest_alternative, wrong)
    if not wrong and not exact:
        raise UsageError(f"{name}: its part has no misconceptions, so set the tolerance by hand:{to_paste(name)}")
    # If all answers are exactly right or of another kind, nothing was compared by a tolerance, and any will do.
    if math.isinf(limit) and any(0 < deviation < math.inf for deviation in (*right.values(), *wrong.values())):
        raise UsageError(
            f"{name}: no misconception comes near. The furthest right solution, '{furthest}', deviates by "
            f"{spread:.2g}. No wrong one deviates by more and by a finite number. Add a misconception that is wrong by "
            f"a little, or set the tolerance by hand:{to_paste(name)}"
        )
    if measured.tolerance >= _ALL:
        raise UsageError(
            f"{name}: the nearest misconception, '{nearest}', is too far away ({limit:.2g}): a tolerance of "
            f"{measured.tolerance:g} of the scale would accept nearly every answer. Add a misconception that is wrong "
            f"by less, or set the tolerance by hand:{to_paste(name)}"
        )
    if limit < _ROOM**2 * spread:
        raise UsageError(
            f"{name}: no room for a tolerance between the alternative '{furthest}' ({spread:.2g}) and the "
            f"misconception '{nearest}' ({limit:.2g}). They have to be a factor of 100 apart: choose cases "
            "that tell them apart, or set the tolerance by hand and list the misconception in `blind_to`."
        )
    return measured


def tolerance_midway(name: str, right: Mapping[str, float], wrong: Mapping[str, float]) -> MeasuredTolerance:
    """The geometric mean of the largest right deviation and of the smallest wrong one, rounded to one digit.

    A mistake within 10 times the largest right deviation can't be seen here and does not count. So each side keeps a
    factor of 2 or more. If no mistake can be seen, the tolerance is 10,000 times the largest right deviation.
    Raises UsageError when a right solution has an infinite deviation.
    """
    furthest = max(right, key=lambda n: right[n], default="")
    spread = max(FLOOR, right.get(furthest, 0.0))
    if not math.isfinite(spread):
        raise UsageError(
            f"{name}: the alternative '{furthest}' fails with every tolerance: correct the alternative or the check."
        )
    visible = {n: d for n, d in wrong.items() if d > _ROOM * spread}
    nearest = min(visible, key=lambda n: visible[n], default="")
    limit = visible.get(nearest, math.inf)
    tolerance = math.sqrt(spread * limit) if math.isfinite(limit) else spread * 1e4
    return MeasuredTolerance(_rounded(tolerance, 1), (furthest, right.get(furthest, 0.0)), (nearest, limit))


def _tolerance_by_hand(
    name: str, hand: Mapping[str, Any], spread: float, furthest: tuple[str, float], wrong: Mapping[str, float]
) -> MeasuredTolerance:
    """The tolerance set by hand, if it fits the evidence. Its `blind_to` has to list the mistakes that it lets pass."""
    value, blind = hand["value"], hand.get("blind_to", [])
    if not hand.get("why"):
        raise UsageError(f"[tolerances] {name}: a tolerance set by hand needs a `why`: add the reason.")
    if not spread < value:
        raise UsageError(
            f"{name}: the tolerance set by hand fails the alternative '{furthest[0]}' ({spread:.2g}): raise it to at "
            "least 10 times that."
        )
    if value < _ROOM * spread:
        raise UsageError(
            f"{name}: the tolerance set by hand is less than 10 times the deviation of the alternative "
            f"'{furthest[0]}' ({spread:.2g}): raise it."
        )
    passing = sorted(n for n, d in wrong.items() if _ROOM * spread < d <= value)
    if set(passing) - set(blind):
        names = ", ".join(n for n in passing if n not in blind)
        raise UsageError(f"{name}: the tolerance set by hand lets {names} pass: lower it, or list them in `blind_to`.")
    if set(blind) - set(passing):
        names = ", ".join(n for n in blind if n not in passing)
        raise UsageError(
            f"[tolerances] {name}: `blind_to` lists {names}, but the tolerance lets no such misconception pass: "
            "remove it from the list."
        )
    above = {n: d for n, d in wrong.items() if d > value}
    nearest = min(above, key=lambda n: above[n], default="")
    limit = above.get(nearest, math.inf)
    if limit < _ROOM * value:
        raise UsageError(
            f"{name}: the deviation of the misconception '{nearest}' ({limit:.2g}) is less than 10 times the tolerance "
            "set by hand: lower the tolerance."
        )
    return MeasuredTolerance(value, furthest, (nearest, limit), hand["why"])


def to_paste(name: str) -> str:
    """The lines for assignment.toml that set a tolerance by hand, to be filled in."""
    key = f'"{name}"' if "." in name else name
    return f'\n    [tolerances.{key}]\n    value = 1e-6\n    why = "the reason for this number"'


def _two_digits(number: float) -> float | None:
    """The number to two digits, which reads well in a diff; None for infinity, which JSON does not have."""
    return _rounded(number, 2) if math.isfinite(number) else None


def _rounded(number: float, digits: int) -> float:
    return float(f"{number:.{digits - 1}e}")
