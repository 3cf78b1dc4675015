"""Looks into the notebook's file, because a submission has the notebook as it is there."""

from __future__ import annotations

import ast
import json
import re
import symtable
import sys
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

_TO_FILL = "YOUR ANSWER HERE"  # nbgrader writes this line where a text is due
# With one of these, a notebook can define names that are not in it.
_ANY_NAME = re.compile(r"import\s*\(?\s*\*|%run\b|\bexec\(|\bglobals\(\)|\bglobal\s")
_ONLY_IPYTHON = re.compile(r"(?m)^\s*[%!].*$")


class Notebook:
    """The cells of a notebook's file: `code` has the text of each code cell, `texts` that of each other cell."""

    def __init__(self, raw: bytes) -> None:
        """Read the bytes of the file. Raises ValueError if it is no notebook."""
        try:
            found: list[Any] = [*json.loads(raw)["cells"]]
            cells = [(cell.get("cell_type"), "".join(cell.get("source") or "")) for cell in found]
        except (LookupError, TypeError, AttributeError, ValueError, RecursionError):
            raise ValueError("the file is no notebook") from None
        self.code = [text for kind, text in cells if kind == "code"]
        self.texts = [text for kind, text in cells if kind != "code"]
        self._saved = {_without_layout(text) for text in self.code} - {""}

    def undefined(self, names: Iterable[str]) -> list[str]:
        """Those names that no code cell defines. The list is empty if that is not certain."""
        if any(_ANY_NAME.search(text) for text in self.code):
            return []
        defined = {name for text in self.code for name in _defined(text)}
        return [name for name in dict.fromkeys(names) if name not in defined]

    def unfilled(self) -> int:
        """How many text cells still have the line that stands where the answer is due."""
        return sum(any(line.strip() == _TO_FILL for line in text.splitlines()) for text in self.texts)

    def not_saved(self, names: Iterable[str]) -> list[str]:
        """The functions and classes whose cell, as the student ran it last, is not in the file.

        Each is one of `names`, or the code in the file has its name. So a function that the student only tried out and
        deleted is not among them. They are in the order in which they were run first.
        """
        known = {*names, *(name for text in self.code for name in _mentioned(text))}
        last = {name: text for text in _ran() for name in re.findall(r"(?m)^(?:def|class)\s+(\w+)", text)}
        return [name for name, text in last.items() if name in known and _without_layout(text) not in self._saved]

    def has_what_was_run(self) -> bool:
        """Whether any cell that was run is in the file. None is if the student works elsewhere, as in a terminal."""
        return any(_without_layout(text) in self._saved for text in _ran())


def _ran() -> Sequence[str]:
    """The text of each cell that was run in this session. Empty if that is not known, as in a plain Python."""
    ipython = sys.modules.get("IPython")
    try:
        ran: Sequence[str] = ipython.get_ipython().history_manager.input_hist_raw  # type: ignore[union-attr]
    except AttributeError:
        return []
    return ran


def _parsed(text: str) -> tuple[str, ast.Module] | None:
    """The code of a cell, and the same parsed. Lines that only IPython knows are left out. None if it is no Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the student has read such a warning when the cell was run
        for code in (text, _ONLY_IPYTHON.sub("", text)):
            try:
                return code, ast.parse(code)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
    return None


def _without_layout(text: str) -> str:
    """The code of a cell without comments and layout, because an editor may change the layout when it saves."""
    parsed = _parsed(text)
    if parsed is None:
        return "\n".join(line.rstrip() for line in text.splitlines()).strip()
    return ast.dump(parsed[1]) if parsed[1].body else ""


def _defined(text: str) -> set[str]:
    """The names that the code of a cell defines for other cells: each word of it, if it can't be read."""
    parsed = _parsed(text)
    if parsed is None:
        return set(re.findall(r"\w+", text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            symbols = symtable.symtable(parsed[0], "cell", "exec").get_symbols()
        except SyntaxError:  # as for a `return` outside a function, which only the compiler finds
            return set(re.findall(r"\w+", text))
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}


def _mentioned(text: str) -> set[str]:
    """The names of functions, classes and variables in the code of a cell, but not in its comments."""
    parsed = _parsed(text)
    nodes = ast.walk(parsed[1]) if parsed else ()
    return {getattr(node, "id", None) or getattr(node, "name", None) or "" for node in nodes}
