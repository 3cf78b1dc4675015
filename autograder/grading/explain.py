"""Explains an exception in student code in a sentence that the student can act on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from autograder.sandbox import Limits

# The same text as in the sandbox's confine.py, which a trusted process cannot import on every system.
_OUT_OF_CPU = "out of processor time"
_MOST = 10**6  # lines or cells; a larger number is forged
_CELL = re.compile(r" \(<cell \d+>, line \d+\)$")
_NOT_A_NUMBER = "only 0-dimensional arrays can be converted to Python scalars"
_REMOVED = re.compile(r"(module 'numpy' has no attribute|`np\.\w+` was removed)")


def printable(text: str, max_characters: int = 500) -> str:
    """Return text that can be shown and stored: control characters and broken characters are replaced."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:max_characters])


def explain(
    failure: Mapping[str, Any],
    limits: Limits,
    failed_imports: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    left_out: bool = False,
    cells: Sequence[str] = (),
) -> str:
    """Return the rest of a sentence that begins with the name of a function or cell. It names the value of a limit.

    `failed_imports` has for a name the failure of the import that would have defined it. `left_out` says that a
    statement of a cell was left out, so that a name may be missing for this reason. `cells` are those of the notebook.
    """
    kind = printable(str(failure.get("type")), 80)
    lines = [printable(line) for line in str(failure.get("text", ""))[:10_000].strip().splitlines()]
    text, first_line = "\n".join(lines), lines[0] if lines else ""
    sentence = _limit_sentence(kind, text, limits) or _error_sentence(kind, text, first_line, failed_imports, cells)
    if left_out and kind == "NameError":
        sentence = (
            f"raised {kind}: {_CELL.sub('', first_line).rstrip('.')} (a statement that was left out may define it)"
        )
    return f"{sentence}{_place(failure)}."


def _limit_sentence(kind: str, text: str, limits: Limits) -> str:
    if kind in ("MemoryError", "_ArrayMemoryError"):
        return f"needs more memory than the {limits.memory_mb} MB that a submission may use (MemoryError)"
    if kind == "OSError" and text.startswith(("[Errno 27]", "[Errno 28]")):  # a file too large; the disk full
        return f"writes more than the {limits.file_mb} MB that a submission may write (OSError)"
    if kind == "BlockingIOError" or (kind == "RuntimeError" and text == "can't start new thread"):
        return f"starts more than the {limits.processes} processes and threads that a submission may have ({kind})"
    if kind == "TimeoutError" and text == _OUT_OF_CPU:
        return f"uses more than the {limits.cpu_seconds} seconds of processor time that a process may use"
    return ""


def _error_sentence(
    kind: str,
    text: str,
    first_line: str,
    failed_imports: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    cells: Sequence[str] = (),
) -> str:
    text_without_cell = _CELL.sub("", first_line)  # `_place` names the cell, counted as the student counts
    raised = f"raised {kind}" + (f": {text_without_cell}" if text_without_cell else "")
    name = re.search(r"'(\w+)'", text) or re.fullmatch(r"import of (\w+) halted; None in sys.modules", text)
    if kind == "NotImplementedError":
        return "is not implemented yet"
    if kind == "NameError" and name and name[1] in failed_imports:
        failed = failed_imports[name[1]]
        import_text = printable(str(failed["text"]))
        why = _error_sentence(printable(str(failed["type"]), 80), import_text, import_text)
        return f"uses the name '{name[1]}' (its import{_place(failed).replace(',', '', 1)} failed: it {why})"
    if kind == "NameError" and name and any(_may_define(name[1], cell) for cell in cells):
        return (
            f"uses the name '{name[1]}', which is not defined there (did the line that defines it fail, or does it "
            "stand further down or inside a function?)"
        )
    if kind == "NameError" and name:
        return f"uses the name '{name[1]}', which no cell defines (does it come from a cell that is gone?)"
    if kind == "AttributeError" and _REMOVED.search(text):
        return f"uses a name that NumPy does not have (any more): {first_line.rstrip('.')}"
    if kind == "ValueError" and text.startswith("solve") and "(m,m),(m,n)->(m,n)" in text:
        return (
            "calls np.linalg.solve with a stack of vectors. Since version 2, NumPy reads that as one matrix: "
            "give the vectors a last axis, b[..., None], and remove it from the result"
        )
    if kind == "TypeError" and text == _NOT_A_NUMBER:
        return (
            f"{raised} (since version 2.4, NumPy refuses this for an array of shape (1, 1) too: take the number out "
            "first, as in loss.item())"
        )
    if kind == "OverflowError" and text.startswith("(34, "):
        return f"{raised} (a power is too large for a float)"
    if kind in ("EOFError", "BdbQuit"):
        return f"waits for the keyboard, with input() or a debugger, but nobody types here ({kind})"
    if kind == "ModuleNotFoundError" and name:
        return f"needs the module '{name[1]}', which is not installed where submissions are graded"
    if kind == "SystemExit":
        return "ends the program, with exit() or quit() (SystemExit)"
    if kind == "RecursionError":
        return "calls itself without end (RecursionError)"
    return raised.rstrip(".")


def _may_define(name: str, cell: str) -> bool:
    """Whether a cell has a line that looks like a definition of this name."""
    return bool(re.search(rf"\b{name}\b[^\n=]{{0,80}}=(?!=)|(\b(def|class|import|as|for)\s+|,\s*){name}\b", cell))


def _place(failure: Mapping[str, Any]) -> str:
    line, cell = failure.get("line"), failure.get("cell")
    if type(line) is not int or type(cell) is not int or not (0 <= cell < _MOST and line < _MOST):
        return ""
    return f", in code cell {cell + 1}" + (f", line {line}" if line > 0 else "")
