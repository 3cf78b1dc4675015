"""Where a course keeps its gradebook and its ledger, and the messages for a course that cannot be graded."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import autograder.nbgrader
from autograder.assignment import Assignment, UsageError, source_notebook
from autograder.cli import app
from autograder.grading import Result
from autograder.submissions import Roster, Submission
from tests.nbgrader.conftest import gradebook, hand_in, nbgrader


@pytest.mark.parametrize(
    "url", ["sqlite:///kept/our.db", "sqlite:///kept/our.db?timeout=30", "sqlite:///{}?timeout=30"]
)
def test_the_gradebook_is_where_the_courses_config_says(
    url: str, graded: Path, course: Assignment, results: dict[str, Result], tmp_path: Path
) -> None:
    """A relative path starts at the course's folder, wherever the kit runs, as it does for nbgrader's commands."""
    file = tmp_path / "kept" / "our.db"
    file.parent.mkdir()
    shutil.copy(graded / "gradebook.db", file)
    url = url.format(file.as_posix())
    (tmp_path / "nbgrader_config.py").write_text(f"get_config().CourseDirectory.db_url = {url!r}\n")
    folder = hand_in(tmp_path, course, "rowan", source_notebook(course))
    submission = Submission("rowan", folder / course.notebook)
    autograder.nbgrader.Course(tmp_path, course).record(submission, {**results["alder"], "student": "rowan"}, Roster())
    nbgrader(tmp_path, "export", "--to", "grades.csv")
    with (tmp_path / "grades.csv").open() as rows:
        assert {row["student_id"]: row["score"] for row in csv.DictReader(rows)}["rowan"] == "100.0"
    assert not (tmp_path / "gradebook.db").exists()


@pytest.mark.parametrize("url", ["no url", "sqlite://", "sqlite:///nowhere.db", "nosuch://host/name"])
def test_a_gradebook_that_cannot_be_opened_gets_a_plain_message(url: str, course: Assignment, tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text(f"get_config().CourseDirectory.db_url = {url!r}\n")
    with pytest.raises(UsageError, match=r"db_url is no URL|no gradebook yet|can't be opened"):
        autograder.nbgrader.Course(tmp_path, course)
    assert not list(tmp_path.glob("*.db"))


@pytest.mark.parametrize("trouble", ["no folder", "no gradebook", "other points", "both", "nothing"])
def test_a_course_that_cannot_be_graded_gets_a_message_that_says_what_to_do(
    trouble: str, ungraded: Path, course: Assignment, tmp_path: Path
) -> None:
    shutil.copy(ungraded / "gradebook.db", tmp_path / "gradebook.db")
    words = ["--course", str(tmp_path)]
    if trouble == "no folder":
        words[1] += "/nowhere"
    elif trouble == "no gradebook":
        (tmp_path / "gradebook.db").unlink()
    elif trouble == "other points":
        with gradebook(tmp_path) as book:
            book.find_grade_cell("test_e_step", "em_gmm", course.slug).max_score = 3
            book.db.commit()
    elif trouble == "both":
        words.append(str(tmp_path))
    else:
        words = []
    done = CliRunner().invoke(app, ["grade", course.slug, *words])
    expected = {
        "no folder": "there is no such course",
        "no gradebook": "nbgrader generate_assignment em_gmm",
        "other points": "nbgrader generate_assignment em_gmm",
        "both": "not both",
        "nothing": "--course",
    }
    assert done.exit_code == 2
    assert expected[trouble] in " ".join(done.output.split())


def test_the_ledger_of_a_course_is_where_no_nbgrader_command_looks(graded: Path, course: Assignment) -> None:
    line = (graded / "grades" / course.slug / "results.jsonl").read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(line)["submitted_at"] in ("2026-03-02T12:30:00Z", None)
    assert sorted(path.name for path in (graded / "autograded").iterdir())[:2] == ["alder", "ash"]
