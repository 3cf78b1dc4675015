"""The record of graded submissions: what is on disk, and what is graded again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import UsageError
from autograder.grading import Result, Spec
from autograder.runs import LEDGER_NAME, Ledger, grade_into_ledger, locked
from autograder.sandbox import strictest_isolation
from autograder.submissions import Submission, files_beside


def line(student: str, score: float = 0, **more: Any) -> Result:
    return {"student": student, "score": score, "status": "graded", **more}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "grades" / "deeper")


def test_an_empty_ledger_has_no_results(ledger: Ledger) -> None:
    assert ledger.latest() == {}


def test_the_last_result_of_a_student_counts_and_all_are_kept(ledger: Ledger) -> None:
    for result in (line("ada", 1), line("bob", 2), line("ada", 3)):
        ledger.append(result)
    assert {student: result["score"] for student, result in ledger.latest().items()} == {"ada": 3, "bob": 2}
    assert len(ledger.path.read_text().splitlines()) == 3


def test_a_ledger_that_is_opened_again_has_its_results(ledger: Ledger) -> None:
    ledger.append(line("ada", 1, message="größer, 好\nnext line"))
    assert (
        Ledger(ledger.path.parent).latest()
        == ledger.latest()
        == {"ada": line("ada", 1, message="größer, 好\nnext line")}
    )


def test_half_a_character_does_not_stop_the_class(ledger: Ledger) -> None:
    ledger.append(line("ada", message="\ud800"))
    ledger.append(line("bob"))
    assert set(ledger.latest()) == {"ada", "bob"}


def test_a_line_cut_short_by_a_power_cut_is_dropped_and_the_rest_kept(ledger: Ledger) -> None:
    ledger.append(line("ada", 1))
    ledger.append(line("bob", 2))
    raw = ledger.path.read_bytes()
    for cut in range(raw.index(b"\n") + 1, len(raw)):
        ledger.path.write_bytes(raw[:cut])
        again = Ledger(ledger.path.parent)
        assert set(again.latest()) == {"ada"}
        again.append(line("eve", 3))
        assert set(again.latest()) == {"ada", "eve"}


def test_a_number_that_json_does_not_have_is_not_written(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="JSON"):
        ledger.append(line("ada", float("nan")))
    assert ledger.latest() == {}


def test_a_ledger_set_aside_is_kept_and_never_written_over(ledger: Ledger) -> None:
    for score in (1, 2, 3):
        ledger.append(line("ada", score))
        ledger.set_aside()
        assert ledger.latest() == {}
    kept = {path.name: json.loads(path.read_text())["score"] for path in ledger.path.parent.iterdir()}
    assert kept == {"results.1.jsonl": 1, "results.2.jsonl": 2, "results.3.jsonl": 3}
    assert ledger.path.name == LEDGER_NAME


def test_a_gap_in_the_numbers_overwrites_no_ledger(ledger: Ledger) -> None:
    for number in (2, 3):
        (ledger.path.parent / f"results.{number}.jsonl").write_text(f"{number}\n")
    ledger.append(line("ada", 1))
    ledger.set_aside()
    assert sorted(path.name for path in ledger.path.parent.iterdir()) == [f"results.{n}.jsonl" for n in (2, 3, 4)]
    assert (ledger.path.parent / "results.3.jsonl").read_text() == "3\n"


def test_two_runs_do_not_write_one_ledger(tmp_path: Path) -> None:
    folder = tmp_path / "grades"
    with locked(folder), pytest.raises(UsageError, match=r"another run is writing this ledger\. Wait"), locked(folder):
        pass
    with locked(folder):
        pass


def test_a_run_that_is_refused_leaves_no_folder_behind_and_removes_no_older_folder(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.mkdir()
    for folder in (new, old):
        with pytest.raises(UsageError), locked(folder):
            raise UsageError("no isolation")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize(
    ("ledgers", "compared"),
    [
        ([{"ada": (1, "old"), "bob": (1, "old")}, {"ada": (2, "new"), "bob": (2, "new")}], {"ada": 2, "bob": 2}),
        ([{"ada": (1, "old"), "bob": (1, "old")}, {"ada": (2, "new")}], {"ada": 1, "bob": 1}),  # cut off
        ([{"ada": (1, "old"), "bob": (1, "old")}, {"ada": (2, "new")}, {"ada": (2, "new")}], {"ada": 1, "bob": 1}),
        ([{"ada": (1, "old"), "bob": (1, "old")}, {"ada": (2, "middle")}], {"ada": 2}),  # only ada was regraded
        ([{"cid": (1, "old")}, {"ada": (2, "new")}], {"ada": 2}),  # cid is no longer graded
        ([], {}),
    ],
)
def test_a_regrade_is_compared_with_the_ledger_before_and_not_with_its_own_unfinished_attempt(
    ledger: Ledger, ledgers: list[dict[str, tuple[int, str]]], compared: dict[str, int]
) -> None:
    for results in ledgers:
        for student, (score, spec) in results.items():
            ledger.append(line(student, score, spec_sha256=spec))
        ledger.set_aside()
    before = ledger.previous(["ada", "bob"], "new")
    assert {student: result["score"] for student, result in before.items()} == compared


def test_an_old_ledger_that_cannot_be_read_does_not_stop_a_regrade(ledger: Ledger) -> None:
    ledger.append(line("ada", 1, spec_sha256="old"))
    ledger.set_aside()
    ledger.path.write_text("no result\n")
    ledger.set_aside()
    assert ledger.previous(["ada"], "new")["ada"]["score"] == 1


def test_setting_an_empty_ledger_aside_does_nothing(ledger: Ledger) -> None:
    ledger.set_aside()
    assert list(ledger.path.parent.iterdir()) == []


# ---------------------------------------------------------------- what is graded again


def hand_in(student: str, folder: Path) -> Submission:
    """A file that is graded at once, because it is no notebook."""
    path = folder / f"{student}.ipynb"
    path.write_text(f"the work of {student}")
    return Submission(student, path)


def settled(submission: Submission, spec: Spec, **more: Any) -> Result:
    """A result that is valid for the submission."""
    sha256 = hashlib.sha256(submission.path.read_bytes()).hexdigest()
    return line(submission.student, 7, notebook_sha256=sha256, spec_sha256=spec.sha256, **more)


def test_only_submissions_without_a_valid_result_are_graded(spec: Spec, ledger: Ledger, tmp_path: Path) -> None:
    names = ("settled", "changed", "error", "other_checks", "new", "unreadable_before")
    submissions = {name: hand_in(name, tmp_path) for name in names}
    for name in ("file_beside", "new_file_beside"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "solution.py").write_text("x = 1")
        submissions[name] = dataclasses.replace(hand_in(name, tmp_path / name), own_folder=True)
    files = files_beside(submissions["file_beside"], spec.assignment).sha256
    ledger.append(settled(submissions["file_beside"], spec, files_sha256=files))
    ledger.append(settled(submissions["new_file_beside"], spec))
    ledger.append(settled(submissions["settled"], spec))
    ledger.append(settled(submissions["unreadable_before"], spec) | {"status": "unreadable"})
    ledger.append(settled(submissions["changed"], spec))
    submissions["changed"].path.write_text("better work")
    ledger.append(settled(submissions["error"], spec))
    ledger.append(settled(submissions["error"], spec) | {"status": "error"})
    ledger.append(settled(submissions["other_checks"], spec) | {"spec_sha256": "0" * 64})
    before = len(ledger.path.read_text().splitlines())

    seen = list(grade_into_ledger(spec, list(submissions.values()), ledger, 1, strictest_isolation()))

    results = ledger.latest().values()
    assert {result["student"] for result in results} == set(submissions)
    assert sorted(result["student"] for result in seen) == sorted(submissions)
    due = {"changed", "error", "other_checks", "new", "new_file_beside"}
    assert {result["student"] for result in seen[-len(due) :]} == due
    lines = [json.loads(text) for text in ledger.path.read_text().splitlines()[before:]]
    assert {result["student"] for result in lines} == due
    assert {result["status"] for result in lines} == {"unreadable"}
    assert [result["score"] for result in results if result["student"] not in due] == [7, 7, 7]


def test_if_every_submission_has_a_valid_result_nothing_is_graded_or_written(
    spec: Spec, ledger: Ledger, tmp_path: Path
) -> None:
    submissions = [hand_in("ada", tmp_path), hand_in("bob", tmp_path)]
    for submission in submissions:
        ledger.append(settled(submission, spec))
    before = ledger.path.read_bytes()
    seen = list(grade_into_ledger(spec, submissions, ledger, 1, strictest_isolation()))
    assert [(result["student"], result["score"]) for result in seen] == [("ada", 7), ("bob", 7)]
    assert ledger.path.read_bytes() == before


def test_a_line_that_does_not_fit_on_the_disk_is_removed_before_the_next_is_appended(tmp_path: Path) -> None:
    """A limit on the size of files cuts a line in the middle, as a full disk does."""
    code = (
        "import resource, signal, sys, pathlib\n"
        "from autograder.runs import Ledger\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"ledger = Ledger(pathlib.Path({str(tmp_path)!r}))\n"
        "ledger.append({'student': 'ash'})\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))\n"
        "try:\n    ledger.append({'student': 'x' * 500})\n    sys.exit('it fitted')\nexcept OSError:\n    pass\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "ledger.append({'student': 'elm'})\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    lines = (tmp_path / "results.jsonl").read_text().splitlines()
    assert [json.loads(line)["student"] for line in lines] == ["ash", "elm"]
