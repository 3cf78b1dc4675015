"""The real course and one real jail, shared by all tests; a submission is made from the real notebooks."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder import assignment as assignments
from autograder import evidence, judge
from autograder.assignment import Assignment
from autograder.jail import Jail, best
from autograder.ledger import Result
from autograder.spec import Spec, load_spec
from autograder.submissions import Submission

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    """The real assignment; what a submission may use is little, so that a test of a limit is quick."""
    em_gmm = assignments.load(ROOT, "em_gmm")
    limits = dataclasses.replace(em_gmm.limits, memory_mb=1500, file_mb=2, result_mb=8, seconds_per_call=30)
    return dataclasses.replace(em_gmm, limits=limits)


@pytest.fixture(scope="session")
def spec(assignment: Assignment) -> Spec:
    return load_spec(assignment)


@pytest.fixture(scope="session")
def jail(assignment: Assignment) -> Iterator[Jail]:
    with Jail(assignment.limits, best()) as jail:
        yield jail


@pytest.fixture(scope="session")
def impatient_jail(assignment: Assignment) -> Iterator[Jail]:
    """One in which a call that hangs is stopped after a second."""
    with Jail(dataclasses.replace(assignment.limits, seconds_per_call=1, seconds_per_notebook=20), best()) as jail:
        yield jail


@pytest.fixture(scope="session")
def source(assignment: Assignment) -> dict[str, Any]:
    return evidence.source_notebook(assignment)


@pytest.fixture(scope="session")
def release(assignment: Assignment) -> dict[str, Any]:
    return evidence.release_notebook(assignment)


@pytest.fixture
def grade(tmp_path: Path, spec: Spec, jail: Jail) -> Callable[..., Result]:
    """Hand a notebook in and have it graded."""

    def graded(notebook: dict[str, Any] | bytes, spec: Spec = spec, jail: Jail = jail) -> Result:
        path = tmp_path / "ada.ipynb"
        path.write_bytes(notebook if isinstance(notebook, bytes) else evidence.to_bytes(notebook))
        return judge.grade(Submission("ada", path), spec, jail)

    return graded


@pytest.fixture
def solved(source: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """The instructor's notebook with other code in cells given by their grade id, or a cell before or after."""

    def make(before: str = "", after: str = "", **cells: str) -> dict[str, Any]:
        notebook = evidence.with_solutions(copy.deepcopy(source), cells)
        extra = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": ""}]
        head = [cell | {"source": before} for cell in extra if before]
        tail = [cell | {"source": after} for cell in extra if after]
        return notebook | {"cells": [*head, *notebook["cells"], *tail]}

    return make


@pytest.fixture(scope="session")
def scores() -> Callable[[Result], dict[str, float]]:
    """The points by part."""
    return lambda result: {part["id"]: part["score"] for part in result["parts"]}


@pytest.fixture(scope="session")
def checks() -> Callable[..., list[dict[str, Any]]]:
    """The checks of a result, of all parts or of those named."""

    def of(result: Result, *parts: str) -> list[dict[str, Any]]:
        return [check for part in result["parts"] if not parts or part["id"] in parts for check in part["checks"]]

    return of
