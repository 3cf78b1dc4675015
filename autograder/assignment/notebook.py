"""Reads a submitted notebook and selects the code to run, even if its metadata is lost or wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from autograder.assignment.policy import Assignment

MAX_CELLS = 10_000
MAX_PARTS = 2_000_000  # values in its JSON; each takes about a hundred bytes once it is parsed
_MARK = re.compile(r"[0-9a-f]{16}")


class Unreadable(Exception):
    """The file is not a notebook that can be graded. The message is one sentence that says why."""


def read_cells(raw: bytes) -> list[dict[str, Any]]:
    """The cells of a notebook. The `source` of each is one string. Raises Unreadable if the file is no notebook."""
    if not raw.strip():
        raise Unreadable("the file is empty.")
    check_few_parts(raw)
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
        raise Unreadable(f"the notebook has {len(cells)} cells, more than the {MAX_CELLS} that are allowed.")
    return [{**cell, "source": _source_text(cell.get("source"))} for cell in cells if isinstance(cell, dict)]


def check_few_parts(raw: bytes) -> None:
    """Raise Unreadable if the JSON has so many values that parsing it would take far more memory than the file."""
    parts = sum(raw.count(mark) for mark in (b",", b"[", b"{"))
    if parts > MAX_PARTS:
        raise Unreadable(f"the notebook has {parts} commas and brackets, more than {MAX_PARTS}: clear its outputs.")


def code_to_run(raw: bytes, assignment: Assignment) -> list[str]:
    """The sources of a submission's code cells, in order. Cells of the kit that need not run are empty strings.

    The kit's cells are recognised by their text, so that lost metadata changes nothing. If a student has edited
    such a cell, it runs like any other cell of the student.
    """
    skipped = _skipped_sources(read_cells((assignment.source / assignment.notebook).read_bytes()), assignment.runs)
    code = [cell["source"] for cell in read_cells(raw) if cell.get("cell_type") == "code"]
    # A skipped cell stays as an empty one, so that the number of a failing cell is the one that the student sees.
    return ["" if normalized(source) in skipped else source for source in code]


def variant_marks(raw: bytes) -> set[str]:
    """The marks of personal variants on a notebook and its cells. Empty if the notebook can't be read."""
    try:
        cells = read_cells(raw)
        holders = [json.loads(raw), *cells]
    except Unreadable:
        return set()
    found = set()
    for holder in holders:
        metadata = holder.get("metadata")
        kit_metadata = metadata.get("autograder") if isinstance(metadata, dict) else None
        mark = kit_metadata.get("variant") if isinstance(kit_metadata, dict) else None
        if isinstance(mark, str) and _MARK.fullmatch(mark):  # anything else was not written by the kit
            found.add(mark)
    return found


def _skipped_sources(cells: Iterable[dict[str, Any]], runs: tuple[str, ...]) -> set[str]:
    """The sources of the locked code cells, except those with a grade id in `runs`."""
    skipped = set()
    for cell in cells:
        mark = cell.get("metadata", {}).get("nbgrader", {})
        if cell.get("cell_type") == "code" and mark.get("locked") and mark.get("grade_id") not in runs:
            skipped.add(normalized(cell["source"]))
    return skipped


def is_same_text(one: str, other: str) -> bool:
    """Whether two sources are the same, apart from spaces at the ends of lines and blank lines around them."""
    return normalized(one) == normalized(other)


def normalized(source: str) -> str:
    """Return the source without spaces at the ends of lines and without blank lines around it."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _source_text(source: Any) -> str:
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""
