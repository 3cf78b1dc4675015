"""Submissions that solve nothing and try to get points. No such submission gets a point or harms the next one."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment, release_notebook
from autograder.sandbox import Crashed, Sandbox, TimedOut
from tests.hostile import cells_of, submissions, with_cells

HERE = Path(__file__).parent
NAMES = submissions(HERE)
PAIRS = [name for name in NAMES if f"{name}_planted" in NAMES]

Probe = Callable[..., Any]


@pytest.fixture
def sandbox(sandboxes: Any, course: Assignment, isolation: str) -> Sandbox:
    limits = dataclasses.replace(
        course.limits, memory_mb=1500, file_mb=4, result_mb=8, seconds_per_call=5, seconds_per_notebook=20
    )
    return sandboxes(limits, isolation)  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def signals_to_the_grader() -> Iterator[list[int]]:
    """The SIGTERM signals from attacks that reach this process. There must be none, and none ends the tests."""
    arrived: list[int] = []
    old_handler = signal.signal(signal.SIGTERM, lambda number, _: arrived.append(number))
    yield arrived
    signal.signal(signal.SIGTERM, old_handler)


@pytest.fixture(autouse=True)
def markers() -> Iterator[Callable[[], list[Path]]]:
    """A function that finds what attacks left outside the sandbox. All of it is removed after each test."""
    folders = [Path(p) for p in (tempfile.gettempdir(), "/dev/shm", "/var/tmp", "/", Path.home())]
    packages = Path(sysconfig.get_path("purelib"))
    folders += [Path.cwd(), packages, packages / "numpy", packages / "numpy" / "__pycache__"]

    def find_markers() -> list[Path]:
        return [path for folder in folders for path in folder.glob("attack-*.marker")]

    yield find_markers
    for path in find_markers():
        path.unlink(missing_ok=True)


def attack(name: str) -> list[str]:
    """The cells of an attack. An attack that looks for the kit gets its real path, so that it need not guess."""
    path = HERE / "submissions" / f"{name}.py"
    cells = [cell.replace("THE KIT", str(HERE.parents[1])) for cell in cells_of(path)]
    if "# uses: loot\n" not in path.read_text(encoding="utf-8"):
        return cells
    _, search_cell, answer_cell = cells_of(HERE / "loot.py")
    return [search_cell, *cells, answer_cell]


def test_there_are_many_attacks_and_each_says_what_it_tries() -> None:
    assert len(NAMES) >= 28
    paths = [HERE / "submissions" / f"{name}.py" for name in NAMES]
    assert [path.name for path in paths if not cells_of(path)[0].startswith('"""')] == []


