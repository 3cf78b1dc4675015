"""Says whether data/<slug>/ and release/<slug>/ are still what `build` made, without measuring anything again.

`build` writes two hashes to data/<slug>/made_from.json: one of everything that it read, and one of everything that it
wrote. If both hashes still hold, another build would write the same files.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from autograder.assignment import MARKER, Assignment, to_json
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
    policy = assignment.source / MARKER
    sources = [path for path in assignment.source.rglob("*") if path != policy]
    read += _lines(root, [*sources, *assignment.reference.rglob("*.py")])
    read.append(f"{MARKER} {_sha256(json.dumps(_of_policy(policy), sort_keys=True, default=str).encode())}")
    read += [f"{package} {metadata.version(package)}" for package in _PACKAGES]
    written = [*assignment.data.rglob("*"), *assignment.release.rglob("*")]
    return {
        "schema": "autograder/made-from/v1",
        "read": _sha256("\n".join(read).encode()),
        "written": _sha256("\n".join(_lines(root, written)).encode()),
    }


def _of_policy(path: Path) -> dict[str, Any]:
    """What `build` reads of the policy. The rubric, lateness and the deadline change grades, and no file of `build`."""
    policy = tomllib.loads(path.read_text(encoding="utf-8"))
    handing_in = policy.get("submission", {})
    read = {key: table for key, table in policy.items() if key not in ("rubric", "late", "submission")}
    return read | {"submission": {key: handing_in[key] for key in ("key", "endpoint") if key in handing_in}}


def _lines(root: Path, paths: Iterable[Path]) -> list[str]:
    """A line for each file among these paths: its path below the root, and its hash."""
    left_out = {"__pycache__", ".ipynb_checkpoints", MADE_FROM_NAME, TRUST_NAME}  # `prove` writes the last one
    files = {path.relative_to(root).as_posix(): path for path in paths if path.is_file()}
    return [
        f"{name} {_sha256(files[name].read_bytes())}" for name in sorted(files) if not left_out & {*name.split("/")}
    ]


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
