"""Turns a value that came out of a sandbox into the value that a direct call would have returned.

The two may differ where no check and no message can see it.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from autograder.sandbox import OpaqueValue

# An array of a kind that is not sent. A reader looks at the kind only.
_ARRAYS: dict[str, Any] = {
    "S": np.zeros((), "S1"),
    "M": np.zeros((), "M8[s]"),
    "m": np.zeros((), "m8[s]"),
    "V": np.zeros((), [("field", float)]),
}
_LONG = 10**9  # the length of a sequence that is too long to be read, if it is not told
# Lists inside lists, too many to be read.
_DEEP: Any = functools.reduce(lambda inner, _: [inner], range(32), cast(Any, 1.0))


def as_returned(value: Any, name_of: Callable[[str], str] = str) -> Any:
    """A value in which an object stands for each opaque one: of the same kind, and with the same name of its type.

    `name_of` may replace a name that must not be shown. If a value can be unpacked, its items are in `unpacked`.
    """
    if isinstance(value, OpaqueValue):
        name, raises = name_of(value.type_name), name_of(value.raises)
        items = None if value.items is None else [as_returned(item, name_of) for item in value.items]
        if value.kind == "O":
            return _object_array(items)
        if value.kind == "long":
            return range(items[0]) if items and type(items[0]) is int else range(_LONG)
        if items is None:
            return _object_of(name, value.kind, value.can_be_called, raises)
        found: Any = _class_of(name, value.kind, value.can_be_called, raises)()
        found.unpacked = items
        return found
    if isinstance(value, tuple | list):
        return type(value)(as_returned(item, name_of) for item in value)
    if isinstance(value, dict):
        return {key: as_returned(item, name_of) for key, item in value.items()}
    return value


def is_left_open(value: Any) -> bool:
    """Whether a value from a sandbox is `...`, or a list, tuple or dict with `...` in it, as a template has it."""
    if isinstance(value, tuple | list | dict):
        return any(is_left_open(item) for item in (value.values() if isinstance(value, dict) else value))
    return type(value).__name__ == "ellipsis"


def _object_array(items: list[Any] | None) -> Any:
    array = np.empty(len(items or [None]), dtype=object)
    for i, item in enumerate(items or ()):
        array[i] = item
    return array


@functools.lru_cache(maxsize=1000)  # one answer may hold very many objects
def _object_of(name: str, kind: str, can_be_called: bool, raises: str) -> Any:
    if kind in _ARRAYS:
        return _ARRAYS[kind]
    if kind == "masked":
        return np.ma.masked_array(np.zeros(1), True)
    if kind == "deep":
        return _DEEP
    found = _class_of(name, kind, can_be_called, raises)
    return found if kind == "class" else found()


def _class_of(name: str, kind: str, can_be_called: bool, raises: str) -> Any:
    bases: dict[str, tuple[type, ...]] = {"set": (set,), "mapping": (dict,)}
    members: dict[str, Any] = {"__call__": lambda _: None} if can_be_called else {}
    if kind == "iterator":
        members |= {"__iter__": lambda self: self, "__next__": lambda _: None}
    if kind == "raises":
        members["__array__"] = functools.partial(_raise, raises)
    return type(name or "object", bases.get(kind, ()), members)


def _raise(name: str, *_: Any, **__: Any) -> None:
    known = getattr(builtins, name, None)
    kind = known if isinstance(known, type) and issubclass(known, Exception) else Exception
    raise kind("code of the value itself raised this")
