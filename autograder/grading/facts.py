"""Facts about a part that lost points: arguments that do not count, and sizes that are wired in.

They need no known mistake. Each is a sentence that is true of the student's answers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograder.assignment import Assignment, Case, Check, CheckFailed
from autograder.grading.answers import Asked, outcome_of, quiet_and_repeatable, same_outcome
from autograder.grading.asked import AskedCase, ask_every_case
from autograder.grading.student import Call, Raised, Student

AskedChecks = Sequence[Sequence[AskedCase]]  # the cases of each check


def facts_about(
    assignment: Assignment, part: str, checks: Sequence[tuple[Check, Sequence[Case]]], student: Student
) -> list[str]:
    """Sentences about a part, of which `checks` are all checks. Nothing is said of a part that calls other functions.

    Asks the student's function a few more times.
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
        one = Asked(call.arguments, call.seed, call.outcome, _answer(right, call.arguments), position)
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
        are_arrays = isinstance(own, np.ndarray) and isinstance(value, np.ndarray)
        if are_arrays and own.shape == value.shape and not np.array_equal(own, value):
            return (*call.arguments[:i], value, *call.arguments[i + 1 :])
    return None


def _ignores(one: Asked, other: tuple[Any, ...], right: Callable[..., Any], ask: Callable[..., Any]) -> bool:
    """Whether the student's answer to the other arguments is exactly the same, although the right one is not."""
    expected = _answer(right, other)
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


def _answer(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    with quiet_and_repeatable():
        return outcome_of(function, arguments)


# ---------------------------------------------------------------- sizes that are wired in


def wired_in_sizes(asked: AskedChecks) -> list[str]:
    """Say which size works: all cases that pass have it, and all cases that fail have another one.

    A size is an input of the cases that is a whole number. Cases that fail count only if their check has cases of other
    sizes too. The others are about something else, such as points that are far away.
    """
    facts = []
    for name in _sizes(asked):
        passed: list[int] = []
        failed: list[int] = []
        for cases in asked:
            sizes = [(case.case.inputs[name], case.passed) for case in cases]
            passed += [size for size, is_right in sizes if is_right]
            if len(set(sizes)) > 1:
                failed += [size for size, is_right in sizes if not is_right]
        if len(set(passed)) == 1 and len(passed) > 1 and len(set(failed)) > 1 and passed[0] not in failed:
            others = [f"{name} = {size}" for size in sorted(set(failed))]
            wrong = f"{', '.join(others[:-1])} and {others[-1]}"
            facts.append(
                f"The answer is right where {name} = {passed[0]}, and wrong for {wrong}: is this size wired in?"
            )
    return facts


def _sizes(asked: AskedChecks) -> list[str]:
    """The names of inputs that are whole numbers in every case."""
    inputs = [case.case.inputs for cases in asked for case in cases]
    return [name for name in (inputs[0] if inputs else ()) if all(type(i.get(name)) is int for i in inputs)]
