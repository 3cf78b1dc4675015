"""Finds out where in a submitted notebook each function is asked, and which Python the notebook was written with."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from autograder.assignment.notebook import is_same_text, read_cells
from autograder.assignment.policy import Assignment

_VERSION = re.compile(r"\b(3)\.(\d{1,3})\b")


class Section(NamedTuple):
    """The last code cell, counted from 0, that a function depends on. If it is `tested`, it is its test cell.

    Otherwise it is the cell in which the function is written.
    """

    cell: int
    tested: bool


def sections(raw: bytes, assignment: Assignment) -> dict[str, Section]:
    """The sections of the functions whose test cell or own cell is in the notebook. Raises Unreadable.

    A cell is found by its grade id. If the metadata is lost, a test cell is found by its text.
    """
    tests = _test_cells(read_cells((assignment.source / assignment.notebook).read_bytes()), assignment)
    code = [cell for cell in read_cells(raw) if cell.get("cell_type") == "code"]
    found = {}
    for function in assignment.functions:
        own = [i for i, cell in enumerate(code) if _mark(cell).get("grade_id") == assignment.cell_of(function)]
        tested = [i for i, cell in enumerate(code) if any(_is_copy(cell, test) for test in tests.get(function, ()))]
        if tested and max(tested) > max(own, default=-1):
            found[function] = Section(max(tested), True)
        elif own:
            found[function] = Section(max(own), False)
    return found


def python_of(raw: bytes) -> str:
    """The version of Python that the notebook's metadata names, such as "3.13". Empty if it names none."""
    try:
        metadata = json.loads(raw)["metadata"]
        texts = [metadata.get("language_info", {}).get("version"), metadata.get("kernelspec", {}).get("display_name")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    versions = [_VERSION.search(text) for text in texts if isinstance(text, str)]
    return next((version[0] for version in versions if version), "")


def _test_cells(cells: Sequence[Mapping[str, Any]], assignment: Assignment) -> dict[str, list[Mapping[str, Any]]]:
    """The locked and graded code cells of the assignment, by the function whose cell they follow."""
    functions = {assignment.cell_of(function): function for function in assignment.functions}
    found: dict[str, list[Mapping[str, Any]]] = {function: [] for function in functions.values()}
    function = ""
    for cell in cells:
        mark = _mark(cell)
        function = functions.get(str(mark.get("grade_id")), function)
        if function and cell.get("cell_type") == "code" and mark.get("locked") and mark.get("grade"):
            found[function].append(cell)
    return found


def _is_copy(cell: Mapping[str, Any], test: Mapping[str, Any]) -> bool:
    return _mark(cell).get("grade_id") == _mark(test).get("grade_id") or is_same_text(cell["source"], test["source"])


def _mark(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """What nbgrader wrote about a cell. A student may have made anything of it."""
    metadata = cell.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return mark if isinstance(mark, dict) else {}
