"""Runs a piece of evidence as grading runs it: in its cell of the instructor's notebook, among the notebook's cells.

So a name means the same for `build` and for `prove`. Only code of the assignment runs here, without a sandbox.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import io
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.assignment import (
    Alternative,
    Assignment,
    Finding,
    Findings,
    Function,
    Misconception,
    UsageError,
    code_to_run,
    notebook_to_bytes,
    source_notebook,
    source_of,
    statements_of,
    to_npz,
    with_solutions,
)
from autograder.sandbox import repeatable_random_numbers

Evidence = Alternative | Misconception
_CELL = "<cell "


class _Inert:
    """Stands in for the local grader and for IPython: accepts every attribute and every call, and does nothing."""

    def __getattr__(self, name: str) -> _Inert:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: object, **__: object) -> _Inert:
        return self


def solved_by(assignment: Assignment, evidence: Evidence) -> str:
    """The name of the student's function in whose place the evidence stands."""
    return evidence.solves if isinstance(evidence, Alternative) else assignment.part(evidence.part).function


def functions_with(assignment: Assignment, evidence: Evidence | None) -> dict[str, Function]:
    """The functions of the instructor's notebook, with a piece of evidence in its cell. With None, as they are.

    Raises Findings if a cell that grading runs ends with an exception, or if a function is missing then.
    """
    notebook, own = source_notebook(assignment), ""
    statements: list[tuple[ast.stmt, str]] = []
    if evidence:
        solved = solved_by(assignment, evidence)
        own, statements = source_of(evidence.function, solved), statements_of(evidence.function, solved)
        notebook = with_solutions(notebook, {assignment.cell_of(solved): own})
    namespace: dict[str, Any] = {"__name__": "__main__", "get_ipython": _Inert, "display": print}
    with _as_in_the_sandbox(assignment):
        for number, cell in enumerate(code_to_run(notebook_to_bytes(notebook), assignment)):
            try:
                if own and cell == own:
                    for statement, file in statements:
                        exec(compile(ast.Module([statement], []), file or f"{_CELL}{number}>", "exec"), namespace)
                else:
                    exec(_compiled(cell, number), namespace)
            except Exception as problem:  # noqa: BLE001 - whatever the author's code raises
                raise Findings([finding_of(problem, assignment, _where(evidence, assignment))]) from None
    missing = [name for name in assignment.functions if not _is_defined(name, namespace, assignment)]
    if missing:
        said = (
            f"no cell that grading runs defines {missing[0]}: define it in the cell '{assignment.cell_of(missing[0])}'."
        )
        raise Findings([Finding(_notebook(assignment), 0, said)])
    return {name: namespace[name] for name in assignment.functions}


def _is_defined(name: str, namespace: dict[str, Any], assignment: Assignment) -> bool:
    """Whether the notebook has a value of this name, which can be called if the reference's can."""
    is_variable = not callable(getattr(assignment.solution, name, None))
    return name in namespace and (is_variable or callable(namespace[name]))


@functools.cache
def _compiled(cell: str, number: int) -> Any:
    name = f"{_CELL}{number}>"
    try:
        return compile(cell, name, "exec")
    except SyntaxError:  # it has what only IPython understands, such as %matplotlib, or it is broken
        from IPython.core.inputtransformer2 import TransformerManager  # most notebooks need not spend the time

        return compile(TransformerManager().transform_cell(cell), name, "exec")


@contextlib.contextmanager
def _as_in_the_sandbox(assignment: Assignment) -> Iterator[None]:
    """A folder with the assignment's files, and the stand-ins of the sandbox. Nothing is printed."""
    files = {name: assignment.given_file(name) for name in assignment.files}
    with (
        tempfile.TemporaryDirectory() as folder,
        _instead_of_the_grader(_Inert()),
        _found_first(folder),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        repeatable_random_numbers(0),
    ):
        warnings.simplefilter("ignore")
        for name, path in files.items():
            made = name == "samples.npz"  # the data as the cases make it, not as an earlier build wrote it
            Path(folder, name).write_bytes(_samples(assignment) if made else path.read_bytes())
        before = dict(sys.modules)
        try:
            with contextlib.chdir(folder):
                yield
        finally:
            for name in set(sys.modules) - set(before):  # a file of the assignment is another module next time
                if str(getattr(sys.modules[name], "__file__", "")).startswith(folder):
                    del sys.modules[name]


