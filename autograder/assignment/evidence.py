"""Turns evidence functions into what a student would hand in: source text and whole notebooks."""

from __future__ import annotations

import ast
import copy
import functools
import importlib.util
import inspect
import json
import sys
from collections.abc import Mapping
from typing import Any

from autograder.assignment.findings import UsageError
from autograder.assignment.policy import Assignment
from autograder.assignment.vocabulary import Function

Notebook = dict[str, Any]


def source_of(function: Function, name: str) -> str:
    """Code for a notebook cell that defines `function` under the name `name`.

    The code contains the module's imports, helpers and constants that the function needs, directly or not. It
    leaves out the decorator. If the catalogue is a folder, the code also contains what the module imports from
    the other files of that folder. It does not contain imports from the rest of `reference`: the notebook defines
    these names itself. A family's example becomes the family's function with the example's numbers.
    Evidence for a variable is a function that returns its value, and the code sets the variable.
    """
    _, needed = _needed_by(function.__module__, _defined_as(function))
    before, value = ("import functools\n\n", _with_numbers(function)) if _is_example(function) else ("", "")
    return f"{before}{needed}\n\n{name} = {value or _value_of(function, name)}\n"


def statements_of(function: Function, name: str) -> list[tuple[ast.stmt, str]]:
    """The statements of `source_of`, each with the file that it is from. Their lines are those of that file."""
    needed, _ = _needed_by(function.__module__, _defined_as(function))
    before, value = ("import functools", _with_numbers(function)) if _is_example(function) else ("", "")
    last = ast.parse(f"{name} = {value or _value_of(function, name)}").body
    return [*((node, "") for node in ast.parse(before).body), *needed, *((node, "") for node in last)]


def _is_example(function: Function) -> bool:
    """Whether it is an example of a family: the family's function with numbers."""
    return isinstance(function, functools.partial)


def _defined_as(function: Function) -> str:
    """The name under which a file of the catalogue defines the function."""
    return str(function.func.__name__ if isinstance(function, functools.partial) else function.__name__)


def _value_of(function: Function, name: str) -> str:
    return f"{_defined_as(function)}()" if _is_variable(function, name) else _defined_as(function)


def _is_variable(function: Function, name: str) -> bool:
    """Whether `name` is a variable in the reference solution. Its evidence is a function that returns its value."""
    evidence = function.func if isinstance(function, functools.partial) else function
    try:
        solution = importlib.import_module(".".join([*evidence.__module__.split(".")[:2], "solution"]))
    except ModuleNotFoundError:
        return False
    return callable(function) and hasattr(solution, name) and not callable(getattr(solution, name))


def _with_numbers(function: Function) -> str:
    assert isinstance(function, functools.partial)
    numbers = ", ".join(f"{free}={number!r}" for free, number in function.keywords.items())
    return f"functools.partial({_defined_as(function)}, {numbers})"


@functools.cache
def _needed_by(module: str, defined: str) -> tuple[list[tuple[ast.stmt, str]], str]:
    """The statements that a definition needs, each with its file, and their text."""
    body, definitions = _parse_module(module)
    needed: dict[ast.stmt, None] = {}
    _add_needed(definitions[defined], definitions, needed)
    files = _files_of(module)
    # In the order of the file, so that everything is defined before it is used.
    found = [(node, files[node]) for node in body if node in needed]
    return found, "\n\n".join(ast.unparse(node) for node, _ in found)


@functools.cache
def _files_of(module: str) -> dict[ast.stmt, str]:
    """The file of each statement that `_parse_module` returns."""
    file = inspect.getsourcefile(sys.modules[module]) or module
    files: dict[ast.stmt, str] = {}
    for other in _catalogue_imports(module):
        files |= _files_of(other)
    return dict.fromkeys(_parse_module(module)[0], file) | files


def _catalogue_imports(module: str) -> list[str]:
    """The other files of the same catalogue that a module imports from."""
    nodes = ast.parse(inspect.getsource(sys.modules[module])).body
    imported = [_imported_from(node, module) for node in nodes if isinstance(node, ast.ImportFrom)]
    return [other for other in imported if other.startswith(f"{_catalogue_of(module)}.")]


def _catalogue_of(module: str) -> str:
    """The catalogue that a module is in: reference.<slug>.misconceptions, which is a file or a folder."""
    return ".".join(module.split(".")[:3])


def _imported_from(node: ast.ImportFrom, module: str) -> str:
    """The full name of the module that a statement of `module` imports from, also if it begins with a dot."""
    name = "." * node.level + (node.module or "")
    return importlib.util.resolve_name(name, sys.modules[module].__package__) if node.level else name


@functools.cache
def _parse_module(module: str) -> tuple[list[ast.stmt], dict[str, ast.stmt]]:
    """A module's statements without decorators, and a mapping from each name to the statement that defines it.

    An import from another file of the same catalogue is replaced by the statements of that file. All of them end
    up in one cell, so a name must not mean two things in these files.
    """
    body: list[ast.stmt] = []
    definitions: dict[str, ast.stmt] = {}
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        other = _imported_from(node, module) if isinstance(node, ast.ImportFrom) else ""
        if other.startswith(f"{_catalogue_of(module)}."):
            imported_body, imported_definitions = _parse_module(other)
            body += [statement for statement in imported_body if statement not in body]
            definitions = imported_definitions | definitions
            continue
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
        if isinstance(node, ast.ClassDef):
            node.decorator_list = [d for d in node.decorator_list if not _is_mark(d)]
        body.append(node)
        definitions |= dict.fromkeys(_defined_names(node), node)
    return body, definitions


def _is_mark(decorator: ast.expr) -> bool:
    """Whether a decorator records evidence. Others, such as `dataclass`, belong to the code."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Name) and called.id in ("alternative", "misconception", "experiment", "check")


def _defined_names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in ("reference", "autograder", "__future__"):
        return []
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def _add_needed(node: ast.stmt, definitions: Mapping[str, ast.stmt], needed: dict[ast.stmt, None]) -> None:
    """Add a statement, and every definition that it uses directly or not, to `needed`."""
    if node in needed:
        return
    needed[node] = None
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in definitions:
            _add_needed(definitions[part.id], definitions, needed)


def source_notebook(assignment: Assignment) -> Notebook:
    """The instructor's notebook, with the solutions."""
    return _read_notebook(assignment, assignment.source)


def release_notebook(assignment: Assignment) -> Notebook:
    """The students' notebook, without solutions. Raises UsageError if it was not built yet."""
    return _read_notebook(assignment, assignment.release)


def _read_notebook(assignment: Assignment, folder: Any) -> Notebook:
    try:
        return dict(json.loads((folder / assignment.notebook).read_text(encoding="utf-8")))
    except FileNotFoundError:
        where = folder.relative_to(assignment.root) / assignment.notebook
        raise UsageError(f"{where} is missing: run `autograder build {assignment.slug}`.") from None


def with_solutions(notebook: Notebook, sources: Mapping[str, str]) -> Notebook:
    """A copy of the notebook whose code cells with these grade ids contain these sources.

    Raises UsageError if the notebook has no code cell with one of the ids.
    """
    filled = copy.deepcopy(notebook)
    remaining = dict(sources)
    for cell in filled["cells"]:
        grade_id = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
        if cell["cell_type"] == "code" and grade_id in remaining:
            cell["source"] = remaining.pop(grade_id)
    if remaining:
        raise UsageError(f"the notebook has no code cells with the grade ids {sorted(remaining)}.")
    return filled


def notebook_to_bytes(notebook: Notebook) -> bytes:
    """The content of the notebook's file."""
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()
