"""Packs what is sent to a worker and back. It is JSON, because reading JSON runs no code."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from autograder.assignment import Unreadable
from autograder.grading import Result
from autograder.submissions import Beside, Submission

Graded = tuple[Result, dict[str, bytes]]  # a result, and its pictures by part


def pack_submission(submission: Submission, spec_sha256: str, beside: Beside | None = None) -> bytes:
    """Pack a submission's content, the files beside it, and the hash of the spec that it is graded by."""
    try:
        content, problem = base64.b64encode(submission.read()).decode(), ""
    except Unreadable as unreadable:
        content, problem = "", str(unreadable)
    beside = beside or Beside()
    return json.dumps(
        {
            "student": submission.student,
            "name": submission.path.name,
            "submitted_at": submission.submitted_at,
            "seed": submission.seed,
            "not_graded": submission.not_graded,
            "problem": problem,
            "content": content,
            "files": {name: base64.b64encode(file).decode() for name, file in beside.files.items()},
            "left_out": beside.left_out,
            "most": beside.most,
            "spec_sha256": spec_sha256,
        }
    ).encode()


def unpack_submission(message: bytes) -> tuple[Submission, str]:
    """Return the submission and the spec's hash."""
    content = json.loads(message)
    files = {name: base64.b64decode(file) for name, file in content["files"].items()}
    return Submission(
        content["student"],
        Path(content["name"]),
        problem=content["problem"],
        submitted_at=content["submitted_at"],
        content=base64.b64decode(content["content"]),
        seed=content["seed"],
        not_graded=tuple(content["not_graded"]),
        beside=(files, tuple(content["left_out"]), content["most"]),
    ), content["spec_sha256"]


def pack_result(result: Result, drawn: Mapping[str, bytes]) -> bytes:
    """Pack a result and its pictures."""
    pictures = {part: base64.b64encode(png).decode() for part, png in drawn.items()}
    return json.dumps({"result": result, "pictures": pictures}, allow_nan=False).encode()


def unpack_result(answer: bytes) -> Graded:
    """Return a result and its pictures."""
    content = json.loads(answer)
    return Result(content["result"]), {part: base64.b64decode(png) for part, png in content["pictures"].items()}
