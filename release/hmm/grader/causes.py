"""Says what may be behind a wrong answer that looks like no known mistake."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .key import Part
from .verdict import Verdict

# Right answers in float64 agree more closely, and an answer that is off by more has another cause.
_FINEST, _COARSEST = 1e-10, 1e-5
_GROWTH = 1e4  # by how much a deviation may grow in what is computed from it
_ROUNDED = "float32 numbers, or a small constant that was added"


def likely_cause(wrong: Sequence[Verdict], before: Sequence[tuple[Part, Verdict | None]], random: bool) -> str:
    """What to tell the student, never empty.

    `before` has the earlier parts, each with the verdict on its answer or None. `random` says that a value depends on
    chance.
    """
    not_right = [part.title for part, verdict in before if verdict and not (verdict.passed or verdict.kept)]
    missing = [part.title for part, verdict in before if verdict is None]
    said = []
    if not_right:
        said.append(f"Not right yet: {'; '.join(not_right)}. If this answer builds on it, mend that first.")
    if missing:
        said.append(
            f"No answer is kept for: {'; '.join(missing)}. If this answer builds on it, run that test cell first."
        )
    if said:
        return " ".join(said)
    if random:
        return "If your code takes the best of several runs, see which it keeps, and whether they start differently."
    size = min(verdict.size for verdict in wrong)
    for part, verdict in before:
        if verdict and verdict.passed and _FINEST < verdict.size < _COARSEST and size < _GROWTH * verdict.size:
            digits = math.floor(-math.log10(verdict.size))
            return f"{part.title} is right to {digits} digits only, which may be why. Usual causes are {_ROUNDED}."
    if size < _COARSEST:
        return f"Usual causes of a deviation this small are {_ROUNDED}."
    return (
        "If you find no mistake, restart the kernel and run all cells: a function that changes its arguments, or cells "
        "that are run in another order, can leave wrong values in the variables."
    )
