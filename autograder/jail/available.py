"""Which isolation this machine can give: found out by opening a jail, not by guessing from versions."""

from __future__ import annotations

import functools
import os
import shutil
import sys

from autograder.jail.isolation import Isolation
from autograder.jail.jail import Crashed, Jail, JailBroken, Limits, TimedOut

_LESS = "or accept less with `--isolation process`"


def missing(isolation: Isolation) -> str:
    """Why this isolation is not to be had here, as one sentence with the mend; empty when it is."""
    return _probe(isolation)[0]


def best() -> Isolation:
    """The strictest isolation that this machine gives; for the kit's own notebooks."""
    return Isolation.process if missing(Isolation.strict) else Isolation.strict


def describe(isolation: Isolation) -> str:
    """What is in force, in one line."""
    if isolation is Isolation.strict:
        return "strict: bubblewrap, and namespaces of its own for each submission"
    own = ["a user id of its own"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return f"process: {', '.join([*own, *_probe(isolation)[1], 'rlimits'])}"


@functools.cache
def _probe(isolation: Isolation) -> tuple[str, tuple[str, ...]]:
    """What is missing, and what there is."""
    if isolation is Isolation.strict:
        if sys.platform != "linux":
            return f"strict isolation needs Linux: grade in a Linux container, {_LESS}.", ()
        if shutil.which("bwrap") is None:
            return f"strict isolation needs bubblewrap: `apt install bubblewrap`, {_LESS}.", ()
    try:
        with Jail(Limits(), isolation, warm=False) as jail:
            session = jail.open()
            session.run(["1 + 1"], {}, 20.0)
            session.close()
            return "", jail.means
    except (JailBroken, Crashed, TimedOut) as problem:
        if isolation is Isolation.process:
            return f"the jail does not work here: {problem}.", ()
        return f"strict isolation needs user namespaces, which are refused here: allow them, {_LESS} ({problem}).", ()
