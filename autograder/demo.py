"""Makes a class of submissions: right ones, known mistakes, an unsolved one and a broken file."""

from __future__ import annotations

import random
from itertools import zip_longest
from pathlib import Path

from autograder import evidence
from autograder.assignment import Assignment
from autograder.checks import Alternative, Function, Misconception, marked

# Trees in place of students, so that the demo's tables read like a class's.
NAMES = (
    *("alder", "ash", "aspen", "beech", "birch", "cedar", "cherry", "elder", "elm", "fir", "hawthorn", "hazel"),
    *("holly", "juniper", "larch", "linden", "maple", "oak", "pine", "plane", "rowan", "spruce", "willow", "yew"),
)
RIGHT = 4  # one in so many is right
MOST = 4 * len(NAMES)  # there are not many more known mistakes


def make_class(assignment: Assignment, folder: Path, seed: int = 0, count: int = len(NAMES)) -> dict[str, str]:
    """Write so many submissions into a folder; what each of them is, by student."""
    draw = random.Random(seed)
    source, release = evidence.source_notebook(assignment), evidence.release_notebook(assignment)

    def written_as(function: str, code: Function) -> bytes:
        cells = {assignment.cell_of(function): evidence.source_of(code, function)}
        return evidence.to_bytes(evidence.with_solutions(source, cells))

    names = [NAMES[i % len(NAMES)] + (f"-{i // len(NAMES) + 1}" if i >= len(NAMES) else "") for i in range(count)]
    right = draw.sample(marked(assignment.alternatives, Alternative), count // RIGHT)
    # One mistake of every part in turn, so that each part of the assignment shows in the table.
    known = marked(assignment.misconceptions, Misconception)
    shuffled = [
        draw.sample(of_part, len(of_part))
        for p in assignment.parts
        if (of_part := [m for m in known if m.part == p.id])
    ]
    wrong = [m for in_turn in zip_longest(*shuffled) for m in in_turn if m][: count - len(right) - 2]
    roll = [(f"right: {a.name}", written_as(a.solves, a.function)) for a in right]
    roll += [(f"mistake: {m.known_as}", written_as(assignment.part(m.part).function, m.function)) for m in wrong]
    whole = evidence.to_bytes(source)
    roll += [("as released", evidence.to_bytes(release)), ("a file cut in half", whole[: len(whole) // 2])]
    folder.mkdir(parents=True, exist_ok=True)
    for student, (_, raw) in zip(names, roll, strict=False):
        (folder / f"{student}.ipynb").write_bytes(raw)
    return {student: description for student, (description, _) in zip(names, roll, strict=False)}
