"""Experiments with baum_welch. Each has the name of a misconception, which has the hint.

Students' starts differ from ours, so their answers are never those of a known mistake. But all runs on the same
sequence draw the same random numbers. So a longer run has the start of a shorter one, and a call with more restarts
does the runs of a call with fewer, and then others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from autograder.assignment import Case, CheckFailed, experiment
from reference.hmm import training
from reference.hmm.returned import Model, trained
from reference.hmm.solution import Array, forward, posterior, reestimate

_CLEAR = 0.02  # of a log-likelihood; the next maximum lies 17 % below the best
_SAME = 1e-9
_FEW = (1, 2, 3, 4, 5, 6)
_ALL = (
    *("training_reaches_a_maximum", "training_for_any_size", "an_iteration_is_a_step_of_em"),
    *("loglik_belongs_to_the_parameters", "finds_the_best_maximum", "stops_when_it_should"),
    "training_on_long_sequences",
)
Step = Callable[[Array, Array, Array, Array, Array], tuple[Array, Array, Array]]

# ---------------------------------------------------------------- the M-step


def _second_iteration(student: Any, step: Step) -> bool:
    """Whether the second iteration is this step of EM, and not the right one, in all runs that can be compared."""
    compared = 0
    for case in training.steps():
        one, again, two = (trained(student, run) for run in (case.one, case.again, case))
        if not one.same_as(again):
            return False
        with np.errstate(all="ignore"):
            gamma, xi = posterior(*one.theta, case.obs)
            wrong = step(*one.theta[:2], gamma, xi, case.obs)
            right = reestimate(*one.theta[:2], gamma, xi, case.obs)
        if not two.distance_to(wrong) <= _SAME or two.distance_to(right) <= _SAME:
            return False
        if np.ptp(two.B.array, axis=0).max() <= _SAME:
            return False  # with equal rows, many steps are the same
        compared += 1
    return compared > 0


def _symbols(obs: Array, M: int) -> Array:
    return np.eye(M)[obs]


@experiment("baum_welch", explains=_ALL)
def last_time_in_the_denominator_of_a(student: Any) -> bool:
    """The expected transitions are divided by gamma of all times."""
    return _second_iteration(
        student,
        lambda A, B, gamma, xi, obs: (
            xi.sum(axis=0) / gamma.sum(axis=0)[:, None],
            *reestimate(A, B, gamma, xi, obs)[1:],
        ),
    )


@experiment("baum_welch", explains=_ALL)
def last_time_missing_in_the_denominator_of_b(student: Any) -> bool:
    """The expected symbols are divided by gamma of all times but the last."""

    def step(A: Array, B: Array, gamma: Array, xi: Array, obs: Array) -> tuple[Array, Array, Array]:
        new_A, _, pi = reestimate(A, B, gamma, xi, obs)
        return new_A, gamma.T @ _symbols(obs, B.shape[1]) / gamma[:-1].sum(axis=0)[:, None], pi

    return _second_iteration(student, step)


@experiment("baum_welch", explains=_ALL)
def last_symbol_missing_in_b(student: Any) -> bool:
    """B without the last symbol."""

    def step(A: Array, B: Array, gamma: Array, xi: Array, obs: Array) -> tuple[Array, Array, Array]:
        new_A, _, pi = reestimate(A, B, gamma, xi, obs)
        return new_A, reestimate(A, B, gamma[:-1], xi, obs[:-1])[1], pi

    return _second_iteration(student, step)


@experiment("baum_welch", explains=_ALL)
def columns_of_a_normalised(student: Any) -> bool:
    """The columns of A sum to one."""
    return _second_iteration(
        student,
        lambda A, B, gamma, xi, obs: (
            xi.sum(axis=0) / xi.sum(axis=(0, 1)),
            *reestimate(A, B, gamma, xi, obs)[1:],
        ),
    )


@experiment("baum_welch", explains=_ALL)
def a_not_normalised(student: Any) -> bool:
    """A is the mean of xi."""
    return _second_iteration(
        student, lambda A, B, gamma, xi, obs: (xi.mean(axis=0), *reestimate(A, B, gamma, xi, obs)[1:])
    )


@experiment("baum_welch", explains=_ALL)
def expected_transitions_transposed(student: Any) -> bool:
    """xi is transposed."""
    return _second_iteration(student, lambda A, B, gamma, xi, obs: reestimate(A, B, gamma, np.swapaxes(xi, 1, 2), obs))


@experiment("baum_welch", explains=_ALL)
def a_never_updated(student: Any) -> bool:
    """A stays as it was."""
    return _second_iteration(student, lambda A, *rest: (A, *reestimate(A, *rest)[1:]))


@experiment("baum_welch", explains=_ALL)
def b_never_updated(student: Any) -> bool:
    """B stays as it was."""

    def step(A: Array, B: Array, gamma: Array, xi: Array, obs: Array) -> tuple[Array, Array, Array]:
        new_A, _, pi = reestimate(A, B, gamma, xi, obs)
        return new_A, B, pi

    return _second_iteration(student, step)


@experiment("baum_welch", explains=_ALL)
def pi_stays_uniform(student: Any) -> bool:
    """pi is 1 / K."""
    return _second_iteration(student, lambda A, *rest: (*reestimate(A, *rest)[:2], np.full(len(A), 1 / len(A))))


@experiment("baum_welch", explains=_ALL)
def pi_from_all_times(student: Any) -> bool:
    """pi is the mean of gamma."""
    return _second_iteration(
        student, lambda A, B, gamma, *rest: (*reestimate(A, B, gamma, *rest)[:2], gamma.mean(axis=0))
    )


@experiment("baum_welch", explains=_ALL)
def pi_from_the_last_time(student: Any) -> bool:
    """pi is gamma of the last time."""
    return _second_iteration(student, lambda A, B, gamma, *rest: (*reestimate(A, B, gamma, *rest)[:2], gamma[-1]))


# ---------------------------------------------------------------- restarts


def _with_restarts(student: Any) -> list[list[Model]]:
    """For each sequence with several maxima, what baum_welch returns with one restart, with two, and so on."""
    return [
        [trained(student, Case(case.name, {**case.inputs, "restarts": number})) for number in _FEW]
        for case in training.the_best_of_several()
    ]


def _rises(values: Sequence[float], room: float) -> bool:
    """Whether a value is larger than the one before it, by more than this share of it."""
    return any(after - before > room * abs(before) for before, after in pairwise(values))


def _falls(values: Sequence[float], room: float) -> bool:
    return any(before - after > room * abs(before) for before, after in pairwise(values))


@experiment("baum_welch", explains=("finds_the_best_maximum",))
def local_maximum(student: Any) -> bool:
    """The result is the same with one restart as with six, and it is not the best one."""
    poorer = False
    for case, runs in zip(training.the_best_of_several(), _with_restarts(student), strict=True):
        found = [run.true_loglik() for run in runs]
        if _rises(found, 1e-3) or _falls(found, 1e-3) or _cannot_move(runs[0]):
            return False
        poorer = poorer or found[0] < case.best - _CLEAR * abs(case.best)
    return poorer


@experiment("baum_welch", explains=("finds_the_best_maximum",))
def smallest_likelihood_kept(student: Any) -> bool:
    """The log-likelihood never rises with the number of restarts, and falls at least once."""
    found = [[run.true_loglik() for run in runs] for runs in _with_restarts(student)]
    return any(_falls(values, _CLEAR) for values in found) and not any(_rises(values, 1e-3) for values in found)


@experiment("baum_welch", explains=("finds_the_best_maximum",))
def last_restart_kept(student: Any) -> bool:
    """The log-likelihood rises and falls with the number of restarts, and it is that of the parameters."""
    all_runs = _with_restarts(student)
    found = [[run.true_loglik() for run in runs] for runs in all_runs]
    said = [[float(run.loglik.array) for run in runs] for runs in all_runs]
    if not np.allclose(found, said, rtol=1e-3):
        return False
    return any(_falls(values, _CLEAR) for values in found) and any(_rises(values, _CLEAR) for values in found)


@experiment("baum_welch", explains=("loglik_belongs_to_the_parameters", "finds_the_best_maximum"))
def best_parameters_overwritten(student: Any) -> bool:
    """With one restart the log-likelihood is that of the parameters. With more it never falls, but theirs is lower."""
    lower = False
    for runs in _with_restarts(student):
        said, found = [float(run.loglik.array) for run in runs], [run.true_loglik() for run in runs]
        if abs(said[0] - found[0]) > 1e-3 * abs(found[0]) or _falls(said, 1e-9):
            return False
        lower = lower or any(true < one - _CLEAR * abs(one) for one, true in zip(said, found, strict=True))
    return lower


@experiment("baum_welch", explains=_ALL)
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
    return bool(np.ptp(run.B.array, axis=0).max() <= 1e-6 or np.allclose(run.A.array, np.eye(run.K)))


# ---------------------------------------------------------------- what is returned


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
        if abs(float(two.loglik.array) - one.true_loglik()) > _SAME * abs(one.true_loglik()):
            return False
        if two.same_as(one) or two.distance_to(one.after_a_step()) > _SAME:
            return False
    return True


@experiment("baum_welch", explains=("loglik_belongs_to_the_parameters",))
def parameters_before_the_last_step(student: Any) -> bool:
    """With two iterations, the log-likelihood is that of the parameters after one more step."""
    for case in training.steps():
        two = trained(student, case)
        if abs(float(two.loglik.array) - two.true_loglik()) <= _SAME * abs(two.true_loglik()):
            return False  # its own, or a run that does not move
        ahead = forward(*two.after_a_step(), case.obs)
        if abs(float(two.loglik.array) - ahead) > _SAME * abs(ahead):
            return False
    return True


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
    if by_tolerance.distance_to(by_limit.after_a_step()) <= _SAME:
        return False  # it does end a run, but one iteration late
    return by_both.same_as(by_limit) and not by_tolerance.same_as(by_limit) and not three.same_as(by_limit)


@experiment("baum_welch", explains=("stops_when_it_should", "an_iteration_is_a_step_of_em"))
def limit_of_iterations_ignored(student: Any) -> bool:
    """rtol ends a run, and max_iter does not."""
    by_both, by_limit, by_tolerance, three = _ends(student)
    return by_both.same_as(by_tolerance) and not by_limit.same_as(by_both) and three.same_as(by_limit)


@experiment("baum_welch", explains=("stops_when_it_should",))
def one_iteration_too_many(student: Any) -> bool:
    """Where max_iter = 1 ends a run, it does one iteration more than where rtol does."""
    by_both, by_limit, by_tolerance, _ = _ends(student)
    if by_limit.same_as(by_both):
        return False
    return by_both.same_as(by_tolerance) and by_limit.distance_to(by_both.after_a_step()) <= _SAME


@experiment("baum_welch", explains=("stops_when_it_should",))
def one_iteration_too_few(student: Any) -> bool:
    """Where max_iter = 1 ends a run, it does one iteration less than where rtol does."""
    by_both, by_limit, by_tolerance, _ = _ends(student)
    if by_tolerance.same_as(by_limit) or abs(float(by_limit.loglik.array) - by_limit.true_loglik()) > _CLEAR:
        return False
    return by_both.same_as(by_limit) and by_tolerance.distance_to(by_limit.after_a_step()) <= _SAME


# ---------------------------------------------------------------- the class


@experiment("hmm", explains=("models_are_independent",))
def parameters_of_the_class(student: Any) -> bool:
    """After the training of a second model, the first one has the parameters of the second."""
    case = training.two_models(1)[0]
    first = student.new("HMM", n_states=case.K, n_symbols=case.M)
    first.fit(case.first)
    second = student.new("HMM", n_states=case.K, n_symbols=case.M)
    second.fit(case.second)
    try:
        pairs = [[np.asarray(one.value(name), float) for one in (first, second)] for name in ("A", "B", "pi")]
    except (TypeError, ValueError):
        raise CheckFailed("an attribute is not an array of numbers.") from None
    return all(np.array_equal(one, other) for one, other in pairs)
