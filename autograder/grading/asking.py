"""Asks a student's functions the checks of an assignment: one outcome for each check."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from autograder.assignment import Case, Check, CheckFailed
from autograder.grading.spec import Spec
from autograder.sandbox import SandboxBroken

Outcome = dict[str, Any]


def outcomes_of_checks(student: Any, spec: Spec, part: str | None = None) -> dict[str, Outcome]:
    """Return the outcome of every check by its name, in the order of the checks. With a part, ask only its checks."""
    outcomes: dict[str, Outcome] = {}
    called: set[str] = set()
    for check, cases in spec.checks_with_cases:
        if part not in (None, check.part):
            continue
        function = spec.assignment.part(check.part).function
        if function not in called:
            called.add(function)
            _call_once_quickly(student, function, spec)
        student.call_seconds = spec.call_limits.of(check.name)
        started = time.perf_counter()
        if check.after and outcomes[check.after]["status"] != "pass":
            title = next(c.title for c, _ in spec.checks_with_cases if c.name == check.after)
            outcome = {"status": "skipped", "message": f"not asked, because this did not pass: {title}"}
        else:
            outcome = _ask(student, check, cases, callable(getattr(spec.assignment.solution, function)))
        common = {"name": check.name, "title": check.title, "points": check.points, "earned": 0}
        defaults = {"followed_through": False, "message": "", "misconception": None, "hint": None, "numbers": []}
        seconds = round(time.perf_counter() - started, 4)
        outcomes[check.name] = {**common, **defaults, **outcome, "observations": [], "seconds": seconds}
    return outcomes


def _call_once_quickly(student: Any, function: str, spec: Spec) -> None:
    """Ask the quickest case of a function first, also if its check waits for another one. The answer is kept.

    So a function that hangs in every call meets its shortest limit first, and later calls get less time.
    """
    own = [asked for asked in spec.checks_with_cases if spec.assignment.part(asked[0].part).function == function]
    check, cases = min(own, key=lambda asked: spec.call_limits.seconds.get(asked[0].name, 0.0))
    student.call_seconds = spec.call_limits.of(check.name)
    _ask(student, check, cases[:1], True)


def _ask(student: Any, check: Check, cases: tuple[Case, ...], is_called: bool) -> Outcome:
    """Ask a check. A variable has the same value in every case, so the sentence about it names none."""
    for case in cases:
        try:
            with np.errstate(all="ignore"):  # a student's numbers may overflow
                check.ask(student, case)
        except CheckFailed as failed:
            sentence = str(failed)
            if sentence.startswith("with "):  # some sentences name their case already
                sentence = f"W{sentence[1:]}"
            elif is_called:
                sentence = f"With {case.name}: {sentence}"
            return {"status": "fail", "message": sentence}
        except SandboxBroken:
            raise  # no check can be asked in a broken sandbox
        except Exception as problem:  # noqa: BLE001 - an error of the grader must never count as the student's
            return {"status": "error", "message": f"{check.name}, {case.name}: {type(problem).__name__}: {problem}"}
    return {"status": "pass"}
