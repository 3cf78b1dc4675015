"""Says facts about the code of the parts that lost points: the general observations, and those of the assignment.

It only reads the code. If anything goes wrong here, it costs nobody a point: the part then has no observation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.assignment import (
    Assignment,
    NoCode,
    Observation,
    StudentCode,
    Unreadable,
    declared_in,
    general_observations,
    read_cells,
)
from autograder.grading.explain import printable

MOST = 6  # sentences for a part; nobody would read more
_LONGEST = 300  # letters of a sentence


def add_observations(
    parts: Sequence[dict[str, Any]], raw: bytes, assignment: Assignment, ends: Mapping[str, int]
) -> None:
    """Add the observations on a part's code to the part's failed checks. `parts` are those of a result.

    `ends` has for a function how many code cells ran before it was asked, if these are not all.
    """
    codes: dict[str, StudentCode | None] = {}  # by the function, because several parts may share one
    for part in parts:
        failed = [check for check in part["checks"] if check["status"] == "fail"]
        function = assignment.part(part["id"]).function
        if failed and function not in codes:
            codes[function] = _code(raw, part["id"], assignment, ends.get(function))
        said = _sentences(codes[function], part["id"], assignment) if failed else []
        for check in failed:
            check["observations"] = list(dict.fromkeys([*check["observations"], *said]))


def observe(raw: bytes, part: str, assignment: Assignment) -> list[str]:
    """Return what the observations say about the code of a part in a notebook. Empty if the code cannot be read."""
    return _sentences(_code(raw, part, assignment), part, assignment)


def _code(raw: bytes, part: str, assignment: Assignment, end: int | None = None) -> StudentCode | None:
    try:
        return code_of_part(raw, part, assignment, end)
    except Exception:  # noqa: BLE001 - NoCode, or an error of ours: the grade stands without observations
        return None


def _sentences(code: StudentCode | None, part: str, assignment: Assignment) -> list[str]:
    said: dict[str, None] = {}
    for observation in observations_of(assignment) if code else []:
        if code and (not observation.parts or part in observation.parts):
            try:
                said |= dict.fromkeys(printable(sentence, _LONGEST) for sentence in observation.sentences(code))
            except Exception:  # noqa: BLE001 - the other observations still count
                continue
    return list(said)[:MOST]


def observations_of(assignment: Assignment) -> list[Observation]:
    """Return the assignment's own observations, which know more, and then the general ones."""
    own = declared_in(assignment.observations, Observation) if assignment.observations else []
    return [*own, *declared_in(general_observations, Observation)]


def code_of_part(raw: bytes, part: str, assignment: Assignment, end: int | None = None) -> StudentCode:
    """Return the code of a part's function in a notebook, or in its first `end` code cells. Raises NoCode."""
    try:
        cells = [cell["source"] for cell in read_cells(raw) if cell.get("cell_type") == "code"]
    except Unreadable as problem:
        raise NoCode(str(problem)) from None
    return StudentCode(cells[:end], assignment.part(part).function, assignment.functions)
