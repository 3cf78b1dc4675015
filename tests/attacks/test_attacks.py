"""Submissions that solve nothing and reach for the points: none gets one, and none harms the next."""

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

Play = Callable[..., Any]


@pytest.fixture
def sandbox(sandboxes: Any, course: Assignment, isolation: str) -> Sandbox:
    limits = dataclasses.replace(
        course.limits, memory_mb=1500, file_mb=4, result_mb=8, seconds_per_call=5, seconds_per_notebook=20
    )
    return sandboxes(limits, isolation)  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def signals_to_the_grader() -> Iterator[list[int]]:
    """Attacks send SIGTERM to what may be this process: it must not arrive, and would not end the tests."""
    arrived: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: arrived.append(number))
    yield arrived
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(autouse=True)
def markers() -> Iterator[Callable[[], list[Path]]]:
    """What attacks left behind outside; removed, so that one test's leftovers are not the next one's."""
    folders = [Path(p) for p in (tempfile.gettempdir(), "/dev/shm", "/var/tmp", "/", Path.home())]
    packages = Path(sysconfig.get_path("purelib"))
    folders += [Path.cwd(), packages, packages / "numpy", packages / "numpy" / "__pycache__"]

    def left() -> list[Path]:
        return [path for folder in folders for path in folder.glob("attack-*.marker")]

    yield left
    for path in left():
        path.unlink(missing_ok=True)


def attack(name: str) -> list[str]:
    """Its cells; who looks for the kit is told where it lies, so that nothing hangs on a wrong guess."""
    path = HERE / "submissions" / f"{name}.py"
    cells = [cell.replace("THE KIT", str(HERE.parents[1])) for cell in cells_of(path)]
    if "# uses: loot\n" not in path.read_text(encoding="utf-8"):
        return cells
    _, taking, handing_in = cells_of(HERE / "loot.py")
    return [taking, *cells, handing_in]


def test_there_are_many_attacks_and_each_says_what_it_tries() -> None:
    assert len(NAMES) >= 28
    written = [HERE / "submissions" / f"{name}.py" for name in NAMES]
    assert [path.name for path in written if not cells_of(path)[0].startswith('"""')] == []


