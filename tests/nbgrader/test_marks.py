"""Marks given by hand reach nbgrader's gradebook, feedback and export."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from autograder.assignment import Assignment
from autograder.cli import app
from autograder.marking.marks_file import MarksFile
from tests.nbgrader.conftest import gradebook, nbgrader


def test_marks_are_manual_scores_and_comments(graded: Path, course: Assignment) -> None:
    place = (Path(course.notebook).stem, course.slug)
    with gradebook(graded) as book:
        in_formgrader = book.find_grade("derive_pi", *place, "alder")
        in_formgrader.manual_score, in_formgrader.needs_manual_grade = 7, False
        book.db.commit()
        before = book.find_submission(course.slug, "alder").score
    file = MarksFile(graded / "grades" / course.slug, course.slug)
    item = {"kind": "item", "item": "sign", "points": -2, "text": "The sign is wrong."}
    file.write("ada", "derive_mu", lambda _: [item])
    file.write("ada", "derive_mu", lambda _: [{"kind": "give", "student": "alder", "item": "sign", "given": True}])
    file.write("ada", "derive_mu", lambda _: [{"kind": "comment", "student": "alder", "text": "Well written."}])
    words = ["grade", course.slug, "--course", str(graded), "--jobs", "1", "--isolation", "process"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "students have no final score" in done.output
    with gradebook(graded) as book:
        grade = book.find_grade("derive_mu", *place, "alder")
        assert (grade.manual_score, bool(grade.needs_manual_grade)) == (8, False)
        assert book.find_comment("derive_mu", *place, "alder").comment == "-2: The sign is wrong.\n\nWell written."
        assert book.find_grade("derive_pi", *place, "alder").manual_score == 7  # nobody marked it here
        assert book.find_grade("derive_sigma", *place, "alder").needs_manual_grade
        assert book.find_submission(course.slug, "alder").score == before + 8
    nbgrader(graded, "generate_feedback", course.slug)
    [page] = (graded / "feedback" / "alder").rglob("*.html")
    assert "Well written." in page.read_text(encoding="utf-8")
