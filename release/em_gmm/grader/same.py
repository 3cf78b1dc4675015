"""Compares values of any kind: numbers, texts, True and False, None, arrays, and lists, tuples and dicts of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compare import compare
from .values import BadValue, as_array, subject

_TEXT, _TRUTH = "text", "True or False"
_DEEPEST = 16  # lists inside lists


class Differs(Exception):
    """A value is not what is due. The text is a sentence; `is_kind` says that it is about the kind of the value.

    `size` is by how much numbers are off. It is infinite if no tolerance could accept the value.
    """

    def __init__(self, sentence: str, is_kind: bool = False, size: float = np.inf) -> None:
        super().__init__(sentence)
        self.is_kind = is_kind
        self.size = size


def demand_same(got: Any, expected: Any, name: str, tolerance: float | None = None) -> None:
    """Raise Differs unless `got` is `expected`, entry by entry. A list, a tuple and an array count as the same.

    With a tolerance, numbers that are no whole ones may be off by so much of the largest number beside them.
    """
    if isinstance(expected, dict):
        _demand_same_dict(got, expected, name, tolerance)
    elif isinstance(expected, (list, tuple)):
        array = _as_plain_array(expected)
        if array is None:
            _demand_same_entries(got, list(expected), name, tolerance)
        else:
            _demand_same_array(got, array, name, tolerance)
    elif isinstance(expected, (np.ndarray, np.generic, bool, int, float, str)):
        _demand_same_array(got, np.asarray(expected), name, tolerance)
    elif expected is None:
        if got is not None:
            raise Differs(f"{subject(name)} is {kind_of(got)} where None is due.", True)
    else:
        raise TypeError(f"an expected value may not be of type {type(expected).__name__}")


def is_same(got: Any, expected: Any, tolerance: float | None = None) -> bool:
    """Whether `demand_same` holds."""
    try:
        demand_same(got, expected, "it", tolerance)
    except Differs:
        return False
    return True


def kind_of(value: Any) -> str:
    """What a sentence calls a value."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        what = {"U": "text", "b": "True or False", "O": "Python objects"}.get(value.dtype.kind, "numbers")
        one = {"U": "text", "b": "True or False"}.get(value.dtype.kind, "a number")
        return f"an array of {what}" if value.ndim else one
    names = {str: "text", bool: "True or False", int: "a number", float: "a number"}
    return names.get(type(value)) or f"of type {type(value).__name__}"


def _as_plain_array(expected: Sequence[Any]) -> NDArray[Any] | None:
    """An array for lists inside lists of one kind. None if they are ragged, or hold values of several kinds."""
    kinds = {type(item) for item in _leaves(expected)}
    if not kinds or kinds & {dict, type(None)} or (len(kinds) > 1 and not kinds <= {int, float}):
        return None
    try:
        array = np.array(expected)
    except ValueError:
        return None
    return array if array.dtype.kind in "biufU" else None


