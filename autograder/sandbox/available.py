"""Finds out which isolation this machine offers. It opens a sandbox to see, and does not guess from versions."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import re
import shutil
import sys
from pathlib import Path

import numpy as np

from autograder.sandbox.isolation import Isolation, executable, package_folders
from autograder.sandbox.limits import Limits
from autograder.sandbox.problems import Crashed, SandboxBroken, TimedOut
from autograder.sandbox.resource_limits import why_too_low
from autograder.sandbox.sandbox import Sandbox

# This cell runs in the sandbox. The samples of an assignment must be readable there, the kit and the course must not.
_PROBE_CELL = """
import os
import numpy as np

np.load("probe.npz")["data"].sum()

def first_readable(files):
    for file in files:
        try:
            open(file).close()
            return file
        except OSError:
            pass
    return ""
"""
_NO_LANDLOCK = (
    "process isolation needs Landlock here, or student code can read the course's files and cannot load its own: grade "
    "on Linux 5.13 or later with the package `landlock`, or with `--isolation strict`."
)
_OR_PROCESS = "or accept less with `--isolation process`"

# What bubblewrap and the kernel say where they refuse namespaces.
_ABOUT_NAMESPACES = re.compile(
    r"namespace|unshare|uid.?map|gid.?map|setgroups|mount|pivot_root|loopback|Operation not permitted", re.IGNORECASE
)


def why_not_installed(isolation: Isolation, limits: Limits | None = None) -> str:
    """The part of `why_unavailable` that is known at once, without opening a sandbox."""
    if isolation is Isolation.strict:
        if sys.platform != "linux":
            return f"strict isolation needs Linux: grade in a Linux container, {_OR_PROCESS}."
        if shutil.which("bwrap") is None:
            return f"strict isolation needs bubblewrap: `apt install bubblewrap`, {_OR_PROCESS}."
        if hidden := _first_hidden_package():
            return f"only root can read {hidden}, and student code does not run as root: `chmod -R go+rX {hidden}`."
    return why_too_low(limits or Limits())


def why_unavailable(isolation: Isolation, limits: Limits | None = None) -> str:
    """Why this machine cannot offer the isolation and what to do, in one sentence. Empty when it can."""
    limits = limits or Limits()
    return why_not_installed(isolation, limits) or _try_isolation(isolation, limits)[0]


def strictest_isolation() -> Isolation:
    """The strictest isolation that this machine offers. The kit's own notebooks run under it."""
    return Isolation.process if why_unavailable(Isolation.strict) else Isolation.strict


def describe_isolation(isolation: Isolation, limits: Limits | None = None) -> str:
    """What is in force, in one line."""
    if isolation is Isolation.strict:
        return "strict: bubblewrap, and namespaces of its own for each submission"
    user = ["a user id of its own"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return f"process: {', '.join([*user, *_try_isolation(isolation, limits or Limits())[1], 'rlimits'])}"


def _sample_npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, data=np.ones(3))
    return file.getvalue()


def _files_to_hide() -> list[str]:
    """Files that student code must not read: of the kit and, if the current folder is a course, of the course."""
    here = Path.cwd()
    return [__file__, *(str(path) for path in (*here.glob("*"), *here.glob("source/*/*")) if path.is_file())]


@functools.cache
def _try_isolation(isolation: Isolation, limits: Limits) -> tuple[str, tuple[str, ...]]:
    """Open a sandbox: the reason why the isolation does not work, or "", and what the isolation is made of."""
    try:
        with Sandbox(limits, isolation) as sandbox:
            with contextlib.closing(sandbox.open()) as session:
                failures = session.run([_PROBE_CELL], {"probe.npz": _sample_npz()}, 20.0)["failures"]
                readable = session.call("first_readable", [_files_to_hide()], 20.0, 0).get("value")
            if failures or readable != "":
                if isolation is Isolation.process and "Landlock" not in sandbox.protections:
                    return _NO_LANDLOCK, ()
                raise SandboxBroken(str(failures[0]["text"]) if failures else f"{readable} can be read inside")
            return "", sandbox.protections
    except OSError as problem:
        return f"the sandbox can't be made here: {problem}.", ()
    except (SandboxBroken, Crashed, TimedOut) as problem:
        if isolation is Isolation.process:
            return f"the sandbox does not work here: {problem}.", ()
        if _ABOUT_NAMESPACES.search(str(problem)):
            reason = "strict isolation needs user namespaces, which this machine refuses"
            return f"{reason}: allow them, {_OR_PROCESS} ({problem}).", ()
        return f"strict isolation does not work here: {problem}; mend that, {_OR_PROCESS}.", ()


def _first_hidden_package() -> str:
    """A folder that the interpreter needs and that only root can read, if this is root. A clone under umask 077 has it.

    Under strict isolation, student code runs as another user from the start.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return ""
    library = Path(os.__file__).parent
    for folder in (library, *(Path(name) for name in package_folders())):
        inside = (folder, folder / "numpy", folder / "numpy" / "__init__.py", library / "os.py")
        if any(path.exists() and not _is_open(path) for path in inside):
            return str(folder)
    return "" if _is_open(Path(executable())) else executable()


def _is_open(path: Path) -> bool:
    needed = 0o005 if path.is_dir() else 0o004
    return path.stat().st_mode & needed == needed
