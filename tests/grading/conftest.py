"""Fixtures that several tests of grading use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.assignment import Assignment, source_notebook
from tests.grading.released_class import ROOT, SECRET, TREES, Run


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """The folders of a class, and a function that runs the command line with the course's secret."""
    place = tmp_path_factory.mktemp("variants")
    (place / "roster.csv").write_text("student_id,email\n" + "".join(f"{t},{t}@example.org\n" for t in TREES))

    def call(*arguments: str, secret: str = SECRET, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "autograder", *arguments]
        environment = {"AUTOGRADER_COURSE": secret, "PATH": "/usr/bin:/bin", "COLUMNS": "200", "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    done = call("release", "em_gmm", "--roster", str(place / "roster.csv"), "--out", str(place / "out"), "-j1")
    assert done.returncode == 0, done.stderr
    return place, call


@pytest.fixture(scope="module")
def right(assignment: Assignment) -> dict[str, str]:
    """The solutions by the id of their cell."""
    notebook = source_notebook(assignment)
    ids = {assignment.cell_of(function) for function in assignment.functions}
    by_id = [(cell["metadata"].get("nbgrader", {}).get("grade_id"), cell) for cell in notebook["cells"]]
    return {id: "".join(cell["source"]) for id, cell in by_id if id in ids and cell["cell_type"] == "code"}
