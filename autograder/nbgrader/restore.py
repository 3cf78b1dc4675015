"""Puts a submitted notebook back into the release's form: every cell that nbgrader knows once, where it belongs.

nbgrader goes by the metadata of a cell, which students lose, copy and change. Here a cell is found by what is left
of it: its mark, its id, its text, or what stands before it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograder.assignment import is_same_text

Cell = dict[str, Any]
PUT_BACK = "This cell was missing from the submission and was put back."


def restore(submitted: Sequence[Cell], release: Sequence[Cell], functions: Mapping[str, str]) -> list[Cell]:
    """The student's cells in their order, with the release's marks on those that answer its cells.

    `functions` names the function that a cell of the release asks for, by grade id. Locked cells get the release's
    text back; what the student wrote elsewhere stays, without marks; a cell that is gone is put back.
    """
    found = _find(submitted, release, functions)
    cells = [_unmarked(cell) for cell in submitted]
    for number, index in found.items():
        cells[index] = _as_released(submitted[index], release[number])
    after: dict[int, list[Cell]] = {}
    last = -1
    for number, cell in enumerate(release):
        if number in found:
            last = max(last, found[number])
        elif grade_id(cell):
            after.setdefault(last, []).append(_put_back(cell))
    restored = after.get(-1, [])
    for index, cell in enumerate(cells):
        restored += [cell, *after.get(index, [])]
    return restored


def grade_id(cell: Cell) -> str:
    """The name under which nbgrader knows a cell; empty for the others."""
    mark = _mark(cell)
    return mark.get("grade_id", "") if any(mark.get(key) for key in ("grade", "solution", "locked", "task")) else ""


def _mark(cell: Cell) -> dict[str, Any]:
    metadata = cell.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return mark if isinstance(mark, dict) else {}


def _find(submitted: Sequence[Cell], release: Sequence[Cell], functions: Mapping[str, str]) -> dict[int, int]:
    """Where the submitted cell for each of the release's cells stands, by their numbers."""
    taken: dict[int, int] = {}

    def take(number: int, candidates: Iterable[int]) -> None:
        free = [index for index in candidates if index not in taken.values()]
        # Of copies the last counts, as it does when the notebook is run; but not one that was left as it came.
        answered = [index for index in free if not is_same_text(submitted[index]["source"], release[number]["source"])]
        if free and number not in taken:
            taken[number] = (answered or free)[-1]

    known = [number for number, cell in enumerate(release) if grade_id(cell)]
    for number in known:
        name = grade_id(release[number])
        take(number, [i for i, cell in enumerate(submitted) if _mark(cell).get("grade_id") == name])
    for number in known:
        take(number, [i for i, cell in enumerate(submitted) if cell.get("id") == release[number].get("id", "-")])
    for number in known:
        text = release[number]["source"]
        take(number, [i for i, cell in enumerate(submitted) if text.strip() and is_same_text(cell["source"], text)])
    for number in known:
        head = f"def {functions.get(grade_id(release[number]), ' ')}("
        take(number, [i for i, cell in enumerate(submitted) if head in cell["source"]])
    own = [cell["source"] for cell in release]
    for number in known:
        before = release[number - 1]["source"] if number else ""
        kind = release[number]["cell_type"]
        take(
            number,
            [
                i + 1
                for i, cell in enumerate(submitted[:-1])
                if is_same_text(cell["source"], before)
                and submitted[i + 1].get("cell_type") == kind
                # The release's next text stands there when the answer between them is gone.
                and not any(is_same_text(submitted[i + 1]["source"], text) for text in own)
            ],
        )
    return taken


def _unmarked(cell: Cell) -> Cell:
    metadata = cell.get("metadata")
    kept = metadata.items() if isinstance(metadata, dict) else ()
    return {**cell, "metadata": {key: value for key, value in kept if key != "nbgrader"}}


def _as_released(cell: Cell, release: Cell) -> Cell:
    """A submitted cell as the one that it answers: its marks and its type, and the student's text and outputs."""
    mark = release["metadata"]["nbgrader"]
    kept = ("source", "attachments") if release["cell_type"] == "markdown" else ("source", "outputs", "execution_count")
    restored = {**copy.deepcopy(release), **{key: cell[key] for key in kept if key in cell}}
    if mark["locked"] and not mark["solution"]:
        restored["source"] = release["source"]
    return restored


def _put_back(release: Cell) -> Cell:
    """A cell that is gone. An answer that a person grades says so, and is looked at: it may stand elsewhere."""
    mark = release["metadata"]["nbgrader"]
    by_hand = mark["grade"] and mark["solution"]
    source = f"{PUT_BACK}\n\n{release['source']}" if by_hand else release["source"]
    return {**copy.deepcopy(release), "source": source}
