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
from autograder.proof import TRUST_NAME

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
    kit, root = Path(__file__).parents[2], assignment.root
    engine = [path for room in _ROOMS for path in (kit / "autograder" / room).rglob("*.py")]
    read = _lines(kit, [*engine, *(kit / "grader").glob("*.py")])
    read += _lines(root, [*assignment.source.rglob("*"), *assignment.reference.rglob("*.py")])
    read += [f"{package} {metadata.version(package)}" for package in _PACKAGES]
    written = [*assignment.data.rglob("*"), *assignment.release.rglob("*")]
    return {
        "schema": "autograder/made-from/v1",
        "read": _sha256("\n".join(read).encode()),
        "written": _sha256("\n".join(_lines(root, written)).encode()),
    }


def _lines(root: Path, paths: Iterable[Path]) -> list[str]:
    """A line for each file among these paths: its path below the root, and its hash."""
    left_out = {"__pycache__", ".ipynb_checkpoints", MADE_FROM_NAME, TRUST_NAME}  # `prove` writes the last one
    files = {path.relative_to(root).as_posix(): path for path in paths if path.is_file()}
    return [
        f"{name} {_sha256(files[name].read_bytes())}" for name in sorted(files) if not left_out & {*name.split("/")}
    ]


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
