"""baum_welch: mistakes in the M-step, and in an E-step of its own. The restarts are right."""

import numpy as np

from autograder.assignment import misconception
from reference.hmm.misconceptions._shared import (
    _m_step,
    _plain_tables,
    _ratio,
    _scaled_tables,
    _symbols,
    _trained,
)
from reference.hmm.solution import viterbi


@misconception(
    "baum_welch",
    hint="The denominator of A contains the last time, but no transition starts there: the rows do not sum to one.",
    see="Derivation 3",
)
def last_time_in_the_denominator_of_a(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """gamma.sum(axis=0) for A."""

    def m_step(A, B, gamma, xi, obs):
        _, new_B, new_pi = _m_step(A, B, gamma, xi, obs)
        return _ratio(xi.sum(axis=0), gamma.sum(axis=0), A), new_B, new_pi

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step)


@misconception(
    "baum_welch",
    hint="The denominator of B lacks the last time, so its rows do not sum to one.",
    see="Derivation 3",
)
def last_time_missing_in_the_denominator_of_b(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """gamma[:-1].sum(axis=0) for B."""

    def m_step(A, B, gamma, xi, obs):
        new_A, _, new_pi = _m_step(A, B, gamma, xi, obs)
        return new_A, _ratio(gamma.T @ _symbols(obs, M), gamma[:-1].sum(axis=0), B), new_pi

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step)


@misconception("baum_welch", hint="B leaves the last symbol of the sequence out.", see="Derivation 3")
def last_symbol_missing_in_b(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """gamma[:-1] for B."""

    def m_step(A, B, gamma, xi, obs):
        new_A, _, new_pi = _m_step(A, B, gamma, xi, obs)
        return new_A, _ratio(gamma[:-1].T @ _symbols(obs[:-1], M), gamma[:-1].sum(axis=0), B), new_pi

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step)


@misconception(
    "baum_welch", hint="You divide the columns of A by their sums, but the rows are distributions.", see="Derivation 3"
)
def columns_of_a_normalised(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """axis=0."""

    def m_step(A, B, gamma, xi, obs):
        moves = xi.sum(axis=0)
        return moves / np.maximum(moves.sum(axis=0), 1e-300), *_m_step(A, B, gamma, xi, obs)[1:]

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step)


@misconception(
    "baum_welch", hint="You divide the columns of B by their sums, but the rows are distributions.", see="Derivation 3"
)
def columns_of_b_normalised(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """axis=0."""

    def m_step(A, B, gamma, xi, obs):
        new_A, _, new_pi = _m_step(A, B, gamma, xi, obs)
        emits = gamma.T @ _symbols(obs, M)
        return new_A, emits / np.maximum(emits.sum(axis=0), 1e-300), new_pi

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step)


@misconception(
    "baum_welch",
    hint="Your A is not divided by anything: expected numbers of transitions are no probabilities.",
    see="Derivation 3",
)
def a_not_normalised(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """xi.mean(axis=0)."""

    def m_step(A, B, gamma, xi, obs):
        return xi.mean(axis=0), *_m_step(A, B, gamma, xi, obs)[1:]

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step)


@misconception(
    "baum_welch", hint="You transpose the expected transitions before you normalise them.", see="Derivation 3"
)
def expected_transitions_transposed(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """xi.sum(axis=0).T."""

    def m_step(A, B, gamma, xi, obs):
        moves = xi.sum(axis=0).T
        return _ratio(moves, moves.sum(axis=1), A), *_m_step(A, B, gamma, xi, obs)[1:]

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step)


@misconception(
    "baum_welch",
    hint="You average the conditional probabilities of each time: sum numerator and denominator first.",
    see="Derivation 3",
)
def mean_of_conditional_transitions(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """mean over t of xi_t / gamma_t."""

    def m_step(A, B, gamma, xi, obs):
        with np.errstate(invalid="ignore", divide="ignore"):
            each = np.where(gamma[:-1, :, None] > 0, xi / gamma[:-1, :, None], A)
        return each.mean(axis=0), *_m_step(A, B, gamma, xi, obs)[1:]

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step)


