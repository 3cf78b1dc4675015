"""Makes a notebook that Jupyter's schema accepts, even from malformed cells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import nbformat

_TYPES = ("code", "markdown", "raw")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def valid_notebook(cells: Iterable[dict[str, Any]], metadata: dict[str, Any]) -> Any:
    """Return a notebook (format 4.5) of these cells, without malformed outputs and attachments."""
    used: set[str] = set()
    clean = []
    for number, cell in enumerate(cells):
        name = cell.get("id")
        if not (isinstance(name, str) and _ID.fullmatch(name)) or name in used:
            name = next(n for n in (f"cell-{number}-{k}" for k in range(len(used) + 1)) if n not in used)
        used.add(name)
        clean.append(_valid_cell(cell, name, metadata))
    # In a file a text may be a list of lines, but nbgrader needs it joined. Reading it as a file's text joins it.
    return nbformat.reads(json.dumps(_notebook(clean, metadata)), as_version=4)  # type: ignore[no-untyped-call]


def _valid_cell(cell: dict[str, Any], name: str, metadata: dict[str, Any]) -> dict[str, Any]:
    kind = cell.get("cell_type") if cell.get("cell_type") in _TYPES else "raw"
    metadata_of_cell = cell.get("metadata")
    extra: dict[str, Any] = metadata_of_cell if isinstance(metadata_of_cell, dict) else {}
    plain = {"cell_type": kind, "id": name, "metadata": extra, "source": cell["source"]}
    if kind == "code":
        plain |= {"outputs": [], "execution_count": None}
    complete = plain | {key: cell[key] for key in ("outputs", "execution_count") if kind == "code" and key in cell}
    if kind == "markdown" and "attachments" in cell:
        complete["attachments"] = cell["attachments"]
    mark = {"nbgrader": extra["nbgrader"]} if "nbgrader" in extra else {}
    for attempt in (_encodable(complete), _encodable(plain)):
        try:
            nbformat.validate(_notebook([attempt], metadata))
        except nbformat.ValidationError:
            continue
        return attempt
    return _encodable({**plain, "metadata": mark})


def _encodable(cell: dict[str, Any]) -> dict[str, Any]:
    """The cell without lone halves of surrogate pairs. JSON can escape them, but UTF-8 cannot encode them."""
    return json.loads(json.dumps(cell, ensure_ascii=False).encode("utf-8", "replace"))


def _notebook(cells: list[dict[str, Any]], metadata: dict[str, Any]) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
