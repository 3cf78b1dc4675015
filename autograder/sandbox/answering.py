"""Answers what the trusted side asks of a notebook: calls its functions, makes and asks objects, reads variables.

It runs beside student code, so no answer is trusted. Objects stay here: the trusted side knows only their numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import calling  # type: ignore[import-not-found]
import frames  # type: ignore[import-not-found]
import numpy as np
import plain  # type: ignore[import-not-found]

_MISSING = object()


def answer(
    namespace: Mapping[str, Any],
    objects: dict[int, Any],
    request: Mapping[str, Any],
    describe: Callable[[BaseException], dict[str, object]],
) -> dict[str, object]:
    """{"missing"}, {"failure"} or {"value", "changed"}. A request names a function, a class, an object or a variable.

    - function: calls it. With `keep`, the value stays in `objects` under this number.
    - object, method: calls a method of an object. object, attribute: reads an attribute.
    - variable: reads a variable of the notebook.
    """
    arguments = request.get("arguments", [])
    before = [calling.content_of(argument) for argument in arguments]
    try:
        if "variable" in request:
            value = namespace.get(request["variable"], _MISSING)
            return {"missing": True} if value is _MISSING else {"value": sendable(value), "changed": []}
        if "object" in request:
            function = _attribute(objects[request["object"]], request.get("attribute") or request["method"])
        else:
            function = namespace.get(request["function"], _MISSING)
        if function is _MISSING or ("attribute" not in request and not callable(function)):
            return {"missing": True}
        if "attribute" in request:
            return {"value": sendable(function), "changed": []}
        value = calling.call(function, arguments, request.get("names", []))
        if "keep" in request:
            objects[request["keep"]] = value
            value = None
        elif "object" in request and value is objects[request["object"]]:
            value = None  # as `fit` of many libraries: whether it does tells nothing
        sent = sendable(value)
        changed = [i for i, content in enumerate(before) if calling.content_of(arguments[i]) != content]
    except BaseException as problem:  # noqa: BLE001 - any exception is the answer to this call
        return {"failure": describe(problem)}
    return {"value": sent, "changed": changed}


def _attribute(asked: Any, name: str) -> Any:
    try:
        return getattr(asked, name)
    except AttributeError:
        return _MISSING


def sendable(value: Any) -> Any:
    """The value made of what a frame can carry."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # student code may have turned warnings into errors
        return plain.make_plain(value, frames.OpaqueValue)
