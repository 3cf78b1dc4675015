"""The seconds of a call are counted as processor time and sleep. So the load of the machine does not change them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest

from autograder.sandbox import Sandbox, Session, StandIn, StandIns, TimedOut
from tests.sandbox.processes import LONG

BUSY_PROCESSES = 3  # for each core
CELL = """
import os, time

def compute(seconds):
    end = time.process_time() + float(seconds)
    while time.process_time() < end:
        pass
    return True

def sleep():
    time.sleep(1000)

def let_others_compute():
    if os.fork() == 0:
        compute(1000)
    time.sleep(1000)

def let_one_after_the_other_compute():
    while True:
        if os.fork() == 0:
            compute(0.02)
            os._exit(0)
        os.wait()
"""


@pytest.fixture
def notebook(session: Session) -> Session:
    assert session.run([CELL], {}, LONG)["failures"] == []
    return session


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """Three busy processes for each core. Each has its own session: the kernel shares a processor among sessions."""
    count = BUSY_PROCESSES * len(os.sched_getaffinity(0))
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            busy = [sys.executable, "-S", "-c", "while True: pass"]
            process = stack.enter_context(subprocess.Popen(busy, start_new_session=True))
            stack.callback(process.kill)
        yield


@pytest.mark.usefixtures("busy_machine")
def test_on_a_busy_machine_a_call_may_take_as_much_processor_time_as_on_an_idle_one(notebook: Session) -> None:
    # With so many busy processes, 0.15 seconds of processor time take more than half a second by the clock.
    assert notebook.call("compute", [0.15], 0.3, 0)["value"] is True


@pytest.mark.usefixtures("busy_machine")
def test_on_a_busy_machine_a_call_that_computes_too_long_is_stopped_all_the_same(notebook: Session) -> None:
    with pytest.raises(TimedOut, match=r"within 0\.1 seconds of processor time"):
        notebook.call("compute", [1000.0], 0.1, 0)


def test_a_call_that_sleeps_is_stopped_and_the_message_says_so(notebook: Session) -> None:
    with pytest.raises(TimedOut, match=r"within 0\.3 seconds, most of which it slept or waited"):
        notebook.call("sleep", [], 0.3, 0)


@pytest.mark.parametrize("function", ["let_others_compute", "let_one_after_the_other_compute"])
def test_what_other_processes_of_a_submission_compute_counts_too(notebook: Session, function: str) -> None:
    with pytest.raises(TimedOut, match=r"within 0\.2 seconds of processor time"):
        notebook.call(function, [], 0.2, 0)


def test_each_statement_of_a_cell_has_the_time_of_one_statement(session: Session) -> None:
    compute = CELL.replace("def sleep", "compute(0.1); compute(0.1); compute(0.1)\n\ndef sleep")
    assert session.run([compute], {}, LONG, seconds_each=0.2)["failures"] == []
    with pytest.raises(TimedOut, match=r"within 0\.2 seconds of processor time"):
        session.run(["x = 1\ncompute(1000)\ny = 2"], {}, LONG, seconds_each=0.2)
    assert session.at == (0, 1, 2)


def test_if_all_cells_together_take_too_long_the_slowest_statement_is_named(session: Session) -> None:
    cells = [CELL, "compute(0.05)", "x = 1\ncompute(0.25)", "compute(0.1)", "compute(0.1)", "compute(0.1)"]
    with pytest.raises(TimedOut, match=r"all cells together took 0\.45 seconds, and it took longest"):
        session.run(cells, {}, 0.45)
    assert session.at == (2, 1, 2)


@pytest.fixture
def asking(sandbox: Sandbox) -> Iterator[Session]:
    """A session whose function `ask` is a stand-in that computes for 0.1 seconds on the trusted side."""

    def slow(x: np.ndarray) -> float:
        end = time.process_time() + 0.1
        while time.process_time() < end:
            pass
        return float(x)

    cell = "import time\nask = None\ndef often(x):\n    return sum(ask(x + i) for i in range(4))\n"
    cell += "def once_and_sleep(x):\n    ask(x)\n    time.sleep(1000)\n"
    with contextlib.closing(sandbox.open(StandIns({"ask": StandIn(slow, (0,))}))) as session:
        assert session.run([cell], {}, LONG)["failures"] == []
        yield session


def test_the_time_that_the_trusted_side_takes_for_an_answer_does_not_count(asking: Session) -> None:
    assert asking.call("often", [1.0], 0.2, 0)["value"] == 10.0


def test_a_function_that_sleeps_after_an_answer_of_the_trusted_side_is_stopped(asking: Session) -> None:
    with pytest.raises(TimedOut, match=r"most of which it slept or waited"):
        asking.call("once_and_sleep", [1.0], 0.4, 0)
