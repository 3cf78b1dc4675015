"""Runs student code: a notebook's cells, then calls of the functions that they define.

It runs in a process that the parent process forks. The kit trusts nothing in that process. If student code changes this
module, that changes only the values that its own submission sends.
"""

import ast
import builtins
import contextlib
import importlib
import io
import os
import re
import socket
import sys
import time
import types
import warnings
from collections.abc import Callable, Collection
from typing import Any

import answering  # type: ignore[import-not-found]
import frames  # type: ignore[import-not-found]
import numpy as np
import repeatable  # type: ignore[import-not-found]

_FOREVER = 1e9
_WARM_MODULES = (
    *("matplotlib.pyplot", "scipy.linalg", "scipy.optimize", "scipy.special", "scipy.stats"),
    *("tqdm", "tqdm.auto", "tqdm.notebook", "IPython.display"),
)
_MAGIC_OPTIONS = re.compile(r"^\s*(?:-[a-zA-Z]+\s*\d*\s+)+")  # as in %timeit -n 1 -r1 f(X)
_MAGICS_THAT_RUN_CODE = frozenset(["time", "timeit", "capture", "prun", "memit"])
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


class Inert:
    """Stands in for the local grader: accepts every attribute and every call, and does nothing."""

    def __getattr__(self, name: str) -> "Inert":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> "Inert":
        return self

    def __float__(self) -> float:
        return 0.0


class Shell:
    """Stands in for IPython's shell. Magics that run code run it. %%writefile writes its file. Others do nothing."""

    def __init__(self, notebook: "Notebook") -> None:
        self._notebook = notebook

    def run_line_magic(self, name: str, line: str, *_: object, **__: object) -> None:
        if name in _MAGICS_THAT_RUN_CODE:
            self._notebook.execute(_MAGIC_OPTIONS.sub("", line))

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        if name in _MAGICS_THAT_RUN_CODE:
            # The magic's own line counts as line 1.
            self._notebook.execute(cell if cell.startswith("%%") else f"#\n{cell}")
        elif name == "writefile" and line.split():
            with open(line.rsplit(maxsplit=1)[-1], "a" if "-a" in line.split() else "w", encoding="utf-8") as file:
                file.write(cell)

    def __getattr__(self, name: str) -> Inert:
        return Inert()


class Notebook:
    """A namespace in which cells run. Each statement runs on its own."""

    def __init__(self, to_python: Callable[[str], str]) -> None:
        self.module = types.ModuleType("__main__")
        self.namespace = self.module.__dict__
        self.failures: list[dict[str, object]] = []
        self.cell = 0
        self.objects: dict[int, Any] = {}  # that the trusted side asked for, by its numbers
        self._to_python = to_python

    def execute(
        self, source: str, left_out: Collection[int] = (), starting: Callable[[int, int], None] = lambda *_: None
    ) -> None:
        """Run a cell without the statements in `left_out`, which counts them from 0.

        If a statement fails, record the failure and run the next one. `starting` is called with the number and the line
        of each statement, before it runs.
        """
        name = f"<cell {self.cell}>"
        try:
            statements = ast.parse(self._to_python(source), name).body
        except Exception as problem:  # noqa: BLE001 - IPython may raise any error on a broken cell
            self.failures.append(describe(problem, self.cell))
            return
        for number, statement in enumerate(statements):
            if number in left_out:
                continue
            starting(number, statement.lineno)
            try:
                exec(compile(ast.Module([statement], []), name, "exec"), self.namespace)
            except BaseException as problem:  # noqa: BLE001 - exit() and KeyboardInterrupt end a statement, not the notebook
                self.failures.append(describe(problem, self.cell))


def describe(problem: BaseException, cell: int = -1) -> dict[str, object]:
    """Type, text and place of an exception, as plain values. `cell` is its cell if no line of a cell raised it."""
    line = getattr(problem, "lineno", None) if isinstance(problem, SyntaxError) else None
    trace = problem.__traceback__
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if filename.startswith("<cell "):
            cell, line = int(filename[6:-1]), trace.tb_lineno
        trace = trace.tb_next
    if isinstance(problem, SyntaxError) and str(problem.filename).startswith("<cell "):
        cell = int(str(problem.filename)[6:-1])
    try:
        text = str(problem)[:500]
    except BaseException:  # noqa: BLE001 - an exception class that the student wrote may fail to print itself
        text = ""
    return {"type": type(problem).__name__[:80], "text": text, "cell": cell, "line": line or 0}


