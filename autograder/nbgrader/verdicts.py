"""Writes the outputs of the test cells: the verdicts, and the points in the form that nbgrader reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from autograder.assignment import Assignment, grade_id
from autograder.grading import Result, earned

Cell = dict[str, Any]
_SIGNS = {"pass": "✓", "fail": "✗", "skipped": "–"}


def banner(result: Result) -> list[Cell]:
    """Return a cell with the result's message, or nothing if the result has no message.

    The message says why nothing could be graded, or that a cell failed.
    """
    if not result["message"]:
        return []
    return [{"cell_type": "raw", "metadata": {}, "source": f"From the grader: {result['message']}"}]


def with_verdicts(cells: Iterable[Cell], release: Sequence[Cell], assignment: Assignment, result: Result) -> list[Cell]:
    """Return the cells. The outputs of each test cell are now the outcome of its parts."""
    tests = _test_cells(release, assignment)
    graded = {part["id"]: part for part in result["parts"]}
    finished = []
    for cell in cells:
        parts = [graded[id] for id, test in tests.items() if test == grade_id(cell) and id in graded]
        finished.append({**cell, "outputs": _outputs(parts)} if grade_id(cell) in tests.values() else cell)
    return finished


def _test_cells(release: Sequence[Cell], assignment: Assignment) -> dict[str, str]:
    """The grade id of each part's test cell: the first test cell after the cell in which the part is solved."""
    names = [grade_id(cell) for cell in release]
    tests = {}
    for part in assignment.parts:
        after = release[names.index(part.cell) + 1 :]
        marks = [cell["metadata"].get("nbgrader", {}) for cell in after]
        tests[part.id] = next(m["grade_id"] for m in marks if m.get("grade") and not m.get("solution"))
    return tests


def _outputs(parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    text = "\n".join(line for part in parts for line in _lines(part)) or "Not graded."
    points = sum(part["score"] for part in parts)
    return [
        {"output_type": "stream", "name": "stdout", "text": text + "\n"},
        # nbgrader reads the last number in a test cell's outputs as its points.
        {
            "output_type": "execute_result",
            "execution_count": None,
            "data": {"text/plain": f"{points:.10g}"},
            "metadata": {},
        },
    ]


def _lines(part: dict[str, Any]) -> list[str]:
    lines = [f"{part['title']}: {part['score']:g} of {part['max_score']:g} points"]
    for check in part["checks"]:
        lines.append(f"  {_SIGNS.get(check['status'], '?')} {check['title']}")
        if check["message"]:
            lines.append(f"      {check['message']}")
    kept = sum(earned(check) for check in part["checks"] if check["status"] != "pass")
    if kept:
        lines.append(f"  The rubric lets you keep {kept:g} of the points that these checks lose.")
    lines += dict.fromkeys(f"  Hint: {check['hint']}" for check in part["checks"] if check["hint"])
    seen = (sentence for check in part["checks"] for sentence in check.get("observations", ()))
    lines += dict.fromkeys(f"  In your code: {sentence}" for sentence in seen)
    return lines