def test_a_solved_part_gets_its_points(sandbox: Sandbox, hand_in: Any, course: Assignment, honest: Any) -> None:
    """The control: the zeros in the next tests do not come from a harness that always gives zero."""
    solution = next(
        c["source"] for c in honest["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "e_step"
    )
    result = hand_in(with_cells(release_notebook(course), after=["".join(solution)]), sandbox)
    assert result["score"] == 20


@pytest.mark.parametrize("name", NAMES)
def test_an_attack_scores_what_the_unsolved_notebook_scores_and_does_no_lasting_harm(
    name: str, sandbox: Sandbox, hand_in: Any, course: Assignment, honest: Any, signals_to_the_grader: list[int]
) -> None:
    result = hand_in(with_cells(release_notebook(course), after=attack(name)), sandbox)
    assert (result["status"], result["score"]) == ("graded", 0)
    assert hand_in(honest, sandbox)["score"] == 80
    assert signals_to_the_grader == []


@pytest.mark.parametrize("name", PAIRS)
def test_an_attack_leaves_nothing_that_an_accomplice_can_find(name: str, sandbox: Sandbox) -> None:
    with contextlib.closing(sandbox.open()) as first, contextlib.suppress(Crashed, TimedOut):
        first.run(attack(name), {}, 20.0)
        first.call("plant", [], 20.0, 0)
    with contextlib.closing(sandbox.open()) as second:
        second.run(attack(f"{name}_planted"), {}, 20.0)
        answer = second.call("found", [], 20.0, 0)
    assert answer["value"] == []


# ---------------------------------------------------------------- what code in the sandbox can do


@pytest.fixture
def can(sandbox: Sandbox) -> Probe:
    """A function that runs a function's body in the sandbox. It returns the body's value, or False if it raises."""

    def run_probe(body: str) -> Any:
        lines = "".join(f"        {line}\n" for line in body.splitlines())
        cell = f"import os, socket, ctypes, importlib, sys\ndef probe():\n    try:\n{lines}"
        cell += "    except (OSError, ImportError):\n        return False\n"
        with contextlib.closing(sandbox.open()) as session:
            assert session.run([cell], {}, 20.0)["failures"] == []
            answer = session.call("probe", [], 20.0, 0)
        assert "value" in answer, answer
        return answer["value"]

    return run_probe


def test_a_probe_can_return_true(can: Probe) -> None:
    """The control: `can` does not return False for everything."""
    assert can("return os.getpid() > 0") is True


@pytest.mark.parametrize(
    "file", ["data/em_gmm/key.npz", "data/em_gmm/calibration.json", "reference/em_gmm/solution.py", "README.md"]
)
def test_it_cannot_read_the_kits_files(can: Probe, course: Assignment, file: str) -> None:
    assert can(f"return len(open({str(course.root / file)!r}, 'rb').read()) > 0") is False


def test_it_cannot_list_the_kits_folder(can: Probe, course: Assignment) -> None:
    assert can(f"return 'autograder' in os.listdir({str(course.root)!r})") is False


def test_it_cannot_read_a_file_of_the_graders_user(can: Probe, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    assert can(f"return open({str(tmp_path / 'secret')!r}).read()") is False


def test_it_cannot_connect_to_a_port_of_this_machine(can: Probe) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert can(f"socket.create_connection({server.getsockname()!r}, 2).close()\nreturn True") is False


def test_it_cannot_send_a_datagram_to_this_machine(can: Probe) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        can(f"s = socket.socket(2, 2)\nreturn s.sendto(b'x', {server.getsockname()!r})")
        with pytest.raises(TimeoutError):
            server.recv(1)


def test_it_cannot_reach_an_abstract_socket(can: Probe) -> None:
    name = f"\0attack-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        assert can(f"s = socket.socket(1)\ns.settimeout(2)\ns.connect({name!r})\nreturn True") is False


def test_it_cannot_see_the_graders_command_line(can: Probe) -> None:
    body = """seen = []
for pid in os.listdir('/proc'):
    try:
        seen.append(open('/proc/' + pid + '/cmdline', 'rb').read())
    except OSError:
        pass
return any(b'pytest' in line for line in seen)"""
    assert can(body) is False


def test_it_cannot_see_the_graders_environment(can: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_TOKEN", "s3cret-t0ken")
    assert can("return 'COURSE_TOKEN' in os.environ") is False
    assert can(f"return len(open('/proc/{os.getpid()}/environ', 'rb').read()) > 0") is False


def test_it_cannot_read_the_graders_memory(can: Probe) -> None:
    assert can(f"open('/proc/{os.getpid()}/mem', 'rb').close()\nreturn True") is False


@pytest.mark.parametrize("folder", ["/", "/tmp", "/var/tmp", "/dev/shm", "..", "~", "../.."])
def test_it_cannot_write_outside_its_own_folder(can: Probe, markers: Any, folder: str) -> None:
    can(f"open(os.path.expanduser({folder!r}) + '/attack-probe.marker', 'w').close()\nreturn True")
    assert markers() == []


@pytest.mark.parametrize("module", ["sklearn", "reference", "autograder", "autograder.sandbox", "grader.key"])
def test_it_cannot_import_packages_that_hold_answers(can: Probe, module: str) -> None:
    assert can(f"importlib.import_module({module!r})\nreturn True") is False


def test_it_cannot_signal_the_grader(can: Probe) -> None:
    assert can(f"os.kill({os.getpid()}, 0)\nreturn True") is False


@pytest.mark.parametrize(
    "owner_call",
    ["fcntl.fcntl(a, 8, {pid})", "fcntl.fcntl(a, 15, struct.pack('ii', 1, {pid}))", "fcntl.ioctl(a, 0x8901, {pid})"],
)
def test_it_cannot_make_a_file_signal_the_grader(can: Probe, signals_to_the_grader: list[int], owner_call: str) -> None:
    """F_SETOWN, F_SETOWN_EX and FIOSETOWN. With them the kernel sends a signal when the file has something to read."""
    body = f"""import fcntl, struct
a, b = socket.socketpair()
{owner_call.format(pid=os.getpid())}
fcntl.fcntl(a, 10, 15)
fcntl.fcntl(a, fcntl.F_SETFL, fcntl.fcntl(a, fcntl.F_GETFL) | os.O_ASYNC)
b.send(b"x")
return True"""
    can(body)
    assert signals_to_the_grader == []


def test_it_cannot_set_the_process_that_a_file_signals(can: Probe, isolation: str) -> None:
    if isolation == "strict":
        pytest.skip("a process in namespaces of its own sees no other process that it could name")
    for call in ("fcntl.fcntl(0, 8, 0)", "fcntl.fcntl(0, 10, 15)", "fcntl.ioctl(0, 0x8902, b'0000')"):
        assert can(f"import fcntl\n{call}\nreturn True") is False


@pytest.mark.parametrize("call", ["os.setsid()", "os.setpgid(0, 0)"])
def test_it_cannot_leave_its_process_group(can: Probe, isolation: str, call: str) -> None:
    if isolation == "strict":
        pytest.skip("its namespaces end with it, and all their processes, whatever their group")
    body = f"""child = os.fork()
if child == 0:
    try:
        {call}
        os._exit(7)
    finally:
        os._exit(1)
return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7"""
    assert can(body) is False


def test_it_is_not_root(can: Probe) -> None:
    assert can("return 0 in (os.getuid(), os.geteuid())") is False


def test_it_has_no_capabilities(can: Probe, isolation: str) -> None:
    """The probe asks the kernel, because strict isolation has no /proc. Behind Landlock, READ_SEARCH is allowed."""
    allowed = "" if isolation == "strict" else "rights[0] &= ~4; rights[1] &= ~4"
    body = f"""head, rights = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert ctypes.CDLL(None).capget(head, rights) == 0
{allowed}
return any(rights)"""
    assert can(body) is False


def test_it_cannot_unmount_its_folders(can: Probe) -> None:
    for folder in ("/proc", "/tmp"):
        assert can(f"return ctypes.CDLL(None).umount2({folder.encode()!r}, 2) == 0") is False


def test_it_cannot_make_a_user_namespace(can: Probe) -> None:
    assert can("return ctypes.CDLL(None).unshare(0x10000000) == 0") is False
