"""A submitted notebook's code: what to run of it, whatever happened to its metadata."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from autograder.assignment.policy import Assignment

MAX_CELLS = 10_000
MAX_PARTS = 2_000_000  # of its JSON, which take a hundred bytes each when they are read
_MARK = re.compile(r"[0-9a-f]{16}")


class Unreadable(Exception):
    """The file is no notebook that can be graded; the message is one sentence that says why."""


def read_cells(raw: bytes) -> list[dict[str, Any]]:
    """The cells of a notebook, as dicts whose `source` is one string. Raises Unreadable."""
    if not raw.strip():
        raise Unreadable("the file is empty.")
    demand_few_parts(raw)
    try:
        notebook = json.loads(raw)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"the file is not a notebook: it is no valid JSON ({str(problem)[:100]}).") from None
    if not isinstance(notebook, dict):
        raise Unreadable("the file is not a notebook: its JSON is no object.")
    version, cells = notebook.get("nbformat"), notebook.get("cells")
    if isinstance(version, int) and version < 4:
        raise Unreadable(f"the notebook is in the old format {version}: open it in Jupyter and save it again.")
    if not isinstance(cells, list):
        raise Unreadable("the file is not a notebook: it has no cells.")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(cells)} cells, more than the {MAX_CELLS} that are looked at.")
    return [{**cell, "source": _text(cell.get("source"))} for cell in cells if isinstance(cell, dict)]


def demand_few_parts(raw: bytes, most: int = MAX_PARTS) -> None:
    """Raise Unreadable for JSON of so many parts that reading it would take far more memory than it has bytes."""
    parts = sum(raw.count(mark) for mark in (b",", b"[", b"{"))
    if parts > most:
        raise Unreadable(f"the notebook has {parts} commas and brackets, more than {most}: clear its outputs.")


def code_to_run(raw: bytes, assignment: Assignment) -> list[str]:
    """The sources of a submission's code cells in order; the kit's own cells that need not run are empty.

    The kit's own cells are recognised by their text, so that lost metadata changes nothing; one that the
    student has edited is the student's.
    """
    skipped = _kits_own(read_cells((assignment.source / assignment.notebook).read_bytes()), assignment.runs)
    code = [cell["source"] for cell in read_cells(raw) if cell.get("cell_type") == "code"]
    # Empty rather than left out: a failure's cell is then counted as the student counts.
    return ["" if _normal(source) in skipped else source for source in code]


def variant_marks(raw: bytes) -> set[str]:
    """The marks of personal variants that a notebook or its cells carry; none where it can't be read."""
    try:
        cells = read_cells(raw)
        holders = [json.loads(raw), *cells]
    except Unreadable:
        return set()
    found = set()
    for holder in holders:
        metadata = holder.get("metadata")
        ours = metadata.get("autograder") if isinstance(metadata, dict) else None
        mark = ours.get("variant") if isinstance(ours, dict) else None
        if isinstance(mark, str) and _MARK.fullmatch(mark):  # whatever else stands there is not ours
            found.add(mark)
    return found


def _kits_own(cells: Iterable[dict[str, Any]], runs: tuple[str, ...]) -> set[str]:
    own = set()
    for cell in cells:
        mark = cell.get("metadata", {}).get("nbgrader", {})
        if cell.get("cell_type") == "code" and mark.get("locked") and mark.get("grade_id") not in runs:
            own.add(_normal(cell["source"]))
    return own


def is_same_text(one: str, other: str) -> bool:
    """Whether two sources differ at most in spaces at the ends of lines."""
    return _normal(one) == _normal(other)


def _normal(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _text(source: Any) -> str:
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""
