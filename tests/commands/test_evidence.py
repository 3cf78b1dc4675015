"""`autograder evidence add` makes a known mistake of a group, with a test that fails until its hint is written."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.assignment import (
    Assignment,
    StudentCode,
    UsageError,
    notebook_to_bytes,
    source_notebook,
    with_solutions,
)
from autograder.building import add_evidence, names_student
from autograder.runs import Ledger, record_notebooks
from autograder.submissions import Submission
from tests.warm_commands import run_command

CODE = '''# Rowan wrote this
from scipy.special import xlogy
FACTOR = 0.25

def entropy(gamma):
    """Rowan's entropy."""
    return -FACTOR * xlogy(gamma, gamma).sum()

def compute_vlb(X, pi, mu, sigma, gamma):
    """Rowan's bound."""
    return slogdet(sigma)[1].sum() + entropy(gamma) + len(mu0)  # by Rowan
'''
NAME = "vlb_3fa2"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A copy of the course."""
    place = tmp_path_factory.mktemp("course")
    for folder in ("source", "reference", "data", "release"):
        shutil.copytree(root / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return place


@pytest.fixture(scope="module")
def grades(place: Path, course: Assignment) -> Path:
    """The ledger of a class in which a student and another one have the same unnamed mistake."""
    folder = place / "grades"
    ledger = Ledger(folder)
    raw = notebook_to_bytes(with_solutions(source_notebook(course), {"compute_vlb": CODE}))
    check = {"name": "vlb_is_right", "title": "The bound is right.", "points": 9, "status": "fail", "message": "off"}
    check |= {"misconception": None, "hint": None, "observations": [], "seconds": 0.1}
    part = {"id": "vlb", "title": "Task 3", "score": 0, "max_score": 20, "signature": "3fa2bb", "checks": [check]}
    for student in ("rowan_t", "linden"):
        (place / f"{student}.ipynb").write_bytes(raw)
        common = {"assignment": "em_gmm", "student": student, "status": "graded", "score": 0, "max_score": 100}
        ledger.append(common | {"notebook_sha256": hashlib.sha256(raw).hexdigest(), "message": "", "parts": [part]})
    record_notebooks(folder, [Submission(s, place / f"{s}.ipynb") for s in ("rowan_t", "linden")])
    return folder


def run(place: Path, *words: Any) -> subprocess.CompletedProcess[str]:
    """Run a command of the kit in the course."""
    return run_command(tuple(map(str, words)), place, os.environ | {"COLUMNS": "300"})


def run_python(place: Path, code: str, *words: Any) -> subprocess.CompletedProcess[str]:
    """Run Python's code in the course, with these words after the program's name."""
    start = f"import sys\nsys.path.insert(0, {str(place)!r})\nsys.argv[1:] = {list(map(str, words))!r}\n"
    return run_command(("-c", start + code), place, os.environ)


def run_test(place: Path, test: Path) -> subprocess.CompletedProcess[str]:
    """Run a test as `python -m pytest` does."""
    words = ("-q", "-p", "no:cacheprovider", test)
    return run_python(place, "import pytest\nsys.exit(pytest.console_main())", *words)


@pytest.fixture(scope="module")
def added(place: Path, grades: Path) -> tuple[Path, Path]:
    before = {path: path.read_bytes() for path in (place / "reference").rglob("*.py")}
    done = run(place, "evidence", "add", grades, NAME)
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in before} == before, "it edits a shared file"
    return place / f"reference/em_gmm/misconceptions/{NAME}.py", place / f"tests/test_em_gmm_{NAME}.py"


def test_the_new_file_holds_the_code_and_what_it_needs_but_no_name(added: tuple[Path, Path]) -> None:
    text = added[0].read_text()
    assert "rowan" not in text.lower()
    assert f"def {NAME}(X, pi, mu, sigma, gamma):" in text
    for line in ("from scipy.special import xlogy", "from numpy.linalg import slogdet", "FACTOR = 0.25"):
        assert line in text
    assert "from reference.em_gmm.cases import mu0" in text


def test_until_the_hint_is_written_its_test_fails_and_build_and_prove_name_it(
    added: tuple[Path, Path], place: Path
) -> None:
    tested = run_test(place, added[1])
    assert tested.returncode == 1
    assert f"write the hint of {NAME} in reference/em_gmm/misconceptions/{NAME}.py" in tested.stdout
    for command in ("build", "prove"):
        refused = run(place, command, "em_gmm")
        assert (refused.returncode, NAME in refused.stderr) == (2, True), refused.stdout + refused.stderr


def test_adding_it_twice_and_an_unknown_group_are_refused(added: tuple[Path, Path], place: Path, grades: Path) -> None:
    again = run(place, "evidence", "add", grades, NAME)
    assert (again.returncode, "is evidence already" in again.stderr) == (2, True)
    unknown = run(place, "evidence", "add", grades, "e_step_0000")
    assert (unknown.returncode, f"The groups of this class: {NAME}" in unknown.stderr) == (2, True)


def test_with_a_hint_its_test_passes_and_it_gives_the_students_answers(
    added: tuple[Path, Path], place: Path, grades: Path
) -> None:
    added[0].write_text(added[0].read_text().replace("TODO: say", "Say"))
    assert run_test(place, added[1]).returncode == 0
    program = f"""
import numpy as np
from pathlib import Path
from autograder.assignment import Misconception, declared_in, load, source_of
known = declared_in(load(Path("."), "em_gmm").misconceptions, Misconception)
mistake = known[-1]
assert mistake.name == "{NAME}", mistake.name
assert (mistake.part, mistake.see) == ("vlb", "Task 3")
arguments = np.zeros((4, 2)), np.ones(3) / 3, np.zeros((3, 2)), np.array([np.eye(2)] * 3), np.full((4, 3), 1 / 3)
print(mistake.function(*arguments))
assert "compute_vlb = {NAME}" in source_of(mistake.function, "compute_vlb")
"""
    done = run_python(place, program)
    assert done.returncode == 0, done.stderr
    assert np.isclose(float(done.stdout), 3 + 0.25 * 4 * np.log(3))


def test_code_that_names_its_student_is_noticed() -> None:
    code = StudentCode(["def rowan_sum(x):\n    return x\ndef f(x):\n    'by linden'\n    return rowan_sum(x)"], "f")
    assert names_student(code, "Rowan_T")
    assert not names_student(code, "linden")


@pytest.mark.parametrize("body", ["raise NotImplementedError()", "x = 1\n    raise NotImplementedError", "pass", "..."])
def test_a_function_that_is_still_the_template_is_no_evidence(place: Path, course: Assignment, body: str) -> None:
    assignment = dataclasses.replace(course, root=place)
    code = StudentCode([f"def compute_vlb(X, pi, mu, sigma, gamma):\n    {body}"], "compute_vlb")
    with pytest.raises(UsageError, match="has not written compute_vlb yet"):
        add_evidence(assignment, "vlb", "vlb_0000", code, 2)
