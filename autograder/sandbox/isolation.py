"""How strictly student code is kept apart, and what it gets to see of the machine.

strict   bubblewrap around the warm parent, and namespaces of its own around every child
process  what any Linux offers: its own user id where the grader is root, Landlock, seccomp, rlimits
"""

from __future__ import annotations

import os
import shutil
import site
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

INSIDE = "/sandbox"  # where the parent process's own files lie in the strict view
_OURS = ("autograder", "grader", "reference")


class Isolation(StrEnum):
    """The isolation levels, the stricter one first."""

    strict = "strict"
    process = "process"


def executable() -> str:
    """The interpreter itself, not the virtual environment's link to it."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def packages() -> list[str]:
    """The folders of installed packages, as they go on the path of the sandboxed interpreter."""
    found = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    return list(dict.fromkeys(os.path.realpath(path) for path in found if os.path.isdir(path)))


def roots() -> list[Path]:
    """What has to be readable for the interpreter to run: its libraries, the system's, the installed packages."""
    system = [Path(name) for name in ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache")]
    own = [Path(sys.base_prefix, "lib"), Path(executable()), *map(Path, packages())]
    return [path for path in dict.fromkeys([*system, *own]) if path.exists()]


def hidden(names: Sequence[str]) -> list[Path]:
    """Where packages lie that student code must not import: the kit's own, and oracles that an assignment names."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    base = Path(sys.base_prefix, "lib", version, "site-packages")
    folders = [*map(Path, packages()), base, Path("/usr/lib/python3/dist-packages")]
    candidates = [folder / entry for folder in folders for name in (*_OURS, *names) for entry in (name, f"{name}.py")]
    return list(dict.fromkeys(path.resolve() for path in candidates if path.exists()))


def visible(root: Path, but: Sequence[Path]) -> Iterator[Path]:
    """The root, or its parts where something beneath it is hidden."""
    beneath = [path for path in but if path.is_relative_to(root)]
    if not beneath:
        yield root
    elif root not in beneath and root.is_dir():
        for child in root.iterdir():
            yield from visible(child, beneath)


def bubblewrap(folder: Path, environment: Mapping[str, str], but: Sequence[Path]) -> list[str]:
    """The command that starts another one with no network, no home, and a read-only view of the roots alone."""
    root = os.geteuid() == 0
    command = [shutil.which("bwrap") or "bwrap", "--die-with-parent", "--new-session", "--clearenv"]
    command += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    # Root needs no user namespace here, and keeps what lets the parent process become somebody else.
    kept = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    command += kept if root else ["--unshare-user"]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    command += ["--perms", "1777", "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]
    above = {folder for path in roots() for folder in path.parents if folder != Path("/")}
    for path in sorted(above):
        command += ["--perms", "0755", "--dir", str(path)]  # else they are for the user alone who made them
    for path in roots():
        command += ["--symlink", os.readlink(path), str(path)] if path.is_symlink() else ["--ro-bind", *2 * [str(path)]]
    for path in but:
        command += ["--ro-bind", str(folder / "nothing") if path.is_dir() else os.devnull, str(path)]
    # Read-only in every corner, so that no submission can leave anything for the next one.
    command += ["--ro-bind", str(folder), INSIDE, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]
    return command
