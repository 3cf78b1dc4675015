"""$slug is finished when this passes: it builds, and its checks are proven."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def autograder(*arguments: str) -> None:
    done = subprocess.run(["autograder", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_builds_and_its_checks_are_proven():
    autograder("build", "$slug")
    autograder("prove", "$slug")
