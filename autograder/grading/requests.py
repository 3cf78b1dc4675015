"""What the sandbox is asked for a call of a function or a step of an object: see `autograder.sandbox.answering`.

The request has the notebook's names of the arguments, which the reference has too. So code whose author changed the
order of the arguments, or made some of them keyword-only, is called as it is meant.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.grading.handles import NEW, READ, History


def request_for_call(solution: Any, function: str, arguments: Sequence[Any]) -> dict[str, Any]:
    """The request for a call of a function."""
    names = _names(getattr(solution, function, None), len(arguments))
    return {"function": function, "arguments": list(arguments), "names": names}


def request_for_step(solution: Any, history: History, number: int) -> dict[str, Any]:
    """The request for the last step of a history of the object with this number."""
    step, kind = history.last, getattr(solution, history.name, None)
    if step.method == READ:
        return {"object": number, "attribute": step.arguments[0]}
    if step.method == NEW:
        names, what = _names(kind, len(step.arguments)), {"function": history.name, "keep": number}
    else:
        method = getattr(kind, step.method, None) if inspect.isclass(kind) else None
        names = _names(method, len(step.arguments), is_method=True)
        what = {"object": number, "method": step.method}
    return {**what, "arguments": list(step.all_arguments), "names": names + [name for name, _ in step.named]}


def missing(request: Mapping[str, Any]) -> str:
    """Say that what a request asks for is not there."""
    if "object" in request:
        what = "attribute" if "attribute" in request else "method"
        return f"the object has no {what} named {request[what]}"
    what = "variable" if "variable" in request else "class" if "keep" in request else "function"
    return f"no cell defines a {what} named {request.get('function') or request['variable']}"


def _names(function: Any, count: int, is_method: bool = False) -> list[str]:
    """The names of the first parameters of a function of the reference. "" where there is none."""
    try:
        parameters = list(inspect.signature(function).parameters.values())[int(is_method) :]  # without `self`
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:count]
    return names + [""] * (count - len(names))
