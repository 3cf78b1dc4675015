"""Finds the names that a notebook does not have because the import of a package failed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_LONGEST = 20  # lines of an import statement
_IMPORT = re.compile(r"\s*(import|from)\b")
_FAILED = ("ImportError", "ModuleNotFoundError")


def failed_imports(failures: Iterable[Mapping[str, Any]], cells: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return for each name the failure of the import that would have defined it.

    `failures` are those of the cells, in which no hidden data were.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for failure in failures:
        cell, line = failure.get("cell"), failure.get("line")
        if failure.get("type") in _FAILED and type(cell) is int and type(line) is int and 0 <= cell < len(cells):
            found |= dict.fromkeys(_imported_names(cells[cell].splitlines()[max(line, 1) - 1 :]), failure)
    return found


def _imported_names(lines: Sequence[str]) -> list[str]:
    """Return the names that the import statement at the beginning of these lines would define."""
    if not lines or not _IMPORT.match(lines[0]):
        return []
    for end in range(1, _LONGEST):
        try:
            [statement, *_] = ast.parse("\n".join(lines[:end]).strip()).body
        except (SyntaxError, ValueError):
            continue  # the statement goes on in the next line
        if isinstance(statement, ast.Import | ast.ImportFrom):
            return [alias.asname or alias.name.split(".")[0] for alias in statement.names]
    return []