def test_whoever_solves_a_part_gets_its_points(sandbox: Sandbox, hand_in: Any, course: Assignment, honest: Any) -> None:
    """The control: what follows is no zero of a harness that always gives zero."""
    right = next(c["source"] for c in honest["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "e_step")
    result = hand_in(with_cells(release_notebook(course), after=["".join(right)]), sandbox)
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
def test_nothing_is_left_for_an_accomplice(name: str, sandbox: Sandbox) -> None:
    with contextlib.closing(sandbox.open()) as first, contextlib.suppress(Crashed, TimedOut):
        first.run(attack(name), {}, 20.0)
        first.call("plant", [], 20.0, 0)
    with contextlib.closing(sandbox.open()) as second:
        second.run(attack(f"{name}_planted"), {}, 20.0)
        answer = second.call("found", [], 20.0, 0)
    assert answer["value"] == []


# ---------------------------------------------------------------- what code in the sandbox can do


@pytest.fixture
def can(sandbox: Sandbox) -> Play:
    """Run the body of a function `probe` in the sandbox; False when it raises."""

    def probe(body: str) -> Any:
        lines = "".join(f"        {line}\n" for line in body.splitlines())
        cell = f"import os, socket, ctypes, importlib, sys\ndef probe():\n    try:\n{lines}"
        cell += "    except (OSError, ImportError):\n        return False\n"
        with contextlib.closing(sandbox.open()) as session:
            assert session.run([cell], {}, 20.0)["failures"] == []
            answer = session.call("probe", [], 20.0, 0)
        assert "value" in answer, answer
        return answer["value"]

    return probe


def test_a_probe_can_say_yes(can: Play) -> None:
    """The control: `can` is not False for everything."""
    assert can("return os.getpid() > 0") is True


@pytest.mark.parametrize(
    "file", ["data/em_gmm/key.npz", "data/em_gmm/calibration.json", "reference/em_gmm/solution.py", "README.md"]
)
def test_it_can_not_read_the_kits_files(can: Play, course: Assignment, file: str) -> None:
    assert can(f"return len(open({str(course.root / file)!r}, 'rb').read()) > 0") is False


def test_it_can_not_list_the_kits_folder(can: Play, course: Assignment) -> None:
    assert can(f"return 'autograder' in os.listdir({str(course.root)!r})") is False


def test_it_can_not_read_a_file_of_the_graders_user(can: Play, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    assert can(f"return open({str(tmp_path / 'secret')!r}).read()") is False


def test_it_can_not_connect_to_a_port_of_this_machine(can: Play) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert can(f"socket.create_connection({server.getsockname()!r}, 2).close()\nreturn True") is False


def test_it_can_not_send_a_datagram_to_this_machine(can: Play) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        can(f"s = socket.socket(2, 2)\nreturn s.sendto(b'x', {server.getsockname()!r})")
        with pytest.raises(TimeoutError):
            server.recv(1)


def test_it_can_not_reach_an_abstract_socket(can: Play) -> None:
    name = f"\0attack-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        assert can(f"s = socket.socket(1)\ns.settimeout(2)\ns.connect({name!r})\nreturn True") is False


def test_it_can_not_see_the_graders_command_line(can: Play) -> None:
    body = """seen = []
for pid in os.listdir('/proc'):
    try:
        seen.append(open('/proc/' + pid + '/cmdline', 'rb').read())
    except OSError:
        pass
return any(b'pytest' in line for line in seen)"""
    assert can(body) is False


def test_it_can_not_see_the_graders_environment(can: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_TOKEN", "s3cret-t0ken")
    assert can("return 'COURSE_TOKEN' in os.environ") is False
    assert can(f"return len(open('/proc/{os.getpid()}/environ', 'rb').read()) > 0") is False


def test_it_can_not_read_the_graders_memory(can: Play) -> None:
    assert can(f"open('/proc/{os.getpid()}/mem', 'rb').close()\nreturn True") is False


@pytest.mark.parametrize("folder", ["/", "/tmp", "/var/tmp", "/dev/shm", "..", "~", "../.."])
def test_nothing_that_it_writes_outside_its_own_folder_gets_out(can: Play, markers: Any, folder: str) -> None:
    can(f"open(os.path.expanduser({folder!r}) + '/attack-probe.marker', 'w').close()\nreturn True")
    assert markers() == []


@pytest.mark.parametrize("module", ["sklearn", "reference", "autograder", "autograder.sandbox", "grader.key"])
def test_it_can_not_import_what_has_answers(can: Play, module: str) -> None:
    assert can(f"importlib.import_module({module!r})\nreturn True") is False


def test_it_can_not_signal_the_grader(can: Play) -> None:
    assert can(f"os.kill({os.getpid()}, 0)\nreturn True") is False


@pytest.mark.parametrize(
    "asks",
    ["fcntl.fcntl(a, 8, {pid})", "fcntl.fcntl(a, 15, struct.pack('ii', 1, {pid}))", "fcntl.ioctl(a, 0x8901, {pid})"],
)
def test_it_can_not_have_a_file_signal_the_grader(can: Play, signals_to_the_grader: list[int], asks: str) -> None:
    """F_SETOWN, F_SETOWN_EX and FIOSETOWN: the kernel then sends a signal when there is something to read."""
    body = f"""import fcntl, struct
a, b = socket.socketpair()
{asks.format(pid=os.getpid())}
fcntl.fcntl(a, 10, 15)
fcntl.fcntl(a, fcntl.F_SETFL, fcntl.fcntl(a, fcntl.F_GETFL) | os.O_ASYNC)
b.send(b"x")
return True"""
    can(body)
    assert signals_to_the_grader == []


def test_a_file_has_no_owner_to_signal_at_all(can: Play, isolation: str) -> None:
    if isolation == "strict":
        pytest.skip("a process in namespaces of its own sees nobody whom it could name")
    for call in ("fcntl.fcntl(0, 8, 0)", "fcntl.fcntl(0, 10, 15)", "fcntl.ioctl(0, 0x8902, b'0000')"):
        assert can(f"import fcntl\n{call}\nreturn True") is False


@pytest.mark.parametrize("call", ["os.setsid()", "os.setpgid(0, 0)"])
def test_it_can_not_leave_its_group(can: Play, isolation: str, call: str) -> None:
    if isolation == "strict":
        pytest.skip("its namespaces end with it, whatever group a process is in")
    body = f"""child = os.fork()
if child == 0:
    try:
        {call}
        os._exit(7)
    finally:
        os._exit(1)
return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7"""
    assert can(body) is False


def test_it_is_not_root(can: Play) -> None:
    assert can("return 0 in (os.getuid(), os.geteuid())") is False


def test_it_has_no_capabilities(can: Play, isolation: str) -> None:
    """Asked of the kernel, for strict isolation has no /proc; behind Landlock it may look where only root may."""
    but = "" if isolation == "strict" else "rights[0] &= ~4; rights[1] &= ~4"
    body = f"""head, rights = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert ctypes.CDLL(None).capget(head, rights) == 0
{but}
return any(rights)"""
    assert can(body) is False


def test_it_can_not_take_its_walls_down(can: Play) -> None:
    for folder in ("/proc", "/tmp"):
        assert can(f"return ctypes.CDLL(None).umount2({folder.encode()!r}, 2) == 0") is False


def test_it_can_not_make_a_user_namespace(can: Play) -> None:
    assert can("return ctypes.CDLL(None).unshare(0x10000000) == 0") is False
