"""Reads hostile submissions. They are percent files, so that they can be read and edited as code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_MARK = re.compile(r"^# %%.*\n", re.MULTILINE)


def cells_of(path: Path) -> list[str]:
    """The cells of a percent file. The first contains its docstring."""
    return [cell for cell in _MARK.split(path.read_text(encoding="utf-8")) if cell.strip()]


def submissions(folder: Path) -> list[str]:
    """The names of the submissions in a folder, sorted."""
    return sorted(path.stem for path in (folder / "submissions").glob("*.py"))


def header(path: Path, name: str) -> str:
    """The text after the colon in the line `# name: ...` of a submission."""
    found = re.search(rf"^# {name}: (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{path.name} has no line '# {name}: ...'"
    return found[1].strip()


def with_cells(notebook: dict[str, Any], before: list[str] = (), after: list[str] = ()) -> dict[str, Any]:  # type: ignore[assignment]
    """The notebook with these code cells before and after its own."""
    empty = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [[{**empty, "source": source} for source in sources] for sources in (before, after)]
    return notebook | {"cells": [*cells[0], *notebook["cells"], *cells[1]]}
