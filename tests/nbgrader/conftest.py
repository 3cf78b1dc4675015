"""An nbgrader course with three submissions, ungraded and graded, and helpers that use it."""

from __future__ import annotations

import copy
import json
import os
import shlex
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

import autograder.nbgrader
from autograder.assignment import (
    Alternative,
    Assignment,
    declared_in,
    notebook_to_bytes,
    release_notebook,
    source_notebook,
    source_of,
    with_solutions,
)
from autograder.cli import app
from autograder.grading import Result
from autograder.runs import latest_results
from autograder.submissions import Roster, find_submissions
from tests.docs.pages import blocks
from tests.shared import made_once
from tests.warm_commands import run_command

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

Notebook = dict[str, Any]
STOP = "def train_EM(*_):\n    raise NotImplementedError"
HIDDEN = "assert 'hidden from students'"
OTHER_SOLUTION = "sorbus"  # a student with a correct solution that is not the instructor's
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # nbgrader runs `alembic`
LATE = "2026-03-02 12:30:00 UTC"


def nbgrader(course: Path, *words: str) -> None:
    """Run a command of nbgrader in the course's folder, in this process, because nbgrader takes seconds to import."""
    from jupyter_core.application import NoStart
    from nbgrader.apps import NbGraderApp

    with pytest.MonkeyPatch.context() as change, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from nbgrader itself
        change.chdir(course)
        change.setenv("PATH", PATH)
        command = NbGraderApp()
        try:
            command.initialize([*words, "--log-level=ERROR"])
            command.start()
        except NoStart:
            pass  # a subcommand did it
        except SystemExit as end:
            if end.code:
                pytest.fail(f"nbgrader {' '.join(words)} ended with {end.code}")
        finally:
            while command.subapp is not None:
                command = command.subapp
            command.clear_instance()


def nbgrader_alone(course: Path, *words: str) -> None:
    """Run a command of nbgrader in its own process, as an instructor does."""
    code = f"import runpy, sys; sys.argv[1:] = {words!r}; runpy.run_module('nbgrader', alter_sys=True)"
    # PYTHONPATH could name another grader than the one beside the notebook.
    environment = {**os.environ, "PATH": PATH, "JUPYTER_PREFER_ENV_PATH": "1", "PYTHONPATH": ""}
    done = run_command(("-c", code), course, environment)
    assert done.returncode == 0, done.stderr[-2000:]


def gradebook(course: Path) -> Gradebook:
    from nbgrader.api import Gradebook

    return Gradebook(f"sqlite:///{(course / 'gradebook.db').as_posix()}")


def hand_in(course: Path, assignment: Assignment, student: str, notebook: Notebook | bytes, name: str = "") -> Path:
    folder = course / "submitted" / student / assignment.slug
    beside = shutil.ignore_patterns("*.ipynb", "__pycache__")
    shutil.copytree(assignment.release, folder, ignore=beside, dirs_exist_ok=True)
    raw = notebook if isinstance(notebook, bytes) else notebook_to_bytes(notebook)
    (folder / (name or assignment.notebook)).write_bytes(raw)
    return folder


def cell(notebook: Notebook, name: str) -> dict[str, Any]:
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


def in_gradebook(course: Path, assignment: Assignment, student: str) -> dict[str, Any]:
    """The automatic score of each test cell."""
    with gradebook(course) as book:
        notebook = book.find_submission_notebook(Path(assignment.notebook).stem, assignment.slug, student)
        return {grade.name: grade.auto_score for grade in notebook.grades}


def autograded(course: Path, assignment: Assignment, student: str) -> Any:
    from nbgrader.nbgraderformat import MetadataValidator
    from nbgrader.nbgraderformat import read as read_as_nbgrader

    path = course / "autograded" / student / assignment.slug / assignment.notebook
    notebook = read_as_nbgrader(str(path), as_version=4)
    MetadataValidator().validate_nb(notebook)
    return notebook


