"""What a run returns, and when it stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.assignment import Case, experiment, unpack
from reference.hmm import training
from reference.hmm.experiments._shared import ALL, CLEAR, SAME, never_changes
from reference.hmm.returned import Model, trained
from reference.hmm.solution import forward


@experiment("baum_welch", explains=("loglik_belongs_to_the_parameters",))
def sign_of_a_loss(student: Any) -> bool:
    """Minus the log-likelihood of the returned parameters."""
    return _all_are(student, lambda said, true, length: abs(said + true) <= 1e-3 * abs(true))


@experiment("baum_welch", explains=("loglik_belongs_to_the_parameters",))
def likelihood_of_one_symbol(student: Any) -> bool:
    """The log-likelihood of the returned parameters, divided by the length of the sequence."""
    return _all_are(student, lambda said, true, length: abs(said * length - true) <= 1e-3 * abs(true))


@experiment("baum_welch", explains=("loglik_belongs_to_the_parameters",))
def probability_of_the_sequence(student: Any) -> bool:
    """The exponential of the log-likelihood of the returned parameters."""
    return _all_are(student, lambda said, true, length: said > 0 and abs(np.log(said) - true) <= 1e-3 * abs(true))


def _all_are(student: Any, related: Callable[[float, float, int], bool]) -> bool:
    """Whether returned log-likelihoods and those of the returned parameters are related so."""
    runs = [trained(student, case) for case in training.to_the_end()]
    return all(related(float(run.loglik.array), run.true_loglik(), len(run.obs)) for run in runs)


@experiment("baum_welch", explains=("loglik_belongs_to_the_parameters", "stops_when_it_should"))
def likelihood_before_the_last_step(student: Any) -> bool:
    """With two iterations, the log-likelihood is that of the parameters after one."""
    for case in training.steps():
        one, two = trained(student, case.one), trained(student, case)
        if abs(float(two.loglik.array) - one.true_loglik()) > SAME * abs(one.true_loglik()):
            return False
        if two.same_as(one) or two.distance_to(one.after_a_step()) > SAME:
            return False
    return True


@experiment("baum_welch", explains=("loglik_belongs_to_the_parameters",))
def parameters_before_the_last_step(student: Any) -> bool:
    """With two iterations, the log-likelihood is that of the parameters after one more step."""
    for case in training.steps():
        two = trained(student, case)
        if abs(float(two.loglik.array) - two.true_loglik()) <= SAME * abs(two.true_loglik()):
            return False  # its own, or a run that does not move
        ahead = forward(*two.after_a_step(), case.obs)
        if abs(float(two.loglik.array) - ahead) > SAME * abs(ahead):
            return False
    return True


def _returned(student: Any) -> list[tuple[Case, list[Any]]]:
    """Each case with the four values that are returned. Raises CheckFailed if they are not four."""
    found = []
    for case in training.to_the_end():
        returned = student.baum_welch(case.obs, case.K, case.M, case.rtol, case.max_iter, case.restarts)
        found.append((case, unpack(returned, ("best_loglik", "best_A", "best_B", "best_pi"))))
    return found


@experiment("baum_welch", explains=ALL)
def parameters_in_another_order(student: Any) -> bool:
    """The log-likelihood comes last."""
    return all(
        [np.shape(value) for value in values] == [(case.K, case.K), (case.K, case.M), (case.K,), ()]
        for case, values in _returned(student)
    )


@experiment("baum_welch", explains=ALL)
def pi_before_a_and_b(student: Any) -> bool:
    """pi comes second."""
    return all(
        [np.shape(value) for value in values] == [(), (case.K,), (case.K, case.K), (case.K, case.M)]
        for case, values in _returned(student)
    )


@experiment("baum_welch", explains=ALL)
def logarithms_of_the_parameters(student: Any) -> bool:
    """The exponentials of the parameters are distributions, and their log-likelihood is best_loglik."""
    for case in training.to_the_end():
        run = trained(student, case)
        theta = [np.exp(p) for p in run.theta]
        if any((p > 0).any() for p in run.theta) or any(abs(p.sum(axis=-1) - 1).max() > 1e-6 for p in theta):
            return False
        if abs(float(run.loglik.array) - forward(theta[0], theta[1], theta[2], case.obs)) > 1e-6 * len(case.obs):
            return False
    return True


@experiment("baum_welch", explains=("training_on_long_sequences",))
def training_without_scaling(student: Any) -> bool:
    """For a long sequence the parameters are NaN, and for a short one they are distributions."""
    for case in training.to_the_end():
        trained(student, case).demand_valid()
    return all(
        np.isnan(np.concatenate([p.ravel() for p in trained(student, case).theta])).any() for case in training.long()
    )


# ---------------------------------------------------------------- when a run stops


def _ends(student: Any) -> tuple[Model, Model, Model, Model]:
    """Runs of one iteration that both limits end, that max_iter ends and that rtol ends, and one of three."""
    case = training.ends()[0]
    by_both, by_limit, by_tolerance, three = (
        trained(student, run) for run in (case.by_both, case.by_limit, case.by_tolerance, case.three)
    )
    return by_both, by_limit, by_tolerance, three


@experiment("baum_welch", explains=("stops_when_it_should",))
def tolerance_ignored(student: Any) -> bool:
    """max_iter ends a run, and rtol does not."""
    by_both, by_limit, by_tolerance, three = _ends(student)
    if by_tolerance.distance_to(by_limit.after_a_step()) <= SAME:
        return False  # it does end a run, but one iteration late
    return by_both.same_as(by_limit) and not by_tolerance.same_as(by_limit) and not three.same_as(by_limit)


@experiment("baum_welch", explains=("stops_when_it_should", "an_iteration_is_a_step_of_em"))
def limit_of_iterations_ignored(student: Any) -> bool:
    """rtol ends a run, and max_iter does not."""
    by_both, by_limit, by_tolerance, three = _ends(student)
    return by_both.same_as(by_tolerance) and not by_limit.same_as(by_both) and three.same_as(by_limit)


@experiment("baum_welch", explains=("stops_when_it_should", "an_iteration_is_a_step_of_em"))
def number_of_iterations_wired_in(student: Any) -> bool:
    """Neither max_iter nor rtol changes the result, and it is nearly the end of a run."""
    runs = _ends(student)
    runs[0].demand_valid()
    if np.allclose(runs[0].B.array, runs[0].B.array[0], rtol=0, atol=1e-6) or never_changes(runs[0]):
        return False  # a run that cannot move
    same = all(run.same_as(runs[0]) for run in runs)
    return same and 0 < runs[0].gain() <= 1e-3 * abs(runs[0].true_loglik())


@experiment("baum_welch", explains=("stops_when_it_should",))
def one_iteration_too_many(student: Any) -> bool:
    """Where max_iter = 1 ends a run, it does one iteration more than where rtol does."""
    by_both, by_limit, by_tolerance, _ = _ends(student)
    if by_limit.same_as(by_both):
        return False
    return by_both.same_as(by_tolerance) and by_limit.distance_to(by_both.after_a_step()) <= SAME


@experiment("baum_welch", explains=("stops_when_it_should",))
def one_iteration_too_few(student: Any) -> bool:
    """Where max_iter = 1 ends a run, it does one iteration less than where rtol does."""
    by_both, by_limit, by_tolerance, _ = _ends(student)
    if by_tolerance.same_as(by_limit) or abs(float(by_limit.loglik.array) - by_limit.true_loglik()) > CLEAR:
        return False
    return by_both.same_as(by_limit) and by_tolerance.distance_to(by_limit.after_a_step()) <= SAME
