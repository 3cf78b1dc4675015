"""Experiments with train_EM. Each has the name of a misconception, which has the hint.

Students' starts differ from ours, so their answers are never those of a known mistake. But all runs on the same points
draw the same random numbers: a call with more restarts does the runs of a call with fewer, and then others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograder.assignment import Case, experiment
from reference.em_gmm import training
from reference.em_gmm.returned import Training

_CLEAR = 0.01  # of a bound; other optima of the data lie at least 4 % below the best
_SAME = 1e-3
_FEW = (1, 2, 3, 4, 5, 6)
_MANY = (12, 13)  # a right function misses the best optimum of one data set once in 4,000 calls

_ABOUT_RESTARTS = ("finds_the_best_optimum", "restarts_make_a_difference")


def _data() -> list[Case]:
    """Six data sets with several local optima: the common ones, and the same turned. Three are too few to be sure."""
    return training.crossing_ridges() + training.crossing_ridges(1)


def _with_restarts(student: Any, case: Case, restarts: Sequence[int]) -> list[Training]:
    """What train_EM returns for the same points with these numbers of restarts."""
    return [Training(student, Case(case.name, {**case.inputs, "restarts": number})) for number in restarts]


def _losses(runs: Sequence[Training]) -> list[float]:
    return [float(run.loss.array) for run in runs]


def _likelihoods(runs: Sequence[Training]) -> list[float]:
    return [run.log_likelihood for run in runs]


def _rises(values: Sequence[float], room: float) -> bool:
    """Whether a value is larger than the one before it, by more than this share of it."""
    return any(after - before > room * abs(before) for before, after in pairwise(values))


def _falls(values: Sequence[float], room: float) -> bool:
    return _rises([-value for value in values], room)


@experiment(
    "em",
    explains=_ABOUT_RESTARTS,
)
def smallest_bound_kept(student: Any) -> bool:
    """The bound never rises with the number of restarts, and falls at least once."""
    all_runs = [_with_restarts(student, case, _FEW) for case in _data()]
    if any(_rises(_losses(runs), 0.0) or _rises(_likelihoods(runs), _SAME) for runs in all_runs):
        return False
    return any(_falls(_losses(runs), _CLEAR) and _falls(_likelihoods(runs), _CLEAR) for runs in all_runs)


@experiment(
    "em",
    explains=_ABOUT_RESTARTS,
)
def last_restart_kept(student: Any) -> bool:
    """The bound rises and falls with the number of restarts, and many may miss a bound that few found."""
    all_runs = [_with_restarts(student, case, _FEW) for case in _data()]
    losses = [_losses(runs) for runs in all_runs]
    if not (any(_rises(of, _CLEAR) for of in losses) and any(_falls(of, _CLEAR) for of in losses)):
        return False
    if not any(_falls(_likelihoods(runs), _CLEAR) for runs in all_runs):
        return False
    return any(
        loss < max(few) - _CLEAR * abs(max(few))
        for case, few in zip(_data(), losses, strict=True)
        for loss in _losses(_with_restarts(student, case, _MANY))
    )


@experiment(
    "em",
    explains=_ABOUT_RESTARTS,
)
def local_optimum(student: Any) -> bool:
    """The result is the same with one restart as with six, and it is not the best one."""
    poorer = False
    for case in _data():
        runs = _with_restarts(student, case, _FEW)
        found = _likelihoods(runs)
        if _are_identical(runs[0]) or max(found) - min(found) > _SAME * abs(found[0]):
            return False
        poorer = poorer or found[0] < case.best - _CLEAR * abs(case.best)
    return poorer


@experiment("em", explains=_ABOUT_RESTARTS)
def identical_components(student: Any) -> bool:
    """The components of each returned mixture are equal."""
    return all(_are_identical(Training(student, case)) for case in _data())


def _are_identical(run: Training) -> bool:
    return all(np.allclose(array, array[:1], rtol=1e-6) for array in (run.mu.array, run.sigma.array))


@experiment(
    "em",
    explains=(*_ABOUT_RESTARTS, "loss_belongs_to_the_parameters", "survives_collapse"),
)
def best_parameters_overwritten(student: Any) -> bool:
    """With one restart the bound is that of the parameters. With more it never falls, but theirs is lower."""
    lower = False
    for case in _data():
        runs = _with_restarts(student, case, _FEW)
        losses, found = _losses(runs), _likelihoods(runs)
        if abs(losses[0] - found[0]) > _SAME * abs(found[0]) or _falls(losses, 0.0):
            return False
        lower = lower or any(true < loss - _CLEAR * abs(loss) for loss, true in zip(losses, found, strict=True))
    return lower


@experiment(
    "em",
    explains=(
        "iterations_improve_the_mixture",
        "trains_other_sizes",
        "any_bound_can_be_the_best",
        "finds_the_best_optimum",
        "a_single_step_suffices",
        "survives_collapse",
    ),
)
def best_loss_starts_at_zero(student: Any) -> bool:
    """The bound zero for all data, above the best, and parameters that are missing or zero."""
    losses = set()
    for case in _data():
        returned = student.train_EM(case.X, case.C, case.rtol, case.max_iter, case.restarts)
        if not isinstance(returned, tuple | list) or len(returned) != 4 or not isinstance(returned[0], int | float):
            return False
        if not returned[0] > case.best or not all(_is_nothing(value) for value in returned[1:]):
            return False
        losses.add(float(returned[0]))
    return losses == {0.0}


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, np.ndarray) and value.dtype.kind == "f" and not value.any())


# ---------------------------------------------------------------- what is returned


@experiment(
    "em",
    explains=("loss_belongs_to_the_parameters",),
)
def sign_of_a_loss(student: Any) -> bool:
    """Minus the bound of the returned parameters."""
    return _all_are(student, lambda loss, bound, N: abs(loss + bound) <= _SAME * abs(bound))


@experiment(
    "em",
    explains=("loss_belongs_to_the_parameters",),
)
def bound_for_one_point(student: Any) -> bool:
    """The bound of the returned parameters, divided by the number of points."""
    return _all_are(student, lambda loss, bound, N: abs(loss * N - bound) <= _SAME * abs(bound))


def _all_are(student: Any, related: Callable[[float, float, int], bool]) -> bool:
    """Whether returned bounds and those of the returned parameters are related so, for several data."""
    runs = [Training(student, case) for case in _data()]
    return all(related(float(run.loss.array), run.log_likelihood, len(run.X)) for run in runs)


@experiment(
    "em",
    explains=(
        "iterations_improve_the_mixture",
        "trains_other_sizes",
        "any_bound_can_be_the_best",
        "a_single_step_suffices",
        "survives_collapse",
    ),
)
def parameters_in_another_order(student: Any) -> bool:
    """A number, and arrays with one, two and three axes, but not in this order."""
    case = training.other_mixtures()[0]
    returned = student.train_EM(case.X, case.C, case.rtol, case.max_iter, case.restarts)
    if not isinstance(returned, tuple | list) or len(returned) != 4:
        return False
    try:
        shapes = [np.squeeze(np.asarray(value, dtype=float)).shape for value in returned]
    except (TypeError, ValueError):
        return False
    due = [(), (case.C,), (case.C, case.d), (case.C, case.d, case.d)]
    return shapes != due and sorted(shapes) == sorted(due)


# ---------------------------------------------------------------- when a run stops


def _run(student: Any, rtol: float, max_iter: int) -> Training:
    """A single run on data on which EM is slow."""
    return Training(student, training.single_run(rtol, max_iter))


def _counts_iterations(student: Any) -> bool:
    one, three, many = (_run(student, training.NEVER, number) for number in (1, 3, 60))
    return not (one.same_as(three) and three.same_as(many))


def _uses_rtol(student: Any) -> bool:
    """Whether any two values of rtol between 1e-9 and 0.5 give different results."""
    never, soon, early = (_run(student, rtol, 60) for rtol in (training.NEVER, training.SOON, 1e-2))
    return not (never.same_as(soon) and never.same_as(early))


@experiment(
    "em",
    explains=(
        "iterations_improve_the_mixture",
        "trains_other_sizes",
        "any_bound_can_be_the_best",
        "finds_the_best_optimum",
        "loss_belongs_to_the_parameters",
    ),
)
def difference_in_the_wrong_order(student: Any) -> bool:
    """With a tiny rtol, sixty iterations give the same as two, but not the same as one."""
    one, two, many = (_run(student, training.NEVER, number) for number in (1, 2, 60))
    return two.same_as(many) and not one.same_as(two) and _is_moving(many)


def _is_moving(run: Training) -> bool:
    """Whether the next iteration changes the bound by more than the tiny rtol."""
    return run.gain() > training.NEVER * abs(run.log_likelihood)


@experiment(
    "em",
    explains=("a_single_step_suffices",),
)
def limit_of_iterations_ignored(student: Any) -> bool:
    """max_iter makes no difference, but rtol does."""
    return not _counts_iterations(student) and _uses_rtol(student)


@experiment(
    "em",
    explains=("a_single_step_suffices", "stops_when_the_bound_settles"),
)
def number_of_iterations_wired_in(student: Any) -> bool:
    """Neither max_iter nor rtol makes a difference, and the run has got far."""
    if _counts_iterations(student) or _uses_rtol(student):
        return False
    run = _run(student, training.NEVER, 60)
    return run.gain() <= 1e-4 * abs(run.log_likelihood)


@experiment(
    "em",
    explains=("stops_when_the_bound_settles",),
)
def change_without_brackets(student: Any) -> bool:
    """rtol makes no difference, and one iteration more always does."""
    if _uses_rtol(student):
        return False
    return not any(
        _run(student, training.SOON, number).same_as(_run(student, training.SOON, number + 1)) for number in (2, 20, 59)
    )


@experiment(
    "em",
    explains=(
        "iterations_improve_the_mixture",
        "trains_other_sizes",
        "any_bound_can_be_the_best",
        "loss_belongs_to_the_parameters",
        "stops_when_the_bound_settles",
    ),
)
def tolerance_ignored(student: Any) -> bool:
    """rtol makes no difference, and a run ends after some iterations, although the bound still changes."""
    if _uses_rtol(student):
        return False
    two, late, later = (_run(student, training.NEVER, number) for number in (2, 59, 60))
    return late.same_as(later) and not two.same_as(later) and _counts_iterations(student) and _is_moving(later)
