"""Fixtures that several tests of grading use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.assignment import Assignment, source_notebook
from tests.grading.released_class import ROOT, SECRET, TREES, Run
from tests.shared import made_once
from tests.warm_commands import run_command


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """The folders of a class, and a function that runs the command line with the course's secret."""
    place = tmp_path_factory.mktemp("variants")
    shutil.copytree(made_once("variants", _release), place, dirs_exist_ok=True)

    def call(*arguments: str, secret: str = SECRET) -> subprocess.CompletedProcess[str]:
        return run_command(arguments, ROOT, _environment(secret))

    return place, call


def _release(place: Path) -> None:
    """Run `release` for a class as an instructor starts it."""
    (place / "roster.csv").write_text("student_id,email\n" + "".join(f"{t},{t}@example.org\n" for t in TREES))
    command = [sys.executable, "-m", "autograder", "release", "em_gmm", "--roster", str(place / "roster.csv")]
    command += ["--out", str(place / "out"), "-j1"]
    done = subprocess.run(command, cwd=ROOT, env=_environment(SECRET), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _environment(secret: str) -> dict[str, str]:
    return os.environ | {"AUTOGRADER_COURSE": secret, "COLUMNS": "200"}


@pytest.fixture(scope="module")
def right(assignment: Assignment) -> dict[str, str]:
    """The solutions by the id of their cell."""
    notebook = source_notebook(assignment)
    ids = {assignment.cell_of(function) for function in assignment.functions}
    by_id = [(cell["metadata"].get("nbgrader", {}).get("grade_id"), cell) for cell in notebook["cells"]]
    return {id: "".join(cell["source"]) for id, cell in by_id if id in ids and cell["cell_type"] == "code"}
