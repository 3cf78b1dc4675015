"""If this passes, $slug builds, and its checks are proven. It runs with `python -m pytest tests/test_$slug.py`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def autograder(*arguments):
    command = [sys.executable, "-m", "autograder", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_builds_and_its_checks_are_proven():
    autograder("build", "$slug")
    autograder("prove", "$slug")
