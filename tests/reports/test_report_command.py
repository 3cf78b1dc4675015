"""`autograder report`: the files it writes, and its messages when it is used wrongly."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.cli import app
from autograder.grading import Result, Spec, error_result
from autograder.submissions import Submission

EXPORT = "Student,ID,SIS Login ID,Section\nA,1,alder,s\nB,2,ash,s\n"


def report(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["report", *map(str, words)])
    return done.exit_code, " ".join(done.stdout.split()), " ".join(done.stderr.split())


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_class_of_these_tests_has_the_fields_of_a_real_ledger(
    class_of_five: list[Result], course_spec: Spec, tmp_path: Path
) -> None:
    real = error_result(Submission("ada", tmp_path / "ada.ipynb"), course_spec, "strict", ValueError("x"))
    assert all(set(result) == set(real) for result in class_of_five)


def test_each_format_is_written_beside_the_ledger(ledger: Path) -> None:
    code, printed, errors = report(ledger, "--format", "junit", "--format", "csv", "--format", "junit", "--parts")
    assert (code, errors) == (0, "")
    assert printed.count("junit.xml") == printed.count("grades.csv") == 1
    assert "m_step.mu" in rows(ledger / "grades.csv")[0]
    assert (ledger / "junit.xml").is_file()


def test_the_command_names_a_formats_folder_or_says_that_there_is_nothing_to_write(ledger: Path) -> None:
    assert "prairielearn: 5 files in" in report(ledger, "--format", "prairielearn")[1]
    lines = (ledger / "results.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (ledger / "results.jsonl").write_text(lines[3], encoding="utf-8")
    code, printed, _ = report(ledger, "--format", "gradescope")
    assert (code, printed) == (
        0,
        "gradescope: nothing to write, because the grader itself failed on every submission",
    )


def test_earlier_years_are_in_the_report_by_the_names_of_their_folders(ledger: Path, tmp_path: Path) -> None:
    shutil.copytree(ledger, tmp_path / "2025")
    assert report(ledger, "--format", "html", "--earlier", tmp_path / "2025")[0] == 0
    page = (ledger / "report.html").read_text(encoding="utf-8")
    assert '<th scope="col" class="n">2025</th>' in page
    assert "too few students to compare: now, 2025" in page
    assert report(ledger, "--format", "html")[0] == 0
    assert "Other years" not in (ledger / "report.html").read_text(encoding="utf-8")


def test_quiet_is_quiet(ledger: Path) -> None:
    assert report(ledger, "--format", "csv", "--quiet") == (0, "", "")


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_students_missing_from_canvas_export_are_named_even_when_quiet(
    quiet: tuple[str, ...], ledger: Path, tmp_path: Path
) -> None:
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    code, _, errors = report(ledger, "--format", "canvas", "--roster", tmp_path / "export.csv", *quiet)
    assert code == 0
    assert "3 of 5 graded students are not in the roster" in errors
    assert errors.endswith("beech, cedar")
    assert len(rows(ledger / "canvas.csv")) == 6  # the points, two students of the roster, and the three missing ones


def test_without_a_roster_nobody_is_named_as_missing_but_the_roster_is_asked_for(ledger: Path) -> None:
    errors = report(ledger, "--format", "canvas")[2]
    assert errors.startswith("canvas: there is no roster, so Canvas may not know these students: give the gradebook")
    assert "alder" not in errors


def test_an_unfinished_last_line_is_not_read(ledger: Path) -> None:
    with (ledger / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"schema": "autograder/res')
    assert report(ledger, "--format", "csv")[0] == 0
    assert len(rows(ledger / "grades.csv")) == 5


@pytest.mark.parametrize("line", ["no JSON", "[]", "{}", "7", "\udcff"])
def test_a_broken_line_in_the_middle_is_named(line: str, ledger: Path) -> None:
    complete = (ledger / "results.jsonl").read_bytes()
    (ledger / "results.jsonl").write_bytes(line.encode("utf-8", "surrogateescape") + b"\n" + complete)
    code, _, errors = report(ledger, "--format", "csv")
    assert code == 2
    assert "line 1 is no result. Delete the line" in errors


@pytest.mark.parametrize(
    ("trouble", "printed"),
    [
        ("no ledger", "no graded submission here"),
        ("two assignments", "Grade each assignment with an --out of its own"),
        ("no such assignment", "there is no assignment"),
        ("unknown format", "is not one of"),
        ("no roster", "the roster can't be read"),
        ("no text", "the roster can't be read"),
        ("two columns", "more than one column"),
        ("in the way", "can't be written"),
        ("its own year", "compared with itself"),
    ],
)
def test_bad_input_gets_a_plain_message_and_exit_code_two(
    trouble: str, printed: str, ledger: Path, tmp_path: Path
) -> None:
    words: list[object] = [ledger, "--format", "canvas"]
    roster = tmp_path / "roster.csv"
    lines = (ledger / "results.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    if trouble == "no ledger":
        words[0] = tmp_path
    elif trouble == "two assignments":
        lines[0] = lines[0].replace('"assignment": "em_gmm"', '"assignment": "other"')
    elif trouble == "no such assignment":
        lines = [line.replace('"assignment": "em_gmm"', '"assignment": "other"') for line in lines]
    elif trouble == "unknown format":
        words[2] = "fax"
    elif trouble == "no text":
        roster.write_bytes(b"\xff\xfe\x00")
    elif trouble == "two columns":
        roster.write_text("Student,ID,em_gmm (1),em_gmm (2)\n", encoding="utf-8")
    elif trouble == "its own year":
        words += ["--earlier", ledger]
    elif trouble == "in the way":
        (ledger / "canvas.csv").mkdir()
    if trouble in ("no roster", "no text", "two columns"):
        words += ["--roster", roster]
    (ledger / "results.jsonl").write_text("".join(lines), encoding="utf-8")
    code, _, errors = report(*words)
    assert code == 2
    assert printed in errors


def test_after_a_change_of_the_rubric_the_report_says_that_rescore_was_not_run(ledger: Path) -> None:
    code, _, errors = report(ledger, "--format", "csv")
    assert (code, "rubric" in errors) == (0, False)
    path = ledger / "results.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    changed = next(line for line in lines if line["status"] == "graded" and line["score"] < line["max_score"])
    check = next(c for part in changed["parts"] for c in part["checks"] if c["status"] == "fail")
    next(part for part in changed["parts"] if check in part["checks"])["score"] += check["points"] / 2  # an old rubric
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    code, _, errors = report(ledger, "--format", "csv", "--quiet")
    assert code == 0
    assert "The rubric has changed since" in errors
    assert f"run autograder rescore {ledger}" in errors
