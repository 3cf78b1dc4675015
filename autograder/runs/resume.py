"""Resumes a run: grades the submissions that the ledger does not settle yet, and appends each result as it comes."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograder.assignment import Assignment, Unreadable, UsageError, code_to_run
from autograder.grading import (
    Result,
    SpecMark,
    copy_pictures,
    other_owners_of,
    printable,
    remove_pictures,
    save_pictures,
    variant_mark,
)
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
    together: dict[str, list[Submission]] = {}  # by the student whose submission is graded for all of them
    for several in _by_file(due).values():
        together[several[0].student] = several
    alone = [several[0] for several in together.values()]
    for result, drawn in grade_all(spec, alone, jobs, isolation, illustrate=True, pool=pool):
        for submission in together[result["student"]]:
            raw = _read(submission)[0] if owners is not None else b""
            own = Result(result | {"student": submission.student} | _beside_grade(submission, raw, owners))
            if own["status"] == "unreadable":
                own["message"] += _about_earlier(submission, spec.assignment)
            name = file_name(submission.student)
            remove_pictures(ledger.path.parent, name)  # the pictures of an earlier submission
            append_result(ledger, own)
            save_pictures(ledger.path.parent, name, drawn)
            yield own


def _by_file(submissions: Sequence[Submission]) -> dict[tuple[object, ...], list[Submission]]:
    """The submissions that get one and the same grade: those of a group. Any other stands alone."""
    found: dict[tuple[object, ...], list[Submission]] = {}
    for s in submissions:
        key = (s.group, s.path, s.member, s.seed) if s.members else (s.student,)
        found.setdefault(key, []).append(s)
    return found


def _beside_grade(submission: Submission, raw: bytes, owners: Mapping[str, str] | None) -> dict[str, Any]:
    """The fields of the ledger that may change although the notebook and its grade do not."""
    said = submission.handed_in
    fields: dict[str, Any] = {
        "submitted_at": submission.submitted_at,
        "late": submission.late,
        "attempt": submission.attempt,
        "platform": said and {"name": said.platform, "id": said.id, "student": said.name, "file": said.file},
        "group": submission.group or None,
        "members": list(submission.members),
        "not_graded": list(submission.not_graded),
    }
    if owners is not None:  # the roster may have changed
        others = other_owners_of(raw, submission.seed, owners)
        fields["made_for"] = [owner for owner in others if owner not in submission.members]
    return fields


def _unsettled(
    spec: SpecMark,
    submissions: Sequence[Submission],
    ledger: Ledger,
    owners: Mapping[str, str] | None,
) -> list[Submission]:
    """Return the submissions that must be graded. Of the others, write what changed beside the grade."""
    due = []
    changes: dict[str, tuple[str, dict[str, Any]]] = {}  # by student: whose grade it is, and what is new beside it
    known = ledger.latest_fields_for_resume()
    for several in _by_file(submissions).values():
        settled = ""  # a student of the group whose grade stands
        missing: list[tuple[Submission, dict[str, Any]]] = []
        for submission in several:
            old = known.get(submission.student)
            variant = None if submission.seed is None else variant_mark(submission.seed)
            raw, why = _read(submission) if old or settled or len(several) > 1 else (b"", "")
            digest = hashlib.sha256(raw).hexdigest()
            files = files_beside(submission, spec.assignment).sha256 if old and old["status"] == "graded" else ""
            current = _beside_grade(submission, raw, owners)
            if old and is_still_valid(old, digest, spec.sha256, variant, files) and _says(old, why, current):
                settled = submission.student
                # The same notebook may be handed in again later.
                if any(_plain(old[name]) != _plain(value) for name, value in current.items()):
                    changes[submission.student] = settled, current
            else:
                missing.append((submission, current))
        for submission, current in missing:
            if settled:
                changes[submission.student] = settled, {"student": submission.student} | current
            else:
                due.append(submission)
    if changes:
        latest = StoredResults(ledger.path)
        for student, (graded, current) in changes.items():
            append_result(ledger, Result(latest[graded] | current))
            if student != graded:
                copy_pictures(ledger.path.parent, file_name(student), file_name(graded))
    return due


def _says(old: Mapping[str, Any], why: str, current: Mapping[str, Any]) -> bool:
    """Whether the old message says what is wrong with the file now, and which other notebooks were handed in."""
    return (old["message"] or "").startswith(why) and _plain(old["not_graded"]) == _plain(current["not_graded"])


def _about_earlier(submission: Submission, assignment: Assignment) -> str:
    """A sentence with the latest of the earlier attempts that can be read, after a space. Empty if there is none."""
    for earlier in submission.before:
        with contextlib.suppress(Unreadable, OSError):
            code_to_run(earlier.read(), assignment)
            name = printable(earlier.handed_in.file if earlier.handed_in else earlier.path.name, 200)
            return (
                f" An earlier attempt can be read, but the last one counts: {name}. If the earlier one is to count, "
                "take the last one out of what is graded, and run the same command again."
            )
    return ""


def _plain(value: Any) -> Any:
    """The value of a field, with None for an empty one. An older ledger does not have all fields."""
    return None if value in ("", []) else value


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
