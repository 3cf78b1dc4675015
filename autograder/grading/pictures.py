"""Draws what a student's functions do with the public samples, for the parts that lost points.

An assignment may have `reference/<slug>/pictures.py`. Its WORDS say what each part's picture shows. Its
`draw(part, student)` returns a matplotlib Figure or None. If each student has personal data, it is
`draw(part, student, seed)`. A picture shows data that the student has, and never a hidden case. If drawing
fails, there is no picture, and the grade stays as it is.
"""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment
from autograder.grading.result import Result
from autograder.sandbox import SandboxBroken

PICTURES_FOLDER = "pictures"
SECONDS = 5.0  # for the student's code: running the notebook's cells again and drawing all pictures of a submission
MAX_BYTES = 200_000


def words_of_pictures(assignment: Assignment) -> dict[str, str]:
    """Return the text below each part's picture. Empty if the assignment has no pictures, or if pictures.py is broken.

    Grades and reports stand without pictures. `check` says what is wrong with the file.
    """
    try:
        return dict(getattr(assignment.pictures, "WORDS", {}))
    except Exception:  # noqa: BLE001 - whatever the author's file raises
        return {}


def draw_pictures(assignment: Assignment, student: Any, result: Result, seed: int | None = None) -> dict[str, bytes]:
    """Return PNG files by part id. The student's code may run for SECONDS in all. Do not use `student` afterwards."""
    lost = [part["id"] for part in result["parts"] if part["score"] < part["max_score"]]
    words = words_of_pictures(assignment) if lost else {}
    if not words:
        return {}
    student.restart(SECONDS)  # the old process may have stored hidden cases, and would draw them
    own = () if seed is None else (seed,)
    drawn = {}
    for part in lost:
        try:
            figure = assignment.pictures.draw(part, student, *own) if part in words else None
            if figure is not None:
                file = io.BytesIO()
                figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
                if len(file.getvalue()) <= MAX_BYTES:
                    drawn[part] = file.getvalue()
        except SandboxBroken:
            raise
        except Exception:  # noqa: BLE001 - the result stands without a picture
            continue
    return drawn


def save_pictures(folder: Path, name: str, drawn: Mapping[str, bytes]) -> None:
    """Replace a student's pictures by new ones. A picture that cannot be written is left out."""
    remove_pictures(folder, name)
    place = folder / PICTURES_FOLDER / name
    with contextlib.suppress(OSError):
        for part, png in drawn.items():
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{part}.png").write_bytes(png)


def copy_pictures(folder: Path, name: str, other: str) -> None:
    """Give a student, as the name of a folder, the pictures of another. One that cannot be written is left out."""
    remove_pictures(folder, name)
    with contextlib.suppress(OSError, shutil.Error):
        shutil.copytree(folder / PICTURES_FOLDER / other, folder / PICTURES_FOLDER / name)


def remove_pictures(folder: Path, name: str) -> None:
    """Remove a student's pictures."""
    shutil.rmtree(folder / PICTURES_FOLDER / name, ignore_errors=True)
