"""What a student reads when a cell or a function fails, hangs or returns the wrong type."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.grading import CallLimits, Spec
from autograder.runs import Ledger
from autograder.sandbox import Sandbox
from tests.grading.solutions import ALL_BUT_TRAINING, FULL, NO_TRAINING, Checks, Grade, Scores, Solved

Limited = Callable[..., None]


@pytest.fixture
def limited(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Limited:
    """Give the sandbox of all tests other limits for one test: those that its parent process knows nothing of."""
    sandbox.open().close()  # it is warm before the time of a submission begins

    def limit(**limits: float) -> None:
        monkeypatch.setattr(sandbox, "limits", dataclasses.replace(sandbox.limits, **limits))  # type: ignore[arg-type]

    return limit


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("None", "None"),
        ("'a word'", "text"),
        ("np.full((len(X), len(pi)), np.nan)", "NaN"),
        ("np.ones((len(X), len(pi)), complex)", "complex"),
        ("1.0", "number"),
        ("np.ones((len(pi) + 1, 2))", "shape"),
        ("(x for x in X)", "generator"),
        ("E_step", "function"),
    ],
)
def test_each_wrong_type_of_answer_has_its_own_sentence(
    grade: Grade, solved: Solved, checks: Checks, returned: str, expected: str
) -> None:
    result = grade(solved(e_step=f"def E_step(X, pi, mu, sigma):\n    return {returned}", train_EM=NO_TRAINING))
    message = checks(result, "e_step")[0]["message"]
    assert message.startswith("With other samples of the same size: ")
    assert expected in message


# ---------------------------------------------------------------- failing cells and functions


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("gama + 1", "uses the name 'gama', which no cell defines"),
        ("gama + 1\ngama = 2", "uses the name 'gama', which is not defined there (did the line that defines it fail"),
        ("import numpy as np\nnp.float(1)", "uses a name that NumPy does not have (any more)"),
        ("import seaborn_of_mine as sns", "needs the module 'seaborn_of_mine', which is not installed"),
        ("exit()", "ends the program, with exit()"),
        ("1 +", "raised SyntaxError"),
        ("x = 1\ninput()", "waits for the keyboard"),
        ("def g(): g()\ng()", "calls itself without end"),
    ],
)
def test_a_cell_that_fails_costs_no_points_and_the_student_reads_why(
    grade: Grade, solved: Solved, cell: str, expected: str
) -> None:
    result = grade(solved(before=cell, train_EM=NO_TRAINING))
    assert result["score"] == ALL_BUT_TRAINING
    assert result["message"].startswith("A cell ")
    assert expected in result["message"]
    assert "in code cell 1, line " in result["message"]


def test_a_name_whose_line_failed_is_not_said_to_come_from_no_cell(
    grade: Grade, solved: Solved, checks: Checks
) -> None:
    cell = "HALF = 1 / 0\ndef E_step(*_):\n    return HALF"
    message = checks(grade(solved(e_step=cell, train_EM=NO_TRAINING)), "e_step")[0]["message"]
    assert "E_step uses the name 'HALF', which is not defined there (did the line that defines it fail, or" in message


def test_cells_are_counted_as_the_student_counts_them(grade: Grade, solved: Solved, source: Any) -> None:
    number = sum(cell["cell_type"] == "code" for cell in source["cells"]) + 1
    notebook = solved(after="x = 1\nundefined", tests=True, train_EM=NO_TRAINING)
    assert f"in code cell {number}, line 2." in grade(notebook)["message"]


def test_the_rest_of_a_cell_is_run_when_its_first_import_fails(
    grade: Grade, solved: Solved, right: dict[str, str]
) -> None:
    e_step = "import plotly_of_mine as px\nfrom nowhere import thing\n" + right["e_step"]
    assert grade(solved(e_step=e_step, train_EM=NO_TRAINING))["score"] == ALL_BUT_TRAINING


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return gama", "uses the name 'gama', which no cell defines"),
        ("return np.float(1)", "uses a name that NumPy does not have (any more)"),
        ("return np.linalg.solve(sigma, mu)", "calls np.linalg.solve with a stack of vectors"),
        ("return np.NINF", "`np.NINF` was removed in the NumPy 2.0 release. Use `-np.inf` instead, in code cell"),
        ("return (2 * 3.14) ** 1000", "(34, 'Numerical result out of range') (a power is too large for a float)"),
        ("import math; math.isnan(np.ones((1, 1)))", "NumPy refuses this for an array of shape (1, 1) too"),
        ("return X + np.ones((281, 2))", "could not be broadcast together with shapes (280,2) (281,2)"),
        ("return X, pi, None", "gamma is a tuple of 3 values where one array is due"),
        ("exit()", "ends the program, with exit()"),
        ("return input()", "waits for the keyboard"),
        ("return E_step(X, pi, mu, sigma)", "calls itself without end"),
        ("return np.ones(10**11)", "more memory than the 1500 MB that a submission may use"),
        ("raise ValueError('half a letter: \\ud800 [/red] \\x1b')", "ValueError: half a letter"),
    ],
)
def test_the_student_reads_one_sentence_about_a_function_that_fails(
    grade: Grade, solved: Solved, checks: Checks, tmp_path: Path, body: str, expected: str
) -> None:
    result = grade(solved(e_step=f"def E_step(X, pi, mu, sigma):\n    {body}", train_EM=NO_TRAINING))
    message = checks(result, "e_step")[0]["message"]
    assert expected in message
    assert message.endswith(".")
    Ledger(tmp_path / "grades").append(result)
    assert Ledger(tmp_path / "grades").latest()["ada"]["score"] == result["score"] == 60


@pytest.mark.parametrize(
    ("imports", "name", "why"),
    [
        ("import nowhere_of_mine as nw", "nw", "needs the module 'nowhere_of_mine', which is not installed"),
        ("import sklearn.mixture", "sklearn", "needs the module 'sklearn', which is not installed"),
        ("from nowhere_of_mine import (\n    a,\n    thing,\n)", "thing", "needs the module 'nowhere_of_mine'"),
        ("from numpy import missing_thing", "missing_thing", "raised ImportError: cannot import name 'missing_thing'"),
    ],
)
def test_a_name_whose_import_failed_is_explained_by_the_import(
    grade: Grade, solved: Solved, checks: Checks, imports: str, name: str, why: str
) -> None:
    e_step = f"def E_step(*_):\n    return {name}.f()"
    result = grade(solved(before=f"x = 1\n{imports}", e_step=e_step, train_EM=NO_TRAINING))
    message = checks(result, "e_step")[0]["message"]
    assert f"E_step uses the name '{name}' (its import in code cell 1, line 2 failed: it {why}" in message
    assert "which no cell defines" not in message


def test_a_value_of_several_that_is_none_is_told_from_a_missing_return(
    grade: Grade, solved: Solved, checks: Checks
) -> None:
    m_step = "def M_step(X, gamma):\n    return gamma.mean(axis=0), None, None"
    result = grade(solved(m_step=m_step, train_EM="def train_EM(*_):\n    return 1.0, None, None, None"))
    assert {check["status"] for check in checks(result, "m_step.pi")} == {"pass"}
    [first, *_] = checks(result, "m_step.mu")
    assert first["message"].endswith("mu is None, one of the 3 values that the function returned.")
    [first, *_] = checks(result, "em")
    assert "best_pi is None, one of the 4 values that the function returned." in first["message"]
    assert {check["misconception"] for check in checks(result)} == {None}


def test_a_function_without_return_gets_no_other_name(grade: Grade, solved: Solved, checks: Checks) -> None:
    result = grade(solved(m_step="def M_step(X, gamma):\n    pass", train_EM=NO_TRAINING))
    [first, *_] = checks(result, "m_step.mu")
    assert "the function returned None where 3 values (pi, mu, sigma) are due" in first["message"]
    assert {check["misconception"] for check in checks(result)} == {None}


def test_the_message_about_a_missing_function_names_the_first_cell_that_failed(
    grade: Grade, solved: Solved, checks: Checks
) -> None:
    result = grade(solved(e_step="def E_step(X, pi, mu, sigma:\n    return 1", train_EM=NO_TRAINING))
    message = checks(result, "e_step")[0]["message"]
    assert "no cell defines a function named E_step" in message
    assert "SyntaxError" in message


# ---------------------------------------------------------------- cells and functions that hang or die


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("import time; time.sleep(1000)", "did not end within 1 seconds"),
        ("import os; os._exit(0)", "ended the Python process"),
    ],
)
def test_an_e_step_that_hangs_or_dies_costs_only_the_parts_that_need_it(
    grade: Grade, solved: Solved, scores: Scores, checks: Checks, limited: Limited, body: str, expected: str
) -> None:
    limited(seconds_per_call=1)
    result = grade(solved(e_step=f"def E_step(X, pi, mu, sigma):\n    {body}"))
    assert result["status"] == "graded"
    assert scores(result) == FULL | {"e_step": 0}
    assert expected in checks(result, "e_step")[0]["message"]


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_cell_that_hangs_or_dies_costs_no_points_and_keeps_its_definitions(
    grade: Grade, solved: Solved, limited: Limited, right: dict[str, str], where: str
) -> None:
    """Some students train with eight components in the last cell, or in the cell of the function."""
    limited(seconds_per_notebook=0.5)
    ending = {"before": "import time; time.sleep(1000)", "after": "import os; os._exit(1)"}[where]
    e_step = f"{right['e_step']}\n__import__('time').sleep(1000)"
    notebook = solved(**{where: ending}, e_step=e_step, train_EM=NO_TRAINING)
    result = grade(notebook)
    assert (result["status"], result["score"]) == ("graded", ALL_BUT_TRAINING)
    assert result["message"].count(" was stopped and left out: it ") == 2
    assert "it did not end within 0.5 seconds" in result["message"]


def test_if_more_cells_hang_than_there_are_replays_only_definitions_run_after_them(
    grade: Grade, solved: Solved, limited: Limited, right: dict[str, str]
) -> None:
    limited(seconds_per_notebook=0.25, replays=1)
    constant = "HALF = np.sqrt(0.25)\nassert HALF == 0.5\nwhile True: pass"
    e_step = f"{constant}\n{right['e_step']}"
    result = grade(solved(before="while True: pass", e_step=e_step, train_EM=NO_TRAINING))
    assert (result["status"], result["score"]) == ("graded", ALL_BUT_TRAINING)
    assert "was stopped: it did not end within 0.25 seconds of processor time. After it, only" in result["message"]
    hangs = "class Endless:\n    while True: pass"  # a definition too
    result = grade(solved(before=hangs, e_step=hangs, m_step=hangs))
    assert (result["status"], result["score"]) == ("graded", 0)
    assert "could not be run to their end: it did not end within 0.25 seconds" in result["message"]


def test_the_message_about_the_time_of_a_submission_names_that_limit(
    grade: Grade, solved: Solved, limited: Limited, spec: Spec, checks: Checks
) -> None:
    limited(seconds_per_submission=4)
    whole = solved(e_step="import time\ndef E_step(*_):\n    time.sleep(1000)")
    endless = whole | {"cells": [cell for cell in whole["cells"] if "def E_step(*_)" in cell["source"]]}
    result = grade(endless, dataclasses.replace(spec, call_limits=CallLimits()))
    messages = [check["message"] for check in checks(result, "e_step")]
    sentence = "E_step was stopped: it took all of the 4 seconds that a submission has."
    assert any(sentence in message for message in messages)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("x = 1\nf((", r"raised SyntaxError: '\(' was never closed, in code cell \d+, line 2\."),
        ("import sklearn.mixture", r"needs the module 'sklearn', which is not installed where submissions are graded"),
        ("%%time\nx = 1\n1 / 0", r"raised ZeroDivisionError: division by zero, in code cell \d+, line 3\."),
    ],
)
def test_the_message_about_a_failed_cell_names_its_number_and_line_once(
    grade: Grade, solved: Solved, cell: str, expected: str
) -> None:
    message = grade(solved(after=cell, train_EM=NO_TRAINING))["message"]
    assert re.search(expected, message), message
    assert "<cell" not in message


def test_a_hidden_package_that_a_function_imports_is_named(grade: Grade, solved: Solved, checks: Checks) -> None:
    body = "def train_EM(*_):\n    from sklearn.mixture import GaussianMixture"
    [first, *_] = checks(grade(solved(train_EM=body)), "em")
    assert "train_EM needs the module 'sklearn', which is not installed" in first["message"]


def test_an_error_in_the_e_step_is_not_named_as_a_mistake_of_training(
    grade: Grade, solved: Solved, checks: Checks
) -> None:
    """If train_EM itself raises the same error, it is a known mistake."""
    result = grade(solved(e_step="def E_step(*_):\n    return 1 / 0"))
    assert {check["misconception"] for check in checks(result, "em")} == {None}
