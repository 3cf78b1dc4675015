"""Draws what a student's functions do with the public samples, for the parts that lost points.

An assignment may have `reference/<slug>/pictures.py` with WORDS, what each part's picture shows, and
`draw(part, student)`, which gives a matplotlib Figure or None; where students have data of their own,
`draw(part, student, seed)`. The student gets pictures of data that the student has, never of a hidden case. A picture
is never worth a grade: whatever goes wrong here, there is just no picture.
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
SECONDS = 5.0  # of the student's code, the notebook's cells once more and all pictures of a submission
MAX_BYTES = 200_000


def draw_pictures(assignment: Assignment, student: Any, result: Result, seed: int | None = None) -> dict[str, bytes]:
    """PNG by the id of a part. `student` is spent afterwards: it has SECONDS for the cells and all pictures."""
    lost = [part["id"] for part in result["parts"] if part["score"] < part["max_score"]]
    if not lost or assignment.pictures is None:
        return {}
    student.begin_anew(SECONDS)  # or code could keep what it was asked in grading, and paint that
    own = () if seed is None else (seed,)
    drawn = {}
    for part in lost:
        try:
            figure = assignment.pictures.draw(part, student, *own) if part in assignment.pictures.WORDS else None
            if figure is not None:
                file = io.BytesIO()
                figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
                if len(file.getvalue()) <= MAX_BYTES:
                    drawn[part] = file.getvalue()
        except SandboxBroken:
            raise
        except Exception:  # noqa: BLE001 - the result stands, with or without a picture
            continue
    return drawn


def save_pictures(folder: Path, name: str, drawn: Mapping[str, bytes]) -> None:
    """Write a student's pictures in place of those of an earlier submission, as far as they can be written."""
    remove_pictures(folder, name)
    place = folder / PICTURES_FOLDER / name
    with contextlib.suppress(OSError):
        for part, png in drawn.items():
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{part}.png").write_bytes(png)


def remove_pictures(folder: Path, name: str) -> None:
    """Take a student's pictures away."""
    shutil.rmtree(folder / PICTURES_FOLDER / name, ignore_errors=True)
