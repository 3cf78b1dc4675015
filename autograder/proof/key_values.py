"""How far an answer is from a value of the local grader's key, for values of any kind."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.assignment import Assignment, Value
from autograder.grading import Raised
from grader.compare import compare
from grader.relabelling import best_order, labelled, with_sign
from grader.same import Differs, demand_same
from grader.values import BadValue, as_array, finite


def is_exact(expected: Any) -> bool:
    """Whether an expected value has no tolerance: all but floats, and arrays and lists of floats."""
    try:
        return not (isinstance(expected, float) or np.asarray(expected).dtype.kind in "fc")
    except ValueError:  # a ragged list
        return True


def is_kept(assignment: Assignment, value: Value) -> bool:
    """Whether the local grader only keeps a value, because its answer would stand in the key: that of a variable.

    The policy may say otherwise with `verdict`.
    """
    if value.verdict is not None:
        return not value.verdict
    return not callable(getattr(assignment.solution, assignment.part(value.part).function, None))


def is_exact_variable(assignment: Assignment, function: str) -> bool:
    """Whether students answer with a variable that is right or wrong without a tolerance, such as a letter."""
    answer = getattr(assignment.solution, function, None)
    return not callable(answer) and is_exact(answer)


def freedom_of(value: Value) -> dict[str, Any]:
    """What the policy leaves free in an answer: the order of its labels, or its sign."""
    free = {"labels": value.labels, "sign": value.sign}
    return {key: choice for key, choice in free.items() if choice is not None}


def scale_of_value(assignment: Assignment, name: str, expected: Any, *own: int) -> float:
    """The unit of deviations from a value, as the assignment says it. 1 for a value without a tolerance."""
    return 1.0 if is_exact(expected) else float(assignment.cases.public_scale(name, expected, *own))


def deviation_of(answer: Any, expected: Any, scale: float, *, labels: Any = None, sign: Any = None) -> float:
    """The deviation of an answer, in units of `scale`; infinite unless it is an array of numbers of the right shape.

    What holds no floats has the deviation 0 or an infinite one. `labels` and `sign` say what is free: see `grader`.
    """
    if isinstance(answer, Raised):
        return math.inf
    if labels is not None:
        size = _deviation_in_any_order(answer, np.asarray(expected, dtype=float), labels, scale)
        return math.inf if size and is_exact(expected) else size
    if is_exact(expected):
        try:
            demand_same(answer, expected, "the answer", 0.0)
        except Differs as problem:
            return problem.size
        return 0.0
    expected = np.asarray(expected, dtype=float)
    try:
        array = as_array(answer, expected.shape, "the answer")
        finite(array, "the answer")
    except BadValue:
        return math.inf
    return compare(array if sign is None else with_sign(array, expected, sign), expected, scale).size


def _deviation_in_any_order(answer: Any, expected: NDArray[np.float64], labels: Any, scale: float) -> float:
    """The deviation in the order of the labels that makes it smallest."""
    try:
        array = as_array(answer, expected.shape, "the answer")
        finite(array, "the answer")
    except BadValue:
        return math.inf
    axes = labels if isinstance(labels, str) else tuple(labels)
    return best_order([labelled(array, expected, axes, scale)])[1]
