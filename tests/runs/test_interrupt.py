"""Ctrl-C ends `autograder grade` at once, whatever students' code does, and the ledger stays whole."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import notebook_to_bytes, with_solutions
from autograder.runs import LEDGER_NAME
from autograder.sandbox import Isolation
from tests.runs.dask_cluster import QUICK, ROOT, client_of, command, processes, scheduler, worker
from tests.sandbox.processes import descendants, have_ended
from tests.warm_commands import Started, start_command

HANGING = 6
ENDLESS = "def E_step(*_):\n    while True: pass\nwhile True: pass"  # first in the cells, later in a call


@pytest.fixture
def submitted(tmp_path: Path, source: dict[str, Any]) -> Path:
    """One right submission, which is graded first, and some that hang."""
    folder = tmp_path / "submitted"
    folder.mkdir()
    for name, cells in [
        ("a_right_one", {}),
        *((f"endless_{i}", {"e_step": f"# {i}\n{ENDLESS}"}) for i in range(HANGING)),
    ]:
        notebook = with_solutions(source, {"train_EM": QUICK, **cells})
        (folder / f"{name}.ipynb").write_bytes(notebook_to_bytes(notebook))
    return folder


def grade_until_the_first_result(submitted: Path, out: Path, *more: str) -> tuple[Started, set[int]]:
    """The running command, in a group of its own as in a terminal, and the processes that it started.

    It writes its messages into `said` beside the submissions.
    """
    words = tuple(command(submitted, out, "--quiet", *more)[3:])
    run = start_command(words, ROOT, os.environ, err=submitted.parent / "said")
    ledger = out / LEDGER_NAME
    while run.poll() is None and not (ledger.exists() and ledger.read_bytes().endswith(b"\n")):
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.wait(0.02)  # a loop that spins would take the grader's core
    return run, descendants(run.pid)


def students_in(out: Path) -> list[str]:
    text = (out / LEDGER_NAME).read_text(encoding="utf-8")
    assert text.endswith("\n")
    return [json.loads(line)["student"] for line in text.splitlines()]


def test_ctrl_c_waits_for_no_submission_and_leaves_a_whole_ledger_and_no_process(
    submitted: Path, tmp_path: Path, isolation: Isolation
) -> None:
    run, started = grade_until_the_first_result(submitted, tmp_path / "out", "--jobs", "2", "--isolation", isolation)
    assert started
    if isolation is Isolation.process:
        os.killpg(run.pid, signal.SIGINT)  # as a terminal sends it
    else:
        os.kill(run.pid, signal.SIGINT)
    assert run.wait() == 130
    printed = (tmp_path / "said").read_text()
    assert "a_right_one" in (graded := students_in(tmp_path / "out"))
    assert len(graded) < HANGING  # the others were not waited for
    assert "Traceback" not in printed
    assert "The same command goes on from there." in printed
    assert have_ended(started)


def test_ctrl_c_does_not_wait_for_a_cluster_either(submitted: Path, tmp_path: Path) -> None:
    with processes() as start:
        address = scheduler(start)
        worker(start, address, tmp_path / "worker")
        with client_of(address) as client:
            client.wait_for_workers(1, timeout=60)
        run, _ = grade_until_the_first_result(submitted, tmp_path / "out", "--scheduler", address)
        os.kill(run.pid, signal.SIGINT)
        code = run.wait()
    assert code == 130, (tmp_path / "said").read_text()
    assert "a_right_one" in (graded := students_in(tmp_path / "out"))
    assert len(graded) < HANGING
