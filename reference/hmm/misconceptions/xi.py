"""posterior: mistakes in xi. gamma is right."""

import numpy as np

from autograder.assignment import misconception
from reference.hmm.misconceptions._shared import (
    _gamma,
    _log,
    _log_joint_pairs,
    _normalised,
    _scaled_tables,
    _sum,
    _tables,
    _xi,
)


@misconception("xi", hint="Your xi leaves the backward variables out.", see="Derivation 2")
def xi_without_beta(A, B, pi, obs):
    """alpha a b."""
    log_A, log_b, log_alpha, _ = _tables(A, B, pi, obs)
    return _gamma(A, B, pi, obs), _normalised(log_alpha[:-1, :, None] + log_A + log_b[1:, None, :])


@misconception("xi", hint="Your xi leaves the symbol of the next time out.", see="Derivation 2")
def xi_without_the_symbol(A, B, pi, obs):
    """alpha a beta."""
    log_A, _, log_alpha, log_beta = _tables(A, B, pi, obs)
    return _gamma(A, B, pi, obs), _normalised(log_alpha[:-1, :, None] + log_A + log_beta[1:, None, :])


@misconception("xi", hint="Your xi leaves the transitions out.", see="Derivation 2")
def xi_without_transitions(A, B, pi, obs):
    """alpha b beta."""
    _, log_b, log_alpha, log_beta = _tables(A, B, pi, obs)
    return _gamma(A, B, pi, obs), _normalised(log_alpha[:-1, :, None] + (log_b + log_beta)[1:, None, :])


@misconception(
    "xi",
    hint="Your xi has the symbol of the present time, but alpha contains it already.",
    see="Derivation 2",
)
def xi_with_the_present_symbol(A, B, pi, obs):
    """b[t] in place of b[t + 1]."""
    log_A, log_b, log_alpha, log_beta = _tables(A, B, pi, obs)
    return _gamma(A, B, pi, obs), _normalised(log_alpha[:-1, :, None] + log_A + (log_b[:-1] + log_beta[1:])[:, None, :])


@misconception("xi", hint="Your xi has the beta of the present time: the next one is due.", see="Derivation 2")
def xi_with_the_present_beta(A, B, pi, obs):
    """beta[t] in place of beta[t + 1]."""
    log_A, log_b, log_alpha, log_beta = _tables(A, B, pi, obs)
    return _gamma(A, B, pi, obs), _normalised(log_alpha[:-1, :, None] + log_A + (log_b[1:] + log_beta[:-1])[:, None, :])


@misconception("xi", hint="Your xi has the alpha of the next time: the present one is due.", see="Derivation 2")
def xi_with_the_next_alpha(A, B, pi, obs):
    """alpha[t + 1] in place of alpha[t]."""
    log_A, log_b, log_alpha, log_beta = _tables(A, B, pi, obs)
    return _gamma(A, B, pi, obs), _normalised(log_alpha[1:, :, None] + log_A + (log_b + log_beta)[1:, None, :])


@misconception(
    "xi",
    hint="Your xi is not divided by the probability of the sequence, so it is a joint probability.",
    see="Derivation 2",
)
def xi_not_normalised(A, B, pi, obs):
    """exp of the sum of the logarithms."""
    return _gamma(A, B, pi, obs), np.exp(_log_joint_pairs(A, B, pi, obs))


@misconception(
    "xi",
    hint="The factors of the scaling are wrong in xi: there each divisor counts once already.",
    see="Derivation 2",
)
def xi_with_a_factor_too_many(A, B, pi, obs):
    """c[t] alpha_hat a b beta_hat, as for gamma."""
    _, _, _, c = _scaled_tables(A, B, pi, obs)
    return _gamma(A, B, pi, obs), _xi(A, B, pi, obs) * c[:-1, None, None]


@misconception(
    "xi",
    hint="Your rows sum to one, but the whole matrix of each time does: xi is a joint probability of two states.",
    see="Task 3",
)
def rows_of_xi_normalised(A, B, pi, obs):
    """P(s_{t+1} | s_t, obs)."""
    joint = _log_joint_pairs(A, B, pi, obs)
    with np.errstate(invalid="ignore"):
        return _gamma(A, B, pi, obs), np.nan_to_num(np.exp(joint - _sum(joint, axis=2)[:, :, None]))


@misconception(
    "xi",
    hint="You divide by the sum of the whole of xi, but the matrix of each time sums to one.",
    see="Task 3",
)
def xi_normalised_over_all_times(A, B, pi, obs):
    """xi / xi.sum()."""
    xi = _xi(A, B, pi, obs)
    return _gamma(A, B, pi, obs), xi / xi.sum()


