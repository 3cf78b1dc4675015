"""What one restart, two and more of them lead to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograder.assignment import Case, experiment
from reference.hmm import training
from reference.hmm.experiments._shared import ALL, CLEAR, never_changes
from reference.hmm.returned import Model, trained

_FEW = (1, 2, 3, 4, 5, 6)


def _with_restarts(student: Any) -> list[list[Model]]:
    """For each sequence with several maxima, what baum_welch returns with one restart, with two, and so on."""
    return [
        [trained(student, Case(case.name, {**case.inputs, "restarts": number})) for number in _FEW]
        for case in _sequences()
    ]


def _sequences() -> list[Case]:
    """Some of the sequences with several maxima. Each is trained with every number of restarts, which takes long."""
    return training.the_best_of_several()[2:]


def _rises(values: Sequence[float], room: float) -> bool:
    """Whether a value is larger than the one before it, by more than this share of it."""
    return any(after - before > room * abs(before) for before, after in pairwise(values))


def _falls(values: Sequence[float], room: float) -> bool:
    return any(before - after > room * abs(before) for before, after in pairwise(values))


@experiment("baum_welch", explains=("finds_the_best_maximum",))
def local_maximum(student: Any) -> bool:
    """The result is the same with one restart as with six, and it is not the best one."""
    poorer = False
    for case, runs in zip(_sequences(), _with_restarts(student), strict=True):
        found = [run.true_loglik() for run in runs]
        if _rises(found, 1e-3) or _falls(found, 1e-3) or _cannot_move(runs[0]):
            return False
        poorer = poorer or found[0] < case.best - CLEAR * abs(case.best)
    return poorer


@experiment("baum_welch", explains=("finds_the_best_maximum",))
def smallest_likelihood_kept(student: Any) -> bool:
    """The log-likelihood never rises with the number of restarts, and falls at least once."""
    found = [[run.true_loglik() for run in runs] for runs in _with_restarts(student)]
    return any(_falls(values, CLEAR) for values in found) and not any(_rises(values, 1e-3) for values in found)


@experiment("baum_welch", explains=("finds_the_best_maximum",))
def last_restart_kept(student: Any) -> bool:
    """The log-likelihood rises and falls with the number of restarts, and it is that of the parameters."""
    all_runs = _with_restarts(student)
    found = [[run.true_loglik() for run in runs] for runs in all_runs]
    said = [[float(run.loglik.array) for run in runs] for runs in all_runs]
    if not np.allclose(found, said, rtol=1e-3):
        return False
    return any(_falls(values, CLEAR) for values in found) and any(_rises(values, CLEAR) for values in found)


@experiment("baum_welch", explains=("loglik_belongs_to_the_parameters", "finds_the_best_maximum"))
def best_parameters_overwritten(student: Any) -> bool:
    """With one restart the log-likelihood is that of the parameters. With more it never falls, but theirs is lower."""
    lower = False
    for runs in _with_restarts(student):
        said, found = [float(run.loglik.array) for run in runs], [run.true_loglik() for run in runs]
        if abs(said[0] - found[0]) > 1e-3 * abs(found[0]) or _falls(said, 1e-9):
            return False
        lower = lower or any(true < one - CLEAR * abs(one) for one, true in zip(said, found, strict=True))
    return lower


@experiment("baum_welch", explains=ALL)
def best_starts_at_zero(student: Any) -> bool:
    """The log-likelihood is zero, and the parameters are missing or zero."""
    for case in training.to_the_end():
        returned = student.baum_welch(case.obs, case.K, case.M, case.rtol, case.max_iter, case.restarts)
        if not isinstance(returned, tuple | list) or len(returned) != 4 or not _is_zero(returned[0]):
            return False
        if not all(value is None or _is_zero(value) for value in returned[1:]):
            return False
    return True


def _is_zero(value: Any) -> bool:
    return isinstance(value, np.ndarray | int | float) and not np.any(value)


@experiment("baum_welch", explains=("finds_the_best_maximum", "stops_when_it_should"))
def equal_states(student: Any) -> bool:
    """The rows of each returned A and B are equal."""
    return all(_states_are_equal(runs[0]) and _states_are_equal(runs[-1]) for runs in _with_restarts(student))


def _states_are_equal(run: Model) -> bool:
    return all(np.allclose(rows, rows[:1], rtol=1e-6) for rows in (run.A.array, run.B.array))


def _cannot_move(run: Model) -> bool:
    """Whether the states have the same symbols, or never change. All starts then end alike, for another reason."""
    return bool(np.allclose(run.B.array, run.B.array[0], rtol=0, atol=1e-6) or never_changes(run))


@experiment("baum_welch", explains=("finds_the_best_maximum", "stops_when_it_should", "an_iteration_is_a_step_of_em"))
def started_with_zeros(student: Any) -> bool:
    """In all results, the state never changes."""
    return all(never_changes(trained(student, run)) for case in training.steps() for run in (case.one, case))


@experiment("baum_welch", explains=ALL)
def symbols_counted_in_the_sequence(student: Any) -> bool:
    """B has no columns for symbols above the largest that occurs."""
    for case in training.to_the_end():
        returned = student.baum_welch(case.obs, case.K, case.M, case.rtol, case.max_iter, case.restarts)
        if not isinstance(returned, tuple | list) or len(returned) != 4:
            return False
        if np.shape(returned[2]) != (case.K, int(case.obs.max()) + 1):
            return False
    return True
