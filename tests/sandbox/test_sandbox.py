"""What student code can do in the sandbox, and what it can't: with real processes."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.assignment import Assignment
from autograder.sandbox import (
    Crashed,
    Isolation,
    Limits,
    OpaqueValue,
    Sandbox,
    SandboxBroken,
    Session,
    TimedOut,
    available,
    why_unavailable,
)
from autograder.sandbox import isolation as isolation_module
from autograder.sandbox import sandbox as sandbox_module

LONG = 60.0


@pytest.fixture(scope="module")
def sandbox(assignment: Assignment, isolation: Isolation) -> Iterator[Sandbox]:
    with Sandbox(assignment.limits, isolation) as sandbox:
        assert isinstance(sandbox.means, tuple)  # warm, so that what runs from here on is a session's
        yield sandbox


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    with contextlib.closing(sandbox.open()) as session:
        yield session


@pytest.fixture
def ask(session: Session) -> Callable[..., Any]:
    """Run a cell that defines `f` and call it: what comes back."""

    def answer(cell: str, *arguments: Any) -> Any:
        session.run([cell], {}, LONG)
        return session.call("f", arguments, LONG, 0)

    return answer


@pytest.fixture
def value(ask: Callable[..., Any]) -> Callable[..., Any]:
    return lambda cell, *arguments: ask(cell, *arguments)["value"]


# ---------------------------------------------------------------- cells


def test_a_statement_that_fails_does_not_stop_the_next_ones(session: Session) -> None:
    answer = session.run(["a = 1\n1 / 0\nb = 2", "def f():\n    return a, b"], {}, LONG)
    assert [failure["type"] for failure in answer["failures"]] == ["ZeroDivisionError"]
    assert session.call("f", [], LONG, 0)["value"] == (1, 2)


def test_a_failure_says_where_it_happened(session: Session) -> None:
    cells = ["def g():\n    return undefined", "x = 1\n\ng()", "1 +", "class E(Exception):\n    pass\n\nraise E('why')"]
    failures = session.run(cells, {}, LONG)["failures"]
    assert [(f["type"], f["cell"], f["line"]) for f in failures] == [
        ("NameError", 0, 2),
        ("SyntaxError", 2, 1),
        ("E", 3, 4),
    ]
    assert failures[2]["text"] == "why"


def test_a_call_that_fails_says_where_too(ask: Any) -> None:
    failure = ask("def f(x):\n    y = x\n    return y.nothing", np.zeros(2))["failure"]
    assert (failure["type"], failure["cell"], failure["line"]) == ("AttributeError", 0, 3)


def test_an_exception_that_can_not_be_printed_is_named_all_the_same(ask: Any) -> None:
    cell = "class E(Exception):\n    def __str__(self):\n        raise KeyError\ndef f():\n    raise E"
    assert ask(cell)["failure"]["type"] == "E"


@pytest.mark.parametrize(
    "statement",
    ["exit()", "quit()", "raise SystemExit", "raise KeyboardInterrupt", "import sys; sys.exit(3)", "assert False"],
)
def test_a_statement_that_ends_a_program_does_not_end_the_notebook(value: Any, statement: str) -> None:
    assert value(f"{statement}\ndef f():\n    return 7") == 7


@pytest.mark.parametrize(
    "magic",
    [
        "%matplotlib inline",
        "%load_ext autoreload\n%autoreload 2",
        "!ls -l",
        "files = !ls",
        "?print",
        "display(1)",
        "get_ipython().system('ls')",
        "%timeit -n 1 1 + 1",
        "%pip install nothing",
        "%cd /",
    ],
)
def test_magics_do_no_harm(session: Session, magic: str) -> None:
    session.run([f"{magic}\ndef f():\n    return 7"], {}, LONG)
    assert session.call("f", [], LONG, 0)["value"] == 7


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "%%timeit"])
def test_code_below_a_magic_that_only_watches_it_counts(value: Any, magic: str) -> None:
    assert value(f"{magic}\ndef f():\n    return 7") == 7


def test_code_below_a_magic_for_another_language_is_left_alone(ask: Any) -> None:
    assert ask("%%bash\necho hello\nf() { }")["missing"]


# The second makes IPython itself stumble.
@pytest.mark.parametrize("torn", ["def f(:", '\r=%"""([!x%\'}', "x = '\x00'", "  indented\n x", "\ud800", "(" * 5000])
def test_a_torn_cell_costs_that_cell_only(session: Session, torn: str) -> None:
    answer = session.run([torn, "def f():\n    return 7"], {}, LONG)
    assert [failure["cell"] for failure in answer["failures"]] == [0]
    assert session.call("f", [], LONG, 0)["value"] == 7


