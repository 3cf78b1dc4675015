"""Training that is wrong only where a restart collapses, or where a bound is far below zero, loses points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.linalg import LinAlgError

from autograder.assignment import Check, CheckFailed, declared_in
from autograder.proof.in_process_student import InProcessStudent
from reference.em_gmm import cases, checks, solution
from reference.em_gmm.misconceptions._shared import _climb, _start

CHECKS = {check.name: check for check in declared_in(checks, Check) if check.part == "em"}
Train = Callable[..., Any]


def passes(name: str, train: Train, seed: int | None = None) -> bool:
    functions = {f: getattr(solution, f) for f in cases.FUNCTIONS} | {"train_EM": train}
    student = InProcessStudent(functions, seed)
    try:
        for case in CHECKS[name].cases(seed):
            CHECKS[name].ask(student, case.with_tolerance(2e-3))
    except CheckFailed:
        return False
    return True


def keeping(better: Callable[[Any, Any], bool], lost: float = np.nan, start: Any = None) -> Train:
    """Training with a comparison of its own. A collapsed restart has `lost` for its bound; `start` is there first."""

    def train(X: Any, C: int, rtol: float, max_iter: int, restarts: int) -> Any:
        best = None if start is None else (start, None, None, None)
        for _ in range(restarts):
            begin = _start(X, C)
            try:
                result = _climb(X, begin, rtol, max_iter)
            except LinAlgError:
                result = (lost, *begin)
            if best is None or better(result[0], best[0]):
                best = result
        return best

    return train


def with_nan_in(index: int) -> Train:
    """NaN in one of the four values, and right ones beside it."""

    def train(*arguments: Any) -> Any:
        values = [np.array(value) for value in solution.train_EM(*arguments)]
        values[index].flat[0] = np.nan
        return tuple(values)

    return train


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize(
    "train",
    [
        keeping(lambda new, old: new > old),
        keeping(lambda new, old: not new <= old),
        keeping(lambda new, old: new > old, lost=np.inf),
        keeping(lambda new, old: abs(new) < abs(old) or np.isnan(new), start=1e9),
    ],
    ids=["a NaN that was first", "any NaN", "infinity", "a NaN that was last"],
)
def test_a_collapsed_restart_that_is_kept_costs_points(train: Train, seed: int | None) -> None:
    assert not passes("survives_collapse", train, seed)


@pytest.mark.parametrize("index", range(4))
def test_a_single_nan_among_the_returned_values_costs_points(index: int) -> None:
    assert not passes("iterations_improve_the_mixture", with_nan_in(index))


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize(
    ("start", "due"),
    [(0.0, False), (-1e4, False), (-20000.0, False), (-99999.0, False), (-np.inf, True), (np.finfo(float).min, True)],
)
def test_only_a_number_that_is_below_every_bound_can_stand_for_minus_infinity(
    start: float, due: bool, seed: int | None
) -> None:
    train = keeping(lambda new, old: new > old, start=start)
    assert passes("any_bound_can_be_the_best", train, seed) == due


def with_its_own_best(choose: Callable[[list[Any]], Any]) -> Train:
    def train(X: Any, C: int, rtol: float, max_iter: int, restarts: int) -> Any:
        runs = []
        for _ in range(restarts):
            try:
                runs.append(_climb(X, _start(X, C), rtol, max_iter))
            except LinAlgError:
                continue
        return choose(runs)

    return train


def test_another_restart_than_the_best_is_seldom_taken_for_it() -> None:
    """Usual starts find the best optimum in two of three runs. So one set of data would be too few."""
    last, best = with_its_own_best(lambda runs: runs[-1]), with_its_own_best(lambda runs: max(runs, key=lambda r: r[0]))
    assert sum(passes("finds_the_best_optimum", last, seed) for seed in range(1, 9)) <= 1
    assert sum(passes("finds_the_best_optimum", best, seed) for seed in range(1, 5)) == 4
