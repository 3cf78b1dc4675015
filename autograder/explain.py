"""What an exception in student code means, in a sentence that the student can act on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_REMOVED = re.compile(r"(module 'numpy' has no attribute|`np\.\w+` was removed)")


def explain(failure: Mapping[str, Any]) -> str:
    """Completes a sentence that begins with the function's or the cell's name."""
    kind, text = str(failure.get("type")), str(failure.get("text", "")).strip()
    first_line = text.splitlines()[0] if text else ""
    return f"{_reading(kind, text, first_line)}{_place(failure)}."


def _reading(kind: str, text: str, first_line: str) -> str:
    raised = f"raised {kind}" + (f": {first_line}" if first_line else "")
    name = re.search(r"'(\w+)'", text)
    if kind == "NotImplementedError":
        return "is not implemented yet"
    if kind == "NameError" and name:
        return f"uses the name '{name[1]}', which no cell defines (does it come from a cell that is gone?)"
    if kind == "AttributeError" and _REMOVED.search(text):
        return f"uses a name that NumPy does not have (any more): {first_line.rstrip('.')}"
    if kind in ("EOFError", "BdbQuit"):
        return f"waits for the keyboard, input() or a debugger, which nobody answers here ({kind})"
    if kind == "ModuleNotFoundError" and name:
        return f"needs the module '{name[1]}', which is not installed where submissions are graded"
    if kind == "SystemExit":
        return "ends the program, with exit() or quit() (SystemExit)"
    if kind == "MemoryError":
        return "needs more memory than a submission may use (MemoryError)"
    if kind == "RecursionError":
        return "calls itself without end (RecursionError)"
    return raised.rstrip(".")


def _place(failure: Mapping[str, Any]) -> str:
    line, cell = failure.get("line"), failure.get("cell")
    if not isinstance(line, int) or not isinstance(cell, int) or cell < 0:
        return ""
    return f", in code cell {cell + 1}" + (f", line {line}" if line > 0 else "")