@misconception(
    "xi", hint="You divide by the sum over the times, but the matrix of each time sums to one.", see="Task 3"
)
def xi_normalised_over_the_times(A, B, pi, obs):
    """xi.sum(axis=0)."""
    joint = _log_joint_pairs(A, B, pi, obs)
    with np.errstate(invalid="ignore"):
        return _gamma(A, B, pi, obs), np.nan_to_num(np.exp(joint - _sum(joint, axis=0)))


@misconception(
    "xi",
    hint="Your matrices are transposed: the state of the present time is the row.",
    see="Names and shapes",
)
def xi_transposed(A, B, pi, obs):
    """xi[t, j, i]."""
    return _gamma(A, B, pi, obs), _xi(A, B, pi, obs).transpose(0, 2, 1)


@misconception("xi", hint="You use the transitions backwards in xi.", see="Names and shapes")
def xi_with_transposed_transitions(A, B, pi, obs):
    """A.T in xi only."""
    log_A, log_b, log_alpha, log_beta = _tables(A, B, pi, obs)
    return _gamma(A, B, pi, obs), _normalised(log_alpha[:-1, :, None] + log_A.T + (log_b + log_beta)[1:, None, :])


@misconception(
    "xi",
    hint="You multiply the two gammas, as if the states were independent: the transition couples them.",
    see="Derivation 2",
)
def product_of_two_gammas(A, B, pi, obs):
    """gamma[t, i] gamma[t + 1, j]."""
    gamma = _gamma(A, B, pi, obs)
    return gamma, gamma[:-1, :, None] * gamma[1:, None, :]


@misconception(
    "xi",
    hint="You use gamma in place of alpha, so the future counts twice.",
    see="Derivation 2",
)
def gamma_in_place_of_alpha(A, B, pi, obs):
    """gamma a b beta."""
    gamma = _gamma(A, B, pi, obs)
    log_A, log_b, _, log_beta = _tables(A, B, pi, obs)
    return gamma, _normalised(_log(gamma)[:-1, :, None] + log_A + (log_b + log_beta)[1:, None, :])


@misconception(
    "xi",
    hint="Your xi multiplies gamma by A itself: the posterior of a transition depends on what comes later.",
    see="Derivation 2",
)
def gamma_times_transitions(A, B, pi, obs):
    """gamma[t, i] a_ij."""
    gamma = _gamma(A, B, pi, obs)
    return gamma, gamma[:-1, :, None] * A


@misconception("xi", hint="Your xi has T matrices, but there are only T - 1 transitions.", see="Names and shapes")
def one_matrix_too_many(A, B, pi, obs):
    """np.zeros((T, K, K))."""
    return _gamma(A, B, pi, obs), np.concatenate([_xi(A, B, pi, obs), np.zeros((1, len(pi), len(pi)))])


@misconception(
    "xi",
    hint="Your xi is summed over the times already: one matrix for each transition is due.",
    see="Task 3",
)
def xi_summed_over_the_times(A, B, pi, obs):
    """xi.sum(axis=0)."""
    return _gamma(A, B, pi, obs), _xi(A, B, pi, obs).sum(axis=0)


@misconception("xi", hint="You return the logarithm of xi.", see="Task 3")
def logarithm_of_xi(A, B, pi, obs):
    """Without exp."""
    return _gamma(A, B, pi, obs), _log(_xi(A, B, pi, obs))


@misconception(
    "xi",
    hint="A sequence of one symbol has no transitions: your xi needs the shape (0, K, K) there.",
    see="Task 3",
    also_breaks=("gamma",),
    raises=("ValueError",),
)
def no_transitions_to_stack(A, B, pi, obs):
    """np.stack of an empty list."""
    gamma, xi = _gamma(A, B, pi, obs), _xi(A, B, pi, obs)
    return gamma, np.stack([xi[t] for t in range(len(obs) - 1)])


@misconception(
    "xi",
    hint="You add a small number to the denominator of xi: for a longer sequence the denominator is smaller than that.",
    see="Two things that go wrong",
)
def epsilon_in_the_denominator_of_xi(A, B, pi, obs):
    """joint / (sum + eps)."""
    joint = np.exp(_log_joint_pairs(A, B, pi, obs))
    return _gamma(A, B, pi, obs), joint / (joint.sum(axis=(1, 2), keepdims=True) + 1e-10)


@misconception(
    "xi",
    hint="You divide by beta of the present time, which may be zero, and NaN is left: divide by the sum of alpha beta.",
    see="Two things that go wrong",
)
def xi_divided_by_beta(A, B, pi, obs):
    """gamma[t, i] a_ij b_j beta[t + 1, j] / beta[t, i]."""
    gamma = _gamma(A, B, pi, obs)
    log_A, log_b, _, log_beta = _tables(A, B, pi, obs)
    ahead = (log_b + log_beta)[1:, None, :]
    return gamma, gamma[:-1, :, None] * np.exp(log_A + ahead - log_beta[:-1, :, None])
