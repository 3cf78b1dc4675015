"""Prepares a worker process, and says how many workers to start."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType

from threadpoolctl import threadpool_limits

from autograder.sandbox import processors


def limit_blas_threads(count: int) -> None:
    """Set the number of threads of linear algebra. There is a worker for each core, so each needs only one thread."""
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = str(count)  # for libraries that are loaded later
    threadpool_limits(count)  # for libraries that are loaded already


class _FreshProcess(SpawnProcess):
    """A process that does not run the caller's script again, which it would otherwise do under another name.

    A script may call `autograder.grade` at its top. Each worker would call it again.
    """

    def start(self) -> None:
        script = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")  # the new process asks only where its file is
        try:
            super().start()
        finally:
            sys.modules["__main__"] = script


class FreshContext(SpawnContext):
    """Starts worker processes as fresh interpreters."""

    Process = _FreshProcess


def start_worker() -> None:
    """Use one thread of linear algebra, and end when the parent process ends, even if it is killed.

    A terminal sends Ctrl-C to the workers too. They leave it to the parent process, which ends them.
    """
    signal.signal(signal.SIGINT, lambda *_: None)  # to ignore it would be passed on to the sandbox
    limit_blas_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def end_workers() -> None:
    """End the workers of this process at once. What their sandboxes run ends with them."""
    for worker in multiprocessing.active_children():
        worker.kill()


def worker_count(asked: int) -> int:
    """Return `asked`, or if it is 0 the number of cores that this process may use, at least 1.

    A container's quota counts, rounded up. The host's cores, which a container sees, do not.
    """
    if asked:
        return asked
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = processors()
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))
