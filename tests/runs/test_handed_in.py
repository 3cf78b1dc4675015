"""Late marks, times and groups in the ledger: one notebook is graded once, and what is beside its grade is kept up."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import pytest

import autograder
from autograder.assignment import UsageError, notebook_to_bytes
from autograder.grading import Result, Spec, variant_mark, variants_of_class
from autograder.reports import Book, write_format
from autograder.reports.similarity import similar_pairs
from autograder.runs import Ledger, Pool, grade_into_ledger
from autograder.runs.batch import worker_processes
from autograder.sandbox import Isolation, strictest_isolation
from autograder.submissions import (
    HandedIn,
    Roster,
    Submission,
    find_submissions,
    name_students,
    read_groups,
    read_roster,
)
from tests.runs.lent import Lent
from tests.submissions import exports
from tests.submissions.exports import STUDENTS

A, B, C, D = STUDENTS[:4]
Kept = Callable[..., list[Result]]


def refuse_to_grade(_: int) -> Executor:
    raise AssertionError("nothing has to be graded")


@pytest.fixture(scope="module")
def one_worker() -> Iterator[Pool]:
    with worker_processes(1) as workers:
        yield lambda _: Lent(workers)


@pytest.fixture
def kept(spec: Spec, tmp_path: Path, one_worker: Pool) -> Kept:
    """Bring a ledger up to date. With `graded=False`, code may not run."""
    ledger = Ledger(tmp_path / "grades")

    def run(submissions: list[Submission], graded: bool = True) -> list[Result]:
        pool = one_worker if graded else refuse_to_grade
        list(grade_into_ledger(spec, submissions, ledger, 1, strictest_isolation(), pool))
        return [ledger.latest()[s.student] for s in submissions]

    return run


@pytest.fixture
def work(tmp_path: Path) -> Path:
    path = tmp_path / "work.ipynb"
    path.write_text("no notebook, so that it is graded at once")
    return path


def test_a_late_mark_that_comes_later_is_kept_without_running_code(kept: Kept, work: Path) -> None:
    said = HandedIn("canvas", "12345", "alder", "alder_12345_678_em_gmm.ipynb")
    first = Submission("ash", work, late=False, attempt=1, handed_in=said)
    [result] = kept([first])
    assert (result["late"], result["attempt"], result["submitted_at"]) == (False, 1, None)
    assert result["platform"] == {"name": "canvas", "id": "12345", "student": "alder", "file": said.file}
    for late, attempt, when in ((True, 2, "2026-02-28T08:00:00Z"), (None, None, None), (False, None, None)):
        changed = dataclasses.replace(first, late=late, attempt=attempt, submitted_at=when)
        [result] = kept([changed], graded=False)
        assert (result.late, result.attempt, result.submitted_at) == (late, attempt, when)


def test_a_ledger_without_the_new_fields_is_not_written_again(kept: Kept, work: Path, tmp_path: Path) -> None:
    kept([Submission("ash", work)])
    path = tmp_path / "grades" / "results.jsonl"
    old = json.loads(path.read_text())
    for name in ("late", "attempt", "platform", "group", "members"):
        del old[name]
    path.write_text(json.dumps(old) + "\n")
    [result] = kept([Submission("ash", work)], graded=False)
    assert (result, result.members, result.late) == (old, [], None)


def in_group(work: Path, *members: str, group: str = "team 1") -> list[Submission]:
    return [Submission(member, work, group=group, members=members) for member in members]


def test_each_member_has_a_line_and_the_notebook_is_graded_once(kept: Kept, work: Path) -> None:
    one, two, three = kept(in_group(work, "alder", "ash", "elm"))
    for other in (two, three):
        assert {k: v for k, v in other.items() if k != "student"} == {k: v for k, v in one.items() if k != "student"}
    assert [r["student"] for r in (one, two, three)] == ["alder", "ash", "elm"]
    assert one.members == ["alder", "ash", "elm"]
    assert one["group"] == "team 1"


def test_a_member_who_joins_later_gets_the_grade_without_running_code(kept: Kept, work: Path) -> None:
    [one, _] = kept(in_group(work, "alder", "ash"))
    [again, _, joined] = kept(in_group(work, "alder", "ash", "elm"), graded=False)
    assert joined == again | {"student": "elm"}
    assert again["notebook_sha256"] == one["notebook_sha256"]
    assert again.members == ["alder", "ash", "elm"]


def test_a_group_is_judged_with_the_data_of_the_member_for_whom_the_notebook_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setenv("AUTOGRADER_COURSE", "a secret of the course, long enough to be one")
    students = ("ash", "elm", "fir", "oak", "yew")
    variants = variants_of_class(autograder.load("em_gmm"), students)
    assert variants
    marks = {student: variant_mark(variants.seed(student) or 0) for student in students}
    (tmp_path / "class").mkdir()
    for handed_in_by, made_for in (("ash", "elm"), ("fir", "yew")):
        kit = {"autograder": {"variant": marks[made_for]}}
        notebook = {"cells": [], "metadata": kit, "nbformat": 4, "nbformat_minor": 5}
        (tmp_path / "class" / f"{handed_in_by}.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "groups.csv").write_text("group,student_id\nTeam 1,elm\nTeam 1,ash\nTeam 2,oak\nTeam 2,fir\n")
    (tmp_path / "roster.csv").write_text("student_id,email\n" + "".join(f"{s},{s}@x.org\n" for s in students))
    more: Any = {"roster": tmp_path / "roster.csv", "groups": tmp_path / "groups.csv", "isolation": "process"}
    results = list(autograder.grade("em_gmm", tmp_path / "class", tmp_path / "grades", jobs=1, **more))
    assert {r["student"]: (r["variant"], r["made_for"]) for r in results} == {
        **dict.fromkeys(("ash", "elm"), (marks["elm"], [])),
        **dict.fromkeys(("fir", "oak"), (marks["fir"], ["yew"])),
    }


# ---------------------------------------------------------------- which group, and who is in it


def grouped(tmp_path: Path, files: dict[str, bytes], spec: Spec, groups: str = "", roster: str = "") -> dict[str, Any]:
    folder = tmp_path / "export"
    for name, raw in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    for name, text in (("groups.csv", groups), ("roster.csv", roster)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    people = read_roster(tmp_path / "roster.csv") if roster else Roster()
    teams = read_groups(tmp_path / "groups.csv") if groups else {}
    named, notes = name_students(find_submissions([folder], spec.assignment), people, teams)
    found = {s.student: (s.read().decode(), s.group, s.members) for s in named}
    return {"found": found, "notes": [note for note in notes if note[1]]}


TEAM = "group,student_id\nTeam 1,abirch\nTeam 1,zotam\n"
BOTH = ("abirch", "zotam")


@pytest.mark.parametrize("name", ["Team 1.ipynb", "team_1.ipynb", "abirch.ipynb", "zotam/em_gmm.ipynb"])
def test_a_file_of_the_groups_or_of_a_members_name_is_every_members(tmp_path: Path, spec: Spec, name: str) -> None:
    made = grouped(tmp_path, {name: b"{}", "elm.ipynb": b"e"}, spec, TEAM)
    assert made["found"] == {"elm": ("e", "", ()), **dict.fromkeys(BOTH, ("{}", "Team 1", BOTH))}


def test_two_submissions_of_one_group_are_refused(tmp_path: Path, spec: Spec) -> None:
    with pytest.raises(UsageError, match=r"^the group Team 1 has 2 submissions, of abirch and zotam: keep one\.$"):
        grouped(tmp_path, {"abirch.ipynb": b"{}", "zotam.ipynb": b"{}"}, spec, TEAM)


def test_groups_without_a_submission_are_named(tmp_path: Path, spec: Spec) -> None:
    made = grouped(tmp_path, {"elm.ipynb": b"e"}, spec, TEAM)
    assert made["notes"] == [("Groups without a submission", ["Team 1"])]


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [("group,points\nx,1\n", "need the columns group,student_id"), (TEAM + "Team 2,zotam\n", "zotam is in two groups")],
)
def test_a_table_that_does_not_say_who_is_where_is_refused(
    tmp_path: Path, spec: Spec, groups: str, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        grouped(tmp_path, {"elm.ipynb": b"e"}, spec, groups)


def test_a_group_on_canvas_is_found_by_the_member_whose_number_it_has(tmp_path: Path, spec: Spec) -> None:
    """The list of groups is the one that Canvas exports."""
    name = f"team1_{A.number}_900_em_gmm.ipynb"
    groups = "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id\n"
    for student, team in ((A, "Team 1"), (B, "Team 1"), (C, "")):
        groups += f"x,{student.number},u{student.number},{student.login},S,{team},1,\n"
    gradebook = exports.canvas_gradebook([A, B, C], "EM (1)")
    made = grouped(tmp_path, {name: b"{}"}, spec, groups, gradebook)
    assert made["found"] == dict.fromkeys(BOTH, ("{}", "Team 1", BOTH))
    assert made["notes"] == [("On the roster, but no submission", ["jolmo"])]
    [(note, names)] = [n for n in grouped(tmp_path, {}, spec, "", gradebook)["notes"] if "--groups" in n[0]]
    assert names == ["team1 (abirch)"]
    assert "Another name in the export" in note


def test_moodles_groups_come_from_its_grading_worksheet(tmp_path: Path, spec: Spec) -> None:
    files = {
        "Team 1_23456_assignsubmission_file_/em_gmm.ipynb": b"1",
        "Default group_assignsubmission_file_/x.ipynb": b"2",
    }
    sheet = exports.moodle_worksheet([A, B, C, D], groups={A.login: "Team 1", B.login: "Team 1"})
    made = grouped(tmp_path, files, spec, "", sheet)
    one, two = tuple(sorted((A.email, B.email))), tuple(sorted((C.email, D.email)))
    assert made["found"] == dict.fromkeys(one, ("1", "Team 1", one)) | dict.fromkeys(two, ("2", "Default group", two))
    assert made["notes"] == []


def test_gradescope_says_itself_who_handed_in_together(tmp_path: Path, spec: Spec) -> None:
    from datetime import datetime

    metadata = exports.gradescope_metadata({"submission_1": [A, B], "submission_2": [C]}, datetime(2026, 2, 28, 9))
    files = {"submission_metadata.yml": metadata.encode(), "submission_1/em_gmm.ipynb": b"1"}
    files["submission_2/em_gmm.ipynb"] = b"2"
    roster = "student_id,email\n" + "".join(f"{s.login},{s.email}\n" for s in (A, B, C))
    made = grouped(tmp_path, files, spec, "", roster)
    assert made["found"] == dict.fromkeys(BOTH, ("1", "abirch, zotam", BOTH)) | {"jolmo": ("2", "", ())}


# ---------------------------------------------------------------- the whole way


def test_a_moodle_course_with_a_group_goes_in_and_comes_back(
    tmp_path: Path, honest: dict[str, Any], monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    monkeypatch.chdir(root)
    export, out = tmp_path / "export", tmp_path / "grades"
    notebook = notebook_to_bytes(honest)
    for name, raw in {"Team 1_55": notebook, "Team 2_56": notebook + b"\n"}.items():
        folder = export / f"{name}_assignsubmission_file_"
        folder.mkdir(parents=True)
        (folder / "em_gmm.ipynb").write_bytes(raw)
    teams = {A.login: "Team 1", B.login: "Team 1", C.login: "Team 2"}
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(exports.moodle_worksheet([A, B, C], "de", groups=teams), encoding="utf-8")
    notes: list[str] = []
    isolation = Isolation.process.value
    with autograder.grade("em_gmm", export, out, roster=sheet, jobs=1, isolation=isolation, note=notes.append) as run:
        results = list(run)
    assert "This is Moodle's export: 2 students." in notes
    assert {r["student"]: (r["score"], r["seconds"] > 0) for r in results} == {s.email: (80, True) for s in (A, B, C)}
    autograder.report(results, "moodle", out, roster=sheet)
    text = (out / "moodle.csv").read_text(encoding="utf-8")
    assert text.count(",80,") == 3
    autograder.report(results, "feedback", out)
    page = (out / "feedback" / f"{A.email}.html").read_text(encoding="utf-8")
    assert f"by {A.email}, {B.email} together" in page
    pairs, _ = similar_pairs(out, results)
    assert [(pair.one, pair.other) for pair in pairs] == [(A.email, C.email)]  # a team is not like itself
    assert write_format(Book(autograder.load("em_gmm"), out, tuple(results)), "csv")