def test_a_cells_file_is_there(session: Session) -> None:
    session.run(["import numpy as np\nx = np.load('x.npy')\ndef f():\n    return open('t').read()"], {"t": b"hi"}, LONG)
    assert session.call("f", [], LONG, 0)["value"] == "hi"


def test_the_local_grader_is_there_and_knows_nothing(session: Session) -> None:
    cell = """
from grader import Grader, plot_mixture
import grader as module
g = Grader(seed=1)
g.submit_e_step(1); g.status(); plot_mixture(1, b=2).show()
def f():
    return float(g.score), g.key
"""
    assert session.run([cell], {}, LONG)["failures"] == []
    score, key = session.call("f", [], LONG, 0)["value"]
    assert score == 0.0
    assert type(key) is OpaqueValue


def test_a_function_that_no_cell_defines_is_missing(ask: Any) -> None:
    assert ask("f = 3") == {"missing": True, "output": {"head": "", "tail": "", "length": 0}}


def test_nothing_is_left_of_the_session_before(sandbox: Sandbox) -> None:
    cells = ["import numpy as np\nnp.secret = 1\nopen('left', 'w').close()\ndef f():\n    return 1"]
    with contextlib.closing(sandbox.open()) as first:
        first.run(cells, {}, LONG)
    with contextlib.closing(sandbox.open()) as second:
        code = "import os\nimport numpy as np\ndef g():\n    return hasattr(np, 'secret'), os.path.exists('left')"
        second.run([code], {}, LONG)
        assert second.call("f", [], LONG, 0)["missing"]
        assert second.call("g", [], LONG, 0)["value"] == (False, False)


# ---------------------------------------------------------------- what is not to be found there


@pytest.mark.parametrize("name", ["autograder", "autograder.assignment", "reference", "reference.em_gmm", "grader.key"])
def test_nothing_that_knows_the_answers_can_be_imported(value: Any, name: str) -> None:
    cell = f"""
import importlib
def f():
    try:
        importlib.import_module({name!r})
    except ImportError:
        return "not there"
"""
    assert value(cell) == "not there"


def test_the_kits_folder_is_named_nowhere(value: Any, root: Path) -> None:
    cell = """
import os, sys
def f():
    named = [*sys.path, *os.environ.keys(), *os.environ.values(), *sys.argv, os.getcwd()]
    named += [str(getattr(module, "__file__", "")) for module in list(sys.modules.values())]
    return sys.prefix, sys.exec_prefix, sys.executable, named
"""
    prefix, exec_prefix, _, named = value(cell)
    venv = str(root / ".venv")
    assert [text for text in named if str(root) in text and not text.startswith((prefix, exec_prefix, venv))] == []


