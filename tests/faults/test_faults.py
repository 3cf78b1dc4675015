"""Submissions that hang, bomb or crash: each ends, says why, and costs its author what it broke and nobody else."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment, notebook_to_bytes
from autograder.grading import Result, grade_submission
from autograder.sandbox import Sandbox, strictest_isolation
from autograder.submissions import Submission
from tests.hostile import cells_of, header, submissions, with_cells

HERE = Path(__file__).parent
NAMES = submissions(HERE)
FULL = {"e_step": 20, "m_step.mu": 10, "m_step.sigma": 20, "m_step.pi": 10, "vlb": 20, "em": 0}


@pytest.fixture
def sandbox(sandboxes: Any, course: Assignment, isolation: str) -> Sandbox:
    limits = dataclasses.replace(
        course.limits,
        seconds_per_call=2,
        seconds_per_notebook=5,
        seconds_per_submission=25,
        memory_mb=1500,
        file_mb=4,
        result_mb=8,
    )
    return sandboxes(limits, isolation)  # type: ignore[no-any-return]


def broken(honest: dict[str, Any], name: str) -> dict[str, Any]:
    """The honest notebook with the fault's cells behind it: what they define replaces what was right."""
    # Five megabytes are written here rather than kept in a file.
    cells = [cell.replace("FIVE MEGABYTES", "x" * (5 << 20)) for cell in cells_of(HERE / "submissions" / f"{name}.py")]
    return with_cells(honest, after=cells)


def points(result: Result) -> dict[str, float]:
    return {part["id"]: part["score"] for part in result["parts"]}


def without_times(result: Result) -> Any:
    return result["message"], [[{**check, "seconds": 0} for check in part["checks"]] for part in result["parts"]]


@pytest.fixture(scope="module")
def alone(course: Assignment, course_spec: Any, honest: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The honest notebook's result where nobody was graded before."""
    path = tmp_path_factory.mktemp("alone") / "ada.ipynb"
    path.write_bytes(notebook_to_bytes(honest))
    with Sandbox(course.limits, strictest_isolation()) as sandbox:
        return without_times(grade_submission(Submission("ada", path), course_spec, sandbox))


def test_there_are_many_faults() -> None:
    assert len(NAMES) >= 28


def test_without_a_fault_nothing_is_lost(sandbox: Sandbox, hand_in: Any, honest: Any) -> None:
    assert points(hand_in(honest, sandbox)) == FULL


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_costs_its_author_what_it_breaks_is_told_and_costs_the_next_one_nothing(
    name: str, sandbox: Sandbox, hand_in: Any, honest: Any, alone: Any
) -> None:
    path = HERE / "submissions" / f"{name}.py"
    costs = header(path, "costs").split()
    result = hand_in(broken(honest, name), sandbox)
    assert result["status"] == "graded"
    assert points(result) == {id: 0 if id in costs else most for id, most in FULL.items()}
    told = [result["message"], *(check["message"] for part in result["parts"] for check in part["checks"])]
    assert any(re.search(header(path, "says"), message) for message in told), told
    assert without_times(hand_in(honest, sandbox)) == alone
