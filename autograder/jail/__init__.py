"""Runs student code where it can do no harm, and lets nothing but plain values out.

`jail.py` is the trusted side. `warden.py` and `inmate.py` run beside student code; they, `frames.py` and
`repeatable.py` import nothing of the kit, because nothing of the kit is to be found where they run.
"""

from autograder.jail.jail import Crashed, Jail, JailBroken, Limits, Session, TimedOut

__all__ = ["Crashed", "Jail", "JailBroken", "Limits", "Session", "TimedOut"]
