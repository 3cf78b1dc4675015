"""The graded checks of hidden Markov models: 100 points over seven parts, all of them on hidden cases.

`student` calls the student's functions, which usually run in another process. The checks themselves never run there.
Each returned value is checked before it is used.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.assignment import Case, CheckFailed, check, expect, unpack
from reference.hmm import cases, training
from reference.hmm.returned import attributes, demand_best, demand_loglik, fitted, trained
from reference.hmm.solution import Array, backward, forward, path_log_probability, posterior, viterbi

_INPUTS = ("A", "B", "pi", "obs")


def _nats(expected: Any) -> float:
    """The unit for errors of logarithms: the largest finite one, and 1 at least, because all may be zero."""
    return max(1.0, float(np.abs(np.where(np.isfinite(expected), expected, 0.0)).max()))


# ---------------------------------------------------------------- Task 1


def _right_loglik(student: Any, case: Case) -> None:
    loglik = student.forward(case.A, case.B, case.pi, case.obs)
    expected = case.compute_once(forward, *_INPUTS)
    expect(loglik, "loglik").shape().close_to(expected, case.tolerance, _nats(expected))


@check("forward", points=7, cases=cases.ordinary)
def forward_is_right(student: Any, case: Case) -> None:
    """The log-likelihood is right for models and sequences not seen before."""
    _right_loglik(student, case)


@check("forward", points=2, cases=cases.any_shape)
def forward_for_any_size(student: Any, case: Case) -> None:
    """The log-likelihood is right for any K, M and T, also for a single symbol."""
    _right_loglik(student, case)


@check("forward", points=2, cases=cases.with_zeros)
def forward_with_zeros(student: Any, case: Case) -> None:
    """The log-likelihood is right when some probabilities are zero."""
    _right_loglik(student, case)


@check("forward", points=2, cases=cases.impossible)
def forward_of_the_impossible(student: Any, case: Case) -> None:
    """The log-likelihood of a sequence that the model cannot produce is -inf."""
    loglik = expect(student.forward(case.A, case.B, case.pi, case.obs), "loglik").shape()
    loglik.holds(bool(np.isneginf(loglik.array)), "is not -inf, although the model cannot produce the sequence.")
    # A constant is no answer: the same model can produce the sequence of symbol 0 alone.
    possible = np.zeros(1, dtype=int)
    loglik = expect(student.forward(case.A, case.B, case.pi, possible), "loglik").shape()
    loglik.holds(bool(np.isfinite(loglik.array)), "is not finite for a sequence that is possible.")


@check("forward", points=2, cases=cases.long)
def forward_of_long_sequences(student: Any, case: Case) -> None:
    """The log-likelihood is right for a sequence whose probability is too small for a float."""
    _right_loglik(student, case)


# ---------------------------------------------------------------- Task 2


def _right_log_beta(student: Any, case: Case) -> None:
    log_beta = student.backward(case.A, case.B, case.pi, case.obs)
    shaped = expect(log_beta, "log_beta").shape(len(case.obs), len(case.pi), axes=("T", "K"))
    expected = case.compute_once(backward, *_INPUTS)
    shaped.close_to(expected, case.tolerance, _nats(expected))


@check("backward", points=5, cases=cases.ordinary)
def backward_is_right(student: Any, case: Case) -> None:
    """The backward variables are right for models and sequences not seen before."""
    _right_log_beta(student, case)


@check("backward", points=1, cases=cases.any_shape)
def backward_for_any_size(student: Any, case: Case) -> None:
    """The backward variables are right for any K, M and T, also for a single symbol."""
    _right_log_beta(student, case)


@check("backward", points=2, cases=lambda seed: cases.with_zeros(seed) + cases.impossible(seed))
def backward_with_zeros(student: Any, case: Case) -> None:
    """The backward variables are right when some probabilities are zero: -inf where the rest is impossible."""
    _right_log_beta(student, case)


@check("backward", points=2, cases=cases.long)
def backward_of_long_sequences(student: Any, case: Case) -> None:
    """The backward variables are right for a sequence whose probability is too small for a float."""
    _right_log_beta(student, case)


# ---------------------------------------------------------------- Task 3


def _right_posterior(student: Any, case: Case, name: str) -> None:
    names, (T, K) = ("gamma", "xi"), (len(case.obs), len(case.pi))
    index = names.index(name)
    value = unpack(student.posterior(case.A, case.B, case.pi, case.obs), names)[index]
    shapes: tuple[tuple[int, ...], ...] = ((T, K), (T - 1, K, K))
    shaped = expect(value, name, names).shape(*shapes[index], axes=(("T", "K"), ("T - 1", "K", "K"))[index])
    shaped.finite().close_to(case.compute_once(posterior, *_INPUTS)[index], case.tolerance, scale=1.0)


@check("posterior.gamma", points=5, cases=cases.ordinary)
def gamma_is_right(student: Any, case: Case) -> None:
    """gamma is the posterior of the states for models and sequences not seen before."""
    _right_posterior(student, case, "gamma")


@check("posterior.gamma", points=1, cases=cases.any_shape)
def gamma_for_any_size(student: Any, case: Case) -> None:
    """gamma is right for any K, M and T, also for a single symbol."""
    _right_posterior(student, case, "gamma")


@check("posterior.gamma", points=2, cases=cases.with_zeros)
def gamma_with_zeros(student: Any, case: Case) -> None:
    """gamma is right when some probabilities are zero."""
    _right_posterior(student, case, "gamma")


@check("posterior.gamma", points=2, cases=cases.long)
def gamma_of_long_sequences(student: Any, case: Case) -> None:
    """gamma is right for a sequence whose probability is too small for a float."""
    _right_posterior(student, case, "gamma")


@check("posterior.xi", points=5, cases=cases.ordinary)
def xi_is_right(student: Any, case: Case) -> None:
    """xi is the posterior of the transitions for models and sequences not seen before."""
    _right_posterior(student, case, "xi")


@check("posterior.xi", points=1, cases=cases.any_shape)
def xi_for_any_size(student: Any, case: Case) -> None:
    """xi is right for any K, M and T. A single symbol has no transitions."""
    _right_posterior(student, case, "xi")


@check("posterior.xi", points=2, cases=cases.with_zeros)
def xi_with_zeros(student: Any, case: Case) -> None:
    """xi is right when some probabilities are zero."""
    _right_posterior(student, case, "xi")


@check("posterior.xi", points=2, cases=cases.long)
def xi_of_long_sequences(student: Any, case: Case) -> None:
    """xi is right for a sequence whose probability is too small for a float."""
    _right_posterior(student, case, "xi")


# ---------------------------------------------------------------- Task 4


def _demand_best_path(value: Any, theta: tuple[Array, Array, Array], obs: Array, tolerance: float) -> None:
    """Demand a path that no other path beats. If several are best, each of them is right."""
    K = len(theta[2])
    path = expect(value, "the path").shape(len(obs), axes=("T",)).whole()
    path.holds(bool(((path.array >= 0) & (path.array < K)).all()), f"has states that are not from 0 to {K - 1}.")
    best = path_log_probability(*theta, obs, viterbi(*theta, obs))
    found = path_log_probability(*theta, obs, path.array.astype(int))
    shortfall = (best - found) / (abs(best) or 1.0)
    if not shortfall <= tolerance:
        off = f"its log-probability is smaller by {shortfall:.2g} of the best" if shortfall < np.inf else "impossible"
        raise CheckFailed(f"the path is not a most probable one: {off}.", shortfall)


def _right_path(student: Any, case: Case) -> None:
    path = student.viterbi(case.A, case.B, case.pi, case.obs)
    _demand_best_path(path, (case.A, case.B, case.pi), case.obs, case.tolerance)


@check("viterbi", points=9, cases=cases.ordinary)
def path_is_best(student: Any, case: Case) -> None:
    """The path is a most probable one for models and sequences not seen before."""
    _right_path(student, case)


@check("viterbi", points=4, cases=cases.any_shape)
def path_for_any_size(student: Any, case: Case) -> None:
    """The path is a most probable one for any K, M and T, also for a single symbol."""
    _right_path(student, case)


@check("viterbi", points=4, cases=cases.with_zeros)
def path_with_zeros(student: Any, case: Case) -> None:
    """The path is a most probable one when some probabilities are zero, and never an impossible one."""
    _right_path(student, case)


@check("viterbi", points=3, cases=cases.long)
def path_of_long_sequences(student: Any, case: Case) -> None:
    """The path is a most probable one for a sequence whose probability is too small for a float."""
    _right_path(student, case)


# ---------------------------------------------------------------- Task 5


@check("baum_welch", points=2, cases=training.to_the_end)
def training_reaches_a_maximum(student: Any, case: Case) -> None:
    """baum_welch returns distributions that another iteration hardly improves."""
    model = trained(student, case)
    model.demand_valid()
    gain = model.gain()
    # A run ends when its last iteration gained at most rtol. The next one may gain a little more than that.
    if not gain <= 20 * case.rtol * abs(model.true_loglik()):
        raise CheckFailed(f"another iteration raises the log-likelihood by {gain:.2g}, so training has not ended.")


@check("baum_welch", points=1, cases=training.other_sizes)
def training_for_any_size(student: Any, case: Case) -> None:
    """baum_welch returns distributions for any K, M and T, also if a symbol does not occur."""
    trained(student, case).demand_valid()


@check("baum_welch", points=4, cases=training.steps)
def an_iteration_is_a_step_of_em(student: Any, case: Case) -> None:
    """The second iteration of a run makes of A, B and pi what the formulas make of them."""
    one, again = (trained(student, run) for run in (case.one, case.again))
    two = trained(student, case)
    for model in (one, two):
        model.demand_valid()
    if not one.same_as(again):
        return  # two calls have different starts, so nothing can be said about the second iteration
    off = two.distance_to(one.after_a_step())
    if not off <= case.tolerance:
        raise CheckFailed(f"one iteration more changes a probability that is then off by {off:.2g}.", off)


@check("baum_welch", points=3, cases=training.to_the_end)
def loglik_belongs_to_the_parameters(student: Any, case: Case) -> None:
    """best_loglik is the log-likelihood of the returned parameters."""
    demand_loglik(trained(student, case), case.tolerance)


@check("baum_welch", points=6, cases=training.the_best_of_several, tries="restarts")
def finds_the_best_maximum(student: Any, case: Case) -> None:
    """If restarts end in different local maxima, baum_welch returns the parameters of the best one."""
    demand_best(trained(student, case), case.best, case.tolerance)


@check("baum_welch", points=2, cases=training.ends)
def stops_when_it_should(student: Any, case: Case) -> None:
    """A run ends after max_iter iterations, or as soon as the log-likelihood settles, and not before."""
    by_both, by_limit, by_tolerance, three = (
        trained(student, run) for run in (case.by_both, case.by_limit, case.by_tolerance, case.three)
    )
    for model in (by_both, by_limit, by_tolerance, three):
        model.demand_valid()
    if by_limit.same_as(three):
        raise CheckFailed("max_iter = 3 gives the same as max_iter = 1, although the log-likelihood still changes.")
    # After one iteration each of these runs has to end. If any two give the same, they have the same start.
    same = [by_both.same_as(by_limit), by_both.same_as(by_tolerance), by_limit.same_as(by_tolerance)]
    if any(same) and not all(same):
        broken = "max_iter" if same[1] else "rtol"
        raise CheckFailed(f"a run of one iteration went on: {broken} did not end it.")


@check("baum_welch", points=2, cases=training.long)
def training_on_long_sequences(student: Any, case: Case) -> None:
    """baum_welch returns distributions for a sequence whose probability is too small for a float."""
    trained(student, case).demand_valid()


# ---------------------------------------------------------------- Task 6


@check("hmm", points=3, cases=training.two_fits)
def fit_sets_the_parameters(student: Any, case: Case) -> None:
    """fit sets A, B and pi to distributions, and loglik to their log-likelihood."""
    _, model = fitted(student, case.first, case.K, case.M)
    demand_loglik(model, case.tolerance)


@check("hmm", points=3, cases=training.objects_to_train, after=fit_sets_the_parameters)
def fit_finds_a_good_model(student: Any, case: Case) -> None:
    """fit finds the best of several local maxima, with the defaults of baum_welch."""
    demand_best(fitted(student, case.obs, case.K, case.M)[1], case.best, case.tolerance)


@check("hmm", points=3, cases=training.objects, after=fit_sets_the_parameters)
def score_is_the_log_likelihood(student: Any, case: Case) -> None:
    """score is the log-likelihood of any sequence with the parameters that fit found."""
    handle, model = fitted(student, case.obs, case.K, case.M)
    model.demand_valid()
    for obs in (*case.others, case.unseen):
        score = expect(handle.score(obs), "score").shape()
        expected = forward(*model.theta, obs)
        score.close_to(expected, case.tolerance, _nats(expected))


@check("hmm", points=3, cases=training.objects, after=fit_sets_the_parameters)
def predict_is_a_best_path(student: Any, case: Case) -> None:
    """predict is a most probable path for any sequence with the parameters that fit found."""
    handle, model = fitted(student, case.obs, case.K, case.M)
    model.demand_valid()
    for obs in case.others:
        _demand_best_path(handle.predict(obs), model.theta, obs, case.tolerance)


@check("hmm", points=2, cases=training.two_fits, after=fit_sets_the_parameters)
def second_fit_forgets_the_first(student: Any, case: Case) -> None:
    """A second fit trains with the second sequence only."""
    handle, _ = fitted(student, case.first, case.K, case.M)
    handle.fit(case.second)
    demand_loglik(attributes(handle, case.second, case.K, case.M), case.tolerance)


@check("hmm", points=1, cases=training.two_models, after=fit_sets_the_parameters)
def models_are_independent(student: Any, case: Case) -> None:
    """Training one model does not change another one."""
    handle = student.new("HMM", n_states=case.K, n_symbols=case.M)
    handle.fit(case.first)
    student.new("HMM", n_states=case.K, n_symbols=case.M).fit(case.second)
    # No other check may read the attributes of this history: an answer that is known is not asked again.
    demand_loglik(attributes(handle, case.first, case.K, case.M), case.tolerance)
