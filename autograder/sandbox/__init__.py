"""Runs student code where it can do no harm, and lets nothing but plain values out.

It imports nothing of the kit.

Two sides share this room. `sandbox`, `isolation` and `available` are the trusted side. `parent`, `confine` and `child` run
beside student code; they, `frames`, `remove` and `repeatable` are copied to where student code runs and import nothing
of the kit.
"""

from autograder.sandbox.available import describe_isolation, strictest_isolation, why_not_installed, why_unavailable
from autograder.sandbox.frames import OpaqueValue
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.repeatable import repeatable_random_numbers, seed_random_numbers
from autograder.sandbox.sandbox import Crashed, Limits, Sandbox, SandboxBroken, Session, TimedOut
