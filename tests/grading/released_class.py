"""A class in which each student has personal data."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECRET = "a secret of the course, long enough to be one"
TREES = ("alder", "ash", "elm", "oak")
QUICK = "def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):\n    raise NotImplementedError\n"

Run = Callable[..., subprocess.CompletedProcess[str]]
