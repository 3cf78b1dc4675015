"""Which isolation this machine can give: found out by opening a sandbox, not by guessing from versions."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import shutil
import sys
from pathlib import Path

import numpy as np

from autograder.sandbox.isolation import Isolation
from autograder.sandbox.sandbox import (
    Crashed,
    Limits,
    Sandbox,
    SandboxBroken,
    TimedOut,
)

# Run inside: the samples of an assignment must be readable there, the kit and the course must not.
_LOOK = """
import os
import numpy as np

np.load("probe.npz")["data"].sum()

def look(files):
    for file in files:
        try:
            open(file).close()
            return file
        except OSError:
            pass
    return ""
"""
_NO_LANDLOCK = (
    "process isolation needs Landlock here, or student code reads the course's files and can't load its own: grade on "
    "Linux 5.13 or later with the package `landlock`, or with `--isolation strict`."
)
_LESS = "or accept less with `--isolation process`"


def why_not_installed(isolation: Isolation) -> str:
    """What `missing` can say at once, without opening a sandbox."""
    if isolation is Isolation.strict:
        if sys.platform != "linux":
            return f"strict isolation needs Linux: grade in a Linux container, {_LESS}."
        if shutil.which("bwrap") is None:
            return f"strict isolation needs bubblewrap: `apt install bubblewrap`, {_LESS}."
    return ""


def why_unavailable(isolation: Isolation) -> str:
    """Why this isolation is not to be had here, as one sentence with the mend; empty when it is."""
    return why_not_installed(isolation) or _probe(isolation)[0]


def strictest_isolation() -> Isolation:
    """The strictest isolation that this machine gives; for the kit's own notebooks."""
    return Isolation.process if why_unavailable(Isolation.strict) else Isolation.strict


def describe_isolation(isolation: Isolation) -> str:
    """What is in force, in one line."""
    if isolation is Isolation.strict:
        return "strict: bubblewrap, and namespaces of its own for each submission"
    own = ["a user id of its own"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return f"process: {', '.join([*own, *_probe(isolation)[1], 'rlimits'])}"


def _an_npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, data=np.ones(3))
    return file.getvalue()


def _closed() -> list[str]:
    """Files of the kit and, where this is a course, of the course, which student code must not read."""
    here = Path.cwd()
    return [__file__, *(str(path) for path in (*here.glob("*"), *here.glob("source/*/*")) if path.is_file())]


@functools.cache
def _probe(isolation: Isolation) -> tuple[str, tuple[str, ...]]:
    """What is missing, and what there is."""
    try:
        with Sandbox(Limits(), isolation, warm=False) as sandbox:
            with contextlib.closing(sandbox.open()) as session:
                failures = session.run([_LOOK], {"probe.npz": _an_npz()}, 20.0)["failures"]
                seen = session.call("look", [_closed()], 20.0, 0).get("value")
            if failures or seen != "":
                if isolation is Isolation.process and "Landlock" not in sandbox.means:
                    return _NO_LANDLOCK, ()
                raise SandboxBroken(str(failures[0]["text"]) if failures else f"{seen} can be read inside")
            return "", sandbox.means
    except (SandboxBroken, Crashed, TimedOut) as problem:
        if isolation is Isolation.process:
            return f"the sandbox does not work here: {problem}.", ()
        return f"strict isolation needs user namespaces, which are refused here: allow them, {_LESS} ({problem}).", ()
