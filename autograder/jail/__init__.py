"""Runs student code where it can do no harm, and lets nothing but plain values out.

`jail.py`, `isolation.py` and `available.py` are the trusted side. `warden.py`, `confine.py` and
`inmate.py` run beside student code; they, `frames.py`, `remove.py` and `repeatable.py` import nothing of the kit,
because nothing of the kit is to be found where they run.
"""

from autograder.jail.available import best, describe, missing, not_installed
from autograder.jail.isolation import Isolation
from autograder.jail.jail import Crashed, Jail, JailBroken, Limits, Session, TimedOut

__all__ = [
    "Crashed",
    "Isolation",
    "Jail",
    "JailBroken",
    "Limits",
    "Session",
    "TimedOut",
    "best",
    "describe",
    "missing",
    "not_installed",
]
