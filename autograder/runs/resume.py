"""Resumes a run: grades the submissions that the ledger does not settle yet, and appends each result as it comes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograder.assignment import Unreadable, UsageError
from autograder.grading import Result, SpecMark, other_owners_of, remove_pictures, save_pictures, variant_mark
from autograder.runs.batch import Pool, grade_all, worker_processes
from autograder.runs.ledger import Ledger, StoredResults, is_still_valid
from autograder.sandbox import Isolation
from autograder.submissions import Submission, file_name, files_beside


def grade_into_ledger(
    spec: SpecMark,
    submissions: Sequence[Submission],
    ledger: Ledger,
    jobs: int,
    isolation: Isolation,
    pool: Pool = worker_processes,
    owners: Mapping[str, str] | None = None,
) -> Iterator[Result]:
    """Grade the submissions that the ledger does not settle yet, and append the results to it.

    Yield the result of each submission: first those that the ledger has already, then each as it is graded and written.
    `owners` maps the marks of personal variants to students, if there are variants.
    """
    due = _unsettled(spec, submissions, ledger, owners)
    if len(due) < len(submissions):
        stored, again = StoredResults(ledger.path), {submission.student for submission in due}
        yield from (stored[s.student] for s in submissions if s.student not in again)
    by_student = {submission.student: submission for submission in due}
    for result, drawn in grade_all(spec, due, jobs, isolation, illustrate=True, pool=pool):
        if owners is not None:
            submission = by_student[result["student"]]
            result["made_for"] = other_owners_of(_read(submission)[0], submission.seed, owners)
        name = file_name(result["student"])
        remove_pictures(ledger.path.parent, name)  # the pictures of an earlier submission
        append_result(ledger, result)
        save_pictures(ledger.path.parent, name, drawn)
        yield result


def _unsettled(
    spec: SpecMark,
    submissions: Sequence[Submission],
    ledger: Ledger,
    owners: Mapping[str, str] | None,
) -> list[Submission]:
    """Return the submissions that must be graded. Of the others, write what changed beside the grade."""
    due = []
    changes: dict[str, dict[str, Any]] = {}  # fields that changed although the grade did not
    known = ledger.latest_fields_for_resume()
    for submission in submissions:
        old = known.get(submission.student)
        variant = None if submission.seed is None else variant_mark(submission.seed)
        raw, why = _read(submission) if old else (b"", "")
        digest = hashlib.sha256(raw).hexdigest()
        files = files_beside(submission, spec.assignment).sha256 if old and old["status"] == "graded" else ""
        if old and is_still_valid(old, digest, spec.sha256, variant, files) and (not why or why == old["message"]):
            # The same notebook may be handed in again later.
            current: dict[str, Any] = {"submitted_at": submission.submitted_at}
            if owners is not None:  # the roster may have changed
                current["made_for"] = other_owners_of(raw, submission.seed, owners)
            if any((old[name] or None) != (value or None) for name, value in current.items()):
                changes[submission.student] = current
        else:
            due.append(submission)
    if changes:
        latest = StoredResults(ledger.path)
        for student, current in changes.items():
            append_result(ledger, Result(latest[student] | current))
    return due


def append_result(ledger: Ledger, result: Result) -> None:
    """Append a result to the ledger. Raises UsageError if it cannot be written."""
    try:
        ledger.append(result)
    except OSError as problem:
        raise UsageError(
            f"{ledger.path}: can't be written ({problem.strerror}). Correct that, and run the same command again. "
            "The results in it are kept."
        ) from None


def _read(submission: Submission) -> tuple[bytes, str]:
    """Return the notebook, or the reason why it cannot be read."""
    try:
        return submission.read(), ""
    except Unreadable as problem:
        return b"", str(problem)
    except OSError:
        return b"", "cannot be read"  # the worker that grades it finds the reason
