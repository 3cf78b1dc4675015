"""The questions of an assignment that a person marks: the cells of its source notebook that nbgrader grades by hand."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.assignment import Assignment, read_cells

_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_SOLUTION = re.compile(r"(?m)^.*### BEGIN SOLUTION.*\n?|^.*### END SOLUTION.*\n?")


@dataclass(frozen=True)
class Question:
    """A question that a person marks.

    - `id` is the nbgrader name of its cell. `title` is the heading above the cell.
    - `prompt` is the text of the cell above it, and `model_answer` the text of the cell in the source notebook. A task
      of nbgrader is its own prompt, and its mark scheme is the model answer.
    - `is_code` is true if the answer is code. Otherwise it is Markdown.
    """

    id: str
    title: str
    max_score: float
    prompt: str
    model_answer: str
    is_code: bool


def questions_of(assignment: Assignment) -> tuple[Question, ...]:
    """Return the questions in the order of the notebook. It is empty if nothing is marked by hand."""
    path = assignment.source / assignment.notebook
    return _questions(path.read_bytes())


@functools.lru_cache(maxsize=16)
def _questions(raw: bytes) -> tuple[Question, ...]:
    """The questions of a source notebook. They are kept, because every grade of a class asks for them."""
    found = []
    heading = prompt = ""
    for cell in read_cells(raw):
        mark = _mark(cell)
        is_text = cell.get("cell_type") == "markdown"
        if mark.get("grade") and mark.get("solution"):
            id = str(mark.get("grade_id", ""))
            answer = _SOLUTION.sub("", cell["source"]).strip()
            found.append(Question(id, heading or id, mark.get("points", 0), prompt, answer, not is_text))
        elif mark.get("task"):
            id = str(mark.get("grade_id", ""))
            text, _, scheme = cell["source"].partition("=== BEGIN MARK SCHEME ===")
            title = next(iter(_HEADING.findall(text)), heading or id)
            answer = scheme.partition("=== END MARK SCHEME ===")[0].strip()
            found.append(Question(id, title, mark.get("points", 0), text.strip(), answer, False))
        elif is_text:
            prompt = cell["source"]
            heading = next(iter(_HEADING.findall(prompt)), heading)
    return tuple(found)


def _mark(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    mark = cell.get("metadata", {}).get("nbgrader", {})
    return mark if isinstance(mark, dict) else {}