@misconception("baum_welch", hint="You never change A.", see="Derivation 3")
def a_never_updated(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """A of the start."""
    return _trained(obs, K, M, rtol, max_iter, restarts, lambda A, *rest: (A, *_m_step(A, *rest)[1:]))


@misconception("baum_welch", hint="You never change B.", see="Derivation 3")
def b_never_updated(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """B of the start."""

    def m_step(A, B, gamma, xi, obs):
        new_A, _, new_pi = _m_step(A, B, gamma, xi, obs)
        return new_A, B, new_pi

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step)


@misconception("baum_welch", hint="Your pi stays uniform, but it is a parameter too.", see="Derivation 3")
def pi_stays_uniform(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """1 / K."""
    return _trained(obs, K, M, rtol, max_iter, restarts, lambda *given: (*_m_step(*given)[:2], np.full(K, 1 / K)))


@misconception(
    "baum_welch",
    hint="Your pi is the mean of gamma over all times, but only the first time counts.",
    see="Derivation 3",
)
def pi_from_all_times(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """gamma.mean(axis=0)."""
    return _trained(
        obs,
        K,
        M,
        rtol,
        max_iter,
        restarts,
        lambda A, B, gamma, *rest: (*_m_step(A, B, gamma, *rest)[:2], gamma.mean(axis=0)),
    )


@misconception("baum_welch", hint="Your pi is gamma of the last time: the first time is due.", see="Derivation 3")
def pi_from_the_last_time(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """gamma[-1]."""
    return _trained(
        obs,
        K,
        M,
        rtol,
        max_iter,
        restarts,
        lambda A, B, gamma, *rest: (*_m_step(A, B, gamma, *rest)[:2], gamma[-1]),
    )


@misconception(
    "baum_welch",
    hint="Your B counts how often each symbol occurs, the same for all states: weigh each symbol with gamma.",
    see="Derivation 3",
)
def symbols_counted_without_gamma(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """np.bincount(obs) in each row."""

    def m_step(A, B, gamma, xi, obs):
        new_A, _, new_pi = _m_step(A, B, gamma, xi, obs)
        return new_A, np.tile(np.bincount(obs, minlength=M) / len(obs), (K, 1)), new_pi

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step)


@misconception(
    "baum_welch",
    hint="You count along the single best path: this is Viterbi training, and it does not maximise the likelihood.",
    see="Task 5",
)
def counts_of_the_best_path(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """gamma and xi of the Viterbi path."""

    def e_step(A, B, pi, obs):
        gamma = np.eye(K)[np.ravel(viterbi(A, B, pi, obs)).astype(int)]
        return gamma, gamma[:-1, :, None] * gamma[1:, None, :]

    return _trained(obs, K, M, rtol, max_iter, restarts, e_step=e_step)


@misconception(
    "baum_welch",
    hint="The product of your scaled variables lacks a factor c_t, so the rows of A do not sum to one.",
    see="Derivation 2",
)
def scaling_factor_missing_in_training(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """Rabiner's scaled variables as they stand: gamma = alpha_hat * beta_hat."""

    def e_step(A, B, pi, obs):
        b, alpha, beta, _ = _scaled_tables(A, B, pi, obs)
        return alpha * beta, alpha[:-1, :, None] * A * (b * beta)[1:, None, :]

    def m_step(A, B, gamma, xi, obs):
        new_A, new_B, first = _m_step(A, B, gamma, xi, obs)
        return new_A, new_B, first / first.sum()

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step, e_step)


@misconception(
    "baum_welch",
    hint="The E-step inside your training underflows for long sequences.",
    see="Two things that go wrong",
)
def training_without_scaling(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """The plain recursions."""

    def e_step(A, B, pi, obs):
        b, alpha, beta = _plain_tables(A, B, pi, obs)
        P = alpha[-1].sum()
        return alpha * beta / P, alpha[:-1, :, None] * A * (b * beta)[1:, None, :] / P

    return _trained(obs, K, M, rtol, max_iter, restarts, e_step=e_step)


@misconception(
    "baum_welch",
    hint="You add a small number to the counts: a symbol that does not occur has probability zero.",
    see="Derivation 3",
)
def counts_with_an_epsilon(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """(counts + eps) / sum."""

    def m_step(A, B, gamma, xi, obs):
        moves, emits = xi.sum(axis=0) + 1e-4, gamma.T @ _symbols(obs, M) + 1e-4
        return moves / moves.sum(axis=1, keepdims=True), emits / emits.sum(axis=1, keepdims=True), gamma[0]

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step)


@misconception(
    "baum_welch",
    hint="You add 1 to each count: that is another estimate than the one that maximises the likelihood.",
    see="Derivation 3",
)
def one_added_to_each_count(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """(counts + 1) / sum, which is known from Laplace."""

    def m_step(A, B, gamma, xi, obs):
        moves, emits = xi.sum(axis=0) + 1, gamma.T @ _symbols(obs, M) + 1
        return moves / moves.sum(axis=1, keepdims=True), emits / emits.sum(axis=1, keepdims=True), gamma[0]

    return _trained(obs, K, M, rtol, max_iter, restarts, m_step)
