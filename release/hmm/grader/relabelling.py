"""Compares results that are right in any order, such as the components of a mixture: one order for all of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .compare import compare
from .same import scale_of

_MOST_LABELS = 12  # more orders than can be tried, if the results are all wrong

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Labelled:
    """A result and the one that is due. `axes` are those that the labels count; None if its entries are labels."""

    got: Array
    expected: Array
    axes: tuple[int, ...] | None
    scale: float

    def table(self, count: int) -> Array:
        """By how much the result is off if the label i of the student is j of the due result: an array (i, j).

        For two axes, the array is (i, k, j, l): i and k on the axes of the student's result, j and l of the due one.
        """
        if self.axes is None:  # each label of the student may stand for one label only
            same = [[np.array_equal(self.got == i, self.expected == j) for j in range(count)] for i in range(count)]
            return np.where(np.array(same), 0.0, np.inf)
        got, expected = (np.moveaxis(a, self.axes, range(len(self.axes))) for a in (self.got, self.expected))
        table = np.empty((count,) * (2 * len(self.axes)))
        places = list(itertools.product(range(count), repeat=len(self.axes)))
        for one, other in itertools.product(places, places):
            table[one + other] = compare(got[one], expected[other], self.scale).size if got[one].size else 0.0
        return table


def best_order(results: Sequence[Labelled]) -> tuple[tuple[int, ...], float]:
    """The order with the smallest deviation of all results together, and this deviation.

    Entry i of the order is the due label that the student's label i stands for. Raises ValueError if the results have
    more than 12 labels.
    """
    counts = [one.expected.shape[one.axes[0]] for one in results if one.axes]
    count = counts[0] if counts else int(max(one.expected.max(initial=0.0) for one in results)) + 1
    if count > _MOST_LABELS:
        raise ValueError(f"results with more than {_MOST_LABELS} labels cannot be compared in any order")
    single, pairs = np.zeros((count, count)), np.zeros((count,) * 4)
    for one in results:
        table = one.table(count)
        if table.ndim == 2:
            single = np.maximum(single, table)
        else:
            pairs = np.maximum(pairs, table)
    best, smallest = tuple(range(count)), np.inf

    def search(order: tuple[int, ...], worst: float) -> None:
        nonlocal best, smallest
        i = len(order)
        if i == count:
            best, smallest = order, worst
            return
        for j in sorted(set(range(count)) - set(order), key=lambda j: float(single[i, j])):
            new = (*order, j)
            beside = [max(pairs[i, k, j, m], pairs[k, i, m, j]) for k, m in enumerate(new)]
            size = max(worst, float(single[i, j]), float(max(beside)))
            if size < smallest:
                search(new, size)

    search((), 0.0)
    return best, smallest


def labelled(got: Array, expected: Array, axes: int | tuple[int, ...] | str, scale: float | None = None) -> Labelled:
    """A result whose `axes` the labels count: one axis, a pair of axes, or "values" if its entries are the labels."""
    expected = np.asarray(expected, dtype=float)
    own = None if axes == "values" else (axes,) if isinstance(axes, int) else tuple(int(axis) for axis in axes)
    return Labelled(got, expected, own, scale_of(expected) if scale is None else scale)


def reordered(got: Array, order: Sequence[int], axes: int | tuple[int, ...] | str | None) -> Array:
    """A result with the labels of the due one, in the order that `best_order` found."""
    if axes == "values":
        labels = np.array(order, dtype=float)
        known = (got >= 0) & (got < len(labels)) & (got == np.round(got))
        return np.where(known, labels[np.where(known, got, 0).astype(int)], got)
    own = (axes,) if isinstance(axes, int) else tuple(int(axis) for axis in axes or ())
    places = np.argsort(order)
    for axis in own:
        got = np.take(got, places, axis)
    return got


def with_sign(got: Array, expected: Array, axis: int | str) -> Array:
    """A result, or each entry along an axis of it, with the sign that brings it nearer to the due one."""
    if axis == "all":
        return min((got, -got), key=lambda one: compare(one, expected).size)
    pairs = zip(np.moveaxis(got, int(axis), 0), np.moveaxis(expected, int(axis), 0))
    return np.moveaxis(np.array([with_sign(one, other, "all") for one, other in pairs]), 0, int(axis))
