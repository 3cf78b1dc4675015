"""What a check demands of the values that a student's function returned: the shape, no NaN, closeness, sameness."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from autograder.assignment.policy import UsageError
from grader.compare import compare
from grader.relabelling import best_order, labelled
from grader.same import Differs, demand_same, entries_of, is_same, scale_of
from grader.values import BadValue, as_array, finite, read, subject

Array = NDArray[np.float64]

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
    the demand. Otherwise it returns the same `expect`, so that the next demand can follow. For numbers, start with
    `shape`: it sets `array` to the value as a float64 array, which the demands about numbers and the check itself use.
    `name` is what the sentences call the value. If the function returned several values, `among` has the names of all.
    """

    def __init__(self, value: Any, name: str, among: Sequence[str] = ()) -> None:
        self.value = value
        self.name = name
        self.among = among
        self._array: Array | None = None

    @property
    def array(self) -> Array:
        """The numbers. Raises UsageError if no `shape` came before: the check itself has to be mended."""
        if self._array is None:
            raise UsageError(f"a check uses the numbers of {self.name} before `.shape(...)`: demand the shape first.")
        return self._array

    @array.setter
    def array(self, array: Array) -> None:
        self._array = array

    def shape(self, *shape: int | None, axes: Sequence[str] | None = None) -> expect:
        """The value is an array of numbers with this shape. Without arguments, it is one number.

        None stands for any length: `.shape(None, 3)`. Otherwise, axes of length one may be missing or extra, because
        they do not change which number stands where. `axes` names the axes in the sentence, as in ("N", "C").
        """
        if self.value is None and len(self.among) > 1:
            raise self._not(f"is None, one of the {len(self.among)} values that the function returned.")
        try:
            if None in shape:
                self.array = _of_any_length(self.value, shape, self.name)
            else:
                self.array = as_array(self.value, [int(length or 0) for length in shape], self.name, axes)
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

    def whole(self) -> expect:
        """Every entry is a whole number, such as the index of a state."""
        wrong = ~(np.isfinite(self.array) & (self.array == np.round(self.array)))
        if wrong.any():
            entries = "is not a whole number" if not self.array.ndim else "has entries that are not whole numbers"
            raise self._not(f"{entries}.")
        return self

    def exact(self, expected: Any) -> expect:
        """The value is the expected one: a text, True or False, None, a number, an array or a list, tuple or dict.

        A list, a tuple and an array with the same entries count as the same. There is no tolerance.
        """
        return self._same(expected, None)

    def alike(self, expected: Any, tolerance: float) -> expect:
        """As `exact`, but floats may be off, in each array by so much of its largest number: for a dict of arrays."""
        return self._same(expected, tolerance)

    def _same(self, expected: Any, tolerance: float | None) -> expect:
        try:
            demand_same(self.value, expected, self.name, tolerance)
        except Differs as problem:
            raise CheckFailed(str(problem), problem.size) from None
        return self

    def one_of(self, answers: Sequence[Any]) -> expect:
        """The value is exactly one of several right answers."""
        for answer in answers:
            try:
                return self.exact(answer)
            except CheckFailed as problem:
                failed = problem
        raise CheckFailed(str(failed)) if len(answers) == 1 else self._not("is none of the right answers.")

    def unordered(self, expected: Sequence[Any]) -> expect:
        """The value has exactly the expected entries, each as often, in any order."""
        try:
            left = entries_of(self.value, self.name)
        except Differs as problem:
            raise CheckFailed(str(problem)) from None
        if len(left) != len(expected):
            count = "1 is" if len(expected) == 1 else f"{len(expected)} are"
            raise self._not(f"has {len(left)} entries where {count} due.")
        for entry in expected:
            found = next((i for i, one in enumerate(left) if is_same(one, entry)), None)
            if found is None:
                raise self._not("lacks an entry that is due, in whatever order they come.")
            left.pop(found)
        return self

    def close_to(
        self, expected: ArrayLike, tolerance: float, scale: float | None = None, *, nan: bool = False
    ) -> expect:
        """max |value - expected| / scale <= tolerance. The scale is max |expected| unless it is given.

        An infinity is right where the same one is expected. NaN is right where it is expected only if `nan` says so.
        """
        expected = np.asarray(expected, dtype=float)
        if not self.array.size:
            return self
        deviation = compare(self.array, expected, scale_of(expected) if scale is None else scale, nan=nan)
        return self._near(deviation.size, tolerance, deviation.in_words or f"is off{deviation.where}")

    def close_up_to_sign(
        self, expected: ArrayLike, tolerance: float, scale: float | None = None, *, axis: int | None = None
    ) -> expect:
        """As `close_to`, but the value may have the other sign. With an axis, each entry along it may, as a column."""
        expected = np.asarray(expected, dtype=float)
        scale = scale_of(expected) if scale is None else scale
        pairs = [(self.array, expected)]
        if axis is not None:
            pairs = list(zip(np.moveaxis(self.array, axis, 0), np.moveaxis(expected, axis, 0), strict=True))
        sizes = [min(compare(sign * one, other, scale).size for sign in (1, -1)) for one, other in pairs]
        return self._near(max(sizes, default=0.0), tolerance, "is off with either sign")

    def close_in_any_order(
        self, expected: ArrayLike, tolerance: float, scale: float | None = None, *, axis: int = 0
    ) -> expect:
        """As `close_to`, but the entries along an axis may come in any order. See also `close_up_to_labels`."""
        _, size = best_order([labelled(self.array, np.asarray(expected), axis, scale)])
        return self._near(size, tolerance, "is off in every order")

    def _near(self, size: float, tolerance: float, what: str) -> expect:
        if not size <= tolerance:
            by = f", by {size:.2g} of its scale (tolerance {tolerance:.1g})" if np.isfinite(size) else ""
            raise self._not(f"{what}{by}.{_SMALL_CONSTANT if 1e-8 < size < 1e-4 else ''}", size)
        return self

    def at_least(self, threshold: float, tolerance: float, scale: float) -> expect:
        """The value is one number, and value >= threshold - tolerance * scale."""
        shortfall = (threshold - float(self.array)) / scale
        if not shortfall <= tolerance:
            raise self._not(
                f"falls short by {shortfall:.2g} of its scale (tolerance {tolerance:.1g}).",
                shortfall if np.isfinite(shortfall) else np.inf,
            )
        return self

    def holds(self, condition: bool, otherwise: str) -> expect:
        """Any other demand. `otherwise` ends the sentence that starts with the value's name: "is not sorted.", say.

        If the name is a plural, such as "labels", both "is not sorted." and "are not sorted." may follow. Before "is",
        the sentence then says "the value of labels".

        So any of several right answers can be right: `holds(is_shortest(path.array), "is not a shortest path.")`.
        """
        if not condition:
            raise self._not(otherwise)
        return self

    def _not(self, what: str, deviation: float = np.inf) -> CheckFailed:
        """The failure whose sentence says this of the value."""
        verb = what.partition(" ")[0].removesuffix("n't")
        # Only a verb in the singular needs a singular before it. A check's author may write "are" after a plural name.
        return CheckFailed(f"{subject(self.name) if verb.endswith('s') else self.name} {what}", deviation)


