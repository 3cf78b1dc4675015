"""Makes a class of submissions: right ones, known mistakes, an unsolved one and a broken file."""

from __future__ import annotations

import random
from pathlib import Path

from autograder import evidence
from autograder.assignment import Assignment
from autograder.checks import Alternative, Misconception, marked

# Trees in place of students, so that the demo's tables read like a class's.
NAMES = [
    "alder",
    "ash",
    "aspen",
    "beech",
    "birch",
    "cedar",
    "cherry",
    "elder",
    "elm",
    "fir",
    "hawthorn",
    "hazel",
    "holly",
    "juniper",
    "larch",
    "linden",
    "maple",
    "oak",
    "pine",
    "plane",
    "rowan",
    "spruce",
    "willow",
    "yew",
]


def make_class(assignment: Assignment, folder: Path, seed: int = 0) -> dict[str, str]:
    """Write 24 submissions into a folder; what each of them is, by student."""
    draw = random.Random(seed)
    alternatives = marked(assignment.alternatives, Alternative)
    misconceptions = marked(assignment.misconceptions, Misconception)
    release = evidence.release_notebook(assignment)
    folder.mkdir(parents=True, exist_ok=True)
    described: dict[str, str] = {}

    def solve(chosen: dict[str, Alternative]) -> dict[str, str]:
        return {function: evidence.source_of(a.function, function) for function, a in chosen.items()}

    # One mistake of every part in turn, so that each part of the assignment shows in the table.
    by_part = [draw.sample([m for m in misconceptions if m.part == p.id], k=3) for p in assignment.parts]
    mistakes = [mistake for round_ in zip(*by_part, strict=True) for mistake in round_][:16]
    for i, student in enumerate(NAMES):
        chosen = {f: draw.choice([a for a in alternatives if a.solves == f]) for f in assignment.functions}
        sources = solve(chosen)
        described[student] = "right: " + ", ".join(a.name for a in chosen.values())
        if i >= 22:
            sources = {}
            described[student] = "as released" if i == 22 else "a file cut in half"
        elif i >= 6:
            mistake = mistakes[i - 6]
            function = assignment.part(mistake.part).function
            sources[function] = evidence.source_of(mistake.function, function)
            described[student] = f"mistake in {mistake.part}: {mistake.name}"
        raw = evidence.to_bytes(evidence.with_solutions(release, _by_cell(assignment, sources)))
        (folder / f"{student}.ipynb").write_bytes(raw[: len(raw) // 2] if i == 23 else raw)
    return described


def _by_cell(assignment: Assignment, sources: dict[str, str]) -> dict[str, str]:
    """Sources by the id of the cell that asks for the function."""
    return {assignment.cell_of(function): source for function, source in sources.items()}
