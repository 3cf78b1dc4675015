"""Turns evidence functions into what a student would hand in: source text and whole notebooks."""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import json
import sys
from collections.abc import Mapping
from typing import Any

from autograder.assignment.policy import Assignment, UsageError
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
    body, definitions = _parse_module(function.__module__)
    needed: dict[ast.stmt, None] = {}
    example = function if isinstance(function, functools.partial) else None
    defined = example.func.__name__ if example else function.__name__
    _add_needed(definitions[defined], definitions, needed)
    parts = ["import functools"] if example else []
    for node in body:  # in the order of the file, so that everything is defined before it is used
        if node in needed:
            parts.append(ast.unparse(node))
    value = defined
    if example:
        numbers = ", ".join(f"{free}={number!r}" for free, number in example.keywords.items())
        value = f"functools.partial({defined}, {numbers})"
    call = "()" if _is_variable(function, name) else ""
    return "\n\n".join([*parts, f"{name} = {value}{call}"]) + "\n"


def _is_variable(function: Function, name: str) -> bool:
    """Whether `name` is a variable in the reference solution. Its evidence is a function that returns its value."""
    solution = sys.modules.get(".".join([*function.__module__.split(".")[:2], "solution"]))
    return callable(function) and hasattr(solution, name) and not callable(getattr(solution, name))


@functools.cache
def _parse_module(module: str) -> tuple[list[ast.stmt], dict[str, ast.stmt]]:
    """A module's statements without decorators, and a mapping from each name to the statement that defines it.

    An import from another file of the same catalogue is replaced by the statements of that file. All of them end
    up in one cell, so a name must not mean two things in these files.
    """
    catalogue = ".".join(module.split(".")[:3])  # reference.<slug>.misconceptions, which is a file or a folder
    body: list[ast.stmt] = []
    definitions: dict[str, ast.stmt] = {}
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{catalogue}."):
            imported_body, imported_definitions = _parse_module(str(node.module))
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
