"""What naming notes is enough to tell whether an edited mistake can change a name."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from autograder.assignment import Assignment, Case, Check, CheckFailed, Misconception, expect
from autograder.assignment.policy_model import Part
from autograder.grading import Looked, Raised, changed_by, question_of, quiet_and_repeatable, run_quietly, seed_of
from autograder.grading.calls import Call
from autograder.grading.naming import Diagnosis, Named
from autograder.sandbox import Limits

Function = Callable[..., Any]


def right(x: Any) -> Any:
    return x**2 + x


def ask(student: Any, case: Case) -> None:
    """The values are right."""
    expect(student.f(case.x), "f").shape(6).finite().close_to(right(case.x), 1e-8)


def ask_again(student: Any, case: Case) -> None:
    """The same for large numbers."""
    ask(student, case)


def leave_alone(student: Any, case: Case) -> None:
    """The argument stays as it is."""
    if student.changed_arguments("f", case.x):
        raise CheckFailed("x is changed.")


NEAR = tuple(Case(f"near {i}", {"x": np.random.default_rng(i).normal(size=6)}) for i in range(2))
FAR = (Case("far", {"x": 10 + np.arange(6.0)}), Case("both", {"x": 6 * np.arange(-1.0, 5.0)}))
CHECKS = [
    (Check(part, 5, lambda seed: [], False, None, None, question), cases)
    for part in "ab"
    for question, cases in ((ask, NEAR), (ask_again, FAR), (leave_alone, NEAR))
]


# ---------------------------------------------------------------- wrong functions


def squared(x: Any) -> Any:
    return x**2


def squared_where_positive(x: Any) -> Any:
    return np.where(x > 0, x**2, right(x))


def without_the_square(x: Any) -> Any:
    return 1.0 * x


def wrong_first(x: Any) -> Any:
    return right(x) + np.array([1.0, 2.0, 3.0, 0.0, 0.0, 0.0])


def wrong_last(x: Any) -> Any:
    return right(x) - np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])


def wrong_first_and_last(x: Any) -> Any:
    return wrong_first(x) + wrong_last(x) - right(x)


def wrong_first_and_far_away_last(x: Any) -> Any:
    return wrong_first(x) if np.abs(x).max() < 8 else wrong_first_and_last(x)


def clipped(x: Any) -> Any:
    return right(np.clip(x, -8.0, 8.0))


def clipped_later(x: Any) -> Any:
    return right(np.clip(x, -8.0, 12.0))


def squared_and_clipped(x: Any) -> Any:
    return np.clip(x, -8.0, 8.0) ** 2


def squared_near_and_clipped_far(x: Any) -> Any:
    return squared(x) if np.abs(x).max() < 8 else clipped(x)


def sorted_in_place(x: Any) -> Any:
    value = right(x)
    x.sort()
    return value


def zero_in_place(x: Any) -> Any:
    value = right(x)
    x[:] = 0.0
    return value


def raises(x: Any) -> Any:
    raise ValueError("no")


def raises_otherwise(x: Any) -> Any:
    raise ValueError("never")


def raises_far(x: Any) -> Any:
    if np.abs(x).max() > 8:
        raise ValueError("no")
    return squared(x)


def nothing(x: Any) -> Any:
    return None


def nan(x: Any) -> Any:
    return np.full(6, np.nan)


def too_short(x: Any) -> Any:
    return right(x)[:5]


def with_a_number(x: Any, *, a: float) -> Any:
    return right(x) + a


def with_a_number_in_the_square(x: Any, *, a: float) -> Any:
    return (x + a) ** 2 + x


def with_two_numbers(x: Any, *, a: float, b: float) -> Any:
    return x**2 * (1 + a) + x + b


def with_0_02(x: Any) -> Any:
    return right(x) + 0.02


def with_0_01_near_and_clipped_far(x: Any) -> Any:
    return right(x) + 0.01 if np.abs(x).max() < 8 else clipped(x)


def with_two(x: Any) -> Any:
    return x**2 * 1.01 + x + 0.1


USUAL = (1.0, 0.1, 0.01)
PLAIN = [right, squared, squared_where_positive, without_the_square, wrong_first, wrong_last, wrong_first_and_last]
PLAIN += [clipped, clipped_later, squared_and_clipped, squared_near_and_clipped_far, sorted_in_place, zero_in_place]
PLAIN += [raises, raises_otherwise, raises_far, nothing, nan, too_short, with_0_02]
FAMILIES = [with_a_number, with_a_number_in_the_square, with_two_numbers]
# Each student with functions that explain its answers, or a part of them.
STUDENTS: dict[Function, list[Function]] = {function: [function] for function in PLAIN[1:]} | {
    squared_where_positive: [squared, squared_where_positive],
    wrong_first_and_last: [wrong_first, wrong_last, wrong_first_and_last],
    wrong_first_and_far_away_last: [wrong_first, wrong_last],
    clipped: [clipped, clipped_later],
    squared_near_and_clipped_far: [squared, clipped, clipped_later, raises_far],
    raises: [raises, raises_otherwise],
    raises_far: [raises_far, squared],
    with_0_02: [with_0_02, with_a_number, with_a_number_in_the_square],
    with_0_01_near_and_clipped_far: [with_a_number, clipped, with_0_02],
    with_two: [with_two_numbers],
}


# ---------------------------------------------------------------- the class, in this process


class InThisProcess:
    """A student whose function is here."""

    def __init__(self, function: Function) -> None:
        self._function, self._known = function, dict[bytes, Any]()
        self.calls: list[Call] = []

    def f(self, *arguments: Any) -> Any:
        question, seed = question_of("f", arguments), seed_of("f", arguments)
        if question not in self._known:
            outcome = self._known[question] = run_quietly(self._function, arguments, seed)
            self.calls.append(Call("f", arguments, question, seed, outcome, 0.001 * len(self.calls)))
        if isinstance(self._known[question], Raised):
            raise CheckFailed("it raised an exception.")
        return self._known[question]

    def changed_arguments(self, name: str, *arguments: Any) -> list[int]:
        return changed_by(self._function, arguments)

    def was_stopped(self, name: str) -> bool:
        return False


def assignment_with(mistakes: list[Misconception]) -> Assignment:
    empty: dict[str, Any] = {}
    a, b = ({"id": id, "title": id, "function": "f", "cell": id, "max_score": 15} for id in "ab")
    assignment = Assignment(
        *(Path(), "x", "X", "x.ipynb", (), (), (Part(**a), Part(**b, builds_on=("g",))), empty, Limits()),
        *(empty, empty, empty, empty, empty, "x", None, None, "best"),
    )
    modules = {name: ModuleType(name) for name in ("solution", "misconceptions")}
    modules["solution"].f = right  # type: ignore[attr-defined]
    for mistake in mistakes:
        holder = ModuleType(mistake.name)
        holder.mark = mistake  # type: ignore[attr-defined]
        setattr(modules["misconceptions"], mistake.name, holder)
    vars(assignment).update(modules, experiments=None)
    return assignment


def mistake_of(function: Function, part: str, name: str = "") -> Misconception:
    def answer(*arguments: Any, **numbers: Any) -> Any:
        return function(*arguments, **numbers)

    answer.__name__ = name or function.__name__
    answer.__wrapped__ = function  # type: ignore[attr-defined]  # with its parameters
    examples = {with_two_numbers: ((1.0, 1.0),)}.get(function, ((1.0,),)) if function in FAMILIES else ()
    return Misconception(part, "A hint.", "Task", (), "", answer, examples=examples, usual=USUAL)


def names(named: dict[str, Named]) -> dict[str, str]:
    return {check: found.name for check, found in named.items()}


def named_with(mistakes: list[Misconception], part: str, function: Function) -> tuple[dict[str, str], Looked]:
    """The names of a student's checks among these known mistakes, and what naming noted."""
    student: Any = InThisProcess(function)
    failed = []
    for check, cases in CHECKS:
        if check.part == part:
            try:
                for case in cases:
                    check.question(student, case)
            except CheckFailed:
                failed.append((check, cases))
    diagnosis = Diagnosis(assignment_with(mistakes))
    with quiet_and_repeatable():
        named = names(diagnosis.names_by_check(part, failed, student))
    looked: Looked = pickle.loads(pickle.dumps(diagnosis.looked))
    return named, looked


