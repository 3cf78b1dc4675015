"""Runs student code where it can do no harm. Only plain values come out.

This room imports nothing of the kit.

The room has two sides. `parent`, `confine` and `child` run beside student code, and so do the parts of `child`, which
are `shell`, `shell_parts`, `replaced`, `processors` and `answering`. These, `frames`, `plain`, `calling`, `remove`,
`repeatable` and `usage` are copied to the place where student code runs, so they import nothing of the kit. All other
files are the trusted side.
"""

from autograder.sandbox.available import describe_isolation, strictest_isolation, why_not_installed, why_unavailable
from autograder.sandbox.calling import call as call_by_names
from autograder.sandbox.calling import content_of
from autograder.sandbox.container import memory_bytes, memory_of_container, processors
from autograder.sandbox.frames import OpaqueValue
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.limits import Limits
from autograder.sandbox.packages import why_missing
from autograder.sandbox.plain import make_plain
from autograder.sandbox.problems import Crashed, SandboxBroken, TimedOut
from autograder.sandbox.repeatable import repeatable_random_numbers, seed_random_numbers
from autograder.sandbox.sandbox import Sandbox
from autograder.sandbox.session import Session
from autograder.sandbox.stand_ins import StandIn, StandIns