def other_solution(course: Assignment) -> Notebook:
    """A correct submission without any function of the instructor."""
    cells = {}
    for function in course.functions:
        known = next(
            a
            for a in declared_in(course.alternatives, Alternative)
            if a.solves == function and a.blends and "loops" not in a.name  # in training, a loop takes seconds
        )
        cells[course.cell_of(function)] = source_of(known.function, function)
    return with_solutions(source_notebook(course), cells)


def set_up(root: Path, course: Assignment) -> None:
    """Run the commands of docs/platforms.md that add the assignment to a course, except nbgrader's own command."""
    page = (course.root / "docs" / "platforms.md").read_text(encoding="utf-8")
    (block,) = [text for _, _, text in blocks(page) if "generate_assignment" in text]
    *copying, last = block.splitlines()
    assert last == f"cd DIR && nbgrader generate_assignment {course.slug}"
    for command in copying:
        words = [word.replace("DIR", str(root)) for word in shlex.split(command)]
        subprocess.run(words, cwd=course.root, check=True)


@pytest.fixture(scope="session")
def ungraded(course: Assignment) -> Path:
    """An instructor's course with three submissions, before grading."""
    return made_once("nbgrader-course", partial(make_course, course))


def make_course(course: Assignment, root: Path) -> None:
    set_up(root, course)
    source = root / "source" / course.slug / course.notebook
    notebook = json.loads(source.read_bytes())
    test = cell(notebook, "test_e_step")
    test["source"] = f"### BEGIN HIDDEN TESTS\n{HIDDEN}\n### END HIDDEN TESTS\n{''.join(test['source'])}"
    source.write_bytes(notebook_to_bytes(notebook))
    nbgrader(root, "generate_assignment", course.slug)
    nbgrader(root, "db", "assignment", "add", course.slug, "--duedate", "2026-03-01 00:00:00 UTC")
    answers = copy.deepcopy(source_notebook(course))
    answers["cells"][0]["source"] = "![my derivation](page.png)"
    cell(answers, "e_step")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "my own output"}]
    folder = hand_in(root, course, "alder", answers)
    (folder / "timestamp.txt").write_text(LATE)
    (folder / "page.png").write_bytes(b"a photograph")
    hand_in(root, course, "ash", release_notebook(course))
    hand_in(root, course, OTHER_SOLUTION, other_solution(course))


@pytest.fixture(scope="session")
def graded_once(ungraded: Path, course: Assignment) -> Path:
    """The same course after `autograder grade --course`."""

    def grade(folder: Path) -> None:
        shutil.copytree(ungraded, folder, dirs_exist_ok=True)
        words = ["grade", course.slug, "--course", str(folder), "--jobs", "1", "--isolation", "process"]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        assert "3 submissions in the gradebook" in done.output

    return made_once("nbgrader-course-graded", grade)


@pytest.fixture(scope="module")
def graded(graded_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graded course that the tests of a file may change."""
    folder = tmp_path_factory.mktemp("graded") / "course"
    shutil.copytree(graded_once, folder)
    return folder


@pytest.fixture
def results(graded: Path, course: Assignment) -> dict[str, Result]:
    return latest_results(graded / "grades" / course.slug / "results.jsonl")


@pytest.fixture
def record(graded: Path, course: Assignment, results: dict[str, Result]) -> Callable[..., Any]:
    """Hand in a notebook and record alder's result for it, so that only the notebook itself can cause trouble."""

    def recorded(student: str, notebook: Notebook | bytes, name: str = "", **changed: Any) -> Any:
        folder = hand_in(graded, course, student, notebook, name)
        found = next(s for s in find_submissions([folder.parents[1]], course) if s.student == student)
        autograder.nbgrader.Course(graded, course).record(
            found, {**results["alder"], "student": student, **changed}, Roster()
        )
        return autograded(graded, course, student)

    return recorded
