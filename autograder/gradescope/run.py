"""Grades the one submission of a Gradescope container and leaves its results.json."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.assignment import (
    UsageError,
    course_root,
    load,
    slugs,
)
from autograder.grading import grade_submission, load_spec
from autograder.reports import as_json, results_json
from autograder.runs import limit_blas_threads
from autograder.sandbox import (
    Isolation,
    Limits,
    Sandbox,
    SandboxBroken,
)
from autograder.submissions import submission_in_folder

SECONDS = 500.0  # in all: the platform ends a container after ten minutes, and who is ended there is told nothing


def main(root: Path) -> str:
    """Grade what lies in `root`; a sentence where that failed, and then there is no results.json."""
    try:
        metadata = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))
        here = course_root()
        assignment = load(here, slugs(here)[0])
        spec = load_spec(assignment)
    except (OSError, ValueError, UsageError) as problem:
        return f"the autograder can't be used: {problem}"
    submission = replace(
        submission_in_folder(_student(metadata), root / "submission", assignment),
        submitted_at=_utc(metadata.get("created_at")),
    )
    limit_blas_threads(1)
    try:
        # The container is root without namespaces.
        with Sandbox(within(assignment.limits, SECONDS), Isolation.process) as sandbox:
            result = grade_submission(submission, spec, sandbox)
    except SandboxBroken as problem:
        return f"the grader failed, so this is no grade yet: {problem}"
    if result["status"] == "error":
        return str(result["message"])
    (root / "results").mkdir(exist_ok=True)
    (root / "results" / "results.json").write_text(as_json(results_json(result)), encoding="utf-8")
    return ""


def within(limits: Limits, seconds: float) -> Limits:
    """The limits, with all time in proportion where a submission may take longer than these seconds."""
    share = min(1.0, seconds / limits.seconds_per_submission)
    return replace(
        limits,
        seconds_per_call=limits.seconds_per_call * share,
        seconds_per_notebook=limits.seconds_per_notebook * share,
        seconds_per_submission=limits.seconds_per_submission * share,
    )


def _student(metadata: Mapping[str, Any]) -> str:
    """All who hand in together, by the first that Gradescope gives of e-mail, student id and its own number."""
    users = metadata.get("users") or [{}]
    return ", ".join(str(user.get("email") or user.get("sid") or user.get("id") or "unknown") for user in users)


def _utc(created_at: Any) -> str | None:
    try:
        return datetime.fromisoformat(created_at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError):
        return None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) or 0)
