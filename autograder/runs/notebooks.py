"""Remembers beside the ledger where each graded notebook was, so that the report can show an example of its code."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.assignment import Unreadable
from autograder.submissions import Submission

NOTEBOOKS_NAME = "notebooks.json"  # by student: the path, and the name inside it if it is a zip


def record_notebooks(folder: Path, submissions: Sequence[Submission]) -> None:
    """Store where these submissions are. Those of other students stay. If it cannot be written, nothing is lost."""
    places = _places(folder)
    new = {s.student: [str(s.path.absolute()), s.member] for s in submissions if s.content is None}
    if not new.items() <= places.items():
        with contextlib.suppress(OSError):
            part = folder / f"{NOTEBOOKS_NAME}.part"
            part.write_text(json.dumps(places | new, ensure_ascii=True), encoding="utf-8")
            part.replace(folder / NOTEBOOKS_NAME)


def read_notebook(folder: Path, result: Mapping[str, Any]) -> bytes | None:
    """Return the notebook of a result, or None if it is not there any more or has changed since it was graded."""
    place = _places(folder).get(result["student"])
    if place is None:
        return None
    try:
        raw = Submission(result["student"], Path(place[0]), place[1]).read()
    except (Unreadable, OSError, KeyError):
        return None
    return raw if hashlib.sha256(raw).hexdigest() == result["notebook_sha256"] else None


def sentence_about_lost(folder: Path, student: str) -> str:
    """Return a sentence for the instructor if `read_notebook` returned None: where it was, and how to mend that."""
    place = _places(folder).get(student)
    if place is None:
        return (
            f"{folder / NOTEBOOKS_NAME} does not say where the notebook of {student} is. "
            "Run `autograder grade` with the submissions again: it grades nothing twice."
        )
    return (
        f"The notebook of {student} is not at {': '.join(part for part in place if part)} any more, or it changed "
        "since it was graded. Put it back there, or run `autograder grade` with the submissions again."
    )


def _places(folder: Path) -> dict[str, list[str]]:
    try:
        found = json.loads((folder / NOTEBOOKS_NAME).read_text(encoding="utf-8"))
        return {str(student): [str(path), str(member)] for student, (path, member) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
