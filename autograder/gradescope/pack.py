"""Makes the zip that Gradescope accepts as an autograder: two scripts, the kit, and one assignment."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from autograder.assignment import Assignment, UsageError

_KIT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).parent
_SCRIPTS = ("setup.sh", "run_autograder")
_FILES = ("pyproject.toml", "constraints.txt", "README.md", "LICENSE")  # what an installation reads
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # a fixed time, so that the same course gives the same bytes


def pack(assignment: Assignment, out: Path) -> int:
    """Write the zip and return the number of its files.

    Raises UsageError when a needed file is missing, or when the zip cannot be written.
    """
    missing = [name for name in _FILES if not (_KIT / name).is_file()]
    if missing:
        raise UsageError(f"{_KIT}: {missing[0]} is not here. Packing needs a clone of the kit.")
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
            if assignment.limits.packages:
                archive.writestr(zipfile.ZipInfo("packages.txt", _FIXED_TIME), "\n".join(assignment.limits.packages))
    except OSError as problem:
        raise UsageError(f"{out}: can't be written ({problem.strerror}).") from None
    return len(files)


def _files(assignment: Assignment) -> Iterator[tuple[str, Path]]:
    yield from ((name, _HERE / name) for name in _SCRIPTS)
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
