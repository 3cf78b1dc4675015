"""Grades one submission: runs its code in the sandbox, asks every check, asks a part again if it only suffers from the
mistakes of others, writes the name of a known mistake to the checks that failed, and returns the result for the ledger.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from autograder.assignment import Unreadable, code_to_run, python_of, sections
from autograder.grading.answers import quiet_and_repeatable
from autograder.grading.asking import Outcome, outcomes_of_checks
from autograder.grading.calls import Raised
from autograder.grading.cell_notes import files_left_out, has_lazy_annotations, later_python, other_notebooks
from autograder.grading.credit import rubric, with_credit
from autograder.grading.facts import facts_about
from autograder.grading.follow_through import ask_again, wrong_functions
from autograder.grading.looked import Looked
from autograder.grading.notebook_run import Notebook
from autograder.grading.observing import add_observations
from autograder.grading.result import SCHEMA, Result
from autograder.grading.signature import add_signatures
from autograder.grading.spec import Spec, SpecMark
from autograder.grading.student import Student
from autograder.grading.variants import variant_mark
from autograder.sandbox import Sandbox, SandboxBroken
from autograder.submissions import Submission, files_beside


def grade_submission(
    submission: Submission,
    spec: Spec,
    sandbox: Sandbox,
    before_close: Callable[[Student, Result], None] = lambda *_: None,
    noted: list[Looked | None] | None = None,
) -> Result:
    """Return the result of a submission, one line of the ledger.

    Nothing that a student did raises an exception here. Raises SandboxBroken, which is never the student's fault.
    `before_close` is called with the student's functions and the final result, while the functions can still be called.
    What naming looked at is added to `noted`: an entry for each part that it looked at, or None where it failed.
    """
    started = time.perf_counter()
    spec = spec.for_seed(submission.seed)
    others = other_notebooks(submission, spec.assignment.notebook)
    raw = b""
    try:
        raw = submission.read()
        beside = files_beside(submission, spec.assignment)
        student = _student(raw, beside.files, spec, sandbox)
    except Unreadable as problem:
        why = " ".join(filter(None, [str(problem), others]))
        return _result(submission, spec, sandbox.isolation, raw, started, "unreadable", why, [])
    result = None
    try:
        try:
            student.start()
            noted = [] if noted is None else noted
            result = _result_of_checks(submission, spec, sandbox, student, raw, started, noted)
            result["files_sha256"] = beside.sha256
            result["message"] = " ".join(filter(None, [result["message"], others, files_left_out(beside)]))
            before_close(student, result)
        finally:
            student.close()
    except SandboxBroken:  # a complete result stays valid; the next submission gets a new sandbox
        if result is None:
            raise
    return result


def statuses_of_notebook(raw: bytes, spec: Spec, sandbox: Sandbox) -> dict[str, str]:
    """Return the status of each check of a notebook, as a submission of it gets them, by the check's name.

    Nothing is named and nothing is explained, because that takes most of the time. Raises Unreadable and SandboxBroken.
    """
    student = _student(raw, {}, spec, sandbox)
    try:
        student.start()
        outcomes, again = _asked(student, spec)
    finally:
        student.close()
    for part_id, functions in again.items():
        ask_again(outcomes, student, spec, part_id, functions).close()
    return {name: outcome["status"] for name, outcome in outcomes.items()}


def _student(raw: bytes, beside: Mapping[str, bytes], spec: Spec, sandbox: Sandbox) -> Student:
    """The student of a notebook and of the files beside it. Raises Unreadable."""
    policy = spec.assignment
    cells, where = code_to_run(raw, policy), sections(raw, policy)
    notebook = Notebook(cells, {**beside, **spec.files}, where, has_lazy_annotations(python_of(raw)))
    return Student(sandbox, notebook, policy.functions, policy.helpers, policy.solution)


def _asked(student: Student, spec: Spec) -> tuple[dict[str, Outcome], dict[str, tuple[str, ...]]]:
    """The outcome of each check, and the parts to ask again with the functions that are to be replaced."""
    outcomes = outcomes_of_checks(student, spec)
    again = {} if student.run.broken or _errors(outcomes) else wrong_functions(outcomes, spec)
    return outcomes, again


def _result_of_checks(
    submission: Submission,
    spec: Spec,
    sandbox: Sandbox,
    student: Student,
    raw: bytes,
    started: float,
    noted: list[Looked | None],
) -> Result:
    outcomes, again = _asked(student, spec)
    for part in spec.assignment.parts:
        if part.id not in again:
            _name_mistakes(outcomes, student, spec, part.id, noted)
    student.close()
    for part_id, functions in again.items():
        second = ask_again(outcomes, student, spec, part_id, functions)
        try:
            _name_mistakes(outcomes, second, spec, part_id, noted)
        finally:
            second.close()
    parts = _parts(spec, outcomes)
    add_observations(parts, raw, spec.assignment, student.run.ends)
    add_signatures(parts, student.calls, spec.assignment, personal=submission.seed is not None)
    if errors := _errors(outcomes):
        message = f"the grader failed, so this is no grade yet: {errors[0]}"
        return _result(submission, spec, sandbox.isolation, raw, started, "error", message, parts)
    run = student.run
    failed = [f"A cell {run.explained(failure)}" for failure in run.failures[:3]]
    version = later_python(python_of(raw), run.failures) if run.failures else ""
    message = run.broken or " ".join(filter(None, [*run.stopped, *failed, version, *run.ignored, *run.replaced]))
    return _result(submission, spec, sandbox.isolation, raw, started, "graded", message, parts)


def _errors(outcomes: dict[str, Outcome]) -> list[str]:
    return [outcome["message"] for outcome in outcomes.values() if outcome["status"] == "error"]


def error_result(submission: Submission, spec: SpecMark, isolation: str, problem: BaseException) -> Result:
    """Return the result of a submission that could not be graded because the grader itself failed."""
    message = f"the grader failed, so this is no grade yet: {type(problem).__name__}: {problem}"
    return _result(submission, spec, isolation, b"", time.perf_counter(), "error", message, [])


def _name_mistakes(
    outcomes: dict[str, Outcome], student: Student, spec: Spec, part: str, noted: list[Looked | None]
) -> None:
    """Where a part shows a known mistake, add its name and hint to the failed checks; otherwise add what is known.

    The values of a hostile submission may make the naming itself fail. Then nothing is named, and the points stay.
    """
    checks = [(check, cases) for check, cases in spec.checks_with_cases if check.part == part]
    failed = [(check, cases) for check, cases in checks if outcomes[check.name]["status"] == "fail"]
    if not failed or _is_not_written(student, spec.assignment.part(part).function):
        return
    try:
        with quiet_and_repeatable():
            named = spec.diagnosis.names_by_check(part, failed, student)
            facts = facts_about(spec.assignment, part, checks, student) if len(named) < len(failed) else []
    except SandboxBroken:
        raise
    except Exception:  # noqa: BLE001 - see above
        noted.append(None)
        return
    noted.append(spec.diagnosis.looked)
    for name, found in named.items():
        named_as = {"misconception": found.name, "hint": f"{found.hint} (See {found.see}.)"}
        outcomes[name] |= {**named_as, "numbers": list(found.numbers)}
    for check, _ in failed:
        outcomes[check.name]["observations"] += facts


def _is_not_written(student: Student, function: str) -> bool:
    """Whether each call met NotImplementedError, as in the release. To load the known mistakes would take a second."""
    outcomes = [call.outcome for call in student.calls if call.function == function]
    unwritten = [isinstance(o, Raised) and o.type == "NotImplementedError" for o in outcomes]
    return bool(unwritten) and all(unwritten)


def _parts(spec: Spec, outcomes: dict[str, Outcome]) -> list[dict[str, Any]]:
    return [
        {
            "id": part.id,
            "title": part.title,
            "score": 0,
            "max_score": part.max_score,
            "checks": [outcomes[check.name] for check, _ in spec.checks_with_cases if check.part == part.id],
        }
        for part in spec.assignment.parts
    ]


def _result(
    submission: Submission,
    spec: SpecMark,
    isolation: str,
    raw: bytes,
    started: float,
    status: str,
    message: str,
    parts: list[dict[str, Any]],
) -> Result:
    result = {
        "schema": SCHEMA,
        "assignment": spec.assignment.slug,
        "student": submission.student,
        "submitted_at": submission.submitted_at,
        "notebook_sha256": hashlib.sha256(raw).hexdigest(),
        "files_sha256": "",
        "spec_sha256": spec.sha256,
        "variant": None if submission.seed is None else variant_mark(submission.seed),
        "isolation": isolation,
        "status": status,
        "score": 0,
        "max_score": spec.assignment.max_score,
        "seconds": round(time.perf_counter() - started, 3),
        "message": message,
        "parts": parts,
    }
    return with_credit(result, rubric(spec.assignment))
