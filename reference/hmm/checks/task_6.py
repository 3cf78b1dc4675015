"""Task 6: the class."""

from __future__ import annotations

from typing import Any

from autograder.assignment import Case, check, expect
from reference.hmm import training
from reference.hmm.checks._shared import demand_best_path, nats
from reference.hmm.returned import attributes, demand_best, demand_loglik, fitted
from reference.hmm.solution import forward


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
        score.close_to(expected, case.tolerance, nats(expected))


@check("hmm", points=3, cases=training.objects, after=fit_sets_the_parameters)
def predict_is_a_best_path(student: Any, case: Case) -> None:
    """predict is a most probable path for any sequence with the parameters that fit found."""
    handle, model = fitted(student, case.obs, case.K, case.M)
    model.demand_valid()
    for obs in case.others:
        demand_best_path(handle.predict(obs), model.theta, obs, case.tolerance)


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
