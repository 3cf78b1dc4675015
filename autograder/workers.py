"""What every worker process does first."""

from __future__ import annotations

import os


def one_thread() -> None:
    """Workers are as many as there are cores; more threads would only get into each other's way."""
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
