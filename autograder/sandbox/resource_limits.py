"""Compares the limits that the shell has set for this process with what a submission may use. See getrlimit(2).

A limit of the shell is never charged to a student: if it is too low, grading does not begin.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from autograder.sandbox.limits import Limits

_OPEN_FILES = 512  # what confine.py sets for student code
_OWN_OPEN_FILES = 4096  # for the grader itself, which has several for each worker
_OWN_TASKS = 64  # processes and threads of the grader itself
_GRACE_SECONDS = 5


@dataclass(frozen=True)
class _Need:
    option: str  # of the shell's `ulimit`
    kind: int
    least: int  # in the kernel's unit
    unit: int  # the unit in which to speak of it
    what: str
    limit: str = ""  # the line under [limits] that could be lowered


def why_too_low(limits: Limits) -> str:
    """What is too low and how to mend it, in one sentence. Empty if nothing is.

    Raises this process's soft limits as far as they are needed.
    """
    if sys.platform != "linux":
        return ""  # the sandbox finds out itself
    import resource

    for need in _needs(limits):
        soft, hard = resource.getrlimit(need.kind)
        if not _is_enough(hard, need.least):
            lower = f", or lower {need.limit} under [limits] in assignment.toml" if need.limit else ""
            return (
                f"`ulimit {need.option}` allows {hard // need.unit} {need.what} here, and grading needs "
                f"{-(-need.least // need.unit)}: set `ulimit {need.option} unlimited` before you start the "
                f"autograder{lower}."
            ).replace("ulimit -n unlimited", f"ulimit -n {_OWN_OPEN_FILES}")
        wanted = _OWN_OPEN_FILES if need.kind == resource.RLIMIT_NOFILE else need.least
        if not _is_enough(soft, wanted):
            resource.setrlimit(need.kind, (wanted if _is_enough(hard, wanted) else hard, hard))
    return ""


def _is_enough(limit: int, least: int) -> bool:
    return limit < 0 or limit >= least  # a negative one means none


def _needs(limits: Limits) -> list[_Need]:
    import resource

    from autograder.sandbox.confine import count_tasks

    kb, mb = 1 << 10, 1 << 20
    tasks = limits.processes
    if os.geteuid() != 0:  # root's student code has a user id of its own, on which nothing else runs
        tasks += count_tasks(os.geteuid()) + _OWN_TASKS
    return [
        _Need("-n", resource.RLIMIT_NOFILE, _OPEN_FILES, 1, "open files"),
        _Need("-v", resource.RLIMIT_AS, limits.memory_mb * mb, mb, "MB of memory", "memory_mb"),
        _Need("-d", resource.RLIMIT_DATA, limits.memory_mb * mb, mb, "MB of data", "memory_mb"),
        _Need("-f", resource.RLIMIT_FSIZE, limits.file_mb * mb, kb, "kB for a file", "file_mb"),
        _Need("-t", resource.RLIMIT_CPU, limits.cpu_seconds + _GRACE_SECONDS, 1, "seconds", "cpu_seconds"),
        _Need("-u", resource.RLIMIT_NPROC, tasks, 1, "processes and threads", "processes"),
    ]
