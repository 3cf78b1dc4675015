"""Finds what later cells of a notebook changed of a function: the function itself, or names that it uses.

This file is copied into the sandbox, so it imports nothing of the kit.
"""

import dis
import functools
import types
from collections.abc import Collection, Iterator, Mapping
from typing import Any

_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_STUB = "NotImplementedError"  # a released function raises it until the student has written it


def replaced_names(
    function: str, before: Mapping[str, Any], now: Mapping[str, Any], untested: Collection[str]
) -> list[str]:
    """The names that mean something else `now` than they meant `before`, and that the function of that time used.

    Empty if the function was not there or not written yet. `untested` are the functions without a test cell, whose last
    definition counts.
    """
    own = before.get(function)
    if not callable(own) or _is_stub(own):
        return []
    names = {function} | _names_used(own, before, now)
    if function in untested:
        if not _is_same(own, now.get(function)):
            return []
        names -= set(untested)
    return sorted(
        name
        for name in names
        if name in before and not _is_stub(before[name]) and not (name in now and _is_same(before[name], now[name]))
    )


def _is_stub(value: Any) -> bool:
    return isinstance(value, types.FunctionType) and _STUB in value.__code__.co_names


def _is_same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, types.FunctionType):
        return _content(one.__code__) == _content(other.__code__)
    return type(one) in _PLAIN and one == other


def _content(code: types.CodeType) -> tuple[object, ...]:
    """What a function does, wherever it stands. The same cell may be in a notebook twice."""
    constants = [_content(value) if isinstance(value, types.CodeType) else repr(value) for value in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, tuple(constants)


def _names_used(function: Any, before: Mapping[str, Any], namespace: Mapping[str, Any]) -> set[str]:
    """The names that a function reads, directly or not. A name that it also writes is its own state.

    `before` has what the names meant, and `namespace` is the notebook's own, in which its functions look them up.
    """
    read: set[str] = set()
    written: set[str] = set()
    waiting, seen = [function], set[int]()
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        for code in _codes(value, namespace):
            for step in dis.get_instructions(code):
                if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and step.argval in before:
                    read.add(step.argval)
                    waiting.append(before[step.argval])
                elif step.opname == "STORE_GLOBAL":
                    written.add(step.argval)
        waiting += _parts(value)
    return read - written


def _codes(value: Any, namespace: Mapping[str, Any]) -> Iterator[types.CodeType]:
    """The code of a function of the notebook, and of the functions in it."""
    waiting = [value.__code__] if isinstance(value, types.FunctionType) and value.__globals__ is namespace else []
    while waiting:
        code = waiting.pop()
        yield code
        waiting += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]


def _parts(value: Any) -> list[Any]:
    """The functions and classes that a value is made of: a wrapped function, the methods of a class."""
    if isinstance(value, types.FunctionType):
        return [cell.cell_contents for cell in value.__closure__ or () if cell != types.CellType()]
    if isinstance(value, types.MethodType):
        return [value.__func__]
    if isinstance(value, type):
        return list(vars(value).values()) if value.__module__ == "__main__" else []
    if type(value).__module__ == "__main__":
        return [type(value)]
    return [value.func] if isinstance(value, functools.partial) else []