def _leaves(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _leaves(value)
        else:
            yield value


def _demand_same_dict(got: Any, expected: dict[Any, Any], name: str, tolerance: float | None) -> None:
    if not isinstance(got, dict):
        raise Differs(f"{subject(name)} is {kind_of(got)} where a dict is due.", True)
    if len(got) != len(expected):
        raise Differs(f"{subject(name)} has {len(got)} keys where {_are(len(expected))} due.")
    if got.keys() != expected.keys():
        raise Differs(f"{subject(name)} has other keys than those that are due.")
    _demand_all(((got[key], value) for key, value in expected.items()), len(expected), name, tolerance, "values")


def _demand_same_entries(got: Any, expected: list[Any], name: str, tolerance: float | None) -> None:
    items = entries_of(got, name)
    if len(items) != len(expected):
        raise Differs(f"{subject(name)} has {len(items)} entries where {_are(len(expected))} due.", True)
    _demand_all(zip(items, expected), len(expected), name, tolerance, "entries")


def _demand_all(pairs: Iterable[tuple[Any, Any]], count: int, name: str, tolerance: float | None, plural: str) -> None:
    wrong, size, first = 0, 0.0, 0
    for i, (one, other) in enumerate(pairs):
        try:
            demand_same(one, other, f"an entry of {name}", tolerance)
        except Differs as problem:
            if problem.is_kind:
                raise
            first = first if wrong else i
            wrong, size = wrong + 1, max(size, problem.size)
    if wrong:
        where = f", the first at [{first}]" if plural == "entries" else ""
        raise Differs(f"{subject(name)} is not right: {_count(wrong, count, plural)}{where}.", size=size)


def _are(number: int) -> str:
    return "1 is" if number == 1 else f"{number} are"


def _count(wrong: int, of: int, plural: str = "entries") -> str:
    return f"{wrong} of its {of} {plural} {'differs' if wrong == 1 else 'differ'} from what is due"


def entries_of(got: Any, name: str) -> list[Any]:
    """The entries of a list, a tuple, an array with axes or a set."""
    if isinstance(got, np.ndarray) and got.ndim:
        return list(got)
    if isinstance(got, Sequence) and not isinstance(got, (str, bytes, bytearray)):
        return list(got)
    if isinstance(got, (set, frozenset)):
        return list(getattr(got, "unpacked", got))
    raise Differs(f"{subject(name)} is {kind_of(got)} where several values are due.", True)


def _demand_same_array(got: Any, expected: NDArray[Any], name: str, tolerance: float | None) -> None:
    if expected.dtype.kind in "Ub":
        array = _read(got, expected, name)
        different = array != expected
    elif type(got) is int and not expected.ndim and expected.dtype.kind in "iuO":
        array, different = np.asarray(got), np.asarray(got != expected.item())  # exact, however large they are
    else:
        wanted = expected.astype(float)
        try:
            array = as_array(got, expected.shape, name)
        except BadValue as problem:
            raise Differs(str(problem), True) from None
        same = (array == wanted) | (np.isnan(array) & np.isnan(wanted))
        if tolerance is not None and expected.dtype.kind == "f" and array.size:
            deviation = compare(array, wanted, scale_of(wanted), nan=True)
            if deviation.size <= tolerance:
                return
            by = f"by {deviation.size:.2g} of its scale (tolerance {tolerance:.1g})"
            what = deviation.in_words or f"is off{deviation.where}, {by}"
            raise Differs(f"{subject(name)} {what}.", size=deviation.size)
        different = ~same
    wrong = int(np.count_nonzero(different))
    if wrong and not expected.ndim:
        raise Differs(f"{subject(name)} is not the one that is due.")
    if wrong:
        first = [int(i) for i in np.argwhere(different)[0]]
        raise Differs(f"{subject(name)} is not right: {_count(wrong, expected.size)}, the first at {first}.")


def scale_of(expected: NDArray[np.float64]) -> float:
    """The largest finite number, 1 if there is none but zero."""
    return float(np.abs(expected[np.isfinite(expected)]).max(initial=0.0)) or 1.0


def _read(got: Any, expected: NDArray[Any], name: str) -> NDArray[Any]:
    """The texts, or True and False, in a value, in the shape that is due."""
    what, kind = (_TEXT, "U") if expected.dtype.kind == "U" else (_TRUTH, "b")
    wrong = Differs(
        f"{subject(name)} is {kind_of(got)} where {what if not expected.ndim else f'an array of {what}'} is due.", True
    )
    leaves = list(_leaves([got])) if isinstance(got, (list, tuple)) else [got]
    if not expected.size and isinstance(got, (list, tuple)) and not got:
        return np.empty(expected.shape, expected.dtype)
    for leaf in leaves:
        held = np.asarray(leaf)
        texts = held.dtype.kind == "O" and all(type(item) is str for item in held.flat)
        if held.dtype.kind != kind and not (kind == "U" and texts):
            raise wrong if leaf is got else Differs(f"an entry of {name} is {kind_of(leaf)} where {what} is due.", True)
    try:
        array = np.array(got, dtype=str if kind == "U" else bool)
    except ValueError:
        raise Differs(f"{subject(name)} is ragged: its rows differ in length.", True) from None
    if expected.ndim and not array.ndim:
        raise wrong
    if _long(array.shape) != _long(expected.shape):
        shape = f"({', '.join(map(str, array.shape[:4]))}{', ...' if array.ndim > 4 else ''})"
        raise Differs(f"{subject(name)} has shape {shape} where {expected.shape} is due.", True)
    return array.reshape(expected.shape)


def _long(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length for length in shape if length != 1)


def plain_json(value: Any, name: str) -> Any:
    """A value as JSON has it; NaN and infinities are None. Raises BadValue, and nothing else, if it cannot be."""
    if value is None:
        raise BadValue(f"{subject(name)} is None: was it never set?")
    try:
        return _json(value, 0)
    except BadValue as problem:
        raise BadValue(f"{subject(name)} {problem}") from None
    except Exception as problem:  # code of the value itself runs here and can raise anything
        raise BadValue(f"{name} could not be read ({type(problem).__name__}).") from problem


def _json(value: Any, depth: int) -> Any:
    if value is ...:
        raise BadValue("is not answered yet: `...` stands in it.")
    if depth > _DEEPEST:
        raise BadValue(f"is nested more than {_DEEPEST} lists deep.")
    if isinstance(value, (np.ndarray, np.generic)):
        if value.dtype.kind not in "biufUO":
            raise BadValue(f"is {kind_of(value)}, which cannot be kept.")
        value = value.tolist()
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Real):
        return float(value) if np.isfinite(float(value)) else None
    if isinstance(value, dict):
        return {str(key): _json(item, depth + 1) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_json(item, depth + 1) for item in value]
    if hasattr(value, "__array__") and not callable(value):
        return _json(np.asarray(value), depth + 1)
    raise BadValue(f"is {kind_of(value)}, which cannot be kept.")