def prepare(warm: bool) -> types.ModuleType:
    """Import what notebooks import, once, before any child is forked. Returns IPython's input transformer module."""
    os.environ["MPLBACKEND"] = "Agg"
    for name in _WARM_MODULES if warm else ():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    np.linalg.cholesky(np.eye(3))  # makes the linear algebra library start
    return importlib.import_module("IPython.core.inputtransformer2")


def serve(
    channel: socket.socket, inputtransformer: types.ModuleType, output_characters: int, hidden: list[str]
) -> None:
    """Answer requests until the channel closes."""
    to_python = inputtransformer.TransformerManager().transform_cell
    notebook, output = Notebook(to_python), Output(output_characters)
    sys.modules["__main__"] = notebook.module
    sys.modules["grader"] = Inert()  # type: ignore[assignment]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # to import it then raises ImportError
    shell = Shell(notebook)
    vars(builtins).update(get_ipython=lambda: shell, display=print, exit=sys.exit, quit=sys.exit)
    sys.path.insert(0, os.getcwd())  # so that modules written with %%writefile can be imported
    sys.stdout = sys.stderr = output
    warnings.simplefilter("ignore")
    while True:
        try:
            request = frames.receive(channel, 1 << 40, time.monotonic() + _FOREVER)
        except EOFError:
            return
        repeatable.seed_random_numbers(request["seed"])
        answer = _run(notebook, request, channel) if request["do"] == "run" else _call(notebook, request)
        answer["output"] = {"head": output.head, "tail": output.tail, "length": output.length}
        try:
            frames.send(channel, answer, time.monotonic() + _FOREVER)
        except frames.BadFrame as problem:
            frames.send(channel, {"failure": describe(problem), "output": ""}, time.monotonic() + _FOREVER)


def _run(notebook: Notebook, request: dict[str, Any], channel: socket.socket) -> dict[str, object]:
    """Run the cells. Report each statement before it runs: if it never ends, the caller can run the rest without it."""
    for name, content in request["files"].items():
        with open(name, "wb") as file:
            file.write(content)

    def starting(number: int, line: int) -> None:
        frames.send(channel, {"at": [notebook.cell, number, line]}, time.monotonic() + _FOREVER)

    for notebook.cell, source in enumerate(request["cells"]):
        left_out = [number for cell, number in request["left_out"] if cell == notebook.cell]
        notebook.execute(source.decode(errors="surrogatepass"), left_out, starting)
    for name in request["stand_ins"]:
        _replace(notebook.namespace, name, _stand_in(name, channel))
    return {"failures": notebook.failures[:100]}


def _replace(namespace: dict[str, Any], name: str, stand_in: Callable[..., Any]) -> None:
    """Let every name of the notebook that means this function, also a second one, mean the stand-in."""
    own = namespace.get(name)
    for other, value in list(namespace.items()):
        if own is not None and value is own:
            namespace[other] = stand_in
    namespace[name] = stand_in


def _stand_in(name: str, channel: socket.socket) -> Callable[..., Any]:
    """A function that asks the trusted side: arguments go out, and a value or the type of an exception comes back."""

    def ask(*arguments: Any, **named: Any) -> Any:
        given, by_name = answering.sendable(list(arguments)), answering.sendable(named)
        request = {"stand_in": name, "arguments": given, "named": by_name}
        frames.send(channel, request, time.monotonic() + _FOREVER)
        answer = frames.receive(channel, 1 << 40, time.monotonic() + _FOREVER)
        if "raise" in answer:
            raise _EXCEPTIONS[answer["raise"]](answer["text"])
        return answer["value"]

    ask.__name__ = name
    return ask


def _call(notebook: Notebook, request: dict[str, Any]) -> dict[str, object]:
    return answering.answer(notebook.namespace, notebook.objects, request, describe)
