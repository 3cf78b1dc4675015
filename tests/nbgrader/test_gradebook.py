"""`autograder grade --course` replaces `nbgrader autograde`. nbgrader's own commands run before and after it."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import autograder.nbgrader
from autograder.assignment import Assignment, notebook_to_bytes, release_notebook, with_solutions
from autograder.building import FEWEST, make_class
from autograder.cli import app
from autograder.grading import Result
from autograder.runs import latest_results
from autograder.submissions import Roster, Submission, find_submissions
from tests.nbgrader.conftest import (
    HIDDEN,
    LATE,
    OTHER_SOLUTION,
    STOP,
    gradebook,
    hand_in,
    in_gradebook,
    nbgrader,
    nbgrader_alone,
)


def test_the_scores_are_those_of_nbgrader_autograde_cell_by_cell(
    graded: Path, course: Assignment, tmp_path: Path
) -> None:
    """nbgrader's test cells and the kit's checks agree on correct and on unsolved work."""
    by_nbgrader = tmp_path / "course"
    shutil.copytree(graded, by_nbgrader)
    shutil.rmtree(by_nbgrader / "autograded")
    shutil.copy(graded / "gradebook.db", tmp_path / "by_kit.db")
    students = ("alder", "ash", OTHER_SOLUTION)
    by_kit = {student: in_gradebook(graded, course, student) for student in students}
    with gradebook(by_nbgrader) as book:
        for student in students:
            book.remove_submission(course.slug, student)
    nbgrader_alone(by_nbgrader, "autograde", course.slug)
    assert {student: in_gradebook(by_nbgrader, course, student) for student in students} == by_kit
    assert by_kit[OTHER_SOLUTION] == by_kit["alder"]
    assert by_kit["alder"]["test_m_step"] == 40
    assert by_kit["ash"]["test_m_step"] == 0


def test_nbgraders_export_of_a_class_has_the_ledgers_scores(ungraded: Path, course: Assignment, tmp_path: Path) -> None:
    """Grades the demo's smallest class, without two notebooks that lose the same points as a third.

    Only two notebooks keep their training, which takes most of the time.
    """
    demo = tmp_path / "class"
    make_class(course, demo, count=FEWEST)
    root = shutil.copytree(ungraded, tmp_path / "course")
    shutil.rmtree(root / "submitted")
    for path in sorted(demo.glob("*.ipynb")):
        raw = path.read_bytes()
        if path.stem in ("aspen", "fir"):
            continue
        if path.stem not in ("alder", "elm", "hazel"):  # hazel's is cut in half
            raw = notebook_to_bytes(with_solutions(json.loads(raw), {"train_EM": STOP}))
        hand_in(root, course, path.stem, raw)
    done = CliRunner().invoke(
        app, ["grade", course.slug, "--course", str(root), "--jobs", "1", "--isolation", "process"]
    )
    assert done.exit_code == 0, done.output
    nbgrader(root, "export", "--to", "grades.csv")
    with (root / "grades.csv").open() as file:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    ledger = latest_results(root / "grades" / course.slug / "results.jsonl")
    assert exported == {student: result["score"] for student, result in ledger.items()}
    assert len(exported) == FEWEST - 2
    assert len(set(exported.values())) > 6


def test_late_work_is_late_in_the_gradebook(graded: Path, course: Assignment) -> None:
    with gradebook(graded) as book:
        assert book.find_submission(course.slug, "alder").total_seconds_late == 36.5 * 3600
        assert book.find_submission(course.slug, "ash").total_seconds_late == 0


def test_nbgraders_export_and_feedback_work_after_grading(graded: Path, course: Assignment) -> None:
    nbgrader(graded, "export", "--to", "grades.csv")
    with (graded / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert float(rows["alder"]["score"]) == 100
    assert float(rows["ash"]["score"]) == 0
    assert rows["alder"]["timestamp"] == "2026-03-02 12:30:00"
    nbgrader(graded, "generate_feedback", course.slug, "--student", "alder", "--force")
    page = (graded / "feedback" / "alder" / course.slug / "em_gmm.html").read_text(encoding="utf-8")
    assert "Task 1 (E-step): 20 of 20 points" in page
    assert "my own output" in page


def test_students_never_see_hidden_tests(graded: Path, course: Assignment) -> None:
    with gradebook(graded) as book:
        assert HIDDEN in book.find_source_cell("test_e_step", "em_gmm", course.slug).source
    nbgrader(graded, "generate_feedback", course.slug, "--student", "alder", "--force")
    given = [*(graded / "autograded").rglob("*.ipynb"), *(graded / "feedback").rglob("*.html")]
    assert {path.suffix for path in given} == {".ipynb", ".html"}
    for path in given:
        assert "hidden from students" not in path.read_text(encoding="utf-8")


def test_changed_derivations_wait_for_an_instructor(graded: Path, course: Assignment) -> None:
    with gradebook(graded) as book:
        waiting = {
            (student, grade.name): grade.needs_manual_grade
            for student in ("alder", "ash")
            for grade in book.find_submission_notebook("em_gmm", course.slug, student).grades
        }
    assert {key for key, needed in waiting.items() if needed} == {
        ("alder", name) for name in ("derive_mu", "derive_sigma", "derive_pi")
    }


def test_files_beside_the_notebook_are_copied_beside_the_autograded_one(graded: Path, course: Assignment) -> None:
    folder = graded / "autograded" / "alder" / course.slug
    assert (folder / "page.png").read_bytes() == b"a photograph"
    assert (folder / "timestamp.txt").read_text() == LATE
    assert (folder / "samples.npz").read_bytes() == (course.release / "samples.npz").read_bytes()


def test_grading_again_keeps_the_instructors_scores_and_comments(graded: Path, course: Assignment) -> None:
    with gradebook(graded) as book:
        book.find_grade("derive_mu", "em_gmm", course.slug, "alder").manual_score = 7
        book.find_comment("derive_mu", "em_gmm", course.slug, "alder").manual_comment = "Why invertible?"
        book.db.commit()
    done = CliRunner().invoke(app, ["grade", course.slug, "--course", str(graded), "--isolation", "process"])
    assert done.exit_code == 0, done.output
    with gradebook(graded) as book:
        assert book.find_grade("derive_mu", "em_gmm", course.slug, "alder").score == 7
        assert book.find_comment("derive_mu", "em_gmm", course.slug, "alder").comment == "Why invertible?"
        assert book.find_submission(course.slug, "alder").score == 107


def test_an_error_of_the_grader_leaves_the_gradebook_unchanged(
    graded: Path, course: Assignment, results: dict[str, Result]
) -> None:
    from autograder.commands.grade import record as record_all

    before = in_gradebook(graded, course, "alder")
    submissions = [Submission("alder", graded / "submitted" / "alder" / course.slug / course.notebook)]
    failed = {**results["alder"], "status": "error", "parts": [], "score": 0}
    record_all(autograder.nbgrader.Course(graded, course), submissions, [failed], {}, Roster(), quiet=True)
    assert in_gradebook(graded, course, "alder") == before


def test_a_submission_that_arrives_during_grading_changes_no_score(
    graded: Path, course: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "course"
    shutil.copytree(graded, root)
    before = {student: in_gradebook(root, course, student) for student in ("alder", "ash")}
    for folder in (root / "submitted").iterdir():
        if folder.name not in before:
            shutil.rmtree(folder)

    def find_then_hand_in(paths: list[Path], assignment: Assignment, *rest: Any) -> list[Submission]:
        found = find_submissions(paths, assignment, *rest)
        hand_in(root, course, "acacia", release_notebook(course))
        return found

    monkeypatch.setattr("autograder.runs.class_run.find_submissions", find_then_hand_in)
    words = ["grade", course.slug, "--course", str(root), "--jobs", "1", "--isolation", "process"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "2 submissions in the gradebook" in done.output
    assert {student: in_gradebook(root, course, student) for student in before} == before


def test_the_rosters_names_are_in_the_gradebook(graded: Path, course: Assignment, results: dict[str, Result]) -> None:
    person = {"student_id": "ash", "email": "ash@example.org", "first_name": "Ash", "last_name": "Grove"}
    submission = Submission("ash", graded / "submitted" / "ash" / course.slug / course.notebook)
    autograder.nbgrader.Course(graded, course).record(submission, results["ash"], Roster(tuple(person), (person,)))
    with gradebook(graded) as book:
        assert book.find_student("ash").email == "ash@example.org"
