"""Turns whatever student code returned into plain values, which a frame can carry.

It runs beside student code, so its result is not trusted. What cannot be made plain becomes an opaque value that says
what kind of thing it was. The trusted side reads an opaque value as the students' grader reads the value itself. So
both take the same values.
"""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

MOST_ITEMS = 100  # of a value that is no list: more than any function returns, and few enough to look at
_MOST_NUMBERS = 10_000_000  # of a sequence; the students' grader reads no more either
_MOST_PARTS = 100_000  # lists inside lists
_DEEPEST = 18  # lists inside lists; the students' grader stops at 16
_LONG = 1000  # numbers; a longer list travels as an array
_EXACT = {str, bool, float, int, bytes, type(None)}
_READ = "biufc"  # kinds of arrays that travel as they are; each number of another size becomes one of 8 or 16 bytes

Opaque = Callable[..., Any]  # makes an opaque value of a type's name, whether it can be called, its kind and its items


def make_plain(value: Any, opaque: Opaque) -> Any:
    """The value made of numbers, texts, None, lists, tuples, dicts and arrays, and of opaque values. Never raises."""
    left = [_MOST_PARTS]
    made = _plain(value, opaque, 0, left)
    if left[0] < 0:
        return opaque("list", kind="deep") if _is_deep(value) else _broken(value, MemoryError(), opaque)
    return made


def _is_deep(value: Any) -> bool:
    for _ in range(_DEEPEST):
        if not isinstance(value, tuple | list) or not value:
            return False
        value = value[0]
    return True


def _plain(value: Any, opaque: Opaque, depth: int, left: list[int]) -> Any:
    kind = type(value)
    if kind in _EXACT:
        return value
    left[0] -= 1
    if depth > _DEEPEST or left[0] < 0:
        return None
    try:
        if isinstance(value, tuple | list):
            return _list(value, opaque, depth, left)
        if isinstance(value, np.ndarray | np.generic):
            return _array(value, opaque, depth, left)
        return _other(value, opaque, depth, left)
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - code of the value itself runs here
        return _broken(value, problem, opaque)


def _list(value: Any, opaque: Opaque, depth: int, left: list[int]) -> Any:
    base = tuple if isinstance(value, tuple) else list
    items = list(base.__iter__(value))  # a subclass may have an __iter__ of its own
    if base is list:  # many numbers in lists travel as one array, and numbers of NumPy's are many more parts
        items = [item.item() if type(item) in (np.float64, np.int64) else item for item in items]
    kinds = set(map(type, items))
    if not kinds <= _EXACT:
        items = [_plain(item, opaque, depth + 1, left) for item in items]
        kinds = set(map(type, items))
    if len(items) > _LONG and kinds in ({int}, {float}, {int, float}, {np.ndarray}):
        try:
            array = np.array(items)
        except ValueError:  # arrays of different shapes
            array = np.array(None)
        if array.dtype.kind in _READ:
            return array
    return base(items)


def _array(value: Any, opaque: Opaque, depth: int, left: list[int]) -> Any:
    kind = type(value).__name__
    if np.ma.is_masked(value):
        return opaque(kind, kind="masked")
    if isinstance(value, np.generic) and isinstance(value, str | bytes):
        return str.__str__(value) if isinstance(value, str) else bytes(value)
    if value.size > _MOST_NUMBERS:
        return opaque(kind, kind="long", items=[int(value.size)])
    array: np.ndarray[Any, Any] = value if type(value) is np.ndarray else np.array(value, subok=False)
    if array.dtype.kind == "T":
        array = array.astype(str)
    if array.dtype.kind in "fc" and array.dtype.itemsize > (8 if array.dtype.kind == "f" else 16):
        array = array.astype("f8" if array.dtype.kind == "f" else "c16")
    if array.dtype.kind in _READ or array.dtype.kind == "U":
        return array
    items = None
    if array.dtype.kind == "O" and array.ndim > 0 and (len(array) <= MOST_ITEMS or set(map(type, array)) == {str}):
        items = [_plain(item, opaque, depth + 1, left) for item in array]
    return opaque(kind, kind=array.dtype.kind, items=items)


def _other(value: Any, opaque: Opaque, depth: int, left: list[int]) -> Any:  # noqa: PLR0912 - one line for each kind
    kind = type(value).__name__
    if isinstance(value, type):
        return opaque(kind, can_be_called=True, kind="class")
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if isinstance(value, numbers.Real):
        return int(value) if isinstance(value, numbers.Integral) else float(value)
    if isinstance(value, complex):
        return np.array(complex(value))
    if isinstance(value, dict):
        pairs = [(_key(key), item) for key, item in dict.items(value)]
        if all(key is not _NO_KEY for key, _ in pairs):
            return {key: _plain(item, opaque, depth + 1, left) for key, item in pairs}
        return opaque(kind, kind="mapping")
    if isinstance(value, Mapping):
        return opaque(kind, kind="mapping")
    if isinstance(value, Set):
        return opaque(kind, kind="set", items=_items(value, opaque, depth, left))
    if isinstance(value, Iterator):
        items = _items(value, opaque, depth, left) if depth == 0 else None
        return opaque(kind, callable(value), kind="iterator", items=items)
    if callable(value):
        return opaque(kind, True)
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        return _array(array, opaque, depth, left)
    if isinstance(value, Sequence) or kind == "array":
        if len(value) > _MOST_NUMBERS:
            return opaque(kind, kind="long", items=[len(value)])
        return _list(list(itertools.islice(value, len(value))), opaque, depth, left)
    items = _items(value, opaque, depth, left) if depth == 0 and hasattr(type(value), "__iter__") else None
    return opaque(kind, items=items)


def _items(value: Any, opaque: Opaque, depth: int, left: list[int]) -> list[Any] | None:
    """What the value unpacks to, as in `a, b = value`. None if that is too much."""
    items = list(itertools.islice(value, MOST_ITEMS + 1))
    if len(items) > MOST_ITEMS:
        return None
    return [_plain(item, opaque, depth + 1, left) for item in items]


_NO_KEY = object()


def _key(key: Any) -> Any:
    """A key of a dict as a plain one: text, a number, True, False, None, or a tuple of these."""
    kind = type(key)
    if key is None or kind in (str, bool, float, int):
        return key
    if isinstance(key, np.bool_ | np.integer | np.floating | np.str_):
        return _key(key.item())
    if isinstance(key, tuple):
        keys = tuple(_key(item) for item in tuple.__iter__(key))
        return _NO_KEY if any(item is _NO_KEY for item in keys) else keys
    if isinstance(key, str):
        return str.__str__(key)
    return _NO_KEY


def _broken(value: Any, problem: BaseException, opaque: Opaque) -> Any:
    """A value whose own code raised an exception while it was read."""
    try:
        name = str(type(value).__name__)
    except Exception:  # noqa: BLE001 - a metaclass may raise anything
        name = "object"
    return opaque(name, kind="raises", raises=str(type(problem).__name__))
