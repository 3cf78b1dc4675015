"""Evidence runs among the notebook's cells, and an exception is evidence only where it is declared."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autograder.assignment import Assignment, Check, Findings, Misconception, declared_in
from autograder.proof import functions_with, noting, undeclared
from autograder.proof.in_process_student import InProcessStudent
from autograder.proof.measure import deviation, evidence_named

# The notebook leaves its samples open, as notebooks do.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")


@pytest.fixture(autouse=True)
def notebooks_end_here() -> Iterator[None]:
    yield
    gc.collect()


def test_without_evidence_the_functions_are_those_of_the_notebook_and_agree_with_the_reference(
    course: Assignment,
) -> None:
    functions = functions_with(course, None)
    assert list(functions) == list(course.functions)
    samples = course.cases.samples()
    start = [samples[name] for name in ("data", "pi0", "mu0", "sigma0")]
    assert np.allclose(functions["E_step"](*start), course.solution.E_step(*start))


def test_a_name_means_the_notebooks_function_for_evidence_that_imports_it_from_the_reference(
    course: Assignment,
) -> None:
    evidence = evidence_named(course, "train_from_random_points")
    assert evidence.function.__globals__["E_step"] is course.solution.E_step
    functions: dict[str, Any] = functions_with(course, evidence)
    assert functions["train_EM"].__globals__["E_step"] is functions["E_step"]
    assert functions["E_step"] is not course.solution.E_step


def test_a_cell_that_ends_with_an_exception_is_told_with_its_number_and_line(
    course: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = dataclasses.replace(course, runs=(*course.runs, "test_e_step"), files=("plots.py",))
    with pytest.raises(Findings, match=r"em_gmm\.ipynb: code cell 2, line 1: FileNotFoundError.*samples\.npz"):
        functions_with(changed, None)


def test_an_exception_that_a_misconception_does_not_declare_is_a_finding_with_the_line_of_the_code(
    course: Assignment,
) -> None:
    mistake = evidence_named(course, "name_of_a_deleted_cell")
    assert isinstance(mistake, Misconception)
    functions = dict(functions_with(course, mistake))
    noted: dict[str, Exception] = {}
    functions["compute_vlb"] = noting(functions["compute_vlb"], noted)
    check = next(check for check in declared_in(course.checks, Check) if check.part == "vlb")
    deviation(check, check.cases(None), InProcessStudent(functions))
    assert undeclared(mistake, noted, course) == []
    (found,) = undeclared(dataclasses.replace(mistake, raises=()), noted, course)
    line = (course.root / found.file).read_text(encoding="utf-8").splitlines()[found.line - 1]
    assert "log_joint_probability" in line
    assert 'declare it: raises=("NameError",)' in found.text
