"""Grades one submission: runs its code in the sandbox, asks every check, and gives the ledger's result."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.assignment import Case, Check, CheckFailed, Unreadable, code_to_run
from autograder.grading.explain import explain
from autograder.grading.result import SCHEMA, Result
from autograder.grading.spec import Spec
from autograder.grading.student import Student
from autograder.grading.variants import variant_mark
from autograder.sandbox import Sandbox, SandboxBroken
from autograder.submissions import Submission


def grade_submission(
    submission: Submission, spec: Spec, sandbox: Sandbox, after: Callable[[Student, Result], None] = lambda *_: None
) -> Result:
    """The result of a submission, as one line of the ledger. Never raises for what a student did; SandboxBroken is ours.

    `after` gets the student's functions, while they can still be called, and the result, which is final.
    """
    started = time.perf_counter()
    spec = spec.of(submission.seed)
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
            result = _asked(submission, spec, sandbox, student, raw, started)
            after(student, result)
        finally:
            student.close()
    except SandboxBroken:  # the next submission finds it broken; this one's result is final, if there is one
        if result is None:
            raise
    return result


def _asked(
    submission: Submission, spec: Spec, sandbox: Sandbox, student: Student, raw: bytes, started: float
) -> Result:
    outcomes = ask_all(student, spec)
    _name_mistakes(outcomes, student, spec)
    errors = [outcome["message"] for outcome in outcomes.values() if outcome["status"] == "error"]
    parts = _parts(spec, outcomes)
    if errors:
        message = f"the grader failed, so this is no grade yet: {errors[0]}"
        return _result(submission, spec, sandbox.isolation, raw, started, "error", message, parts)
    failed = [f"A cell {explain(f, sandbox.limits)}" for f in student.failures[:3]]
    message = student.broken or " ".join([*student.stopped, *failed])
    return _result(submission, spec, sandbox.isolation, raw, started, "graded", message, parts)


def error_result(submission: Submission, spec: Spec, isolation: str, problem: BaseException) -> Result:
    """The result of a submission that the grader could not grade, through no fault of the student's."""
    message = f"the grader failed, so this is no grade yet: {type(problem).__name__}: {problem}"
    return _result(submission, spec, isolation, b"", time.perf_counter(), "error", message, [])


def ask_all(student: Any, spec: Spec) -> dict[str, dict[str, Any]]:
    """The outcome of every check, by name, in order."""
    outcomes: dict[str, dict[str, Any]] = {}
    for check, cases in spec.asked:
        started = time.perf_counter()
        if check.after and outcomes[check.after]["status"] != "pass":
            title = next(c.title for c, _ in spec.asked if c.name == check.after)
            outcome = {"status": "skipped", "message": f"not asked, because this did not pass: {title}"}
        else:
            outcome = _ask(student, check, cases)
        common = {"name": check.name, "title": check.title, "points": check.points}
        defaults = {"message": "", "misconception": None, "hint": None}
        seconds = round(time.perf_counter() - started, 4)
        outcomes[check.name] = {**common, **defaults, **outcome, "seconds": seconds}
    return outcomes


def _ask(student: Any, check: Check, cases: tuple[Case, ...]) -> dict[str, Any]:
    for case in cases:
        try:
            with np.errstate(all="ignore"):  # their numbers may be as large as numbers get
                check.ask(student, case)
        except CheckFailed as failed:
            said = str(failed)  # some sentences begin with their case already
            return {
                "status": "fail",
                "message": f"W{said[1:]}" if said.startswith("with ") else f"With {case.name}: {said}",
            }
        except SandboxBroken:
            raise  # no other check can be asked either
        except Exception as problem:  # noqa: BLE001 - ours, whatever it is: it must not be taken for the student's
            return {"status": "error", "message": f"{check.name}, {case.name}: {type(problem).__name__}: {problem}"}
    return {"status": "pass"}


def _name_mistakes(outcomes: dict[str, dict[str, Any]], student: Student, spec: Spec) -> None:
    """Put the name and the hint of the mistake that a part shows, if it is a known one, to its failed checks."""
    for part in spec.assignment.parts:
        failed = [outcomes[c.name] for c, _ in spec.asked if c.part == part.id and outcomes[c.name]["status"] == "fail"]
        found = spec.diagnosis.of(part.id, student.calls) if failed else None
        if found:
            for outcome in failed:
                outcome |= {"misconception": found.name, "hint": f"{found.hint} (See {found.see}.)"}


def _parts(spec: Spec, outcomes: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    parts = []
    for part in spec.assignment.parts:
        checks = [outcomes[check.name] for check, _ in spec.asked if check.part == part.id]
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
