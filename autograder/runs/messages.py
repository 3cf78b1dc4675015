"""What travels to the worker that grades and back: JSON, which runs nothing, wherever the worker is."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from autograder.assignment import Unreadable
from autograder.grading import Result
from autograder.submissions import Submission

Graded = tuple[Result, dict[str, bytes]]  # a result, and its pictures by part


def pack_submission(submission: Submission, spec_sha256: str) -> bytes:
    """A submission, read now, and the spec that it is to be held against."""
    try:
        content, problem = base64.b64encode(submission.read()).decode(), ""
    except Unreadable as unreadable:
        content, problem = "", str(unreadable)
    return json.dumps(
        {
            "student": submission.student,
            "name": submission.path.name,
            "submitted_at": submission.submitted_at,
            "seed": submission.seed,
            "problem": problem,
            "content": content,
            "spec_sha256": spec_sha256,
        }
    ).encode()


def unpack_submission(message: bytes) -> tuple[Submission, str]:
    """The submission and the spec's hash."""
    said = json.loads(message)
    return Submission(
        said["student"],
        Path(said["name"]),
        problem=said["problem"],
        submitted_at=said["submitted_at"],
        content=base64.b64decode(said["content"]),
        seed=said["seed"],
    ), said["spec_sha256"]


def pack_result(result: Result, drawn: Mapping[str, bytes]) -> bytes:
    """A result and its pictures."""
    pictures = {part: base64.b64encode(png).decode() for part, png in drawn.items()}
    return json.dumps({"result": result, "pictures": pictures}, allow_nan=False).encode()


def unpack_result(answer: bytes) -> Graded:
    """A result and its pictures."""
    said = json.loads(answer)
    return said["result"], {part: base64.b64decode(png) for part, png in said["pictures"].items()}
