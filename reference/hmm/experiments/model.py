"""The class. Its parameters depend on the student's own training, so its answers are compared with these parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.assignment import Case, CheckFailed, expect, experiment
from reference.hmm import training
from reference.hmm.experiments._shared import SAME
from reference.hmm.returned import Model, attributes, fitted, trained
from reference.hmm.solution import Array, forward, path_log_probability, posterior, viterbi

_FIT, _SCORE, _PREDICT = "fit_sets_the_parameters", "score_is_the_log_likelihood", "predict_is_a_best_path"
_SECOND = "second_fit_forgets_the_first"


# ---------------------------------------------------------------- what fit sets


def _after_fit(student: Any) -> tuple[Any, Case]:
    """An object with three states after `fit`, and the case. The last symbol does not occur."""
    case = training.two_fits()[0]
    handle = student.new("HMM", n_states=case.K, n_symbols=case.M)
    handle.fit(case.first)
    return handle, case


def _shapes(handle: Any) -> list[tuple[int, ...]]:
    """The shapes of the attributes A, B, pi and loglik."""
    return [np.shape(handle.value(name)) for name in ("A", "B", "pi", "loglik")]


def _is_missing(handle: Any, name: str) -> bool:
    """Whether an object has no attribute of this name."""
    try:
        handle.value(name)
    except CheckFailed as failed:
        return "ttribute" in str(failed)
    return False


@experiment("hmm", explains=(_FIT,))
def two_states_always(student: Any) -> bool:
    """A model with three states has two."""
    handle, case = _after_fit(student)
    return _shapes(handle) == [(2, 2), (2, case.M), (2,), ()]


@experiment("hmm", explains=(_FIT,))
def states_and_symbols_exchanged(student: Any) -> bool:
    """There are as many states as symbols were asked for, and the other way round."""
    handle, case = _after_fit(student)
    return _shapes(handle) == [(case.M, case.M), (case.M, case.K), (case.M,), ()]


@experiment("hmm", explains=(_FIT,))
def symbols_counted_in_fit(student: Any) -> bool:
    """B has no column for the last symbol, which does not occur."""
    handle, case = _after_fit(student)
    return _shapes(handle) == [(case.K, case.K), (case.K, int(case.first.max()) + 1), (case.K,), ()]


@experiment("hmm", explains=(_FIT,))
def attributes_in_another_order(student: Any) -> bool:
    """A is one number, and each other attribute has the shape of the one that is returned before it."""
    handle, case = _after_fit(student)
    return _shapes(handle) == [(), (case.K, case.K), (case.K, case.M), (case.K,)]


@experiment("hmm", explains=(_FIT,))
def parameters_not_kept(student: Any) -> bool:
    """After `fit` there is none of the four attributes."""
    handle, _ = _after_fit(student)
    return all(_is_missing(handle, name) for name in ("A", "B", "pi", "loglik"))


@experiment("hmm", explains=(_FIT,))
def loglik_not_kept(student: Any) -> bool:
    """After `fit` there are the parameters, but no loglik."""
    handle, _ = _after_fit(student)
    return [_is_missing(handle, name) for name in ("A", "B", "pi", "loglik")] == [False, False, False, True]


@experiment("hmm", explains=(_FIT,))
def parameters_with_an_epsilon(student: Any) -> bool:
    """The symbol that does not occur has a small positive probability, the same in each state."""
    handle, case = _after_fit(student)
    model = attributes(handle, case.first, case.K, case.M)
    model.demand_valid()
    absent = model.B.array[:, -1]
    return bool(0 < absent.min() <= absent.max() <= 1e-2 and np.ptp(absent) <= 1e-3 * absent.max())


@experiment("hmm", explains=("fit_finds_a_good_model",))
def few_iterations(student: Any) -> bool:
    """Another iteration would improve what `fit` found, although `baum_welch` itself goes on until it would not."""
    for case in training.objects_to_train():
        own = trained(student, Case(case.name, {**case.inputs, "rtol": 1e-5, "max_iter": 100, "restarts": 10}))
        if own.gain() > 20 * 1e-5 * abs(own.true_loglik()):
            return False
        found = fitted(student, case.obs, case.K, case.M)[1]
        if found.gain() <= 100 * 1e-5 * abs(found.true_loglik()):
            return False
    return True


# ---------------------------------------------------------------- score


def _is_same(number: float, other: float) -> bool:
    return number == other or bool(abs(number - other) <= SAME * max(1.0, abs(other)))


def _scores_are(student: Any, wrong: Callable[[Model, Array], float]) -> bool:
    """Whether each score is this wrong number, and one of them at least is not the right one."""
    case = training.objects()[0]
    handle, model = fitted(student, case.obs, case.K, case.M)
    model.demand_valid()
    differs = False
    for obs in (*case.others, case.unseen):
        score = float(expect(handle.score(obs), "score").shape().array)
        if not _is_same(score, wrong(model, obs)):
            return False
        differs = differs or not _is_same(score, forward(*model.theta, obs))
    return differs


@experiment("hmm", explains=(_SCORE,))
def score_of_the_training_sequence(student: Any) -> bool:
    """Each score is loglik."""
    return _scores_are(student, lambda model, obs: float(model.loglik.array))


@experiment("hmm", explains=(_SCORE,))
def score_of_one_symbol(student: Any) -> bool:
    """The log-likelihood is divided by the number of symbols."""
    return _scores_are(student, lambda model, obs: forward(*model.theta, obs) / len(obs))


@experiment("hmm", explains=(_SCORE,))
def score_without_logarithm(student: Any) -> bool:
    """The likelihood itself."""
    return _scores_are(student, lambda model, obs: float(np.exp(forward(*model.theta, obs))))


@experiment("hmm", explains=(_SCORE,))
def score_with_the_wrong_sign(student: Any) -> bool:
    """Minus the log-likelihood."""
    return _scores_are(student, lambda model, obs: -forward(*model.theta, obs))


@experiment("hmm", explains=(_SCORE,))
def score_of_the_best_path(student: Any) -> bool:
    """The logarithm of the probability of a most probable path alone."""
    return _scores_are(student, lambda model, obs: path_log_probability(*model.theta, obs, viterbi(*model.theta, obs)))


@experiment("hmm", explains=(_SCORE,))
def score_from_equal_first_states(student: Any) -> bool:
    """The log-likelihood with 1 / K in place of pi."""
    return _scores_are(
        student, lambda model, obs: forward(model.A.array, model.B.array, np.full(model.K, 1 / model.K), obs)
    )


def _trains_again(student: Any, ask: Callable[[Any, Array], Any]) -> bool:
    """Whether the object has other parameters after a question, with the loglik of the sequence of the question."""
    case = training.objects()[0]
    handle, before = fitted(student, case.obs, case.K, case.M)
    obs = case.others[-1]
    ask(handle, obs)
    after = attributes(handle, obs, case.K, case.M)
    return not after.same_as(before) and _is_same(float(after.loglik.array), after.true_loglik())


@experiment("hmm", explains=(_SCORE,))
def score_trains_again(student: Any) -> bool:
    """`score` changes the parameters to those of the sequence that it scores."""
    return _trains_again(student, lambda handle, obs: handle.score(obs))


# ---------------------------------------------------------------- predict


def _paths_are(student: Any, wrong: Callable[[Model, Array], Array]) -> bool:
    """Whether each path is this wrong one, and one of them at least is no most probable path."""
    case = training.objects()[0]
    handle, model = fitted(student, case.obs, case.K, case.M)
    model.demand_valid()
    differs = False
    for obs in case.others:
        path, best = np.ravel(np.asarray(handle.predict(obs))), viterbi(*model.theta, obs)
        if not np.array_equal(path, wrong(model, obs)):
            return False
        differs = differs or not np.array_equal(path, best)
    return differs


@experiment("hmm", explains=(_PREDICT,))
def path_of_the_training_sequence(student: Any) -> bool:
    """Each path is that of the sequence in `fit`."""
    return _paths_are(student, lambda model, obs: viterbi(*model.theta, model.obs))


@experiment("hmm", explains=(_PREDICT,))
def predicts_from_gamma(student: Any) -> bool:
    """The arg max of gamma."""
    return _paths_are(student, lambda model, obs: posterior(*model.theta, obs)[0].argmax(axis=1))


@experiment("hmm", explains=(_PREDICT,))
def predicts_symbols(student: Any) -> bool:
    """The most probable symbols of the states of the path."""
    return _paths_are(student, lambda model, obs: model.B.array[viterbi(*model.theta, obs)].argmax(axis=1))


@experiment("hmm", explains=(_PREDICT,))
def predict_trains_again(student: Any) -> bool:
    """`predict` changes the parameters to those of the sequence that it decodes."""
    return _trains_again(student, lambda handle, obs: handle.predict(obs))


# ---------------------------------------------------------------- several fits, several models


def _after_two_fits(student: Any) -> tuple[Model, Model, Case]:
    """The attributes after the first `fit` and after the second one, and the case."""
    handle, case = _after_fit(student)
    before = attributes(handle, case.first, case.K, case.M)
    handle.fit(case.second)
    return before, attributes(handle, case.second, case.K, case.M), case


@experiment("hmm", explains=(_SECOND,))
def trains_only_once(student: Any) -> bool:
    """The second `fit` changes nothing."""
    before, after, _ = _after_two_fits(student)
    return after.same_as(before) and _is_same(float(after.loglik.array), float(before.loglik.array))


@experiment("hmm", explains=(_SECOND,))
def remembers_the_first_sequence(student: Any) -> bool:
    """loglik is that of both sequences, one after the other."""
    _, after, case = _after_two_fits(student)
    after.demand_valid()
    both = np.concatenate([case.first, case.second])
    return _is_same(float(after.loglik.array), forward(*after.theta, both))


@experiment("hmm", explains=("models_are_independent",))
def parameters_of_the_class(student: Any) -> bool:
    """After the training of a second model, the first one has the parameters of the second."""
    case = training.two_models(1)[0]
    first = student.new("HMM", n_states=case.K, n_symbols=case.M)
    first.fit(case.first)
    second = student.new("HMM", n_states=case.K, n_symbols=case.M)
    second.fit(case.second)
    return attributes(first, case.first, case.K, case.M).same_as(attributes(second, case.second, case.K, case.M))
