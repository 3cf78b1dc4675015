"""Families: how the examples of a mistake with free numbers become evidence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.assignment import Assignment, Misconception, declared_in, known_mistakes, misconception, source_of


def padded(x: Any, *, a: float) -> Any:
    return x + a


def mark_of(function: Any, **more: Any) -> Misconception:
    marked: Any = misconception("p", see="Task 1", **{"hint": "You add {a}.", **more})(function)
    mark: Misconception = marked.mark
    return mark


def test_each_example_stands_for_its_family_in_the_evidence(course: Assignment) -> None:
    families = [m for m in declared_in(course.misconceptions, Misconception) if m.free]
    known = {m.name: m for m in known_mistakes(course.misconceptions)}
    assert not {family.name for family in families} & set(known)
    for family in families:
        for example in family.examples:
            mistake = known["_".join([family.name, *(f"{number:g}" for number in example)])]
            assert (mistake.known_as, mistake.part, mistake.free) == (family.known_as, family.part, ())
            assert "{" not in mistake.hint


def test_the_source_of_an_example_defines_the_function_with_the_numbers_of_the_example(course: Assignment) -> None:
    mistake = next(m for m in known_mistakes(course.misconceptions) if m.name == "sigma_with_a_ridge_1e-06")
    cell: dict[str, Any] = {}
    exec(source_of(mistake.function, "M_step"), cell)
    X, gamma = np.arange(6.0).reshape(3, 2) ** 2, np.full((3, 1), 1.0)
    ridge = cell["M_step"](X, gamma)[2] - course.solution.M_step(X, gamma)[2]
    assert ridge == pytest.approx(1e-6 * np.eye(2)[None], abs=1e-12)


@pytest.mark.parametrize("examples", [(), ((1e-3, 1e-6),)], ids=["none", "too many numbers"])
def test_a_family_needs_examples_with_a_value_for_each_free_number(examples: Any) -> None:
    with pytest.raises(TypeError, match=r"padded has 1 free numbers \(a\)"):
        mark_of(padded, examples=examples)


def test_a_mistake_without_free_numbers_has_no_examples() -> None:
    with pytest.raises(TypeError, match="has 0 free numbers"):
        mark_of(lambda x: x, examples=(1.0,))
