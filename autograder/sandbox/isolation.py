"""How strictly student code is isolated, and what it sees of the machine.

strict   bubblewrap around the warm parent, and namespaces of its own around every child
process  what any Linux offers: a user id of its own if the grader is root, Landlock, seccomp, rlimits
"""

from __future__ import annotations

import os
import shutil
import site
import socket
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from autograder.sandbox.problems import SandboxBroken

CODE_FOLDER = "/sandbox"  # under strict isolation, the parent process finds its own files here
_UIDS = range(60000, 65000)  # user ids that systems rarely assign; containers often have none from 65536 on
_KIT_PACKAGES = ("autograder", "grader", "reference")


class Isolation(StrEnum):
    """The isolation levels, the stricter one first."""

    strict = "strict"
    process = "process"


def executable() -> str:
    """The path of the interpreter itself, not of the virtual environment's link to it."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def package_folders() -> list[str]:
    """The folders of installed packages, as they go on the path of the sandboxed interpreter."""
    found = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    return list(dict.fromkeys(os.path.realpath(path) for path in found if os.path.isdir(path)))


def readable_roots() -> list[Path]:
    """What the interpreter must read to run: its libraries, the system's libraries and the installed packages."""
    system = [Path(name) for name in ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache")]
    own = [Path(sys.base_prefix, "lib"), Path(executable()), *map(Path, package_folders())]
    return [path for path in dict.fromkeys([*system, *own]) if path.exists()]


def hidden_paths(names: Sequence[str]) -> list[Path]:
    """The paths of packages that student code must not import: the kit's own, and those that an assignment names."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    base = Path(sys.base_prefix, "lib", version, "site-packages")
    folders = [*map(Path, package_folders()), base, Path("/usr/lib/python3/dist-packages")]
    packages = (*_KIT_PACKAGES, *names)
    candidates = [folder / entry for folder in folders for name in packages for entry in (name, f"{name}.py")]
    return list(dict.fromkeys(path.resolve() for path in candidates if path.exists()))


def visible_parts(root: Path, hidden: Sequence[Path]) -> Iterator[Path]:
    """The root itself. If something in it is hidden: those of its parts that are not."""
    hidden_inside = [path for path in hidden if path.is_relative_to(root)]
    if not hidden_inside:
        yield root
    elif root not in hidden_inside and root.is_dir():
        for child in root.iterdir():
            yield from visible_parts(child, hidden_inside)


def bubblewrap_command(folder: Path, environment: Mapping[str, str], hidden: Sequence[Path]) -> list[str]:
    """A command that runs the command after it with no network, no home, and only a read-only view of the roots."""
    root = os.geteuid() == 0
    command = [shutil.which("bwrap") or "bwrap", "--die-with-parent", "--new-session", "--clearenv"]
    command += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    # Root needs no user namespace here. It keeps the rights with which the parent process changes its user.
    change_user = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    command += change_user if root else ["--unshare-user"]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    command += ["--perms", "1777", "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]
    roots = readable_roots()
    above = {parent for path in roots for parent in path.parents if parent != Path("/")}
    for path in sorted(above):
        command += ["--perms", "0755", "--dir", str(path)]  # otherwise only the user that makes them can read them
    for path in roots:
        command += ["--symlink", os.readlink(path), str(path)] if path.is_symlink() else ["--ro-bind", *2 * [str(path)]]
    for path in hidden:
        command += ["--ro-bind", str(folder / "nothing") if path.is_dir() else os.devnull, str(path)]
    # Everything is read-only, so that no submission can leave anything for the next one.
    command += ["--ro-bind", str(folder), CODE_FOLDER, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]
    return command


def claim_uid() -> tuple[int, socket.socket | None]:
    """A user id that no other sandbox of this machine has, and the socket that claims it. (0, None) if not root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return 0, None
    first = os.getpid() % len(_UIDS)
    for uid in (*_UIDS[first:], *_UIDS[:first]):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0autograder-uid-{uid}")  # the kernel frees the name when this process ends
            return uid, claim
        except OSError:
            claim.close()
    raise SandboxBroken("all user ids for student code are in use")
