"""A class is graded completely even if the grader, a worker or a sandbox dies."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import UsageError, notebook_to_bytes, with_solutions
from autograder.grading import Result, Spec
from autograder.grading.spec import spec_sha256
from autograder.runs import LEDGER_NAME, Ledger, Pool, batch, grade_into_ledger, pack_submission, unpack_result
from autograder.runs.batch import worker_processes
from autograder.sandbox import strictest_isolation
from autograder.submissions import Submission, find_submissions
from tests.runs.lent import Lent
from tests.sandbox.processes import descendants, have_ended
from tests.warm_commands import run_command, start_command

Solved = Callable[..., dict[str, Any]]
QUICK = "def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):\n    raise NotImplementedError\n"
CLASS, MANY = 3, 6


@pytest.fixture(scope="module")
def one_worker() -> Iterator[Pool]:
    """One worker for all tests that are about the ledger, not about workers."""
    with worker_processes(1) as workers:
        yield lambda _: Lent(workers)


@pytest.fixture(scope="module")
def submitted(tmp_path_factory: pytest.TempPathFactory, source: dict[str, Any]) -> Path:
    """A small class."""
    return hand_in(source, CLASS, tmp_path_factory.mktemp("submitted"))


def hand_in(source: dict[str, Any], count: int, folder: Path) -> Path:
    """Write notebooks without training, so that a run takes seconds."""
    for i in range(count):
        notebook = with_solutions(source, {"train_EM": QUICK + f"# {i}\n"})
        (folder / f"s{i}.ipynb").write_bytes(notebook_to_bytes(notebook))
    return folder


def words(submitted: Path, out: Path) -> tuple[str, ...]:
    command = ("grade", "em_gmm", str(submitted), "--out", str(out), "--quiet")
    return (*command, "--jobs", "1", "--isolation", strictest_isolation())


def lines(out: Path) -> list[bytes]:
    return (out / LEDGER_NAME).read_bytes().splitlines(keepends=True) if (out / LEDGER_NAME).exists() else []


def without_times(result: Result) -> Result:
    parts = [part | {"checks": [c | {"seconds": 0} for c in part["checks"]]} for part in result["parts"]]
    return result | {"seconds": 0, "parts": parts}


def test_a_run_that_is_killed_and_started_again_leaves_the_ledger_of_an_undisturbed_run(
    root: Path, source: dict[str, Any], course_spec: Spec, tmp_path: Path, one_worker: Pool
) -> None:
    (tmp_path / "submitted").mkdir()
    submitted = hand_in(source, MANY, tmp_path / "submitted")
    found = find_submissions([submitted], course_spec.assignment)
    list(grade_into_ledger(course_spec, found, Ledger(tmp_path / "undisturbed"), 1, strictest_isolation(), one_worker))
    for written in (0, 3):  # lines that are written before the next kill
        run = start_command(words(submitted, tmp_path / "killed_run"), root, os.environ)
        while run.poll() is None and len(lines(tmp_path / "killed_run")) <= written:
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(0.02)  # a loop that spins would take the grader's core
        started = descendants(run.pid)
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert have_ended(started)
    with (tmp_path / "killed_run" / LEDGER_NAME).open("ab") as ledger:
        ledger.write(b'{"schema": "autograder/result/v1", "student": "s')
    assert run_command(words(submitted, tmp_path / "killed_run"), root, os.environ).returncode == 0
    undisturbed, killed_run = (
        [json.loads(line) for line in lines(tmp_path / name)] for name in ("undisturbed", "killed_run")
    )
    assert len(killed_run) == MANY  # nothing is graded twice
    by_student = [
        {result["student"]: without_times(result) for result in ledger} for ledger in (undisturbed, killed_run)
    ]
    assert by_student[0] == by_student[1]


def test_a_worker_that_dies_costs_no_student_a_result(spec: Spec, submitted: Path, tmp_path: Path) -> None:
    submissions = [Submission(path.stem, path) for path in sorted(submitted.iterdir())]
    ledger, killed = Ledger(tmp_path), []
    of_other_tests = workers_of(os.getpid())

    for _ in grade_into_ledger(spec, submissions, ledger, 1, strictest_isolation()):
        if not killed:
            killed.extend(set(workers_of(os.getpid())) - set(of_other_tests))
            os.kill(killed[0], signal.SIGKILL)
    results = list(ledger.latest().values())
    assert len(killed) == 1
    assert [result["status"] for result in results] == ["graded"] * CLASS
    assert len({result["score"] for result in results}) == 1


def test_a_submission_that_kills_its_worker_twice_becomes_an_error_and_the_others_are_graded(
    spec: Spec, submitted: Path, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only a defect of the kit or of the machine can end a worker. A module that the worker imports stands for it.
    (tmp_path / "sitecustomize.py").write_text(
        "import autograder.runs.batch as batch, os\n"
        "grade = batch.grade_submission\n"
        "def deadly(submission, *more):\n"
        "    return os._exit(1) if submission.student == 's1' else grade(submission, *more)\n"
        "batch.grade_submission = deadly\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{root}")
    submissions = [Submission(path.stem, path) for path in sorted(submitted.iterdir())]
    ledger = Ledger(tmp_path / "out")
    list(grade_into_ledger(spec, submissions, ledger, 2, strictest_isolation()))
    results = ledger.latest().values()
    assert {r["student"]: r["status"] for r in results if r["status"] != "graded"} == {"s1": "error"}
    assert len(lines(tmp_path / "out")) == CLASS


def test_a_sandbox_that_breaks_costs_no_student_a_result(spec: Spec, submitted: Path, root: Path) -> None:
    path = submitted / "s0.ipynb"
    batch._sandbox.cache_clear()
    batch.warm_up_worker(root, "em_gmm", strictest_isolation())
    sandbox = batch._sandbox(root, "em_gmm", strictest_isolation())
    assert isinstance(sandbox.protections, tuple)  # it is warm
    os.kill(sandbox._parent.pid, signal.SIGKILL)
    answer = batch.grade_in_worker(
        root, "em_gmm", strictest_isolation(), pack_submission(Submission("s0", path), spec.sha256), illustrate=False
    )
    result, _ = unpack_result(answer)
    assert (result["status"], result["score"]) == ("graded", 80)
    assert batch._sandbox(root, "em_gmm", strictest_isolation()) is not sandbox
    batch._sandbox(root, "em_gmm", strictest_isolation()).close()
    batch._sandbox.cache_clear()


def test_a_missing_file_becomes_an_error_and_the_others_are_graded(
    spec: Spec, submitted: Path, tmp_path: Path, one_worker: Pool
) -> None:
    submissions = [Submission(name, submitted / f"{name}.ipynb") for name in ("gone", "s0")]
    ledger = Ledger(tmp_path)
    list(grade_into_ledger(spec, submissions, ledger, 1, strictest_isolation(), one_worker))
    results = ledger.latest()
    assert {student: r["status"] for student, r in results.items()} == {"gone": "error", "s0": "graded"}
    assert "FileNotFoundError" in results["gone"]["message"]


def test_pictures_that_cannot_be_written_cost_no_grade(
    spec: Spec, submitted: Path, tmp_path: Path, one_worker: Pool
) -> None:
    (tmp_path / "pictures").write_text("no folder")
    ledger = Ledger(tmp_path)
    submissions = [Submission("s0", submitted / "s0.ipynb")]
    list(grade_into_ledger(spec, submissions, ledger, 1, strictest_isolation(), one_worker))
    assert ledger.latest()["s0"]["status"] == "graded"


def test_the_message_about_a_full_disk_says_what_to_do_and_the_ledger_keeps_its_results(
    spec: Spec, tmp_path: Path, one_worker: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(tmp_path)
    first, second = (Submission(name, tmp_path, problem="it is a link.") for name in ("s0", "s1"))
    list(grade_into_ledger(spec, [first], ledger, 1, strictest_isolation(), one_worker))

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match=r"can't be written \(No space left.*run the same command again"):
        list(grade_into_ledger(spec, [second], ledger, 1, strictest_isolation(), one_worker))
    assert list(ledger.latest()) == ["s0"]


def test_a_new_reason_why_a_file_cannot_be_read_is_recorded(spec: Spec, tmp_path: Path, one_worker: Pool) -> None:
    ledger = Ledger(tmp_path)
    for reason in ("there are 2 notebooks.", "there are 2 notebooks.", "it is a link."):
        submission = Submission("ada", tmp_path, problem=reason)
        list(grade_into_ledger(spec, [submission], ledger, 1, strictest_isolation(), one_worker))
    assert [json.loads(line)["message"] for line in lines(tmp_path)] == ["there are 2 notebooks.", "it is a link."]


def test_another_numpy_makes_another_spec_so_that_all_is_graded_again(
    spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert spec_sha256(spec.assignment) == spec.sha256
    monkeypatch.setattr(metadata, "version", lambda package: "0.1")
    assert spec_sha256(spec.assignment) != spec.sha256


def workers_of(pid: int) -> list[int]:
    children = [int(c) for task in Path(f"/proc/{pid}/task").glob("*/children") for c in task.read_text().split()]
    return [c for c in children if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()]
