"""Makes the folder for one student: the release with the student's own data and the key for these data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.assignment import Assignment, UsageError, notebook_to_bytes, release_notebook, to_npz
from autograder.building.key import make_key
from autograder.grading import variant_mark

SAMPLES = "samples.npz"
NOBODY = "variant-of-nobody"
_PERSONAL = {SAMPLES, "grader/key.json", "grader/key.npz"}


@dataclass(frozen=True)
class Template:
    """The parts of the release that are the same for all students."""

    assignment: Assignment
    notebook: bytes  # marked with NOBODY, which each student's own mark replaces
    files: Mapping[str, bytes]
    measured: Mapping[str, Any]


def release_template(assignment: Assignment) -> Template:
    """The template from release/<slug>/ and the calibration. Raises UsageError when the assignment is not built."""
    notebook = release_notebook(assignment)
    found = {
        path.relative_to(assignment.release).as_posix(): path.read_bytes()
        for path in sorted(assignment.release.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    files = {name: raw for name, raw in found.items() if name not in {*_PERSONAL, assignment.notebook}}
    try:
        measured = json.loads((assignment.data / "calibration.json").read_bytes())["key"]
    except FileNotFoundError:
        raise UsageError(
            f"data/{assignment.slug} is missing: run `autograder build {assignment.slug}` first."
        ) from None
    return Template(assignment, notebook_to_bytes(_with_mark(notebook, NOBODY)), files, measured)


def personal_files(common: Template, seed: int) -> dict[str, bytes]:
    """The files for one student by their paths in the student's folder.

    Raises UsageError when a right answer on this student's data is not a number.
    """
    assignment = common.assignment
    key_json, key_npz = make_key(assignment, common.measured, seed)
    return {
        **common.files,
        assignment.notebook: common.notebook.replace(NOBODY.encode(), variant_mark(seed).encode()),
        SAMPLES: to_npz(assignment.cases.samples(seed)),
        "grader/key.json": key_json,
        "grader/key.npz": key_npz,
    }


def _with_mark(notebook: Mapping[str, Any], variant: str) -> dict[str, Any]:
    """The notebook with the mark of a student's variant, on the notebook and on each cell that a student fills."""
    cells = []
    for cell in notebook["cells"]:
        metadata = cell["metadata"]
        if metadata.get("nbgrader", {}).get("solution"):
            cell = {**cell, "metadata": {**metadata, "autograder": {"variant": variant}}}  # noqa: PLW2901
        cells.append(cell)
    return {**notebook, "cells": cells, "metadata": {**notebook["metadata"], "autograder": {"variant": variant}}}
