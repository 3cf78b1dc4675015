"""Restores the release's cells in a submitted notebook: every cell that nbgrader knows appears once, in its place.

A mark is a cell's nbgrader metadata.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.assignment import find_cells, grade_id

Cell = dict[str, Any]
MERGED = "# This cell was merged into another one."
PUT_BACK = "This cell was missing from the submission and was put back."


def restore(submitted: Sequence[Cell], release: Sequence[Cell], functions: Mapping[str, str]) -> list[Cell]:
    """Return the student's cells in their order, with the release's marks on the cells that answer its cells.

    `functions` names the function that a cell of the release asks for, by grade id. Locked cells get the release's
    text back. Other cells keep the student's text and lose their marks. Missing cells are put back. If another cell has
    the function of a missing cell, the cell that is put back does not define it again.
    """
    found = find_cells(submitted, release, functions)
    cells = [_unmarked(cell) for cell in submitted]
    for number, index in found.items():
        cells[index] = _as_released(submitted[index], release[number])
    after: dict[int, list[Cell]] = {}
    last = -1
    for number, cell in enumerate(release):
        if number in found:
            last = max(last, found[number])
        elif grade_id(cell):
            head = f"def {functions.get(grade_id(cell), ' ')}("
            merged = any(head in other["source"] for other in submitted if other.get("cell_type") == "code")
            after.setdefault(last, []).append(_merged(cell) if merged else _put_back(cell))
    restored = after.get(-1, [])
    for index, cell in enumerate(cells):
        restored += [cell, *after.get(index, [])]
    return restored


def _unmarked(cell: Cell) -> Cell:
    metadata = cell.get("metadata")
    kept = metadata.items() if isinstance(metadata, dict) else ()
    return {**cell, "metadata": {key: value for key, value in kept if key != "nbgrader"}}


def _as_released(cell: Cell, release: Cell) -> Cell:
    """The submitted cell with the mark and type of the release's cell, and with the student's text and outputs."""
    mark = release["metadata"]["nbgrader"]
    kept = ("source", "attachments") if release["cell_type"] == "markdown" else ("source", "outputs", "execution_count")
    restored = {**copy.deepcopy(release), **{key: cell[key] for key in kept if key in cell}}
    if mark["locked"] and not mark["solution"]:
        restored["source"] = release["source"]
    return restored


def _merged(release: Cell) -> Cell:
    """A place for the points of a cell whose function the student wrote in another cell. It replaces no function."""
    return {**copy.deepcopy(release), "source": MERGED}


def _put_back(release: Cell) -> Cell:
    """A copy of a missing cell. An answer that is graded by hand says that it was missing.

    The changed text makes nbgrader ask an instructor to look: the answer may be in another cell.
    """
    mark = release["metadata"]["nbgrader"]
    by_hand = mark["grade"] and mark["solution"]
    source = f"{PUT_BACK}\n\n{release['source']}" if by_hand else release["source"]
    return {**copy.deepcopy(release), "source": source}
