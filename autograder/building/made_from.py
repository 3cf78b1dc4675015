"""Says whether data/<slug>/ and release/<slug>/ are still what `build` made, without measuring anything again.

`build` writes two hashes to data/<slug>/made_from.json: one of everything that it read, and one of everything that it
wrote. If both hashes still hold, another build would write the same files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from autograder.assignment import Assignment, to_json

MADE_FROM_NAME = "made_from.json"
_ROOMS = ("sandbox", "assignment", "grading", "proof", "building")  # the rooms that decide what `build` writes
_PACKAGES = ("numpy", "scipy", "nbgrader")


def is_unchanged(assignment: Assignment) -> bool:
    """Whether nothing changed that `build` reads or writes since the last build."""
    try:
        kept = json.loads((assignment.data / MADE_FROM_NAME).read_bytes())
    except (OSError, ValueError):
        return False
    return bool(kept == _hashes(assignment))


def made_from(assignment: Assignment) -> bytes:
    """The content of made_from.json for the files that are on the disk now."""
    return to_json(_hashes(assignment))


def _hashes(assignment: Assignment) -> dict[str, str]:
    engine = Path(__file__).parents[1]
    read = [
        *assignment.source.rglob("*"),
        *assignment.reference.rglob("*.py"),
        *(engine.parent / "grader").glob("*.py"),
    ]
    read += [path for room in _ROOMS for path in (engine / room).rglob("*.py")]
    written = [*assignment.data.rglob("*"), *assignment.release.rglob("*")]
    versions = [f"{package} {metadata.version(package)}" for package in _PACKAGES]
    return {
        "schema": "autograder/made-from/v1",
        "read": _sha256(read, versions),
        "written": _sha256(path for path in written if path.name != MADE_FROM_NAME),
    }


def _sha256(paths: Iterable[Path], more: Iterable[str] = ()) -> str:
    """One hash of the names and contents of the files among these paths."""
    total = hashlib.sha256("\n".join(more).encode())
    hidden = ("__pycache__", ".ipynb_checkpoints")
    files = (path for path in paths if path.is_file() and not any(part in hidden for part in path.parts))
    for path in sorted(files, key=lambda path: path.as_posix().rsplit("/", 3)[-3:]):
        total.update(f"{'/'.join(path.parts[-3:])}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
