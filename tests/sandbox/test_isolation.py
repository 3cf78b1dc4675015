"""What student code cannot see, import or reach from inside a sandbox."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.sandbox import Isolation, Limits, Sandbox, available, why_unavailable
from autograder.sandbox import isolation as isolation_module
from autograder.sandbox import sandbox as sandbox_module
from tests.sandbox.processes import LONG


def test_a_session_finds_nothing_of_the_session_before(sandbox: Sandbox) -> None:
    cells = ["import numpy as np\nnp.secret = 1\nopen('left', 'w').close()\ndef f():\n    return 1"]
    with contextlib.closing(sandbox.open()) as first:
        first.run(cells, {}, LONG)
    with contextlib.closing(sandbox.open()) as second:
        code = "import os\nimport numpy as np\ndef g():\n    return hasattr(np, 'secret'), os.path.exists('left')"
        second.run([code], {}, LONG)
        assert second.call("f", [], LONG, 0)["missing"]
        assert second.call("g", [], LONG, 0)["value"] == (False, False)


@pytest.mark.parametrize("name", ["autograder", "autograder.assignment", "reference", "reference.em_gmm", "grader.key"])
def test_packages_that_hold_the_answers_cannot_be_imported(value: Any, name: str) -> None:
    cell = f"""
import importlib
def f():
    try:
        importlib.import_module({name!r})
    except ImportError:
        return "not there"
"""
    assert value(cell) == "not there"


def test_student_code_finds_no_path_of_the_kit(value: Any, root: Path) -> None:
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


def test_student_code_does_not_see_the_graders_environment(
    assignment: Assignment, isolation: Isolation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_TOKEN", "s3cret-t0ken")
    with Sandbox(assignment.limits, isolation) as sandbox, contextlib.closing(sandbox.open()) as session:
        session.run(["import os\ndef f():\n    return repr(dict(os.environ))"], {}, LONG)
        seen = session.call("f", [], LONG, 0)["value"]
    assert "HOME" in seen
    assert "s3cret" not in seen
    assert "COURSE_TOKEN" not in seen


KEYRING = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
add_key, keyctl = {"x86_64": (248, 250), "aarch64": (217, 219)}[os.uname().machine]
def plant():
    return libc.syscall(add_key, b"user", b"planted", b"x", 1, -3)
def f():
    return libc.syscall(keyctl, 10, -3, b"user", b"planted", 0)
"""


def test_a_session_finds_no_kernel_key_of_the_session_before(sandbox: Sandbox) -> None:
    with contextlib.closing(sandbox.open()) as session:
        session.run([KEYRING], {}, LONG)
        session.call("plant", [], LONG, 0)
    with contextlib.closing(sandbox.open()) as session:
        session.run([KEYRING], {}, LONG)
        assert session.call("f", [], LONG, 0)["value"] == -1


def test_student_code_cannot_reach_a_socket_of_the_machine_through_a_socket_pair(value: Any, tmp_path: Path) -> None:
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
            return  # the call failed because the pair itself was refused


def test_process_isolation_is_refused_if_it_would_leave_the_courses_files_readable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    no_landlock = "import sys\nsys.modules['landlock'] = None\n"
    monkeypatch.setattr(sandbox_module, "_BOOT", no_landlock + sandbox_module._BOOT)
    assert "needs Landlock" in available._try_isolation.__wrapped__(Isolation.process, Limits())[0]


