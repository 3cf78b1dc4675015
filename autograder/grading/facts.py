"""Facts about a part that lost points: arguments that do not count, and sizes that are wired in.

They need no known mistake. Each is a sentence that is true of the student's answers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograder.assignment import Assignment, Case, Check, CheckFailed
from autograder.grading.answers import Asked, outcome_of, same_outcome
from autograder.grading.calls import Call, Raised
from autograder.grading.every_case import AskedCase, ask_every_case
from autograder.grading.student import Student

_MUCH = 1e-4  # of the answer's scale
AskedChecks = Sequence[Sequence[AskedCase]]  # the cases of each check


def facts_about(
    assignment: Assignment, part: str, checks: Sequence[tuple[Check, Sequence[Case]]], student: Student
) -> list[str]:
    """Sentences about a part, of which `checks` are all checks. Nothing is said of a part that calls other functions.

    Asks the student's function a few more times. The caller is inside `quiet_and_repeatable`.
    """
    function = assignment.part(part).function
    if assignment.part(part).builds_on or student.was_stopped(function):
        return []
    asked = [ask_every_case(check, cases, student, function) for check, cases in checks]
    return [*arguments_that_do_not_count(assignment, part, asked, student), *wired_in_sizes(asked)]


# ---------------------------------------------------------------- arguments that do not count


def arguments_that_do_not_count(assignment: Assignment, part: str, asked: AskedChecks, student: Student) -> list[str]:
    """Name the arguments that change the right answer but not the student's, in one case that the student fails.

    Each argument is taken from another case in turn.
    """
    function = assignment.part(part).function
    right = getattr(assignment.solution, function)
    position = assignment.index_in_returned_tuple(part)
    known = {call.question: call for call in student.calls if call.function == function}.values()
    for call in (call for cases in asked for case in cases if not case.passed for call in case.calls):
        one = Asked(call.arguments, call.seed, call.outcome, outcome_of(right, call.arguments), position)
        if call.function != function or not one.arrays or not np.isfinite(one.arrays[0]).all():
            continue
        others = [_with_another(call, i, known) for i in range(len(call.arguments))]
        if any(others):
            names = zip(inspect.signature(right).parameters, others, strict=False)
            ignored = [n for n, other in names if other and _ignores(one, other, right, getattr(student, function))]
            return [_sentence(ignored)] if ignored else []
    return []


def _with_another(call: Call, i: int, known: Iterable[Call]) -> tuple[Any, ...] | None:
    """The arguments of a call with argument `i` from another call in which it has the same shape. None without one."""
    own = call.arguments[i]
    for other in known:
        value = other.arguments[i] if i < len(other.arguments) else None
        if not isinstance(own, np.ndarray) or not isinstance(value, np.ndarray):
            continue
        if own.shape == value.shape and not np.array_equal(own, value):
            return (*call.arguments[:i], value, *call.arguments[i + 1 :])
    return None


def _ignores(one: Asked, other: tuple[Any, ...], right: Callable[..., Any], ask: Callable[..., Any]) -> bool:
    """Whether the student's answer to the other arguments is exactly the same, although the right one is not."""
    expected = outcome_of(right, other)
    if isinstance(expected, Raised) or same_outcome(expected, one.right, one.position):
        return False
    try:
        changed = Asked(other, one.seed, ask(*other), expected, one.position)
    except CheckFailed:
        return False
    return bool(changed.arrays and one.arrays and np.array_equal(changed.arrays[0], one.arrays[0]))


def _sentence(ignored: Sequence[str]) -> str:
    is_one = len(ignored) == 1
    text = f"the argument {ignored[0]}" if is_one else f"the arguments {', '.join(ignored[:-1])} and {ignored[-1]}"
    return (
        f"The answer does not depend on {text}. Does the function use something else in place of "
        f"{'it' if is_one else 'them'}, such as a variable of the notebook?"
    )


# ---------------------------------------------------------------- sizes that are wired in


def wired_in_sizes(asked: AskedChecks) -> list[str]:
    """Say which size works: all cases that pass have it, and all cases that fail have another one.

    A size is an input of the cases that is a whole number. A case passes if it does so in every check that asks it, and
    two or more have to pass. Cases that fail count only if their check has cases of other sizes too. The others are
    about something else, such as points that are far away. Nothing is said if a case fails only by a little: then the
    cause is another one.
    """
    if any(0 < case.deviation < _MUCH for cases in asked for case in cases):
        return []
    facts = []
    wrong = {call.question for cases in asked for case in cases if not case.passed for call in case.calls}
    for name in _sizes(asked):
        right: dict[bytes, int] = {}
        failed: set[int] = set()
        for cases in asked:
            sizes = [(case.case.inputs[name], case) for case in cases]
            right |= {c.question: size for size, case in sizes for c in case.calls if c.question not in wrong}
            if len({size for size, _ in sizes}) > 1:
                failed |= {size for size, case in sizes if not case.passed}
        passed = set(right.values())
        if len(right) > 1 and len(passed) == 1 and len(failed) > 1 and not passed & failed:
            *others, last = (f"{name} = {size}" for size in sorted(failed))
            facts.append(
                f"The answer is right where {name} = {passed.pop()}, and wrong for {', '.join(others)} and {last}: is "
                "this size wired in?"
            )
    return facts


def _sizes(asked: AskedChecks) -> list[str]:
    """The names of inputs that are whole numbers in every case."""
    inputs = [case.case.inputs for cases in asked for case in cases]
    return [name for name in (inputs[0] if inputs else ()) if all(type(i.get(name)) is int for i in inputs)]
