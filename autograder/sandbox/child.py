"""What runs student code: a notebook's cells, then calls of the functions that they define.

Lives in a process that the parent process forks. Nothing here is trusted by anybody; whatever student code does to
this module can only change the values that its own submission sends.
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
from collections.abc import Callable
from typing import Any

import frames  # type: ignore[import-not-found]
import numpy as np
import repeatable  # type: ignore[import-not-found]

_FOREVER = 1e9
_array = np.array  # taken at import: student code may have put anything under this name
_WARM = (
    *("matplotlib.pyplot", "scipy.linalg", "scipy.optimize", "scipy.special", "scipy.stats"),
    *("tqdm", "tqdm.auto", "tqdm.notebook", "IPython.display"),
)
_OPTIONS = re.compile(r"^\s*(?:-[a-zA-Z]+\s*\d*\s+)+")  # as in %timeit -n 1 -r1 f(X)
_RUNS_ITS_CODE = frozenset(["time", "timeit", "capture", "prun", "memit"])
_DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


class Output(io.TextIOBase):
    """Takes everything that is printed and keeps the beginning and the end."""

    def __init__(self, kept: int) -> None:
        self.head, self.tail, self.length, self._kept = "", "", 0, kept

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.length += len(text)
        room = max(0, self._kept - len(self.head))
        self.head += text[:room]
        self.tail = (self.tail + text[room:])[-self._kept :]
        return len(text)


class Inert:
    """Stands in for the local grader: takes every attribute and every call, and knows nothing."""

    def __getattr__(self, name: str) -> "Inert":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> "Inert":
        return self

    def __float__(self) -> float:
        return 0.0


class Shell:
    """Stands in for IPython's shell: magics that run code run it, all others do nothing."""

    def __init__(self, run: "Notebook") -> None:
        self._run = run

    def run_line_magic(self, name: str, line: str, *_: object, **__: object) -> None:
        if name in _RUNS_ITS_CODE:
            self._run.execute(_OPTIONS.sub("", line))

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        if name in _RUNS_ITS_CODE:
            self._run.execute(cell if cell.startswith("%%") else f"#\n{cell}")  # lines count from the magic's own
        elif name == "writefile" and line.split():
            with open(line.rsplit(maxsplit=1)[-1], "a" if "-a" in line.split() else "w", encoding="utf-8") as file:
                file.write(cell)

    def __getattr__(self, name: str) -> Inert:
        return Inert()


class Notebook:
    """A namespace in which cells run one statement after the other, each on its own."""

    def __init__(self, to_python: Callable[[str], str]) -> None:
        self.module = types.ModuleType("__main__")
        self.namespace = self.module.__dict__
        self.failures: list[dict[str, object]] = []
        self.cell = 0
        self._to_python = to_python

    def execute(self, source: str, definitions: bool = False) -> None:
        """Run a cell, or its definitions alone. A statement that fails is noted, and the next one runs all the same."""
        name = f"<cell {self.cell}>"
        try:
            statements = ast.parse(self._to_python(source), name).body
        except Exception as problem:  # noqa: BLE001 - IPython's reading of a torn cell may end in any error
            self.failures.append(describe(problem, self.cell))
            return
        for statement in statements:
            if definitions and not _is_definition(statement):
                continue
            try:
                exec(compile(ast.Module([statement], []), name, "exec"), self.namespace)
            except BaseException as problem:  # noqa: BLE001 - exit() and KeyboardInterrupt end a statement, not the notebook
                self.failures.append(describe(problem, self.cell))


def _is_definition(statement: ast.stmt) -> bool:
    """Whether it defines a name in no time at all."""
    constant = isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, _DEFINITIONS)


def describe(problem: BaseException, cell: int = -1) -> dict[str, object]:
    """Type, text and place of an exception, as plain values; `cell` is for one that no cell's line raised."""
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
    except BaseException:  # noqa: BLE001 - an exception class of the student's own may fail to print itself
        text = ""
    return {"type": type(problem).__name__[:80], "text": text, "cell": cell, "line": line or 0}


def prepare(warm: bool) -> types.ModuleType:
    """Import what notebooks import, once, before any child is forked."""
    os.environ["MPLBACKEND"] = "Agg"
    for name in _WARM if warm else ():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    np.linalg.cholesky(np.eye(3))  # wakes up the linear algebra library
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
        sys.modules[name] = None  # type: ignore[assignment]  # importing it says that it is not there
    shell = Shell(notebook)
    vars(builtins).update(get_ipython=lambda: shell, display=print, exit=sys.exit, quit=sys.exit)
    sys.path.insert(0, os.getcwd())  # where %%writefile puts modules
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


def _content(value: Any) -> tuple[object, ...]:
    array = _array(value)
    return array.shape, array.dtype.str, array.tobytes()


def _run(notebook: Notebook, request: dict[str, Any], channel: socket.socket) -> dict[str, object]:
    """Says before each cell which one it is: should it never end, the others can be run without it."""
    for name, content in request["files"].items():
        with open(name, "wb") as file:
            file.write(content)
    for notebook.cell, source in enumerate(request["cells"]):
        if source:
            frames.send(channel, {"cell": notebook.cell}, time.monotonic() + _FOREVER)
            notebook.execute(source.decode(errors="surrogatepass"), notebook.cell in request["definitions_of"])
    return {"failures": notebook.failures[:100]}


def _call(notebook: Notebook, request: dict[str, Any]) -> dict[str, object]:
    function = notebook.namespace.get(str(request["function"]))
    if not callable(function):
        return {"missing": True}
    given = request["arguments"]
    kept = [_content(argument) for argument in given]
    try:
        value = function(*given)
    except BaseException as problem:  # noqa: BLE001 - whatever it raises is the answer to this call
        return {"failure": describe(problem)}
    changed = [i for i, old in enumerate(kept) if _content(given[i]) != old]
    return {"value": value, "changed": changed}
