"""Makes the zip that Gradescope accepts as an autograder: two scripts, the kit, and one assignment."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from autograder.assignment import Assignment, UsageError

_KIT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).parent
_SCRIPTS = ("setup.sh", "run_autograder")
# What an installation of the kit reads. An installed kit has none of them.
_FILES = ("pyproject.toml", "constraints.txt", "README.md", "LICENSE")
# With these two files, the packages of an installed kit can be installed again. No versions are pinned, because the
# Python of the container may be another one.
_PROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "em-autograder"
version = "{version}"
requires-python = ">=3.11"
dependencies = {dependencies}

[tool.setuptools.package-data]
"*" = ["**/*"]

[tool.setuptools.packages.find]
include = ["autograder*", "grader*"]
"""
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # a fixed time, so that the same course gives the same bytes


def pack(assignment: Assignment, out: Path) -> int:
    """Write the zip and return the number of its files.

    Raises UsageError when the assignment is not built, or when the zip cannot be written.
    """
    if not assignment.release.is_dir() or not assignment.data.is_dir():
        raise UsageError(f"release/{assignment.slug} is missing: run `autograder build {assignment.slug}`.")
    files = sorted(_files(assignment), key=lambda pair: pair[0])
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in files:
                entry = zipfile.ZipInfo(name, _FIXED_TIME)
                entry.external_attr = (0o100755 if name in _SCRIPTS else 0o100644) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
            for name, text in _made_files(assignment).items():
                archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), text)
    except OSError as problem:
        raise UsageError(f"{out}: can't be written ({problem.strerror}).") from None
    return len(files) + len(_made_files(assignment))


def _is_clone() -> bool:
    """Whether the kit lies in its own folder, and is not installed from a wheel."""
    return all((_KIT / name).is_file() for name in _FILES)


def _made_files(assignment: Assignment) -> dict[str, str]:
    """The content of the files in the zip that are copies of no file."""
    made = {"packages.txt": "\n".join(assignment.limits.packages)} if assignment.limits.packages else {}
    if not _is_clone():
        needed = [line for line in metadata.requires("em-autograder") or () if "extra ==" not in line]
        version = metadata.version("em-autograder")
        made["course/pyproject.toml"] = _PROJECT.format(version=version, dependencies=json.dumps(needed, indent=4))
        made["course/constraints.txt"] = ""
    return made


def _files(assignment: Assignment) -> Iterator[tuple[str, Path]]:
    yield from ((name, _HERE / name) for name in _SCRIPTS)
    if _is_clone():
        yield from ((f"course/{name}", _KIT / name) for name in _FILES)
    folders = [_KIT / "autograder", _KIT / "grader", assignment.reference, assignment.data, assignment.source]
    for folder in [*folders, assignment.release]:
        top = _KIT if folder.parent == _KIT else assignment.root
        for path in folder.rglob("*"):
            hidden = any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts)
            if path.is_file() and not hidden:
                yield f"course/{path.relative_to(top).as_posix()}", path
    for path in assignment.reference.parent.glob("*.py"):
        yield f"course/reference/{path.name}", path
