"""Makes a notebook from a Python file with cells, each with the marks of nbgrader that its content needs."""

from __future__ import annotations

import re
from typing import Any

from autograder.assignment import UsageError

_HEAD = re.compile(r"# %%(?P<text> \[markdown\])?(?: (?P<name>[A-Za-z]\w*))?(?: (?P<points>\d+(?:\.\d+)?))?\s*")


def notebook_of(text: str) -> dict[str, Any]:
    """The notebook of a text in which `# %%` begins each cell. Raises UsageError that names a line.

    - `# %%` is a code cell that belongs to the student, such as one for notes.
    - `# %% name` is a code cell with this nbgrader id. Students answer it if it has `### BEGIN SOLUTION`. Otherwise it
      is locked.
    - `# %% name 10` is a locked test cell that is worth 10 points. With a solution, a person grades it.
    - `# %% [markdown]` is text: lines that begin with `# `. With a name, points and a solution, a person grades it.

    What stands before the first cell is left out.
    """
    cells: list[dict[str, Any]] = []
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("# %%"):
            head = _HEAD.fullmatch(line)
            if head is None:
                raise UsageError(f"line {number}, '{line}', must be `# %% name`, `# %% name 10` or `# %% [markdown]`.")
            lines = []
            cells.append({"head": head, "lines": lines})
        else:
            lines.append(line)
    if not cells:
        raise UsageError("no line begins a cell: write `# %% name` above the code of each cell.")
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    made = [_cell(number, **cell) for number, cell in enumerate(cells, 1)]
    return {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def _cell(number: int, head: re.Match[str], lines: list[str]) -> dict[str, Any]:
    name, points = head["name"], head["points"]
    if head["text"]:
        lines = [re.sub("^# ?", "", line) for line in lines]
    source = "\n".join(lines).strip()
    solution = "### BEGIN SOLUTION" in source
    mark: dict[str, Any] = {"grade": points is not None, "grade_id": name, "locked": not solution}
    mark |= {"schema_version": 3, "solution": solution, "task": False}
    mark |= {} if points is None else {"points": float(points)}
    cell: dict[str, Any] = {
        "cell_type": "markdown" if head["text"] else "code",
        "id": (name or f"cell-{number}").replace("_", "-"),
        "metadata": {"nbgrader": mark} if name else {},
        "source": source.splitlines(keepends=True),
    }
    return cell if head["text"] else cell | {"execution_count": None, "outputs": []}
