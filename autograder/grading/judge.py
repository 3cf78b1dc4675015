"""Grades one submission: runs its code in the sandbox, asks every check, writes the name of
a known mistake to the checks that failed, and returns the result for the ledger.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.assignment import Case, Check, CheckFailed, Unreadable, code_to_run
from autograder.grading.explain import explain
from autograder.grading.observing import add_observations
from autograder.grading.result import SCHEMA, Result
from autograder.grading.signature import add_signatures
from autograder.grading.spec import Spec
from autograder.grading.student import Student
from autograder.grading.variants import variant_mark
from autograder.sandbox import Sandbox, SandboxBroken
from autograder.submissions import Submission


def grade_submission(
    submission: Submission,
    spec: Spec,
    sandbox: Sandbox,
    before_close: Callable[[Student, Result], None] = lambda *_: None,
) -> Result:
    """Return the result of a submission, one line of the ledger.

    Nothing that a student did raises an exception here. Raises SandboxBroken, which is never the student's fault.
    `before_close` is called with the student's functions and the final result, while the functions can still be called.
    """
    started = time.perf_counter()
    spec = spec.for_seed(submission.seed)
    raw = b""
    try:
        raw = submission.read()
        cells = code_to_run(raw, spec.assignment)
    except Unreadable as problem:
        return _result(submission, spec, sandbox.isolation, raw, started, "unreadable", str(problem), [])
    student = Student(sandbox, cells, spec.files, spec.assignment.functions)
    result = None
    try:
        try:
            student.start()
            result = _result_of_checks(submission, spec, sandbox, student, raw, started)
            before_close(student, result)
        finally:
            student.close()
    except SandboxBroken:  # a complete result stays valid; the next submission gets a new sandbox
        if result is None:
            raise
    return result


def _result_of_checks(
    submission: Submission, spec: Spec, sandbox: Sandbox, student: Student, raw: bytes, started: float
) -> Result:
    outcomes = outcomes_of_checks(student, spec)
    _name_mistakes(outcomes, student, spec)
    errors = [outcome["message"] for outcome in outcomes.values() if outcome["status"] == "error"]
    parts = _parts(spec, outcomes)
    add_observations(parts, raw, spec.assignment)
    add_signatures(parts, student.calls, spec.assignment, personal=submission.seed is not None)
    if errors:
        message = f"the grader failed, so this is no grade yet: {errors[0]}"
        return _result(submission, spec, sandbox.isolation, raw, started, "error", message, parts)
    failed = [f"A cell {explain(f, sandbox.limits)}" for f in student.failures[:3]]
    message = student.broken or " ".join([*student.stopped, *failed])
    return _result(submission, spec, sandbox.isolation, raw, started, "graded", message, parts)


def error_result(submission: Submission, spec: Spec, isolation: str, problem: BaseException) -> Result:
    """Return the result of a submission that could not be graded because the grader itself failed."""
    message = f"the grader failed, so this is no grade yet: {type(problem).__name__}: {problem}"
    return _result(submission, spec, isolation, b"", time.perf_counter(), "error", message, [])


def outcomes_of_checks(student: Any, spec: Spec) -> dict[str, dict[str, Any]]:
    """Return the outcome of every check by its name, in the order of the checks."""
    outcomes: dict[str, dict[str, Any]] = {}
    for check, cases in spec.checks_with_cases:
        started = time.perf_counter()
        if check.after and outcomes[check.after]["status"] != "pass":
            title = next(c.title for c, _ in spec.checks_with_cases if c.name == check.after)
            outcome = {"status": "skipped", "message": f"not asked, because this did not pass: {title}"}
        else:
            outcome = _ask(student, check, cases)
        common = {"name": check.name, "title": check.title, "points": check.points}
        defaults: dict[str, Any] = {"message": "", "misconception": None, "hint": None, "observations": []}
        seconds = round(time.perf_counter() - started, 4)
        outcomes[check.name] = {**common, **defaults, **outcome, "seconds": seconds}
    return outcomes


def _ask(student: Any, check: Check, cases: tuple[Case, ...]) -> dict[str, Any]:
    for case in cases:
        try:
            with np.errstate(all="ignore"):  # a student's numbers may overflow
                check.ask(student, case)
        except CheckFailed as failed:
            sentence = str(failed)  # some sentences name their case already
            return {
                "status": "fail",
                "message": f"W{sentence[1:]}" if sentence.startswith("with ") else f"With {case.name}: {sentence}",
            }
        except SandboxBroken:
            raise  # no check can be asked in a broken sandbox
        except Exception as problem:  # noqa: BLE001 - an error of the grader must never count as the student's
            return {"status": "error", "message": f"{check.name}, {case.name}: {type(problem).__name__}: {problem}"}
    return {"status": "pass"}


def _name_mistakes(outcomes: dict[str, dict[str, Any]], student: Student, spec: Spec) -> None:
    """If a part shows a known mistake, add the mistake's name and hint to the part's failed checks."""
    for part in spec.assignment.parts:
        failed = [
            outcomes[c.name]
            for c, _ in spec.checks_with_cases
            if c.part == part.id and outcomes[c.name]["status"] == "fail"
        ]
        found = spec.diagnosis.find_mistake(part.id, student.calls) if failed else None
        if found:
            for outcome in failed:
                outcome |= {"misconception": found.name, "hint": f"{found.hint} (See {found.see}.)"}


def _parts(spec: Spec, outcomes: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    parts = []
    for part in spec.assignment.parts:
        checks = [outcomes[check.name] for check, _ in spec.checks_with_cases if check.part == part.id]
        score = sum(outcome["points"] for outcome in checks if outcome["status"] == "pass")
        parts.append(
            {"id": part.id, "title": part.title, "score": score, "max_score": part.max_score, "checks": checks}
        )
    return parts


def _result(
    submission: Submission,
    spec: Spec,
    isolation: str,
    raw: bytes,
    started: float,
    status: str,
    message: str,
    parts: list[dict[str, Any]],
) -> Result:
    return {
        "schema": SCHEMA,
        "assignment": spec.assignment.slug,
        "student": submission.student,
        "submitted_at": submission.submitted_at,
        "notebook_sha256": hashlib.sha256(raw).hexdigest(),
        "spec_sha256": spec.sha256,
        "variant": None if submission.seed is None else variant_mark(submission.seed),
        "isolation": isolation,
        "status": status,
        "score": sum(part["score"] for part in parts),
        "max_score": spec.assignment.max_score,
        "seconds": round(time.perf_counter() - started, 3),
        "message": message,
        "parts": parts,
    }
