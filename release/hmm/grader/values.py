"""Reads what a student's code returned: the numbers in it, or one sentence that says why there are none.

`finite` checks an array for NaN and infinite entries.
"""

from __future__ import annotations

import array as standard_arrays
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from numbers import Real

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_DEEPEST = 16  # lists inside lists; a list that contains itself ends here too
_MOST = 10_000_000  # numbers: far more than any answer has, far less than fills the memory

_PLAIN_NUMBERS = {float, int, np.float64}
_ENTRY = "an entry of "

_NOT_REAL = {
    "b": "holds True and False where numbers are due",
    "c": "holds complex numbers where real ones are due",
    "O": "is an array of Python objects: its rows may differ in length, or an entry is not a number",
    "S": "holds text where numbers are due",
    "U": "holds text where numbers are due",
    "T": "holds text where numbers are due",
    "M": "holds dates where numbers are due",
    "m": "holds time spans where numbers are due",
    "V": "is a structured array where a plain one is due",
}  # by the kind of a numpy dtype

_REFUSED: tuple[tuple[tuple[type, ...], str], ...] = (
    ((type(None),), "is None: was it never set, or did your function end without `return`?"),
    ((str, bytes, bytearray), "is text ({kind}) where numbers are due."),
    ((type,), "is a class: did you forget to call it?"),
    ((Mapping, AbstractSet), "is a {kind}, which has no first and last entry: make it an array."),
    ((Iterator,), "is a {kind}, which holds no numbers yet: make it a list or an array."),
)  # by type


class BadValue(ValueError):
    """The value does not hold the expected numbers. The text is one sentence for the student."""


def subject(name: str) -> str:
    """The name of a value as the subject of a sentence that goes on with "is" or "has".

    A name that may be a plural, such as `centres`, becomes "the value of centres", because "centres is" is no English.
    """
    words = re.findall(r"[^\W\d_]+", name.partition(" of ")[0].casefold())
    may_be_plural = any(len(word) > 1 and word.endswith("s") and not word.endswith("ss") for word in words)
    return f"the value of {name}" if may_be_plural else name


def as_array(value: object, shape: Sequence[int], name: str, axes: Sequence[str] | None = None) -> Array:
    """The numbers in `value` as a new float64 array of exactly `shape`.

    Axes of length one may be missing or extra, because dropping them cannot change which number
    stands where; no other reshaping happens. NaN and infinities pass: see `finite`.

    `name` is what the sentences call the value; `axes` names the axes of `shape`, as in ("N", "C").
    Raises BadValue, and nothing else, when the numbers or the shape are not what is due.
    """
    shape = tuple(shape)
    try:
        return _fit(read(value, name, empty=0 in shape), shape, name, axes)
    except BadValue:
        several = _several(value)
        arrays = any(issubclass(type(item), (list, tuple, np.ndarray)) for item in several)
        if several and (arrays or not shape):
            due = "array" if shape else "number"
            raise BadValue(f"{subject(name)} is a tuple of {len(several)} values where one {due} is due.") from None
        raise


def read(value: object, name: str, *, empty: bool = False) -> Array:
    """The numbers in `value` as a new float64 array of the shape that they come in. It may be `empty` if that says so.

    Raises BadValue, and nothing else, when `value` does not carry real numbers in a rectangular layout.
    """
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # a warning on stderr would cost the student the cell's points
            shape = _outline(value, name)
            if 0 in shape and not empty:
                raise BadValue(f"{subject(name)} is empty.")
            if math.prod(shape) > _MOST:
                raise BadValue(f"{subject(name)} holds {math.prod(shape)} numbers, far more than are due.")
            if 0 in shape and not isinstance(value, np.ndarray):
                return np.zeros(shape)
            return np.array(_stack(value, shape, name), dtype=np.float64, order="C")
    except BadValue:
        raise
    except Exception as error:  # code of the value itself runs here and can raise anything
        raise BadValue(f"{name} could not be read as numbers ({type(error).__name__}).") from error


def finite(array: Array, name: str) -> None:
    """Raise BadValue when `array` has NaN or infinite entries, saying how many and where the first is."""
    for what, bad in (("NaN", np.isnan(array)), ("infinite", np.isinf(array))):
        count = int(np.count_nonzero(bad))
        if count and not array.ndim:
            raise BadValue(f"{subject(name)} is {what}.")
        if count:
            entries = "entry" if count == 1 else "entries"
            first = [int(i) for i in np.argwhere(bad)[0]]
            raise BadValue(f"{subject(name)} has {count} {what} {entries}, the first at {first}.")


def _is_nested(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))


