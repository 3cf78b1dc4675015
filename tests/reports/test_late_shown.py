"""A late student has the same score in every file, and every page says how late it was and what that takes off."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from autograder.assignment import Assignment
from autograder.assignment.policy_model import Late
from autograder.cli import app
from autograder.grading import Result
from autograder.reports import FORMATS, NEED_ROSTER, Book, write_format
from autograder.reports.tables import said, unknown_times
from autograder.submissions import Roster

SAID = "2 days late, extension until 2 March 2026 12:00 UTC, 90 %"


@pytest.fixture
def written(class_of_five: list[Result], course: Assignment, tmp_path: Path) -> Path:
    """Every format of a class in which alder (100 points) and ash (93) are two days late, ash with an extension."""
    late = dataclasses.replace(course, due="2026-03-02T10:00:00Z", late=Late(share_per_day=0.05))
    roster = Roster(("student_id", "extension"), ({"student_id": "ash", "extension": "2026-03-02 12:00"},))
    times = {"alder": "2026-03-04T09:00:00Z", "ash": "2026-03-04T12:00:00Z", "beech": "2026-03-09T00:00:00Z"}
    results = [Result({**r, "submitted_at": times.get(r["student"], "2026-03-02T10:00:00Z")}) for r in class_of_five]
    made = Book(late, tmp_path, tuple(results), roster)
    for name in FORMATS:
        if name not in NEED_ROSTER:
            write_format(made, name)
    return tmp_path


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    return {row.get("student_id") or row["SIS User ID"] or row["SIS Login ID"]: row for row in table}


def test_every_format_has_the_same_score_of_a_late_student(written: Path, course: Assignment) -> None:
    for student, points in {"alder": 90.0, "ash": 83.7}.items():
        line = rows(written / "grades.csv")[student]
        assert float(line["score"]) == points
        assert float(line["raw_score"]) - float(line["late_submission_penalty"]) == pytest.approx(points)
        assert float(rows(written / "canvas.csv")[student][course.title]) == points
        assert json.loads((written / f"gradescope/{student}.json").read_bytes())["score"] == points
        prairielearn = json.loads((written / f"prairielearn/{student}.json").read_bytes())
        assert prairielearn["score"] == pytest.approx(points / 100)
        classroom = json.loads((written / f"classroom50/{student}.json").read_bytes())
        assert classroom["score"] / classroom["max-score"] == pytest.approx(points / 100)
        suite = ElementTree.parse(written / "junit.xml").find(f"testsuite[@name='{student}']")
        assert suite is not None
        (score,) = [p.get("value") for p in suite.iter("property") if p.get("name") == "score"]
        assert float(score) == points
        assert f"| {student} |" in (written / "github-summary.md").read_text(encoding="utf-8")
        assert f"| {points:g} |" in (written / "github-summary.md").read_text(encoding="utf-8")
        assert f"{points:g}</b> of 100" in (written / f"feedback/{student}.html").read_text(encoding="utf-8")


def test_every_page_and_file_for_a_person_says_how_late_it_was(written: Path) -> None:
    said = f"{SAID}: 9.3 points are taken off"
    for name in ("feedback/ash.html", "report.html", "gradescope/ash.json", "prairielearn/ash.json", "junit.xml"):
        assert said in (written / name).read_text(encoding="utf-8"), name
    assert "<b>3</b> late" in (written / "report.html").read_text(encoding="utf-8")


def test_a_student_in_time_reads_nothing_about_lateness(written: Path) -> None:
    (hostile,) = [path for path in (written / "feedback").iterdir() if "script" in path.name]
    assert "late," not in hostile.read_text(encoding="utf-8")


@pytest.fixture
def unknown(class_of_five: list[Result], course: Assignment, tmp_path: Path) -> Book:
    """Nobody's time is known. The platform marked ash as late."""
    late = dataclasses.replace(course, due="2026-03-02T10:00:00Z", late=Late(share_per_day=0.05))
    results = [{**r, "submitted_at": None, "late": r["student"] == "ash" or None} for r in class_of_five]
    return Book(late, tmp_path, tuple(map(Result, results)))


def test_a_time_that_is_not_known_is_said_once_for_the_class_and_hides_no_mistake(unknown: Book) -> None:
    rows = {r["student"]: said(r, unknown.grades[r["student"]]) for r in unknown.results}
    assert rows["alder"] == ""
    assert rows["ash"] == "late by the platform's own mark; mu_unnormalised"
    assert rows["beech"].startswith("unreadable: ")
    once = "The time of submission is not known for 5 of 5 students, so nothing is taken off for lateness there."
    assert unknown_times(unknown.assignment, unknown.grades.values()) == once
    for name, file in (("github", "github-summary.md"), ("html", "report.html")):
        assert str(dict(FORMATS[name](unknown))[file]).count("so nothing is taken off") == 1
    assert "nothing is taken off" not in str(dict(FORMATS["github"](unknown))["github-annotations.txt"])


def test_a_student_reads_sentences_and_times_in_the_zone_of_the_policy(unknown: Book, written: Path) -> None:
    page = dict(FORMATS["feedback"](unknown))["feedback/alder.html"]
    assert ">The time of submission is not known, so nothing is taken off for lateness.<" in page
    assert "Late by the platform&#39;s own mark, " in dict(FORMATS["feedback"](unknown))["feedback/ash.html"]
    assert "handed in" not in page
    assert "handed in 4 March 2026 09:00 UTC<" in (written / "feedback/alder.html").read_text(encoding="utf-8")
    there = dataclasses.replace(unknown.assignment, zone=ZoneInfo("Asia/Tokyo"))
    results = tuple(Result({**r, "submitted_at": "2026-03-04T09:00:00Z"}) for r in unknown.results[:1])
    page = dict(FORMATS["feedback"](Book(there, unknown.folder, results)))["feedback/alder.html"]
    assert "handed in 4 March 2026 18:00 JST<" in page


def test_extensions_given_once_are_kept_for_every_later_report(ledger: Path, tmp_path: Path) -> None:
    given = tmp_path / "given.csv"
    given.write_text("student_id,extension\nash,2026-03-04\nnobody,2026-03-04\n", encoding="utf-8")

    def report(*words: object) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["report", str(ledger), "--format", "csv", *map(str, words)])
        return done.exit_code, " ".join(done.stderr.split())

    code, said = report("--extensions", given)
    assert code == 0
    assert said.startswith(f"{ledger}/extensions.csv: nobody here handed in as nobody. Names here are such as ")
    assert (ledger / "extensions.csv").read_bytes() == given.read_bytes()
    given.write_text("student_id,extension\nash,2026-03-05\n", encoding="utf-8")
    assert report("--extensions", given) == (0, "")
    assert "2026-03-05" in (ledger / "extensions.csv").read_text(encoding="utf-8")
    assert "2026-03-04" in (ledger / "extensions.1.csv").read_text(encoding="utf-8")
    given.write_text("student_id,extension\nash,soon\n", encoding="utf-8")
    code, said = report("--extensions", given)
    assert code == 2
    assert "line 2: extension must be a date" in said
    assert "2026-03-05" in (ledger / "extensions.csv").read_text(encoding="utf-8")
