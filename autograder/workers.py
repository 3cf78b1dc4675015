"""What every worker process does first."""

from __future__ import annotations

import os


def blas_threads(count: int) -> None:
    """Workers are as many as there are cores; more threads than one would only get into each other's way."""
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = str(count)