def test_the_parents_environment_stays_outside(
    assignment: Assignment, isolation: Isolation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_TOKEN", "s3cret-t0ken")
    with Sandbox(assignment.limits, isolation) as sandbox, contextlib.closing(sandbox.open()) as session:
        session.run(["import os\ndef f():\n    return repr(dict(os.environ))"], {}, LONG)
        seen = session.call("f", [], LONG, 0)["value"]
    assert "HOME" in seen
    assert "s3cret" not in seen
    assert "COURSE_TOKEN" not in seen


def test_a_sandbox_that_is_closed_leaves_no_folder_and_no_process(
    assignment: Assignment, isolation: Isolation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = beneath(os.getpid())
    with Sandbox(assignment.limits, isolation) as sandbox, contextlib.closing(sandbox.open()) as session:
        session.run(["open('left', 'w').close()"], {}, LONG)
        running = beneath(os.getpid()) - before
        assert running
    assert list(tmp_path.iterdir()) == []
    assert gone(running)


# ---------------------------------------------------------------- hanging, dying, hogging


def beneath(pid: int) -> set[int]:
    """The living processes that a process has started, directly or not, as the machine sees them."""
    parents = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            state, parent, *_ = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            parents[int(entry)] = 0 if state in "ZX" else int(parent)
    found, new = set[int](), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def gone(pids: set[int]) -> bool:
    """Whether processes have ended, waiting for the kernel to carry out a kill that was sent."""
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        os.sched_yield()
    return False


def test_a_call_that_hangs_is_stopped_and_the_next_session_works(sandbox: Sandbox) -> None:
    before = beneath(os.getpid())
    with contextlib.closing(sandbox.open()) as session:
        session.run(["def f():\n    while True: pass"], {}, LONG)
        running = beneath(os.getpid()) - before
        assert running
        with pytest.raises(TimedOut, match=r"within 0\.05 seconds"):
            session.call("f", [], 0.05, 0)
    with contextlib.closing(sandbox.open()) as session:
        session.run(["def f():\n    return 7"], {}, LONG)
        assert session.call("f", [], LONG, 0)["value"] == 7
    assert gone(running)


def test_a_session_that_is_closed_leaves_nothing_running_though_no_other_follows(sandbox: Sandbox) -> None:
    sandbox.open().close()
    idle = beneath(sandbox._parent.pid)
    session = sandbox.open()
    busy = "import os\ndef f():\n    if os.fork() or True:\n        while True:\n            pass"
    session.run([busy], {}, LONG)
    with pytest.raises(TimedOut):
        session.call("f", [], 0.5, 0)
    session.close()
    assert beneath(sandbox._parent.pid) == idle


def test_a_session_that_is_closed_late_does_not_end_the_one_after_it(sandbox: Sandbox) -> None:
    early = sandbox.open()
    with contextlib.closing(sandbox.open()) as late:
        early.close()
        assert late.run(["def f():\n    return 1"], {}, LONG)["failures"] == []


def test_a_cell_that_hangs_is_stopped(session: Session) -> None:
    with pytest.raises(TimedOut):
        session.run(["while True:\n    try:\n        while True: pass\n    except BaseException: pass"], {}, 0.05)


def test_a_process_that_ends_itself_is_noticed_and_the_next_session_works(sandbox: Sandbox) -> None:
    for ending in ("os._exit(0)", "os.abort()", "ctypes.string_at(0)", "os.closerange(3, 99)"):
        with contextlib.closing(sandbox.open()) as session:
            session.run([f"import ctypes, os\ndef f():\n    {ending}"], {}, LONG)
            with pytest.raises(Crashed):
                session.call("f", [], LONG, 0)
    with contextlib.closing(sandbox.open()) as session:
        session.run(["def f():\n    return 7"], {}, LONG)
        assert session.call("f", [], LONG, 0)["value"] == 7


@pytest.mark.parametrize(
    ("forged", "heard"),
    [
        ("b'\\xff' * 64", "head is too long"),
        ("struct.pack('>QQ', 10, 1 << 50)", "more than"),
        ("struct.pack('>QQ', 9, 0) + b'not json!'", "malformed"),
        ("frames.encode([1, 2])", "not an answer"),
    ],
)
def test_whoever_writes_to_the_wire_himself_is_heard_as_a_crash(session: Session, forged: str, heard: str) -> None:
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
    with pytest.raises(Crashed, match=heard):
        session.call("f", [], LONG, 0)


def test_ten_megabytes_of_output_are_kept_short_at_both_ends(ask: Any) -> None:
    answer = ask("def f():\n    print('first')\n    for _ in range(10): print('x' * 10**6)\n    print('last')")
    output = answer["output"]
    assert output["length"] > 10**7
    assert len(output["head"]) + len(output["tail"]) < 10_000
    assert output["head"].startswith("first")
    assert output["tail"].endswith("last\n")


def test_writing_to_the_real_standard_output_reaches_nobody(ask: Any) -> None:
    cell = "import os, sys\ndef f():\n    os.write(1, b'x' * 100000)\n    sys.__stdout__.write('y')\n    return 1"
    assert ask(cell)["value"] == 1


def test_who_asks_for_input_is_told_that_nobody_answers(ask: Any) -> None:
    assert ask("def f():\n    return input('? ')")["failure"]["type"] == "EOFError"


def test_who_takes_too_much_memory_gets_a_memory_error(ask: Any) -> None:
    answer = ask("import numpy as np\ndef f():\n    return len([np.zeros(10**7) for _ in range(40)])")
    assert "MemoryError" in answer["failure"]["type"]


def test_who_writes_too_large_a_file_gets_an_os_error(ask: Any) -> None:
    answer = ask("def f():\n    with open('big', 'wb') as file:\n        file.write(b'x' * (3 << 20))")
    assert answer["failure"]["type"] == "OSError"


def test_a_value_larger_than_allowed_is_no_answer(session: Session) -> None:
    session.run(["import numpy as np\ndef f():\n    return np.zeros(9 << 17)"], {}, LONG)
    with pytest.raises(Crashed, match="more than"):
        session.call("f", [], LONG, 0)


def test_a_list_too_long_for_the_wire_is_a_failure_and_not_the_end(session: Session) -> None:
    session.run(["def f():\n    return [0.123456789] * 10**5\ndef g():\n    return 7"], {}, LONG)
    assert "failure" in session.call("f", [], LONG, 0)
    assert session.call("g", [], LONG, 0)["value"] == 7


def test_whatever_a_session_started_is_gone_with_the_next_one(sandbox: Sandbox) -> None:
    cell = """
import contextlib, os, signal
def f():
    ready, told = os.pipe()
    for _ in range(3):
        if os.fork() == 0:
            with contextlib.suppress(OSError):
                os.setsid()
            if os.fork() == 0:
                for stop in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                    signal.signal(stop, signal.SIG_IGN)
                os.write(told, b"x")
                while True: signal.pause()
            os._exit(0)
    return len([os.read(ready, 1) for _ in range(3)])
"""
    before = beneath(os.getpid())
    with contextlib.closing(sandbox.open()) as session:
        session.run([cell], {}, LONG)
        assert session.call("f", [], LONG, 0)["value"] == 3
        running = beneath(os.getpid()) - before
        assert len(running) >= 3
    with contextlib.closing(sandbox.open()):
        assert gone(running)


# ---------------------------------------------------------------- values


def test_code_that_draws_without_a_seed_draws_the_same_in_every_session(sandbox: Sandbox) -> None:
    cell = """
import random
import numpy as np
from numpy.random import default_rng, rand
drawn = np.random.default_rng().random(), np.random.rand()
def f():
    others = np.random.SeedSequence().entropy, np.random.RandomState().rand(), np.random.PCG64().random_raw()
    return drawn, np.random.default_rng().random(3), default_rng().random(), rand(2), random.random(), others
"""
    seen = []
    for seed in (5, 5, 6):
        with contextlib.closing(sandbox.open()) as session:
            session.run([cell], {}, LONG)
            seen.append(repr(session.call("f", [], LONG, seed)["value"]))
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]


def test_code_that_seeds_gets_what_it_asked_for(value: Any) -> None:
    cell = "import numpy as np\ndef f():\n    return np.random.default_rng(3).random(2)"
    assert value(cell).tolist() == np.random.default_rng(3).random(2).tolist()


@pytest.mark.parametrize(
    ("returned", "arrives"),
    [
        ("(1, 2.5)", (1, 2.5)),
        ("[1, 2]", [1, 2]),
        ("None", None),
        ("'text'", "text"),
        ("True", True),
        ("float('inf')", float("inf")),
        ("(np.float64(2.0),)", (np.array(2.0),)),
        ("np.ones((1, 1))", np.ones((1, 1))),
        ("[[1.0, 2.0], [3.0, 4.0]]", np.array([[1.0, 2.0], [3.0, 4.0]])),
        ("(np.arange(3), [np.eye(2), None])", (np.arange(3), [np.eye(2), None])),
        ("np.asfortranarray(np.arange(6.0).reshape(2, 3))", np.arange(6.0).reshape(2, 3)),
    ],
)
def test_values_come_out_as_they_were_returned(value: Any, returned: str, arrives: Any) -> None:
    arrived = value(f"import numpy as np\ndef f():\n    return {returned}")
    assert type(arrived) is type(arrives)
    assert repr(arrived) == repr(arrives)


@pytest.mark.parametrize(
    ("returned", "name"),
    [
        ("len", "builtin_function_or_method"),
        ("f", "function"),
        ("(i for i in [1])", "generator"),
        ("np.array([1, None])", "ndarray"),
        ("{1}", "set"),
        ("type('Mine', (), {})()", "Mine"),
    ],
)
def test_what_is_no_value_comes_out_as_the_name_of_its_type(value: Any, returned: str, name: str) -> None:
    arrived = value(f"import numpy as np\ndef f():\n    return {returned}")
    assert type(arrived) is OpaqueValue
    assert arrived.type_name == name


def test_arguments_arrive_as_they_are_and_can_be_written_to(value: Any) -> None:
    x = np.arange(6.0).reshape(2, 3)
    got = value("def f(x, n, c):\n    x[0, 0] = 9\n    return x, n, c", x, 3, 1e-3)
    assert got[0].tolist() == [[9, 1, 2], [3, 4, 5]]
    assert got[1:] == (3, 1e-3)
    assert x[0, 0] == 0


def test_arguments_changed_in_place_are_reported(ask: Any) -> None:
    answer = ask("def f(a, b, c):\n    b -= 1\n    c.shape = (4, 1)\n    return a", *(np.ones(4) for _ in range(3)))
    assert answer["changed"] == [1, 2]
    assert answer["value"].tolist() == [1, 1, 1, 1]


# ---------------------------------------------------------------- what a review found open once

KEYRING = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
add_key, keyctl = {"x86_64": (248, 250), "aarch64": (217, 219)}[os.uname().machine]
def plant():
    return libc.syscall(add_key, b"user", b"planted", b"x", 1, -3)
def f():
    return libc.syscall(keyctl, 10, -3, b"user", b"planted", 0)
"""


def test_no_key_of_the_session_before_is_found(sandbox: Sandbox) -> None:
    with contextlib.closing(sandbox.open()) as session:
        session.run([KEYRING], {}, LONG)
        session.call("plant", [], LONG, 0)
    with contextlib.closing(sandbox.open()) as session:
        session.run([KEYRING], {}, LONG)
        assert session.call("f", [], LONG, 0)["value"] == -1


def test_no_socket_of_the_machine_is_reached_through_a_pair(value: Any, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0a-socket-of-the-machine")
        cell = """
import socket
def f():
    ours, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        return ours.sendto(b"x", "\\0a-socket-of-the-machine")
    except OSError:
        return -1
"""
        try:
            assert value(cell) == -1
        except KeyError:
            return  # refused before there was a pair


@pytest.mark.parametrize("ending", ["", "import os; os.kill(os.getpid(), 9)"])
def test_a_sandbox_that_nobody_closes_leaves_no_folder(
    assignment: Assignment, isolation: Isolation, tmp_path: Path, ending: str
) -> None:
    program = (
        "from autograder.sandbox import Isolation, Sandbox, Limits\n"
        f"sandbox = Sandbox(Limits(), Isolation({str(isolation)!r}), warm=False)\n"
        f"sandbox.open().run(['1 + 1'], {{}}, 60.0)\n{ending}\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(assignment.root)}
    ran = subprocess.run([sys.executable, "-c", program], check=False, env=environment)
    assert ran.returncode == (-9 if ending else 0)
    give_up = time.monotonic() + 20
    while list(tmp_path.iterdir()) and time.monotonic() < give_up:
        os.sched_yield()  # who is killed removes nothing: the parent of the student's processes does, a little later
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_can_not_be_shut_in_is_our_failure_and_never_the_students(isolation: Isolation) -> None:
    with (
        Sandbox(Limits(memory_mb=1 << 60), isolation, warm=False) as sandbox,
        pytest.raises(SandboxBroken, match="could not be isolated: OverflowError"),
    ):
        sandbox.open()


def test_the_rung_process_is_refused_where_it_would_leave_the_courses_files_readable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without = "import sys\nsys.modules['landlock'] = None\n"
    monkeypatch.setattr(sandbox_module, "_BOOT", without + sandbox_module._BOOT)
    assert "needs Landlock" in available._try_isolation.__wrapped__(Isolation.process)[0]


def test_a_rung_in_which_one_file_of_the_course_can_be_read_is_refused_by_the_files_name(
    isolation: Isolation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(available, "_files_to_hide", lambda: [available.__file__, os.__file__])  # Python's own, to be read
    assert f"{os.__file__} can be read inside" in available._try_isolation.__wrapped__(isolation)[0]


def test_two_sandboxes_have_two_users(assignment: Assignment, isolation: Isolation) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give each sandbox a user of its own")
    with (
        Sandbox(assignment.limits, isolation, warm=False) as one,
        Sandbox(assignment.limits, isolation, warm=False) as other,
    ):
        seen = []
        for sandbox in (one, other):
            with contextlib.closing(sandbox.open()) as session:
                session.run(["import os\ndef f():\n    return os.getuid()"], {}, LONG)
                seen.append(session.call("f", [], LONG, 0)["value"])
    assert len(set(seen)) == 2
    assert 0 not in seen


def test_who_uses_too_much_processor_time_is_told(isolation: Isolation) -> None:
    with (
        Sandbox(Limits(cpu_seconds=1), isolation, warm=False) as sandbox,
        contextlib.closing(sandbox.open()) as session,
    ):
        session.run(["def f():\n    while True: pass"], {}, LONG)
        failure = session.call("f", [], LONG, 0)["failure"]
    assert (failure["type"], failure["text"]) == ("TimeoutError", "out of processor time")


def test_a_change_is_reported_whatever_student_code_makes_of_numpy(ask: Any) -> None:
    cell = (
        "import numpy as np\nnp.array_equal = lambda *_: True\nnp.array = None\ndef f(a, b):\n    a += 1\n    return 1"
    )
    assert ask(cell, np.ones(2), np.array([np.nan]))["changed"] == [0]


@pytest.mark.parametrize("magic", ["%timeit -n1 -r1 x = 7", "%timeit -n 1 -r 1 x = 7", "%time x = 7"])
def test_a_magic_with_options_runs_its_code(session: Session, magic: str) -> None:
    assert session.run([magic, "def f():\n    return x"], {}, LONG)["failures"] == []
    assert session.call("f", [], LONG, 0)["value"] == 7


def test_a_module_that_a_cell_writes_can_be_imported(session: Session) -> None:
    cells = ["%%writefile helpers.py\ndef g():\n    return 7\n", "from helpers import g\ndef f():\n    return g()"]
    assert session.run(cells, {}, LONG)["failures"] == []
    assert session.call("f", [], LONG, 0)["value"] == 7


def test_whoever_asks_for_its_name_gets_one(value: Any) -> None:
    assert value("import getpass\ndef f():\n    return getpass.getuser()") == "student"


def test_packages_beneath_the_folder_that_becomes_the_disk_are_still_there_and_still_read_only(
    assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone in /tmp has its packages there, and each submission a disk of its own at /tmp."""
    if why_unavailable(Isolation.strict):
        pytest.skip(why_unavailable(Isolation.strict))
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        (Path(folder) / "oddity.py").write_text("found = True\n")
        found = [*isolation_module.package_folders(), folder]
        monkeypatch.setattr(isolation_module, "package_folders", lambda: found)
        monkeypatch.setattr(sandbox_module, "package_folders", lambda: found)
        code = (
            "import os, oddity\n"
            f"def probe():\n    try:\n        open({folder!r} + '/mine', 'w')\n    except OSError:\n"
            "        open('/tmp/own', 'w').write('x')\n        return oddity.found\n"
        )
        with Sandbox(assignment.limits, Isolation.strict) as sandbox:
            session = sandbox.open()
            assert session.run([code], {}, 20.0)["failures"] == []
            assert session.call("probe", [], 20.0, 0)["value"] is True
            session.close()


# ---------------------------------------------------------------- the folders of a process sandbox


@pytest.fixture
def process_sandbox() -> Iterator[Sandbox]:
    if why_unavailable(Isolation.process):
        pytest.skip(why_unavailable(Isolation.process))
    with Sandbox(Limits(), Isolation.process, warm=False) as sandbox:
        if "Landlock" not in sandbox.means:
            pytest.skip("without Landlock nothing but users keeps folders apart")
        yield sandbox


def test_a_session_writes_to_no_folder_but_its_own_even_where_their_users_let_it(process_sandbox: Sandbox) -> None:
    """As where the grader is not root: then all of them belong to one user."""
    with contextlib.closing(process_sandbox.open()) as session:
        (process_sandbox._folder / "sessions").chmod(0o777)
        session.run(["def f(name):\n    open(name, 'w').close()"], {}, LONG)
        assert "value" in session.call("f", ["mine"], LONG, 0)
        assert session.call("f", ["../left"], LONG, 0)["failure"]["type"] == "PermissionError"


def test_a_session_that_shuts_the_folder_above_does_not_stop_the_next(process_sandbox: Sandbox) -> None:
    sessions = process_sandbox._folder / "sessions"
    with contextlib.closing(process_sandbox.open()):
        for folder in (sessions, process_sandbox._folder):
            folder.chmod(0)
    assert list(sessions.iterdir()) == []
    process_sandbox.open().close()
    assert [folder.stat().st_mode & 0o777 for folder in (sessions, process_sandbox._folder)] == [0o755, 0o755]
