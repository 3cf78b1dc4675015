"""Lateness in a gradebook: writes the penalty of the policy's [late], and reads nbgrader's own deadline and penalty."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from autograder.assignment import Assignment


def settle_lateness(book: Gradebook, assignment: Assignment, student: str, share: float) -> dict[str, Any]:
    """Return what the gradebook says of a submission: `due`, its deadline in UTC or None, and `penalty`, in points.

    If the policy has [late], the penalty is written first: the student keeps this share of the points in the gradebook.
    Otherwise it is what nbgrader's own plugin wrote, as the course's nbgrader_config.py says.
    """
    notebook = book.find_submission_notebook(Path(assignment.notebook).stem, assignment.slug, student)
    if assignment.late is not None:
        notebook.late_submission_penalty = round((1 - share) * notebook.score, 6)
        book.db.commit()
    due = book.find_assignment(assignment.slug).duedate  # without a zone, in UTC
    return {
        "due": due.replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if due else None,
        "penalty": float(notebook.late_submission_penalty or 0),
    }
