"""Keeps what several processes of one test run need, so that it is made once and not by each of them."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

SHARED = "AUTOGRADER_TESTS_SHARED"  # the variable with the folder, which tests/conftest.py makes


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name, which the first caller of the test run made. Nobody changes it: copy it."""
    folder = Path(os.environ[SHARED], name)
    made = folder.with_suffix(".made")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a process that failed on the way
            folder.mkdir()
            make(folder)
            made.touch()
    return folder
