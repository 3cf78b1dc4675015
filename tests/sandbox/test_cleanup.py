"""What ends and disappears with a session and with a sandbox."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.assignment import Assignment
from autograder.sandbox import Isolation, Limits, Sandbox, SandboxBroken, TimedOut
from tests.sandbox.processes import LONG, descendants, have_ended


def test_a_closed_sandbox_leaves_no_folder_and_no_process(
    assignment: Assignment, isolation: Isolation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = descendants(os.getpid())
    with Sandbox(assignment.limits, isolation) as sandbox, contextlib.closing(sandbox.open()) as session:
        session.run(["open('left', 'w').close()"], {}, LONG)
        running = descendants(os.getpid()) - before
        assert running
    assert list(tmp_path.iterdir()) == []
    assert have_ended(running)


@pytest.mark.parametrize("ending", ["", "import os; os.kill(os.getpid(), 9)"])
def test_a_sandbox_that_is_never_closed_leaves_no_folder(
    assignment: Assignment, isolation: Isolation, tmp_path: Path, ending: str
) -> None:
    program = (
        "from autograder.sandbox import Isolation, Sandbox, Limits\n"
        f"sandbox = Sandbox(Limits(), Isolation({str(isolation)!r}))\n"
        f"sandbox.open().run(['1 + 1'], {{}}, 60.0)\n{ending}\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(assignment.root)}
    ran = subprocess.run([sys.executable, "-c", program], check=False, env=environment)
    assert ran.returncode == (-9 if ending else 0)
    give_up = time.monotonic() + 20
    while list(tmp_path.iterdir()) and time.monotonic() < give_up:
        os.sched_yield()  # a killed grader removes nothing; a little later the sandbox's parent process does
    assert list(tmp_path.iterdir()) == []


def test_a_closed_session_leaves_nothing_running_even_if_no_other_session_follows(sandbox: Sandbox) -> None:
    sandbox.open().close()
    idle = descendants(sandbox._parent.pid)
    session = sandbox.open()
    busy = "import os\ndef f():\n    if os.fork() or True:\n        while True:\n            pass"
    session.run([busy], {}, LONG)
    with pytest.raises(TimedOut):
        session.call("f", [], 0.5, 0)
    session.close()
    assert descendants(sandbox._parent.pid) == idle


def test_closing_a_session_late_does_not_end_the_session_after_it(sandbox: Sandbox) -> None:
    first = sandbox.open()
    with contextlib.closing(sandbox.open()) as second:
        first.close()
        assert second.run(["def f():\n    return 1"], {}, LONG)["failures"] == []


def test_all_that_a_session_started_has_ended_when_the_next_session_opens(sandbox: Sandbox) -> None:
    cell = """
import contextlib, os, signal
def f():
    read_end, write_end = os.pipe()
    for _ in range(3):
        if os.fork() == 0:
            with contextlib.suppress(OSError):
                os.setsid()
            if os.fork() == 0:
                for stop in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                    signal.signal(stop, signal.SIG_IGN)
                os.write(write_end, b"x")
                while True: signal.pause()
            os._exit(0)
    return len([os.read(read_end, 1) for _ in range(3)])
"""
    before = descendants(os.getpid())
    with contextlib.closing(sandbox.open()) as session:
        session.run([cell], {}, LONG)
        assert session.call("f", [], LONG, 0)["value"] == 3
        running = descendants(os.getpid()) - before
        assert len(running) >= 3
    with contextlib.closing(sandbox.open()):
        assert have_ended(running)


def test_a_process_that_cannot_be_isolated_is_a_failure_of_the_sandbox(
    isolation: Isolation,
) -> None:
    with (
        Sandbox(Limits(memory_mb=1 << 60), isolation) as sandbox,
        pytest.raises(SandboxBroken, match="could not be isolated: OverflowError"),
    ):
        sandbox.open()
