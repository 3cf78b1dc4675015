"""Finds what later cells of a notebook changed of a function: the function itself, or what it uses.

This file is copied into the sandbox, so it imports nothing of the kit.
"""

import ast
import builtins
import contextlib
import dis
import functools
import hashlib
import inspect
import textwrap
import types
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_STUB = "NotImplementedError"  # a released function raises it until the student has written it
_MOST_VALUES = 10_000  # that are looked at in the values which a function uses
_MOST_BYTES = 1 << 24  # of an array
_CHANGE = {"append", "add", "update", "setdefault", "extend", "insert", "pop", "popitem", "clear", "remove", "fill"}
_NOTHING = object()


class Then:
    """What a function and the names that it uses meant when it was to be asked. Empty if it was not written yet."""

    def __init__(self, function: str, namespace: Mapping[str, Any]) -> None:
        own = namespace.get(function)
        self.function, self.meant = function, dict[str, Any]()
        self._functions: list[types.FunctionType] = []
        if callable(own) and not _is_stub(own):
            self.meant = dict.fromkeys(self._names_used(own, namespace) | {function})
            for name in self.meant:
                self.meant[name] = _look_up(name, namespace)
        self._contents = {name: _content(value) for name, value in self.meant.items()}

    def replaced_names(self, now: Mapping[str, Any], untested: Collection[str]) -> list[tuple[str, bool]]:
        """The names that mean something else `now`, and whether it is the same object with another content.

        `untested` are the functions without a test cell, whose last definition counts.
        """
        names = set(self.meant)
        if names and self.function in untested:
            if not self._is_same(self.function, now):
                return []
            names -= set(untested)
        names = {name for name in names if not _is_stub(self.meant[name]) and not self._is_same(name, now)}
        return [(name, self.meant[name] is _look_up(name, now)) for name in sorted(names)]

    def _is_same(self, name: str, now: Mapping[str, Any]) -> bool:
        one, other = self.meant[name], _look_up(name, now)
        if type(one) is not type(other) or self._contents[name] != _content(other):
            return one is other and self._changes_itself(name)
        return True

    def _changes_itself(self, name: str) -> bool:
        """Whether the function may have changed this value when later cells called it, such as a list of its results.

        What a method sets on `self` counts for each object.
        """
        mine = {name} if isinstance(self.meant[name], type) else {name, "self"}
        for function in self._functions:
            with contextlib.suppress(Exception):  # the source may be missing
                for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
                    if not isinstance(node, ast.Attribute | ast.Subscript) or _root(node) not in mine:
                        continue
                    if not isinstance(node.ctx, ast.Load) or getattr(node, "attr", "") in _CHANGE:
                        return True
        return False

    def _names_used(self, function: Any, namespace: Mapping[str, Any]) -> set[str]:
        """The names that a function reads, directly or not. A name that it also writes is its own state."""
        read: set[str] = set()
        written: set[str] = set()
        waiting, seen = [function], set[int]()
        while waiting and len(seen) < _MOST_VALUES:
            value = waiting.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            for code in _codes(value, namespace):
                for step in dis.get_instructions(code):
                    if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and _look_up(step.argval, namespace) is not _NOTHING:
                        read.add(step.argval)
                        waiting.append(_look_up(step.argval, namespace))
                    elif step.opname == "STORE_GLOBAL":
                        written.add(step.argval)
            if isinstance(value, types.FunctionType):
                self._functions.append(value)
            waiting += _parts(value)
        return read - written


def _look_up(name: str, namespace: Mapping[str, Any]) -> Any:
    return namespace[name] if name in namespace else vars(builtins).get(name, _NOTHING)


def _is_stub(value: Any) -> bool:
    return isinstance(value, types.FunctionType) and _STUB in value.__code__.co_names


def _content(value: Any) -> object:
    """The same for the same value. If its content cannot be read, an object is only the same as itself."""
    left = [_MOST_VALUES]
    return _content_of(value, left, frozenset())


def _content_of(value: Any, left: list[int], above: frozenset[int]) -> object:
    left[0] -= 1
    if left[0] < 0 or id(value) in above:
        return None
    kind, inside = type(value), above | {id(value)}
    if kind in _PLAIN:
        return kind, repr(value)
    if isinstance(value, types.FunctionType):
        return _content_of_code(value.__code__)
    if kind is np.ndarray and value.dtype.kind != "O" and value.nbytes <= _MOST_BYTES:
        return value.dtype.str, value.shape, hashlib.sha256(value.tobytes()).digest()
    if kind in (list, tuple):
        return kind, tuple(_content_of(item, left, inside) for item in value)
    if kind in (set, frozenset):
        return kind, frozenset(_content_of(item, left, inside) for item in value)
    if kind is dict or kind is types.SimpleNamespace or isinstance(value, type) or kind.__module__ == "__main__":
        own = value if kind is dict else vars(value) if hasattr(value, "__dict__") else {}
        if own or kind is dict:
            if not isinstance(value, type):
                return id(kind), tuple((_content_of(k, left, inside), _content_of(own[k], left, inside)) for k in own)
            if value.__module__ == "__main__":
                own = {name: item for name, item in own.items() if not name.startswith("__") or callable(item)}
                return tuple((name, _content_of(item, left, inside)) for name, item in own.items())
    if isinstance(value, staticmethod | classmethod):
        return kind, _content_of(value.__func__, left, inside)
    return id(value)


def _content_of_code(code: types.CodeType) -> tuple[object, ...]:
    """What a function does, wherever it stands. The same cell may be in a notebook twice."""
    constants = [_content_of_code(one) if isinstance(one, types.CodeType) else repr(one) for one in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, tuple(constants)


def _codes(value: Any, namespace: Mapping[str, Any]) -> Iterator[types.CodeType]:
    """The code of a function of the notebook, and of the functions in it."""
    waiting = [value.__code__] if isinstance(value, types.FunctionType) and value.__globals__ is namespace else []
    while waiting:
        code = waiting.pop()
        yield code
        waiting += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]


def _parts(value: Any) -> list[Any]:
    """The values that a value is made of: a wrapped function, the methods of a class, the items of a list."""
    if isinstance(value, types.FunctionType):
        return [cell.cell_contents for cell in value.__closure__ or () if cell != types.CellType()]
    if isinstance(value, types.MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, staticmethod | classmethod):
        return [value.__func__]
    if isinstance(value, type):
        return list(vars(value).values()) if value.__module__ == "__main__" else []
    if type(value).__module__ == "__main__":
        return [type(value), *getattr(value, "__dict__", {}).values()]
    if type(value) in (list, tuple, dict):
        return [item for item in (value.values() if type(value) is dict else value) if type(item) not in _PLAIN]
    return [value.func, *value.args, *value.keywords.values()] if isinstance(value, functools.partial) else []


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
