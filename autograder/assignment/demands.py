"""What a check demands of the values that a student's function returned: the shape, no NaN, closeness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grader.compare import compare
from grader.values import BadValue, as_array, finite

_SMALL_CONSTANT = (
    " The usual cause of a deviation this small is a small constant, such as 1e-6, that was added to a denominator, to "
    "a diagonal or inside a logarithm."
)


class CheckFailed(Exception):
    """The student's answer is wrong. The message is one sentence for the student.

    `deviation` says how far off the answer is, in the unit of the check's tolerance. It is infinite if no
    tolerance could accept the answer.
    """

    def __init__(self, message: str, deviation: float = np.inf) -> None:
        super().__init__(message)
        self.deviation = deviation


def unpack(value: Any, names: Sequence[str]) -> list[Any]:
    """The returned values as a list, as `a, b = value` has them. Raises CheckFailed if they are not one per name."""
    due = f"{len(names)} values ({', '.join(names)}) are due"
    if isinstance(value, np.ndarray) and value.ndim and len(value) == len(names):
        return list(value)  # `a, b = value` takes an array apart too
    value = getattr(value, "unpacked", value)
    if not isinstance(value, tuple | list):
        kind = "None" if value is None else f"one {type(value).__name__}"
        raise CheckFailed(f"the function returned {kind} where {due}.")
    if len(value) != len(names):
        raise CheckFailed(f"the function returned {len(value)} values where {due}.")
    return list(value)


class expect:
    """Makes demands of one value that a student's function returned.

    Each method is one demand. It raises CheckFailed, with one sentence for the student, if the value does not meet
    the demand. Otherwise it returns the same `expect`, so that the next demand can follow. Start with `shape`: it
    sets `array` to the value as a float64 array, which the other demands and the check itself use.
    `name` is what the sentences call the value. If the function returned several values, `among` has the names of all.
    """

    def __init__(self, value: Any, name: str, among: Sequence[str] = ()) -> None:
        self.value = value
        self.name = name
        self.among = among
        self.array: NDArray[np.float64] = np.empty(0)

    def shape(self, *shape: int, axes: Sequence[str] | None = None) -> expect:
        """The value is an array of numbers with this shape. Without arguments, it is one number.

        Axes of length one may be missing or extra, because they do not change which number stands where.
        `axes` names the axes in the sentence, as in ("N", "C").
        """
        if self.value is None and len(self.among) > 1:
            raise CheckFailed(f"{self.name} is None, one of the {len(self.among)} values that the function returned.")
        try:
            self.array = as_array(self.value, shape, self.name, axes)
        except BadValue as problem:
            raise CheckFailed(str(problem)) from None
        return self

    def finite(self) -> expect:
        """No entry is NaN or infinite."""
        try:
            finite(self.array, self.name)
        except BadValue as problem:
            raise CheckFailed(str(problem)) from None
        return self

    def close_to(self, expected: ArrayLike, tolerance: float, scale: float | None = None) -> expect:
        """max |value - expected| / scale <= tolerance. The scale is max |expected| unless it is given."""
        expected = np.asarray(expected, dtype=float)
        if scale is None:
            scale = float(np.abs(expected).max(initial=0.0)) or 1.0
        deviation = compare(self.array, expected, scale)
        if not deviation.size <= tolerance:
            where = f" at {list(deviation.index)}" if deviation.index else ""
            raise CheckFailed(
                f"{self.name} is off{where}, by {deviation.size:.2g} of its scale (tolerance {tolerance:.1g})."
                f"{_SMALL_CONSTANT if 1e-8 < deviation.size < 1e-4 else ''}",
                deviation.size,
            )
        return self

    def at_least(self, threshold: float, tolerance: float, scale: float) -> expect:
        """The value is one number, and value >= threshold - tolerance * scale."""
        shortfall = (threshold - float(self.array)) / scale
        if not shortfall <= tolerance:
            raise CheckFailed(
                f"{self.name} falls short by {shortfall:.2g} of its scale (tolerance {tolerance:.1g}).",
                shortfall if np.isfinite(shortfall) else np.inf,
            )
        return self

    def holds(self, condition: bool, otherwise: str) -> expect:
        """Any other demand. `otherwise` ends the sentence that starts with the value's name: "is not sorted.", say."""
        if not condition:
            raise CheckFailed(f"{self.name} {otherwise}")
        return self
