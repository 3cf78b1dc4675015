"""Says what to do with a file that was given in place of submissions but is no notebook and no zip."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.assignment import UsageError
from autograder.submissions.grader_submit_file import begins_as_written

_ARCHIVES = {
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a rar archive",
}
_ENDINGS = {".tar": "a tar archive", ".7z": "a 7z archive", ".rar": "a rar archive", ".gz": "a gzip archive"}
_ENDINGS |= {".tgz": "a gzip archive", ".bz2": "a bzip2 archive", ".xz": "an xz archive", ".zst": "a zstd archive"}
_TAR_AT, _TAR = 257, b"ustar"
_MOST_BYTES = 64 << 20


def demand_notebook(path: Path, has_name: bool) -> None:
    """Raise UsageError with the mend unless the file may be a notebook. `has_name` says that its name is that of one.

    A file with a notebook's name is one student's, whatever is in it. Any other file must have a notebook in it.
    """
    if has_name:
        return
    with path.open("rb") as file:
        head = file.read(512)
        ending = path.suffix.lower()
        kind = next((kind for mark, kind in _ARCHIVES.items() if head.startswith(mark)), "")
        kind = kind or ("a tar archive" if head[_TAR_AT:].startswith(_TAR) else _ENDINGS.get(ending, ""))
        if kind:
            raise UsageError(
                f"{path}: {kind} can't be read here: unpack it and give its folder, or pack the folder as a zip."
            )
        if ending in (".csv", ".tsv"):
            raise UsageError(f"{path}: a table holds no submission: give the submissions, and the roster by --roster.")
        if ending == ".zip":
            raise UsageError(f"{path}: the zip is broken, or it is no zip: download it again.")
        if not _is_notebook(head + file.read(_MOST_BYTES)):
            raise UsageError(
                f"{path}: this file is no notebook; expected a notebook (.ipynb), a folder of <student>.ipynb, "
                "submitted/ or a zip."
            )


def _is_notebook(raw: bytes) -> bool:
    """Whether it is or has a notebook. Browsers give a downloaded notebook another ending, such as .ipynb.json."""
    if begins_as_written(raw):
        return True
    if not raw.lstrip().startswith(b"{"):
        return False
    try:
        return "cells" in json.loads(raw)
    except (ValueError, RecursionError):
        return False
