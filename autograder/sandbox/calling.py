"""Decides how a function is called whose author may have written its arguments otherwise than the notebook does.

It runs beside student code, and on the trusted side for the kit's own evidence. So both are called alike.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

_np_asarray = np.asarray  # saved at import, because student code may replace this name
_MOST_WRAPPERS = 5
_Parameter = inspect.Parameter
_BY_POSITION = (_Parameter.POSITIONAL_ONLY, _Parameter.POSITIONAL_OR_KEYWORD)


def call(function: Callable[..., Any], arguments: Sequence[Any], names: Sequence[str]) -> Any:
    """The value of a function for these arguments. `names` has the notebook's name of each, or "".

    An argument whose name stands in the function's signature goes there, whatever its place. The others fill the places
    that are left, in order. An argument is given by position where that is possible. If there is no place for one of
    them, all are given by position, and Python says what is wrong.
    """
    placed = _placed(function, arguments, names)
    if placed is None:
        return function(*arguments)
    return function(*placed[0], **placed[1])


def _placed(
    function: Callable[..., Any], arguments: Sequence[Any], names: Sequence[str]
) -> tuple[list[Any], dict[str, Any]] | None:
    if not names:
        return None
    try:
        own = _own_signature(function)
        placed = _places(inspect.signature(_meant(function)), arguments, names)
        if placed is not None:
            own.bind(*placed[0], **placed[1])
    except Exception:  # noqa: BLE001 - some functions have no signature, and a student's may raise anything
        return None
    return placed


def _own_signature(function: Any) -> inspect.Signature:
    try:
        return inspect.signature(function, follow_wrapped=False)
    except ValueError:  # `lru_cache` makes a function without a signature of its own
        return inspect.signature(function)


def _meant(function: Any) -> Any:
    """The function that a decorator wraps, with or without `functools.wraps`, if the wrapper takes just anything."""
    for _ in range(_MOST_WRAPPERS):
        kinds = [p.kind for p in _own_signature(function).parameters.values()]
        if kinds != [_Parameter.VAR_POSITIONAL, _Parameter.VAR_KEYWORD]:
            break
        cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
        inner = [function.__wrapped__] if hasattr(function, "__wrapped__") else [c for c in cells if callable(c)]
        if len(inner) != 1:
            break
        function = inner[0]
    return function


def _places(
    signature: inspect.Signature, arguments: Sequence[Any], names: Sequence[str]
) -> tuple[list[Any], dict[str, Any]] | None:
    """The arguments by position and those by name, or None if there is no place for one of them."""
    parameters = list(signature.parameters.values())
    kinds = {parameter.kind for parameter in parameters}
    own = [p for p in parameters if p.kind in (*_BY_POSITION, _Parameter.KEYWORD_ONLY)]
    own_names = {parameter.name for parameter in own}
    given = {name: argument for name, argument in zip(names, arguments, strict=True) if name in own_names}
    rest = [(name, a) for name, a in zip(names, arguments, strict=True) if name not in own_names]
    if _Parameter.VAR_KEYWORD in kinds and _Parameter.VAR_POSITIONAL not in kinds:
        needed = [p for p in own if p.name not in given and p.default is _Parameter.empty]
        free = needed  # further arguments keep their names
    else:
        free = [p for p in own if p.name not in given]
    for parameter in free[: len(rest)]:
        given[parameter.name] = rest.pop(0)[1]
    positional: list[Any] = []
    by_position = [p for p in own if p.kind in _BY_POSITION]
    for parameter in by_position:
        if parameter.name not in given:
            break
        positional.append(given.pop(parameter.name))
    if rest and _Parameter.VAR_POSITIONAL in kinds and len(positional) == len(by_position):
        return [*positional, *(argument for _, argument in rest)], given
    if rest and _Parameter.VAR_KEYWORD in kinds and all(name for name, _ in rest):
        return positional, given | dict(rest)
    return None if rest else (positional, given)


def content_of(value: Any) -> bytes:
    """Return the same bytes for the same value: a number, a text, None, an array, or a list, tuple or dict of these."""
    if isinstance(value, list | tuple):
        parts = [content_of(item) for item in value]
    elif isinstance(value, dict):
        parts = [content_of(item) for pair in value.items() for item in pair]
    elif value is None:
        return b"None"
    else:
        array = _np_asarray(value)
        return repr((array.dtype.str, array.shape)).encode() + array.tobytes()
    return repr((type(value).__name__, [len(part) for part in parts])).encode() + b"".join(parts)
