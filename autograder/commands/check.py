"""`autograder check`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import Assignment, Findings, UsageError, course_root, load, slugs
from autograder.building import check_assignment, left_of_example
from autograder.commands.terminal import Quiet, counted, interruptible, say, usage_errors
from autograder.proof import Kept

_PAUSE = 0.5  # seconds between two looks at the files


def check(
    slug: Annotated[
        str | None, typer.Argument(help="The assignment. The default is all assignments of the course.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Check again whenever a file is saved, until Ctrl-C.")] = False,
    quiet: Quiet = False,
) -> None:
    """Find what is wrong with an assignment, without measuring anything.

    Print each error with file, line and correction. If there is an error, exit with 2. `build` and `prove` do this
    check first.
    """
    with usage_errors():
        root = course_root()
        names = [slug] if slug else slugs(root)
        if watch:
            with interruptible("Nothing was changed."):
                _watch(root, names)
        found = sum(_checked(root, name, quiet) for name in names)
    if found:
        raise typer.Exit(2)


def _checked(root: Path, name: str, quiet: bool) -> int:
    """Print what is wrong with an assignment, and return how many findings there are."""
    try:
        assignment: Assignment = load(root, name)
        found = check_assignment(assignment, Kept(assignment))
    except Findings as problem:
        found = list(problem.findings)
    for finding in found:
        say(str(finding))
    them = "it" if len(found) == 1 else "them"
    verdict = f"{counted(len(found), 'finding')}. Mend {them}, and run this again." if found else "nothing to mend."
    say(f"{name}: {verdict}", quiet=quiet)
    if left := left_of_example(root, name):
        files = ", ".join(path.relative_to(root).as_posix() for path in left)
        say(f"{name}: still the example of `autograder new`: {files}.", quiet=quiet)
    return len(found)


def _watch(root: Path, names: list[str]) -> None:
    """Check in a fresh process, which reads all files again, whenever one of them has changed."""
    seen: dict[Path, float] = {}
    while True:
        now = _times(root, names)
        if now != seen:
            seen = now
            say(time.strftime("%H:%M:%S"))
            for name in names:
                subprocess.run([sys.executable, "-m", "autograder", "check", name], cwd=root, check=False)
        time.sleep(_PAUSE)


def _times(root: Path, names: list[str]) -> dict[Path, float]:
    """When each file of these assignments was last saved. There are some fifty, so asking for all costs little."""
    found = {}
    for folder in (root / room / name for room in ("source", "reference") for name in names):
        for path in folder.rglob("*"):
            if "__pycache__" not in path.parts and ".ipynb_checkpoints" not in path.parts:
                try:
                    found[path] = path.stat().st_mtime
                except OSError:  # an editor has just replaced it
                    continue
    if not found:
        raise UsageError(f"there is no assignment {', '.join(names)} to watch.")
    return found
