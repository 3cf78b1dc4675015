"""Runs student code: a notebook's cells, then calls of the functions that they define.

It runs in a process that the parent process forks. The kit trusts nothing in that process. If student code changes this
module, that changes only the values that its own submission sends.
"""

import __future__

import builtins
import contextlib
import importlib
import io
import os
import socket
import sys
import time
import types
import warnings
from collections.abc import Callable
from typing import Any

import answering  # type: ignore[import-not-found]
import frames  # type: ignore[import-not-found]
import numpy as np
import repeatable  # type: ignore[import-not-found]
from processors import limit_joblib, limit_processors  # type: ignore[import-not-found]
from replaced import Then  # type: ignore[import-not-found]
from shell import Shell, make_shell  # type: ignore[import-not-found]
from shell_parts import LocalGrader, describe  # type: ignore[import-not-found]

_FOREVER = 1e9
_OWN_MODULES = (
    *(
        "child",
        "confine",
        "frames",
        "parent",
        "processors",
        "remove",
        "repeatable",
        "replaced",
        "shell",
        "shell_parts",
        "usage",
    ),
)
_EXCEPTIONS = {"LinAlgError": np.linalg.LinAlgError, "TypeError": TypeError, "ValueError": ValueError}


class Output(io.TextIOBase):
    """Takes everything that is printed. Keeps the beginning and the end, `kept` characters of each."""

    def __init__(self, kept: int) -> None:
        self.head, self.tail, self.length, self._kept = "", "", 0, kept

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.length += len(text)
        free = max(0, self._kept - len(self.head))
        self.head += text[:free]
        self.tail = (self.tail + text[free:])[-self._kept :]
        return len(text)


def prepare() -> Shell:
    """Make the shell of the notebooks, once, before any child is forked."""
    os.environ["MPLBACKEND"] = "Agg"
    limit_processors()
    np.linalg.cholesky(np.eye(3))  # makes the linear algebra library start
    return make_shell()


def warm(modules: list[str]) -> None:
    """Import modules that notebooks need, before the next child is forked. What is not installed is left out."""
    for name in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if "joblib" in sys.modules:
        limit_joblib()


def serve(channel: socket.socket, shell: Shell, output_characters: int, hidden: list[str]) -> None:
    """Answer requests until the channel closes."""
    output = Output(output_characters)
    sys.modules["__main__"] = shell.user_module
    sys.modules["grader"] = LocalGrader()
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # to import it then raises ImportError
    shell.folder = os.getcwd()
    vars(builtins).update(get_ipython=shell.get_ipython, exit=sys.exit, quit=sys.exit)
    sys.path.insert(0, os.getcwd())  # so that modules written with %%writefile can be imported
    sys.stdout = sys.stderr = output
    warnings.simplefilter("ignore")
    objects: dict[int, Any] = {}  # that the trusted side asked for, by its numbers
    while True:
        try:
            request = frames.receive(channel, 1 << 40, time.monotonic() + _FOREVER)
        except EOFError:
            return
        repeatable.seed_random_numbers(request["seed"])
        answer = _run(shell, request, channel) if request["do"] == "run" else _call(shell.user_ns, objects, request)
        answer["output"] = {"head": output.head, "tail": output.tail, "length": output.length}
        try:
            frames.send(channel, answer, time.monotonic() + _FOREVER)
        except frames.BadFrame as problem:
            frames.send(channel, {"failure": describe(problem), "output": ""}, time.monotonic() + _FOREVER)


def _run(shell: Shell, request: dict[str, Any], channel: socket.socket) -> dict[str, object]:
    """Run the cells. Report each statement before it runs: if it never ends, the caller can run the rest without it."""
    for name, content in request["files"].items():
        _write(name, content)

    def starting(number: int, line: int) -> None:
        frames.send(channel, {"at": [shell.cell, number, line]}, time.monotonic() + _FOREVER)

    shell.definitions_from = request["definitions_from"]
    if request["lazy_annotations"]:
        shell.compile.flags |= __future__.annotations.compiler_flag
    before: dict[str, Then] = {}  # what each function used when it was to be asked
    for cell, source in enumerate(request["cells"]):
        left_out = [number for other, number in request["left_out"] if other == cell]
        shell.run_notebook_cell(cell, source.decode(errors="surrogatepass"), left_out, starting)
        for function, (end, _) in request["sections"].items():
            if end == cell:
                with contextlib.suppress(Exception):  # student code may have made anything of its functions
                    before[function] = Then(function, shell.user_ns)
    replaced = {}
    untested = [function for function, (_, tested) in request["sections"].items() if not tested]
    for function, then in before.items():
        with contextlib.suppress(Exception):
            names = then.replaced_names(shell.user_ns, untested)[:9]
            replaced[function] = [list(pair) for pair in names]
    for name in request["stand_ins"]:
        _replace(shell.user_ns, name, _stand_in(name, channel))
    return {"failures": shell.failures[:100], "ignored": shell.ignored[:100], "replaced": replaced}


def _write(name: str, content: bytes) -> None:
    """Write a file that the submission brings or the assignment gives. Student code may import it."""
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "wb") as file:
        file.write(content)
    module = name.split("/", maxsplit=1)[0].removesuffix(".py")
    if module in _OWN_MODULES:  # a student's file may have the name of one of ours, which is loaded already
        sys.modules.pop(module, None)


def _replace(namespace: dict[str, Any], name: str, stand_in: Callable[..., Any]) -> None:
    """Let every name that means this function, also a second one or one in an imported file, mean the stand-in."""
    own = namespace.get(name)
    functions = [value for value in namespace.values() if isinstance(value, types.FunctionType)]
    for names in [namespace, *(function.__globals__ for function in functions)]:
        for other, value in list(names.items()):
            if own is not None and value is own:
                names[other] = stand_in
    namespace[name] = stand_in


def _stand_in(name: str, channel: socket.socket) -> Callable[..., Any]:
    """A function that asks the trusted side: arguments go out, and a value or the type of an exception comes back."""

    def ask(*arguments: Any, **named: Any) -> Any:
        given, by_name = answering.sendable(list(arguments)), answering.sendable(named) if named else named
        request = {"stand_in": name, "arguments": given, "named": by_name}
        frames.send(channel, request, time.monotonic() + _FOREVER)
        answer = frames.receive(channel, 1 << 40, time.monotonic() + _FOREVER)
        if "raise" in answer:
            raise _EXCEPTIONS[answer["raise"]](answer["text"])
        return answer["value"]

    ask.__name__ = name
    return ask


def _call(namespace: dict[str, Any], objects: dict[int, Any], request: dict[str, Any]) -> dict[str, object]:
    return answering.answer(namespace, objects, request, describe)
