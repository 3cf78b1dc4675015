"""Turns evidence functions into what a student would hand in: source text, and whole notebooks."""

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
    """Code for a notebook cell that defines `function` under another name.

    Takes along the module's imports, helpers and constants that the function needs, directly or not, and
    leaves out its decorator. Where the catalogue is a folder, what the module imports from the folder's other
    files comes along too. What the module takes from the rest of `reference` stands for the notebook's own names.
    """
    body, definitions = _parsed(function.__module__)
    needed: dict[ast.stmt, None] = {}
    _collect(definitions[function.__name__], definitions, needed)
    parts = []
    for node in body:  # in the order of the file, so that everything is defined before it is used
        if node in needed:
            parts.append(ast.unparse(node))
    return "\n\n".join([*parts, f"{name} = {function.__name__}"]) + "\n"


@functools.cache
def _parsed(module: str) -> tuple[list[ast.stmt], dict[str, ast.stmt]]:
    """A module's statements without decorators, and by name those that define something; parsed once for many.

    The statements of another file of the same catalogue replace the import from it. They share one
    cell, so that one name must not stand for two things in these files.
    """
    catalogue = ".".join(module.split(".")[:3])  # reference.<slug>.misconceptions, be it a file or a folder
    body: list[ast.stmt] = []
    definitions: dict[str, ast.stmt] = {}
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{catalogue}."):
            others, theirs = _parsed(str(node.module))
            body += [other for other in others if other not in body]
            definitions = theirs | definitions
            continue
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
        body.append(node)
        definitions |= dict.fromkeys(_defines(node), node)
    return body, definitions


def _defines(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in ("reference", "autograder", "__future__"):
        return []
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).split(".")[0] for alias in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def _collect(node: ast.stmt, definitions: Mapping[str, ast.stmt], needed: dict[ast.stmt, None]) -> None:
    if node in needed:
        return
    needed[node] = None
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in definitions:
            _collect(definitions[part.id], definitions, needed)


def source_notebook(assignment: Assignment) -> Notebook:
    """The instructor's notebook, with its solutions."""
    return _read(assignment, assignment.source)


def release_notebook(assignment: Assignment) -> Notebook:
    """The students' notebook, unsolved."""
    return _read(assignment, assignment.release)


def _read(assignment: Assignment, folder: Any) -> Notebook:
    try:
        return dict(json.loads((folder / assignment.notebook).read_text(encoding="utf-8")))
    except FileNotFoundError:
        where = folder.relative_to(assignment.root) / assignment.notebook
        raise UsageError(f"{where} is missing: run `autograder build {assignment.slug}`.") from None


def with_solutions(notebook: Notebook, sources: Mapping[str, str]) -> Notebook:
    """The notebook with the cells of these grade ids replaced by code. Raises UsageError for an unknown id."""
    filled = copy.deepcopy(notebook)
    left = dict(sources)
    for cell in filled["cells"]:
        grade_id = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
        if cell["cell_type"] == "code" and grade_id in left:
            cell["source"] = left.pop(grade_id)
    if left:
        raise UsageError(f"the notebook has no code cells with the grade ids {sorted(left)}.")
    return filled


def notebook_to_bytes(notebook: Notebook) -> bytes:
    """The notebook as a file."""
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()
