"""The graded checks of $slug; the points of a part's checks add up to its points in assignment.toml."""

from __future__ import annotations

from typing import Any

from autograder.assignment import Case, check, expect
from reference.$slug import cases
from reference.$slug.solution import answer


@check("answer", points=10, cases=cases.ordinary)
def answer_is_right(student: Any, case: Case) -> None:
    """The student reads this line as the check's title."""
    expect(student.answer(case.x), "y").shape(len(case.x)).close_to(answer(case.x), case.tolerance)
