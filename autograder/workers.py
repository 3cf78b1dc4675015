"""What every worker process does first."""

from __future__ import annotations

import multiprocessing
import os
import threading

from threadpoolctl import threadpool_limits


def blas_threads(count: int) -> None:
    """Workers are as many as there are cores; more threads than one would only get into each other's way."""
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = str(count)  # for those that are loaded from now on
    threadpool_limits(count)  # and those that came in with the command line


def single() -> None:
    """One thread for linear algebra; and no life after the parent, which may be killed without a word."""
    blas_threads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
