"""Student code that hangs, crashes, or uses more than a submission may use."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import pytest

from autograder.sandbox import Crashed, Isolation, Limits, Sandbox, Session, TimedOut
from tests.sandbox.processes import LONG, descendants, have_ended


def test_a_call_that_hangs_is_stopped_and_the_next_session_works(sandbox: Sandbox) -> None:
    before = descendants(os.getpid())
    with contextlib.closing(sandbox.open()) as session:
        session.run(["def f():\n    while True: pass"], {}, LONG)
        running = descendants(os.getpid()) - before
        assert running
        with pytest.raises(TimedOut, match=r"within 0\.05 seconds"):
            session.call("f", [], 0.05, 0)
    with contextlib.closing(sandbox.open()) as session:
        session.run(["def f():\n    return 7"], {}, LONG)
        assert session.call("f", [], LONG, 0)["value"] == 7
    assert have_ended(running)


def test_a_cell_that_hangs_is_stopped(session: Session) -> None:
    with pytest.raises(TimedOut):
        session.run(["while True:\n    try:\n        while True: pass\n    except BaseException: pass"], {}, 0.05)


def test_a_process_that_ends_itself_is_reported_as_a_crash_and_the_next_session_works(sandbox: Sandbox) -> None:
    for ending in ("os._exit(0)", "os.abort()", "ctypes.string_at(0)", "os.closerange(3, 99)"):
        with contextlib.closing(sandbox.open()) as session:
            session.run([f"import ctypes, os\ndef f():\n    {ending}"], {}, LONG)
            with pytest.raises(Crashed):
                session.call("f", [], LONG, 0)
    with contextlib.closing(sandbox.open()) as session:
        session.run(["def f():\n    return 7"], {}, LONG)
        assert session.call("f", [], LONG, 0)["value"] == 7


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        ("b'\\xff' * 64", "head is too long"),
        ("struct.pack('>QQ', 10, 1 << 50)", "more than"),
        ("struct.pack('>QQ', 9, 0) + b'not json!'", "malformed"),
        ("frames.encode([1, 2])", "not an answer"),
    ],
)
def test_code_that_writes_to_the_wire_is_reported_as_a_crash(session: Session, forged: str, reason: str) -> None:
    cell = f"""
import gc, socket, struct, sys
frames = sys.modules["frames"]
def f():
    for thing in gc.get_objects():
        if type(thing) is socket.socket:
            thing.sendall({forged})
            thing.close()
"""
    session.run([cell], {}, LONG)
    with pytest.raises(Crashed, match=reason):
        session.call("f", [], LONG, 0)


def test_only_the_beginning_and_the_end_of_ten_megabytes_of_output_are_kept(ask: Any) -> None:
    answer = ask("def f():\n    print('first')\n    for _ in range(10): print('x' * 10**6)\n    print('last')")
    output = answer["output"]
    assert output["length"] > 10**7
    assert len(output["head"]) + len(output["tail"]) < 10_000
    assert output["head"].startswith("first")
    assert output["tail"].endswith("last\n")


def test_what_student_code_writes_to_the_real_standard_output_is_discarded(ask: Any) -> None:
    cell = "import os, sys\ndef f():\n    os.write(1, b'x' * 100000)\n    sys.__stdout__.write('y')\n    return 1"
    assert ask(cell)["value"] == 1


def test_student_code_that_asks_for_input_gets_an_eof_error(ask: Any) -> None:
    assert ask("def f():\n    return input('? ')")["failure"]["type"] == "EOFError"


def test_student_code_that_takes_too_much_memory_gets_a_memory_error(ask: Any) -> None:
    answer = ask("import numpy as np\ndef f():\n    return len([np.zeros(10**7) for _ in range(40)])")
    assert "MemoryError" in answer["failure"]["type"]


def test_student_code_that_writes_too_large_a_file_gets_an_os_error(ask: Any) -> None:
    answer = ask("def f():\n    with open('big', 'wb') as file:\n        file.write(b'x' * (3 << 20))")
    assert answer["failure"]["type"] == "OSError"


def test_student_code_that_uses_too_much_processor_time_gets_a_timeout_error(isolation: Isolation) -> None:
    with (
        Sandbox(Limits(cpu_seconds=1), isolation, warm=False) as sandbox,
        contextlib.closing(sandbox.open()) as session,
    ):
        session.run(["def f():\n    while True: pass"], {}, LONG)
        failure = session.call("f", [], LONG, 0)["failure"]
    assert (failure["type"], failure["text"]) == ("TimeoutError", "out of processor time")


def test_a_value_larger_than_allowed_is_refused(session: Session) -> None:
    session.run(["import numpy as np\ndef f():\n    return np.zeros(9 << 17)"], {}, LONG)
    with pytest.raises(Crashed, match="more than"):
        session.call("f", [], LONG, 0)


def test_a_list_too_long_for_the_wire_is_a_failure_and_does_not_end_the_session(session: Session) -> None:
    session.run(["def f():\n    return ['a rather long text'] * 10**5\ndef g():\n    return 7"], {}, LONG)
    assert "failure" in session.call("f", [], LONG, 0)
    assert session.call("g", [], LONG, 0)["value"] == 7