def close_up_to_labels(
    results: Sequence[tuple[expect, ArrayLike, int | tuple[int, int] | str]], tolerance: float
) -> tuple[int, ...]:
    """Demand that all results are close to the due ones in one and the same order of their labels. Return the order.

    Each result is the `expect`, what is due, and which of its axes count the labels: one axis, a pair of axes, or
    "values" if its entries are themselves labels, from 0 on. Each result is measured in its own largest number. For
    example, the states of a hidden Markov model may have other numbers than those of the reference:

        close_up_to_labels([(pi, true_pi, 0), (A, true_A, (0, 1)), (B, true_B, 0)], case.tolerance)

    Entry i of the order is the label of the reference that the student's label i stands for.
    """
    order, size = best_order([labelled(one.array, np.asarray(due), axes) for one, due, axes in results])
    if not size <= tolerance:
        names = [one.name for one, _, _ in results]
        listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else subject(names[0])
        off = f", by {size:.2g} of the scale (tolerance {tolerance:.1g})" if np.isfinite(size) else ""
        raise CheckFailed(
            f"{listed} {'are' if len(names) > 1 else 'is'} off however the labels are ordered{off}.", size
        )
    return order


def _of_any_length(value: Any, shape: Sequence[int | None], name: str) -> Array:
    """The numbers of a value, if it has this shape. None in the shape stands for any length, also zero."""
    array = read(value, name, empty=True)
    if array.shape == (0,) and len(shape) > 1 and shape[0] is None:
        array = array.reshape(0, *(length or 0 for length in shape[1:]))  # `[]` has no second axis
    if len(array.shape) != len(shape) or any(n not in (None, m) for n, m in zip(shape, array.shape, strict=True)):
        due = ", ".join("any" if length is None else str(length) for length in shape)
        raise BadValue(f"{subject(name)} has shape {array.shape[:4]} where ({due}) is due.")
    return array
