"""Pieces of the notebook's shell: how a cell is named, what is kept of its values, and how an exception is described.

This file is copied into the sandbox, so it imports nothing of the kit.
"""

import ast
import fnmatch
import importlib
import os
import re
import sys
import types
from collections.abc import Iterator
from typing import Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.extensions.autoreload import superreload

_CELL = re.compile(r"<cell (\d+)>")


class Compiler(CachingCompiler):  # type: ignore[misc]
    """Names the code of a cell `<cell N>`, so that an error says where it happened. `cell` counts from 0."""

    cell = 0

    def __init__(self) -> None:
        super().__init__()
        self.reset_compiler_flags()  # otherwise Python says "incomplete input", and not which bracket is open

    def get_code_name(self, *_: object) -> str:
        return f"<cell {self.cell}>"


class Hook(DisplayHook):  # type: ignore[misc]
    """Keeps the value of a cell in `_` and `Out`. Its text is never made, because no reader sees it."""

    def __call__(self, result: Any = None) -> None:
        self.check_for_underscore()
        if result is not None and not self.quiet():
            self.update_user_ns(result)
            self.fill_exec_result(result)


class Store(dict[str, object]):
    """What %store keeps, instead of a file."""

    def keys(self, pattern: str = "*") -> Any:
        return fnmatch.filter(self, pattern)


class OwnModules:
    """The modules that a submission's own files define, and when each file was written."""

    def __init__(self) -> None:
        self._written: dict[str, int] = {}

    def reload_changed(self, folder: str) -> Iterator[BaseException]:
        """Load the modules again whose file was written anew, as %autoreload does. Yield what fails."""
        for name, module in list(sys.modules.items()):
            path = str(getattr(module, "__file__", None))
            if not path.startswith(f"{folder}/") or not os.path.exists(path):
                continue
            written = os.stat(path).st_mtime_ns
            if self._written.setdefault(name, written) != written:
                self._written[name] = written
                try:
                    superreload(module, importlib.reload, {})
                except BaseException as problem:  # noqa: BLE001 - the module is the student's
                    yield problem


class Inert:
    """Stands in for what is not there, such as the local grader: accepts every attribute and call, and does nothing.

    A notebook may compute with what it gives: it counts as zero, and as just what it is compared with.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> "Inert":
        return self

    def __getitem__(self, _: object) -> "Inert":
        return self

    def __setitem__(self, *_: object) -> None:
        """Do nothing."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __enter__(self) -> "Inert":
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def __float__(self) -> float:
        return 0.0

    def __int__(self) -> int:
        return 0

    def __format__(self, how: str) -> str:
        return format(0.0, how)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Inert | int | float)

    __le__ = __ge__ = __eq__
    __hash__ = object.__hash__

    def __lt__(self, other: object) -> bool:
        return False

    __gt__ = __lt__

    def _zero(self, *_: object) -> float:
        return 0.0

    __neg__ = __abs__ = __round__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _zero

    def __add__(self, other: Any) -> Any:
        return 0.0 + (0.0 if isinstance(other, Inert) else other)

    __radd__ = __add__

    def __rsub__(self, other: Any) -> Any:
        return other - 0.0

    def __sub__(self, other: Any) -> Any:
        return 0.0 - (0.0 if isinstance(other, Inert) else other)


class LocalGrader(Inert):
    """Stands in for the package `grader`. The modules of it that the assignment gives are the real ones.

    A file that the assignment gives, such as one that draws pictures, may import them.
    """

    __all__ = ("Grader",)
    __name__ = "grader"

    def __init__(self) -> None:
        self.__path__ = [os.path.join(os.getcwd(), "grader")]
        self.__spec__ = None

    def __getattr__(self, name: str) -> Any:
        if os.path.exists(os.path.join(self.__path__[0], f"{name}.py")):
            return importlib.import_module(f"grader.{name}")
        return super().__getattr__(name)


def describe(problem: BaseException, cell: int = -1, line: int = 0) -> dict[str, object]:
    """Type, text and place of an exception, as plain values. `cell` and `line` are its place if no line raised it."""
    trace = problem.__traceback__
    while trace is not None:
        if found := _CELL.fullmatch(trace.tb_frame.f_code.co_filename):
            cell, line = int(found[1]), trace.tb_lineno
        trace = trace.tb_next
    if isinstance(problem, SyntaxError) and (found := _CELL.fullmatch(str(problem.filename))):
        cell, line = int(found[1]), problem.lineno or 0
    try:
        text = str(problem)[:500]
    except BaseException:  # noqa: BLE001 - an exception class that the student wrote may fail to print itself
        text = ""
    return {"type": type(problem).__name__[:80], "text": text, "cell": cell, "line": line}


def is_definition(node: ast.stmt, namespace: dict[str, Any]) -> bool:
    """Whether a statement imports, defines a function or a class, or names a constant such as np.log(2 * np.pi)."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr):  # below a magic there may be definitions
        return isinstance(node.value, ast.Call) and getattr(node.value.func, "attr", "") == "run_cell_magic"
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return False
    roots = [_root(part.func) for part in ast.walk(node.value) if isinstance(part, ast.Call)]
    return all(isinstance(namespace.get(root), types.ModuleType) for root in roots)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def line_now() -> int:
    """The line of a cell from which a magic was called."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None and not _CELL.fullmatch(frame.f_code.co_filename):
        frame = frame.f_back
    return frame.f_lineno if frame else 0
