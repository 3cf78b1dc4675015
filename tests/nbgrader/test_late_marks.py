"""A gradebook and the kit's own reports agree about late work, by whichever of the two takes points off."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.assignment import Assignment
from autograder.cli import app
from tests.nbgrader.conftest import nbgrader


def scores(path: Path) -> dict[str, tuple[float, float]]:
    """Each student's penalty and score in a grades.csv of nbgrader or of the kit."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {
            row["student_id"]: (float(row["late_submission_penalty"] or 0), float(row["score"] or 0))
            for row in csv.DictReader(file)
            if row["raw_score"]
        }


def both(root: Path, assignment: Assignment) -> tuple[dict[str, tuple[float, float]], ...]:
    """Grade again, which runs nobody's code, and return nbgrader's export and the kit's report."""
    done = CliRunner().invoke(
        app, ["grade", assignment.slug, "--course", str(root), "--isolation", "process", "--format", "csv"]
    )
    assert done.exit_code == 0, done.output
    nbgrader(root, "export", "--to", "grades.csv")
    return scores(root / "grades.csv"), scores(root / "grades" / assignment.slug / "grades.csv")


def test_the_penalty_of_nbgraders_plugin_is_in_every_report(
    graded: Path, course: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "course"
    shutil.copytree(graded, root)
    with (root / "nbgrader_config.py").open("a") as file:
        file.write("\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
    monkeypatch.chdir(course.root)
    by_nbgrader, by_kit = both(root, course)
    assert by_nbgrader["alder"] == (100, 0)
    assert by_kit == {student: by_nbgrader[student] for student in by_kit}
    page = root / "grades" / course.slug / "report.html"
    done = CliRunner().invoke(app, ["report", str(page.parent), "--format", "html"])
    assert done.exit_code == 0, done.output
    assert "2 days late, nbgrader&#39;s own penalty: 100 points are taken off" in page.read_text(encoding="utf-8")


def test_the_penalty_of_the_policy_is_in_the_gradebook(
    graded: Path, course: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, own = tmp_path / "course", tmp_path / "own"
    shutil.copytree(graded, root)
    for folder in ("source", "reference", "release", "data"):
        shutil.copytree(course.root / folder, own / folder, ignore=shutil.ignore_patterns("hmm"))
    policy = own / "source" / course.slug / "assignment.toml"
    text = policy.read_text(encoding="utf-8").split("[submission]")[0]
    late = "[submission]\ndue = 2026-03-01T00:00:00Z\n[late]\nshare_per_day = 0.1\n"
    policy.write_text(text + late, encoding="utf-8")
    monkeypatch.chdir(own)
    by_nbgrader, by_kit = both(root, course)
    assert by_nbgrader["alder"] == (20, 80)
    assert by_kit == {student: by_nbgrader[student] for student in by_kit}
