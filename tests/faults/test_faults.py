"""Submissions that hang, flood or crash. Each one ends, its result says why, and it costs only the points it broke."""

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
from tests.conftest import without_tests
from tests.hostile import cells_of, header, submissions, with_cells

HERE = Path(__file__).parent
NAMES = submissions(HERE)
FULL = {"e_step": 20, "m_step.mu": 10, "m_step.sigma": 20, "m_step.pi": 10, "vlb": 20, "em": 0}


@pytest.fixture
def sandbox(sandboxes: Any, course: Assignment, isolation: str) -> Sandbox:
    limits = dataclasses.replace(
        course.limits,
        seconds_per_call=0.1,  # of processor time: the right functions need a hundredth
        seconds_per_statement=0.5,
        seconds_per_submission=120,
        memory_mb=1500,
        file_mb=4,
        result_mb=8,
    )
    return sandboxes(limits, isolation)  # type: ignore[no-any-return]


def with_fault(honest: dict[str, Any], name: str) -> dict[str, Any]:
    """The honest notebook with the fault's cells after it. Their definitions replace the correct ones.

    It has no test cells, because a function is asked as it stood when its test cell ran.
    """
    # The five megabytes are made here, so that no file has to hold them.
    cells = [cell.replace("FIVE MEGABYTES", "x" * (5 << 20)) for cell in cells_of(HERE / "submissions" / f"{name}.py")]
    return with_cells(without_tests(honest), after=cells)


def points(result: Result) -> dict[str, float]:
    return {part["id"]: part["score"] for part in result["parts"]}


def without_times(result: Result) -> Any:
    return result["message"], [[{**check, "seconds": 0} for check in part["checks"]] for part in result["parts"]]


@pytest.fixture(scope="module")
def result_alone(course: Assignment, course_spec: Any, honest: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The honest notebook's result in a new sandbox, which has graded no other submission."""
    path = tmp_path_factory.mktemp("alone") / "ada.ipynb"
    path.write_bytes(notebook_to_bytes(honest))
    with Sandbox(course.limits, strictest_isolation()) as sandbox:
        return without_times(grade_submission(Submission("ada", path), course_spec, sandbox))


def test_there_are_many_faults() -> None:
    assert len(NAMES) >= 28


def test_without_a_fault_nothing_is_lost(sandbox: Sandbox, hand_in: Any, honest: Any) -> None:
    assert points(hand_in(honest, sandbox)) == FULL


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_costs_only_what_it_breaks_and_is_explained_and_costs_the_next_submission_nothing(
    name: str, sandbox: Sandbox, hand_in: Any, honest: Any, result_alone: Any
) -> None:
    path = HERE / "submissions" / f"{name}.py"
    costs = header(path, "costs").split()
    result = hand_in(with_fault(honest, name), sandbox)
    assert result["status"] == "graded"
    assert points(result) == {part: 0 if part in costs else full for part, full in FULL.items()}
    messages = [result["message"], *(check["message"] for part in result["parts"] for check in part["checks"])]
    assert any(re.search(header(path, "says"), message) for message in messages), messages
    assert without_times(hand_in(honest, sandbox)) == result_alone
