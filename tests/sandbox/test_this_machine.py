"""Each cause for which grading can't begin on a machine is a sentence of its own, with its mend."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.sandbox import Isolation, Limits, available, why_unavailable

_ASK = """
import sys
from autograder.sandbox import Isolation, Limits, why_unavailable
print(why_unavailable(Isolation(sys.argv[1]), Limits(memory_mb=3000, processes=32, file_mb=64)))
"""


def why_after(command: str, isolation: Isolation, kit: Path) -> str:
    """What a shell with these limits says. `kit` is the folder of the package."""
    done = subprocess.run(
        ["bash", "-c", f'{command} && exec "$0" -c "$1" "$2"', sys.executable, _ASK, isolation],
        env={**os.environ, "PYTHONPATH": str(kit), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("ulimit -n 100", "`ulimit -n` allows 100 open files here, and grading needs 512: set `ulimit -n 4096`"),
        ("ulimit -n 20", "`ulimit -n` allows 20 open files here"),
        ("ulimit -v 2048000", "`ulimit -v` allows 2000 MB of memory here, and grading needs 3000"),
        ("ulimit -d 2048000", "`ulimit -d` allows 2000 MB of data here, and grading needs 3000"),
        ("ulimit -f 2000", "`ulimit -f` allows 2000 kB for a file here, and grading needs 65536"),
        ("ulimit -f 0", "`ulimit -f` allows 0 kB for a file here"),
        ("ulimit -t 100", "`ulimit -t` allows 100 seconds here, and grading needs 605"),
        ("ulimit -u 20", "`ulimit -u` allows 20 processes and threads here"),
    ],
)
def test_a_limit_of_the_shell_that_is_too_low_is_named_with_the_mend(root: Path, command: str, expected: str) -> None:
    why = why_after(command, Isolation.process, root)
    assert why.startswith(expected)
    assert "before you start the autograder" in why
    assert "namespaces" not in why


def test_a_soft_limit_that_may_be_raised_is_raised(root: Path, isolation: Isolation) -> None:
    low = "ulimit -S -n 64; ulimit -S -v 2000000; ulimit -S -f 1000"
    assert why_after(low, isolation, root) == ""


@pytest.mark.parametrize("umask", ["077", "027"])
def test_a_clone_that_only_its_owner_can_read_works(
    root: Path, tmp_path: Path, isolation: Isolation, umask: str
) -> None:
    shutil.copytree(root / "autograder/sandbox", tmp_path / "autograder/sandbox")
    (tmp_path / "autograder/__init__.py").write_text("")
    mode = 0o777 & ~int(umask, 8)
    for path in tmp_path.rglob("*"):
        path.chmod(mode if path.is_dir() else mode & 0o666)
    assert why_after(f"umask {umask}", isolation, tmp_path) == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only for root does student code run as another user")
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
def test_packages_that_only_root_can_read_are_named_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy").mkdir(mode=0o700)
    monkeypatch.setattr(available, "package_folders", lambda: [str(tmp_path)])
    tmp_path.chmod(0o755)
    assert why_unavailable(Isolation.strict) == (
        f"only root can read {tmp_path}, and student code does not run as root: `chmod -R go+rX {tmp_path}`."
    )


_CAUSES = [
    ("bwrap: No permissions to create new namespace, likely because the kernel does not allow it", True),
    ("the student's process could not be isolated: [Errno 1] unshare: Operation not permitted", True),
    ("bwrap: setting up uid map: Permission denied", True),
    ("the sandbox's parent process does not answer: No space left on device", False),
    ("the sandbox's parent process does not answer: MemoryError", False),
    ("/course/key can be read inside", False),
]


@pytest.mark.parametrize(("problem", "about_namespaces"), _CAUSES)
def test_only_a_refusal_of_namespaces_is_called_one(
    problem: str, about_namespaces: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def __init__(self, *_: object, **__: object) -> None:
            raise available.SandboxBroken(problem)

    monkeypatch.setattr(available, "Sandbox", Broken)
    monkeypatch.setattr(available, "why_not_installed", lambda *_: "")
    why = why_unavailable(Isolation.strict, Limits(memory_mb=2999))
    available._try_isolation.cache_clear()
    assert ("user namespaces" in why) == about_namespaces
    assert problem in why
