"""Compares what the student ran with the notebook on the disk, which is what a submission has."""

from __future__ import annotations

import ast
import json
import re
import sys


def not_saved(notebook: bytes) -> list[str]:
    """Return the functions and classes that the student ran last in a form that no cell of the notebook has.

    They are in the order in which they were run first. If it is not known what was run or saved, the list is empty.
    """
    ipython = sys.modules.get("IPython")
    try:
        ran = ipython.get_ipython().history_manager.input_hist_raw  # type: ignore[union-attr]
        cells = json.loads(notebook)["cells"]
        saved = {_code("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"}
        last = {name: _code(cell) for cell in ran for name in re.findall(r"(?m)^(?:def|class)\s+(\w+)", cell)}
    except (AttributeError, KeyError, TypeError, ValueError):
        return []
    return [name for name, cell in last.items() if cell not in saved]


def _code(text: str) -> str:
    """The code of a cell without comments and layout, because an editor may change the layout when it saves."""
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError):  # as with magics
        return "\n".join(line.rstrip() for line in text.splitlines()).strip()