@contextlib.contextmanager
def _found_first(folder: str) -> Iterator[None]:
    """Modules of this folder are found before all others."""
    before = sys.path
    sys.path = [folder, *before]
    try:
        yield
    finally:
        sys.path = before


@contextlib.contextmanager
def _instead_of_the_grader(stand_in: Any) -> Iterator[None]:
    before = sys.modules.get("grader")
    sys.modules["grader"] = stand_in
    try:
        yield
    finally:
        sys.modules.pop("grader")
        if before is not None:
            sys.modules["grader"] = before


def _samples(assignment: Assignment) -> bytes:
    return to_npz(assignment.cases.samples())


def _notebook(assignment: Assignment) -> str:
    return (assignment.source / assignment.notebook).relative_to(assignment.root).as_posix()


def _where(evidence: Evidence | None, assignment: Assignment) -> tuple[str, int]:
    return place_of(evidence.function, assignment) if evidence else (_notebook(assignment), 0)


def place_of(function: Function, assignment: Assignment) -> tuple[str, int]:
    """The file of a function below the course's folder, and the line of its `def`."""
    plain = function.func if isinstance(function, functools.partial) else function
    if inspect.isclass(plain):
        return _below(inspect.getsourcefile(plain) or "", assignment), inspect.getsourcelines(plain)[1]
    code = getattr(plain, "__code__", None)
    return (_below(code.co_filename, assignment), code.co_firstlineno) if code else (_notebook(assignment), 0)


def finding_of(problem: BaseException, assignment: Assignment, otherwise: tuple[str, int], said: str = "") -> Finding:
    """An exception as a finding: the innermost line of the assignment that raised it, or the place `otherwise`."""
    place, inside = otherwise, ""
    trace: TracebackType | None = problem.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(_CELL):
            place, inside = (
                (_notebook(assignment), 0),
                f"code cell {int(file[len(_CELL) : -1]) + 1}, line {trace.tb_lineno}: ",
            )
        elif _is_own(file, assignment):
            place, inside = (_below(file, assignment), trace.tb_lineno), ""
        trace = trace.tb_next
    text = str(problem).replace("\n", " ")
    return Finding(*place, f"{said}{inside}{type(problem).__name__}: {text}".rstrip(": ") + ".")


@contextlib.contextmanager
def blaming_the_author(assignment: Assignment, otherwise: tuple[str, int]) -> Iterator[None]:
    """Turns an exception of the author's code into Findings with its line. An exception of the kit stays as it is."""
    try:
        yield
    except UsageError:
        raise
    except Exception as problem:
        if any(_is_own(frame.filename, assignment) for frame in traceback.extract_tb(problem.__traceback__)):
            raise Findings([finding_of(problem, assignment, otherwise)]) from None
        raise


def _is_own(file: str, assignment: Assignment) -> bool:
    return Path(file).is_relative_to(assignment.reference) or Path(file).is_relative_to(assignment.source)


def _below(file: str, assignment: Assignment) -> str:
    path = Path(file)
    return path.relative_to(assignment.root).as_posix() if path.is_relative_to(assignment.root) else path.name


def noting(function: Function, noted: dict[str, Exception]) -> Function:
    """The same function, which also puts the first exception of each type that it ends with into `noted`.

    A class and the value of a variable stay as they are.
    """
    if inspect.isclass(function) or not callable(function):
        return function

    @functools.wraps(function)
    def asked(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except Exception as problem:
            noted.setdefault(type(problem).__name__, problem)
            raise

    return asked