def edits() -> Iterator[tuple[Function, list[Misconception], Misconception, Misconception]]:
    """A student, other mistakes, and one mistake before and after an edit, which explains some of the answers once."""
    rng = np.random.default_rng(0)
    pool = (*PLAIN, *FAMILIES)
    for function, part, _ in itertools.product(STUDENTS, "ab", range(3)):
        chosen = list(dict.fromkeys([*STUDENTS[function], *(pool[i] for i in rng.permutation(len(pool)))]))[:7]
        for first in range(len(STUDENTS[function])):
            edited, replaced = chosen[first], chosen[-1]
            others = [mistake_of(other, part) for other in chosen[:-1] if other is not edited]
            yield function, others, mistake_of(edited, part, "edited"), mistake_of(replaced, part, "edited")


def test_a_mistake_that_fits_no_question_of_naming_before_and_after_an_edit_changes_no_name() -> None:
    stays: list[bool] = []
    for (function, others, old, new), (before, after) in itertools.product(edits(), ((0, 1), (1, 0))):
        edited = (old, new)
        first, looked = named_with([*others, edited[before]], old.part, function)
        diagnosis = Diagnosis(assignment_with([edited[after]]))
        with quiet_and_repeatable():
            fits = any(diagnosis.fits(edited[after], old.part, query) for query in looked.queries)
        stays.append(not fits and "edited" not in looked.fitting)
        if stays[-1]:
            assert named_with([*others, edited[after]], old.part, function)[0] == first
    assert 0.2 < np.mean(stays) < 0.6


@pytest.mark.parametrize("part", ["a", "b"])
def test_a_mistake_that_gave_a_name_is_noted(part: str) -> None:
    named, looked = named_with([mistake_of(squared, part), mistake_of(clipped, part)], part, squared)
    assert set(named.values()) == looked.fitting == {"squared"}
