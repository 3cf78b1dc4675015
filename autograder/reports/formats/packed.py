"""Packs files into a zip that is the same each time, so that it can be compared with the last one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

_DAY = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold


def packed(files: Iterable[tuple[str, str | bytes]]) -> bytes:
    """The zip with these files, each given by its path and its content."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for path, content in files:
            raw = content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
            out.writestr(zipfile.ZipInfo(path.encode("utf-8", "replace").decode(), _DAY), raw, zipfile.ZIP_DEFLATED)
    return archive.getvalue()