def _outline(value: object, name: str) -> tuple[int, ...]:
    """The shape that `value` has if it is rectangular, found along its first entries only."""
    lengths: list[int] = []
    spoken = name
    while isinstance(value, Sequence) and _is_nested(value):
        lengths.append(len(value))
        if len(value) == 0:
            return tuple(lengths)
        if len(lengths) > _DEEPEST:
            raise BadValue(f"{subject(name)} is nested more than {_DEEPEST} lists deep.")
        value = value[0]
        spoken = f"{_ENTRY}{name}"
    return (*lengths, *_leaf(value, spoken).shape)


def _stack(value: object, shape: tuple[int, ...], name: str) -> NDArray[np.generic]:
    """`value` as an array of `shape`; never looks at more entries than `shape` has."""
    if isinstance(value, Sequence) and _is_nested(value):
        rows = list(islice(value, shape[0] + 1)) if shape else []
        if not shape or len(rows) != shape[0]:
            raise _ragged(name)
        if len(shape) == 1 and set(map(type, rows)) <= _PLAIN_NUMBERS:  # to look at each alone takes long
            return np.array(rows, dtype=np.float64)
        return np.stack([_stack(row, shape[1:], name) for row in rows])
    array = _leaf(value, f"{_ENTRY}{name}")
    if array.shape != shape:
        raise _ragged(name)
    return array


def _ragged(name: str) -> BadValue:
    return BadValue(f"{subject(name)} is ragged: its rows differ in length.")


def _leaf(value: object, name: str) -> NDArray[np.generic]:
    """What is not a list, as an array of a real numeric dtype."""
    if value is None and name.startswith(_ENTRY):
        raise BadValue(f"{name} is None.")
    refusal = _refusal(value)
    if refusal:
        raise BadValue(f"{subject(name)} {refusal}")
    if isinstance(value, Real) and not isinstance(value, (bool, np.generic)):
        return np.array(float(value))
    array: NDArray[np.generic] = np.asarray(value)
    if array.dtype.kind not in "iuf":
        reason = _NOT_REAL.get(array.dtype.kind, f"has dtype {array.dtype}, which is not numbers")
        raise BadValue(f"{subject(name)} {reason}.")
    return array


def _refusal(value: object) -> str | None:
    """Say why the type of `value` cannot be used, as the rest of a sentence; None if it can."""
    kind = type(value).__name__
    for types, sentence in _REFUSED:
        if isinstance(value, types):
            return sentence.format(kind=kind)
    if np.ma.is_masked(value):
        return "is a masked array with masked entries: every entry needs a number."
    if callable(value):
        return "is a function: did you forget to call it?"
    if isinstance(value, (Real, complex, np.ndarray, np.generic)) or hasattr(value, "__array__"):
        return None
    if isinstance(value, standard_arrays.array):  # it counts as a sequence only in newer versions of Python
        return None
    return f"is of type {kind}, which is not numbers."


def _shown(shape: tuple[int, ...]) -> str:
    """Write a shape for a sentence. It names at most four axes, because thirty axes could spell hidden data."""
    return f"({', '.join(map(str, shape[:4]))}, ... {len(shape)} axes)" if len(shape) > 4 else f"{shape}"


def _fit(array: Array, shape: tuple[int, ...], name: str, axes: Sequence[str] | None) -> Array:
    """`array` in `shape`, which may differ from its own only in axes of length one."""
    got = array.shape
    got_long, due_long = _long(got), _long(shape)
    if got_long == due_long or (got == (0,) and 0 in shape):  # `[]` has no second axis
        return array.reshape(shape)
    due = f"({', '.join(axes)}{',' * (len(axes) == 1)}) = {shape}" if axes else f"{shape}"
    if not due_long:
        raise BadValue(f"{subject(name)} is an array of shape {_shown(got)} where a single number is due.")
    if not got_long:
        raise BadValue(f"{subject(name)} is a single number where an array of shape {due} is due.")
    sentence = f"{subject(name)} has shape {_shown(got)} where {due} is due"
    if sorted(got_long) == sorted(due_long):
        swapped = "it looks transposed" if len(due_long) == 2 else "its axes are in another order"
        raise BadValue(f"{sentence}: {swapped}.")
    if len(got) != len(shape):
        raise BadValue(f"{sentence}: it has {_count(len(got))} instead of {len(shape)}.")
    raise BadValue(f"{sentence}.")


def _long(shape: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` without its axes of length one."""
    return tuple(length for length in shape if length != 1)


def _count(axes: int) -> str:
    return "1 axis" if axes == 1 else f"{axes} axes"


def _several(value: object) -> list[object]:
    """Return the values of a tuple of two or more, without calling the tuple's own methods; else nothing."""
    if not issubclass(type(value), tuple):
        return []
    items: list[object] = list(tuple.__iter__(value))  # type: ignore[arg-type]
    return items if len(items) > 1 else []
