"""Finds the cells of the release in a submitted notebook.

nbgrader finds a cell by its metadata, but students lose, copy and change metadata. Here a cell is found by whatever is
left of it: its mark, its id, its text, the function in it, or the cell before it. A mark is a cell's nbgrader metadata.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograder.assignment.notebook import normalized

Cell = dict[str, Any]


def grade_id(cell: Cell) -> str:
    """Return the name by which nbgrader knows a cell, empty for a cell that nbgrader does not know."""
    mark = _mark(cell)
    return mark.get("grade_id", "") if any(mark.get(key) for key in ("grade", "solution", "locked", "task")) else ""


def _mark(cell: Cell) -> dict[str, Any]:
    metadata = cell.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return mark if isinstance(mark, dict) else {}


def find_cells(submitted: Sequence[Cell], release: Sequence[Cell], functions: Mapping[str, str]) -> dict[int, int]:
    """Return the index of the submitted cell for each cell of the release, by the release cell's number.

    `functions` names the function that a cell of the release asks for, by grade id.
    """
    texts = [normalized(cell["source"]) for cell in submitted]
    release_texts = [normalized(cell["source"]) for cell in release]
    taken: dict[int, int] = {}

    def take(number: int, candidates: Iterable[int]) -> None:
        free = [index for index in candidates if index not in taken.values()]
        # Among copies the last one counts, as it does when the notebook is run. An unchanged cell of the release counts
        # only if there is no changed one.
        answered = [index for index in free if texts[index] != release_texts[number]]
        if free and number not in taken:
            taken[number] = (answered or free)[-1]

    known = [number for number, cell in enumerate(release) if grade_id(cell)]
    for number in known:
        name = grade_id(release[number])
        take(number, [i for i, cell in enumerate(submitted) if _mark(cell).get("grade_id") == name])
    for number in known:
        take(number, [i for i, cell in enumerate(submitted) if cell.get("id") == release[number].get("id", "-")])
    for number in known:
        text = release_texts[number]
        take(number, [i for i, other in enumerate(texts) if text and other == text])
    for number in known:
        head = f"def {functions.get(grade_id(release[number]), ' ')}("
        take(number, [i for i, cell in enumerate(submitted) if head in cell["source"]])
    for number in known:
        before = release_texts[number - 1] if number else ""
        kind = release[number]["cell_type"]
        take(
            number,
            [
                i + 1
                for i, text in enumerate(texts[:-1])
                if text == before
                and submitted[i + 1].get("cell_type") == kind
                # If the answer was deleted, the release's next cell follows here, and it is not the answer.
                and texts[i + 1] not in release_texts
            ],
        )
    return taken
