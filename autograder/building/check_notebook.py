"""Reads the instructor's notebook for what nbgrader or the kit would trip over: ids, cells and templates."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from autograder.assignment import MARKER, Assignment, Finding, line_of

_SOLUTION = re.compile(r"^\s*(?:<!-- )?### BEGIN SOLUTION", re.MULTILINE)


def notebook_slips(assignment: Assignment) -> Iterator[Finding]:
    """A finding for each cell that is missing, has no id, or gives a solution away."""
    path = assignment.source / assignment.notebook
    policy = assignment.source / MARKER
    toml, text = policy.relative_to(assignment.root).as_posix(), policy.read_text(encoding="utf-8")
    file = path.relative_to(assignment.root).as_posix()
    try:
        raw = path.read_text(encoding="utf-8")
        cells: list[dict[str, Any]] = json.loads(raw)["cells"]
    except FileNotFoundError:
        yield Finding(toml, line_of(text, ("notebook",)), f"{file} does not exist: write it, or correct `notebook`.")
        return
    except (ValueError, KeyError, TypeError) as problem:
        yield Finding(file, 0, f"this is no notebook ({problem}): save it again in Jupyter.")
        return
    ids = [_mark(cell).get("grade_id") for cell in cells]
    for number, cell in enumerate(cells, 1):
        yield from _cell_slips(file, raw, number, cell)
    for name, count in Counter(filter(None, ids)).items():
        if count > 1:
            yield Finding(file, _line(raw, f'"grade_id": "{name}"'), f"{count} cells have the id '{name}': rename one.")
    by_id = {_mark(cell).get("grade_id"): cell for cell in cells if cell.get("cell_type") == "code"}
    for number, part in enumerate(assignment.parts):
        own = by_id.get(part.cell)
        where = toml, line_of(text, ("parts", number, "cell"))
        if own is None:
            said = (
                f"no code cell of {file} has the nbgrader id '{part.cell}': give the cell of {part.function} this id."
            )
            yield Finding(*where, said)
        elif not _mark(own).get("solution"):
            yield Finding(
                *where, f"the cell '{part.cell}' is no solution cell: mark it as a manually or autograded answer."
            )
        elif (template := _template_of(part.function, assignment)) not in _SOLUTION.split(_source(own))[0]:
            said = f"the cell '{part.cell}' has no `{template}` before its solution: students need the template."
            yield Finding(file, _line(raw, f'"grade_id": "{part.cell}"'), said)
    for name in assignment.runs:
        if name not in by_id:
            said = f"`runs` lists '{name}', but no code cell of {file} has this nbgrader id: correct the name."
            yield Finding(toml, line_of(text, ("runs",)), said)


def _template_of(name: str, assignment: Assignment) -> str:
    """What the beginning of a cell must hold, so that students write a function, class or variable of this name."""
    answer = getattr(assignment.solution, name, None)
    return f"class {name}" if inspect.isclass(answer) else f"def {name}(" if callable(answer) else f"{name} ="


def _cell_slips(file: str, raw: str, number: int, cell: dict[str, Any]) -> Iterator[Finding]:
    mark, source = _mark(cell), _source(cell)
    place = file, _line(raw, json.dumps(source.splitlines()[0])[1:-1]) if source.strip() else 0
    if (mark or _SOLUTION.search(source)) and not mark.get("grade_id"):
        yield Finding(
            *place, f"cell {number} has no nbgrader id: give it one, so that its metadata can say what it is."
        )
    elif _SOLUTION.search(source) and not mark.get("solution"):
        yield Finding(*place, f"cell {number} has a solution, but is no solution cell: students would read it.")
    if len(_SOLUTION.findall(source)) != source.count("### END SOLUTION"):
        yield Finding(*place, f"cell {number} has not as many '### END SOLUTION' as '### BEGIN SOLUTION'.")


def _mark(cell: dict[str, Any]) -> dict[str, Any]:
    mark = cell.get("metadata", {}).get("nbgrader", {})
    return mark if isinstance(mark, dict) else {}


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell.get("source", ""))


def _line(raw: str, text: str) -> int:
    """The line of the file that has this text. 0 if none has it."""
    place = raw.find(text)
    return raw.count("\n", 0, place) + 1 if place >= 0 else 0
