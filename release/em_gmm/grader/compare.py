"""Measures how far an answer is from the expected one, and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Deviation:
    """The worst entry of an answer.

    `size` is max|got - expected| / scale, infinite when any entry's is not finite; an infinity equals itself. `index`
    says where (empty for a number), and `got` and `expected` are the two numbers there.
    """

    size: float
    index: tuple[int, ...]
    got: float
    expected: float

    @property
    def where(self) -> str:
        """The place for a sentence, which may be empty: " at [0, 1]"."""
        return f" at {list(self.index)}" if self.index else ""

    @property
    def in_words(self) -> str:
        """What is there and what is due, if no number says how far apart they are. Empty for two finite numbers."""
        if np.isfinite(self.got) and np.isfinite(self.expected):
            return ""
        return f"is {_in_words(self.got)}{self.where}, where {_in_words(self.expected)} is due"


def compare(got: Array, expected: Array, scale: float = 1.0, *, nan: bool = False) -> Deviation:
    """The largest deviation between two arrays of one shape, not empty; `scale` is positive.

    With `nan`, NaN is right where NaN is expected.

    Raises ValueError when the shapes differ or there is nothing to compare.
    """
    if got.shape != expected.shape:
        raise ValueError(f"cannot compare shape {got.shape} with shape {expected.shape}")
    if got.size == 0:
        raise ValueError("cannot compare empty arrays")
    with np.errstate(all="ignore"):
        sizes = np.abs(got - expected) / scale
    same = np.equal(got, expected) | (np.isnan(got) & np.isnan(expected) if nan else False)
    sizes = np.where(same, 0.0, np.where(np.isfinite(sizes), sizes, np.inf))
    index = tuple(int(i) for i in np.unravel_index(np.argmax(sizes), got.shape))
    return Deviation(float(sizes[index]), index, float(got[index]), float(expected[index]))


def _in_words(number: float) -> str:
    if np.isnan(number):
        return "NaN"
    return "a finite number" if np.isfinite(number) else f"{number:g}"