def test_an_isolation_level_that_leaves_a_file_readable_is_refused_and_the_message_names_the_file(
    isolation: Isolation, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The file of a module of Python, which student code can read.
    monkeypatch.setattr(available, "_files_to_hide", lambda: [available.__file__, os.__file__])
    assert f"{os.__file__} can be read inside" in available._try_isolation.__wrapped__(isolation, Limits())[0]


def test_two_sandboxes_have_different_user_ids(assignment: Assignment, isolation: Isolation) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give each sandbox its own user id")
    with (
        Sandbox(assignment.limits, isolation) as first,
        Sandbox(assignment.limits, isolation) as second,
    ):
        user_ids = []
        for sandbox in (first, second):
            with contextlib.closing(sandbox.open()) as session:
                session.run(["import os\ndef f():\n    return os.getuid()"], {}, LONG)
                user_ids.append(session.call("f", [], LONG, 0)["value"])
    assert len(set(user_ids)) == 2
    assert 0 not in user_ids


def test_student_code_that_asks_for_its_user_name_gets_student(value: Any) -> None:
    assert value("import getpass\ndef f():\n    return getpass.getuser()") == "student"


def test_matplotlib_need_not_look_for_fonts_and_student_code_finds_no_path_of_the_users_fonts(
    assignment: Assignment, isolation: Isolation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib
    from matplotlib.font_manager import FontManager, fontManager, json_dump

    own = f"fontlist-v{FontManager.__version__}.json"
    json_dump(fontManager, tmp_path / own)
    written = json.loads((tmp_path / own).read_text())
    brought = [font for font in written["ttflist"] if not os.path.isabs(font["fname"])]
    written["ttflist"] = [*brought, brought[0] | {"fname": "/home/ada/mine.ttf", "name": "Mine"}]
    written["defaultFamily"]["ttf"] = "Made for this test"
    (tmp_path / own).write_text(json.dumps(written))
    (tmp_path / "fontlist-v0.json").write_text("no list")
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    cell = """
import matplotlib.pyplot as plt
from matplotlib.font_manager import fontManager
plt.title("a")
plt.savefig("a.png")
def f():
    return [fontManager.defaultFamily["ttf"], len(fontManager.ttflist), *(font.fname for font in fontManager.ttflist)]
"""
    with (
        Sandbox(assignment.limits, isolation) as sandbox,
        contextlib.closing(sandbox.open(modules=["matplotlib.pyplot"])) as session,
    ):
        assert session.run([cell], {}, LONG)["failures"] == []
        family, count, *paths = session.call("f", [], LONG, 0)["value"]
    assert (family, count) == ("Made for this test", len(brought))
    assert {Path(path).is_relative_to(matplotlib.get_data_path()) for path in paths} == {True}


def test_packages_under_tmp_stay_available_and_read_only(
    assignment: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone of the kit in /tmp has its packages there, but each submission gets its own disk at /tmp."""
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


@pytest.fixture
def process_sandbox() -> Iterator[Sandbox]:
    if why_unavailable(Isolation.process):
        pytest.skip(why_unavailable(Isolation.process))
    with Sandbox(Limits(), Isolation.process) as sandbox:
        if "Landlock" not in sandbox.protections:
            pytest.skip("without Landlock, only user ids protect folders from each other")
        yield sandbox


def test_a_session_writes_only_to_its_own_folder_even_if_modes_allow_more(process_sandbox: Sandbox) -> None:
    """If the grader is not root, one user owns all the sessions' folders. The mode set here gives the same access."""
    with contextlib.closing(process_sandbox.open()) as session:
        (process_sandbox._folder / "sessions").chmod(0o777)
        session.run(["def f(name):\n    open(name, 'w').close()"], {}, LONG)
        assert "value" in session.call("f", ["mine"], LONG, 0)
        assert session.call("f", ["../left"], LONG, 0)["failure"]["type"] == "PermissionError"


def test_a_session_that_denies_access_to_the_folder_above_it_does_not_stop_the_next(process_sandbox: Sandbox) -> None:
    sessions = process_sandbox._folder / "sessions"
    with contextlib.closing(process_sandbox.open()):
        for folder in (sessions, process_sandbox._folder):
            folder.chmod(0)
    assert list(sessions.iterdir()) == []
    process_sandbox.open().close()
    assert [folder.stat().st_mode & 0o777 for folder in (sessions, process_sandbox._folder)] == [0o755, 0o755]
