"""The second iteration of a run: what does it make of A, B and pi?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.assignment import experiment
from reference.hmm import training
from reference.hmm.experiments._shared import ALL, SAME, never_changes
from reference.hmm.returned import trained
from reference.hmm.solution import Array, posterior, reestimate

Step = Callable[[Array, Array, Array, Array, Array], tuple[Array, Array, Array]]


def _second_iteration(student: Any, step: Step) -> bool:
    """Whether the second iteration is this step of EM, and not the right one, in all runs."""
    for case in training.steps():
        one, again, two = (trained(student, run) for run in (case.one, case.again, case))
        if not one.same_as(again):
            return False
        with np.errstate(all="ignore"):
            gamma, xi = posterior(*one.theta, case.obs)
            wrong = step(*one.theta[:2], gamma, xi, case.obs)
            right = reestimate(*one.theta[:2], gamma, xi, case.obs)
        if not two.distance_to(wrong) <= SAME or two.distance_to(right) <= SAME:
            return False
        if np.allclose(two.B.array, two.B.array[0], rtol=0, atol=SAME):
            return False  # with equal rows, many steps are the same
    return True


def _symbols(obs: Array, M: int) -> Array:
    return np.eye(M)[obs]


@experiment("baum_welch", explains=ALL)
def last_time_in_the_denominator_of_a(student: Any) -> bool:
    """The expected transitions are divided by gamma of all times."""
    return _second_iteration(
        student,
        lambda A, B, gamma, xi, obs: (
            xi.sum(axis=0) / gamma.sum(axis=0)[:, None],
            *reestimate(A, B, gamma, xi, obs)[1:],
        ),
    )


@experiment("baum_welch", explains=ALL)
def last_time_missing_in_the_denominator_of_b(student: Any) -> bool:
    """The expected symbols are divided by gamma of all times but the last."""

    def step(A: Array, B: Array, gamma: Array, xi: Array, obs: Array) -> tuple[Array, Array, Array]:
        new_A, _, pi = reestimate(A, B, gamma, xi, obs)
        return new_A, gamma.T @ _symbols(obs, B.shape[1]) / gamma[:-1].sum(axis=0)[:, None], pi

    return _second_iteration(student, step)


@experiment("baum_welch", explains=ALL)
def last_symbol_missing_in_b(student: Any) -> bool:
    """B without the last symbol."""

    def step(A: Array, B: Array, gamma: Array, xi: Array, obs: Array) -> tuple[Array, Array, Array]:
        new_A, _, pi = reestimate(A, B, gamma, xi, obs)
        return new_A, reestimate(A, B, gamma[:-1], xi, obs[:-1])[1], pi

    return _second_iteration(student, step)


@experiment("baum_welch", explains=ALL)
def columns_of_a_normalised(student: Any) -> bool:
    """The columns of A sum to one."""
    return _second_iteration(
        student,
        lambda A, B, gamma, xi, obs: (
            xi.sum(axis=0) / xi.sum(axis=(0, 1)),
            *reestimate(A, B, gamma, xi, obs)[1:],
        ),
    )


@experiment("baum_welch", explains=ALL)
def a_not_normalised(student: Any) -> bool:
    """A is the mean of xi."""
    return _second_iteration(
        student, lambda A, B, gamma, xi, obs: (xi.mean(axis=0), *reestimate(A, B, gamma, xi, obs)[1:])
    )


@experiment("baum_welch", explains=ALL)
def expected_transitions_transposed(student: Any) -> bool:
    """xi is transposed."""
    return _second_iteration(student, lambda A, B, gamma, xi, obs: reestimate(A, B, gamma, np.swapaxes(xi, 1, 2), obs))


@experiment("baum_welch", explains=ALL)
def a_never_updated(student: Any) -> bool:
    """A stays as it was."""
    return _second_iteration(student, lambda A, *rest: (A, *reestimate(A, *rest)[1:]))


@experiment("baum_welch", explains=ALL)
def b_never_updated(student: Any) -> bool:
    """B stays as it was."""

    def step(A: Array, B: Array, gamma: Array, xi: Array, obs: Array) -> tuple[Array, Array, Array]:
        new_A, _, pi = reestimate(A, B, gamma, xi, obs)
        return new_A, B, pi

    return _second_iteration(student, step)


@experiment("baum_welch", explains=ALL)
def pi_stays_uniform(student: Any) -> bool:
    """pi is 1 / K."""
    return _second_iteration(student, lambda A, *rest: (*reestimate(A, *rest)[:2], np.full(len(A), 1 / len(A))))


@experiment("baum_welch", explains=ALL)
def pi_from_all_times(student: Any) -> bool:
    """pi is the mean of gamma."""
    return _second_iteration(
        student, lambda A, B, gamma, *rest: (*reestimate(A, B, gamma, *rest)[:2], gamma.mean(axis=0))
    )


@experiment("baum_welch", explains=ALL)
def pi_from_the_last_time(student: Any) -> bool:
    """pi is gamma of the last time."""
    return _second_iteration(student, lambda A, B, gamma, *rest: (*reestimate(A, B, gamma, *rest)[:2], gamma[-1]))


@experiment("baum_welch", explains=ALL)
def columns_of_b_normalised(student: Any) -> bool:
    """The columns of B sum to one."""

    def step(A: Array, B: Array, gamma: Array, xi: Array, obs: Array) -> tuple[Array, Array, Array]:
        new_A, _, pi = reestimate(A, B, gamma, xi, obs)
        emits = gamma.T @ _symbols(obs, B.shape[1])
        return new_A, emits / np.maximum(emits.sum(axis=0), 1e-300), pi

    return _second_iteration(student, step)


@experiment("baum_welch", explains=ALL)
def mean_of_conditional_transitions(student: Any) -> bool:
    """A is the mean over the times of the conditional probabilities."""
    return _second_iteration(
        student,
        lambda A, B, gamma, xi, obs: (
            (xi / gamma[:-1, :, None]).mean(axis=0),
            *reestimate(A, B, gamma, xi, obs)[1:],
        ),
    )


@experiment("baum_welch", explains=ALL)
def one_added_to_each_count(student: Any) -> bool:
    """Each expected count is one larger."""

    def step(A: Array, B: Array, gamma: Array, xi: Array, obs: Array) -> tuple[Array, Array, Array]:
        moves, emits = xi.sum(axis=0) + 1, gamma.T @ _symbols(obs, B.shape[1]) + 1
        return moves / moves.sum(axis=1, keepdims=True), emits / emits.sum(axis=1, keepdims=True), gamma[0]

    return _second_iteration(student, step)


@experiment("baum_welch", explains=ALL)
def symbols_counted_without_gamma(student: Any) -> bool:
    """Each row of B has the frequencies of the symbols, although the states differ in A."""
    for case in training.steps():
        frequencies = np.bincount(case.obs, minlength=case.M) / len(case.obs)
        for run in (trained(student, case.one), trained(student, case)):
            if np.abs(run.B.array - frequencies).max() > SAME:
                return False
            if np.allclose(run.A.array, run.A.array[0], rtol=0, atol=SAME) or never_changes(run):
                return False
    return True
