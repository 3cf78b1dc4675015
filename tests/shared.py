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
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder
