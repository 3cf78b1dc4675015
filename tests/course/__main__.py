"""Runs a whole course from nothing and prints its figures: two assignments, two platforms and nbgrader, marks by hand.

python -m tests.course [--students 200] [--jobs 2] [--keep DIR]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.course.run import run_course


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="an empty folder for the course; it stays there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run_course(arguments.keep or Path(folder), arguments.students, arguments.jobs)
    print(json.dumps(found, indent=1, ensure_ascii=False))
    return 1 if found["disagreements"] else 0


if __name__ == "__main__":
    sys.exit(main())
