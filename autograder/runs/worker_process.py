"""What every worker process does first."""

from __future__ import annotations

import multiprocessing
import os
import threading

from threadpoolctl import threadpool_limits


def limit_blas_threads(count: int) -> None:
    """Workers are as many as there are cores; more threads than one would only get into each other's way."""
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = str(count)  # for those that are loaded from now on
    threadpool_limits(count)  # and those that came in with the command line


def start_worker() -> None:
    """One thread for linear algebra; and no life after the parent, which may be killed without a word."""
    limit_blas_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def worker_count(asked: int) -> int:
    """The number of workers that is meant: `asked`, or with 0 one for each core that this process may use."""
    if asked:
        return asked
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
