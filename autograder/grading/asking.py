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
    checks = [check.name for check, _ in spec.checks_with_cases if part in (None, check.part)]
    for check, cases in _quickest_first(spec):
        if check.name not in checks:
            continue
        student.call_seconds = spec.call_limits.of(check.name)
        started = time.perf_counter()
        if check.after and outcomes[check.after]["status"] != "pass":
            title = next(c.title for c, _ in spec.checks_with_cases if c.name == check.after)
            outcome = {"status": "skipped", "message": f"not asked, because this did not pass: {title}"}
        else:
            outcome = _ask(student, check, cases)
        common = {"name": check.name, "title": check.title, "points": check.points, "earned": 0}
        defaults = {"followed_through": False, "message": "", "misconception": None, "hint": None, "numbers": []}
        seconds = round(time.perf_counter() - started, 4)
        outcomes[check.name] = {**common, **defaults, **outcome, "observations": [], "seconds": seconds}
    return {name: outcomes[name] for name in checks}


def _quickest_first(spec: Spec) -> list[tuple[Check, tuple[Case, ...]]]:
    """The checks, function by function, and of each function those whose calls may take the least time first.

    So a function that hangs in every call costs little. A check comes later than the one that it names as `after`.
    """
    ranks: dict[str | None, tuple[int, float]] = {None: (0, 0.0)}
    for check, _ in spec.checks_with_cases:
        function = spec.assignment.part(check.part).function
        own = (spec.assignment.functions.index(function), spec.call_limits.seconds.get(check.name, 0.0))
        ranks[check.name] = max(own, ranks[check.after])
    return sorted(spec.checks_with_cases, key=lambda asked: ranks[asked[0].name])


def _ask(student: Any, check: Check, cases: tuple[Case, ...]) -> Outcome:
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
