"""Grades the submission in a Gradescope container and writes its results.json."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.assignment import UsageError, course_root, load, slugs
from autograder.grading import grade_submission, load_spec
from autograder.marking import grades_of
from autograder.reports import as_json, results_json
from autograder.runs import limit_blas_threads
from autograder.sandbox import Isolation, Limits, Sandbox, SandboxBroken, memory_of_container
from autograder.submissions import Roster, submission_in_folder

# For the whole submission. Gradescope ends a container after ten minutes, and the student then gets no explanation.
SECONDS = 500.0


def main(root: Path) -> str:
    """Grade the submission in `root` and write results.json.

    Returns an empty text, or a sentence that says what failed. After a failure there is no results.json.
    """
    try:
        metadata = json.loads((root / "submission_metadata.json").read_text(encoding="utf-8"))
        course = course_root()
        assignment = load(course, slugs(course)[0])
        spec = load_spec(assignment)
    except (OSError, ValueError, UsageError) as problem:
        return f"the autograder can't be used: {problem}"
    submission = replace(
        submission_in_folder(_student(metadata), root / "submission", assignment),
        submitted_at=_utc(metadata.get("created_at")),
    )
    limit_blas_threads(1)
    try:
        # The container runs as root and cannot make namespaces, so only the isolation level `process` works.
        limits = scaled_to(assignment.limits, SECONDS)
        with Sandbox(limits, Isolation.process) as sandbox, memory_of_container():
            result = grade_submission(submission, spec, sandbox)
    except SandboxBroken as problem:
        return f"the grader failed, so this is no grade yet: {problem}"
    if result["status"] == "error":
        return str(result["message"])
    results = root / "results"
    results.mkdir(exist_ok=True)
    grade = grades_of(assignment, results, [result], Roster())[result["student"]]
    (results / "results.json").write_text(as_json(results_json(result, grade)), encoding="utf-8")
    return ""


def scaled_to(limits: Limits, seconds: float) -> Limits:
    """Return the limits. If a submission could take more than `seconds`, all time limits shrink in proportion."""
    share = min(1.0, seconds / limits.seconds_per_submission)
    return replace(
        limits,
        seconds_per_call=limits.seconds_per_call * share,
        seconds_per_notebook=limits.seconds_per_notebook * share,
        seconds_per_submission=limits.seconds_per_submission * share,
    )


def _student(metadata: Mapping[str, Any]) -> str:
    """The names of all students of the submission: e-mail, or else student id, or else Gradescope's own number."""
    users = metadata.get("users") or [{}]
    return ", ".join(str(user.get("email") or user.get("sid") or user.get("id") or "unknown") for user in users)


def _utc(created_at: Any) -> str | None:
    try:
        return datetime.fromisoformat(created_at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError):
        return None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])) or 0)
