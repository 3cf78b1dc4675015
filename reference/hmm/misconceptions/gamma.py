"""posterior: mistakes in gamma. xi is right unless the mistake is in what both need."""

import numpy as np

from autograder.assignment import misconception
from reference.hmm.misconceptions._shared import (
    _gamma,
    _log,
    _log_alpha,
    _log_beta,
    _plain_tables,
    _scaled_tables,
    _sum,
    _tables,
    _xi,
)


@misconception(
    "gamma",
    hint="You normalise the forward variables only: they do not know what comes later.",
    see="What good and bad results look like",
)
def filtered_in_place_of_smoothed(A, B, pi, obs):
    """alpha / alpha.sum()."""
    return _scaled_tables(A, B, pi, obs)[1], _xi(A, B, pi, obs)


@misconception(
    "gamma", hint="You normalise the backward variables only: alpha belongs to gamma too.", see="Derivation 2"
)
def backward_variables_only(A, B, pi, obs):
    """beta / beta.sum()."""
    log_beta = _tables(A, B, pi, obs)[3]
    return np.exp(log_beta - _sum(log_beta, axis=1)[:, None]), _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="If alpha and beta are scaled by the same divisors, one divisor counts twice in their product.",
    see="Derivation 2",
)
def factor_of_the_scaling_missing(A, B, pi, obs):
    """alpha_hat * beta_hat, as after Rabiner's equations 90 to 95."""
    _, alpha, beta, _ = _scaled_tables(A, B, pi, obs)
    return alpha * beta, _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You divide by the divisor c_t once more, but it counts twice already: multiply by it.",
    see="Derivation 2",
)
def factor_of_the_scaling_upside_down(A, B, pi, obs):
    """alpha_hat * beta_hat / c."""
    _, alpha, beta, c = _scaled_tables(A, B, pi, obs)
    return alpha * beta / c[:, None], _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You divide by the sum over the times, but each row, that is each time, sums to one.",
    see="Task 3",
)
def normalised_over_the_times(A, B, pi, obs):
    """gamma.sum(axis=0)."""
    _, _, log_alpha, log_beta = _tables(A, B, pi, obs)
    joint = log_alpha + log_beta
    return np.exp(joint - _sum(joint, axis=0)), _xi(A, B, pi, obs)


@misconception("gamma", hint="You divide by the sum of the whole table, but each row sums to one.", see="Task 3")
def normalised_over_the_whole_table(A, B, pi, obs):
    """gamma / gamma.sum()."""
    gamma = _gamma(A, B, pi, obs)
    return gamma / gamma.sum(), _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You do not divide by the probability of the sequence, so this is the joint probability.",
    see="Derivation 2",
)
def joint_probability(A, B, pi, obs):
    """exp(log_alpha + log_beta)."""
    _, _, log_alpha, log_beta = _tables(A, B, pi, obs)
    return np.exp(log_alpha + log_beta), _xi(A, B, pi, obs)


@misconception("gamma", hint="You return the logarithm of gamma.", see="Task 3")
def logarithm_of_gamma(A, B, pi, obs):
    """Without exp."""
    return _log(_gamma(A, B, pi, obs)), _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You use the symbols only: the states before and after a time say something about it too.",
    see="What good and bad results look like",
)
def gamma_from_the_symbols_only(A, B, pi, obs):
    """b / b.sum()."""
    b = B[:, obs].T
    return b / b.sum(axis=1, keepdims=True), _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You count the symbol of each time twice: alpha contains it, and beta must not.",
    see="Derivation 2",
)
def symbol_counted_twice(A, B, pi, obs):
    """alpha * b * beta."""
    _, log_b, log_alpha, log_beta = _tables(A, B, pi, obs)
    joint = log_alpha + log_b + log_beta
    return np.exp(joint - _sum(joint, axis=1)[:, None]), _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You combine alpha with the beta of the next time: both belong to the same time.",
    see="Derivation 2",
)
def beta_of_the_next_time(A, B, pi, obs):
    """alpha[t] * beta[t + 1]."""
    _, _, log_alpha, log_beta = _tables(A, B, pi, obs)
    joint = log_alpha + np.concatenate([log_beta[1:], log_beta[-1:]])
    return np.exp(joint - _sum(joint, axis=1)[:, None]), _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You return the most probable state of each time as a 1, but a probability is due.",
    see="Task 3",
)
def gamma_of_hard_assignments(A, B, pi, obs):
    """One-hot rows of arg max."""
    gamma = _gamma(A, B, pi, obs)
    return np.eye(gamma.shape[1])[gamma.argmax(axis=1)], _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You get gamma from xi, and so have no row for the last time.",
    see="Task 3",
)
def last_row_missing(A, B, pi, obs):
    """xi.sum(axis=2)."""
    return _gamma(A, B, pi, obs)[:-1], _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You sum xi over the wrong state: then the row belongs to the next time.",
    see="Task 3",
)
def rows_of_the_next_time(A, B, pi, obs):
    """xi.sum(axis=1) for the time t."""
    gamma = _gamma(A, B, pi, obs)
    return np.concatenate([gamma[1:], gamma[-1:]]), _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You return xi first, but gamma is due in the first place.",
    see="Task 3",
    also_breaks=("xi",),
)
def xi_first(A, B, pi, obs):
    """return xi, gamma."""
    return _xi(A, B, pi, obs), _gamma(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You return gamma alone, but xi is due too.",
    see="Task 3",
    also_breaks=("xi",),
)
def gamma_alone(A, B, pi, obs):
    """No xi."""
    return _gamma(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You leave pi out of the first forward variable, so every state is as good as a first state.",
    see="Task 1",
    also_breaks=("xi",),
)
def posterior_without_pi(A, B, pi, obs):
    """alpha_1 = b."""
    flat = np.full(len(pi), 1 / len(pi))
    return _gamma(A, B, flat, obs), _xi(A, B, flat, obs)


@misconception(
    "gamma",
    hint="You use the transitions backwards in alpha and in beta.",
    see="Names and shapes",
    also_breaks=("xi",),
)
def posterior_with_transposed_transitions(A, B, pi, obs):
    """A.T everywhere."""
    return _gamma(A.T, B, pi, obs), _xi(A.T, B, pi, obs)


@misconception(
    "gamma",
    hint="You use the transitions backwards in beta.",
    see="Task 2",
)
def transposed_transitions_in_beta(A, B, pi, obs):
    """A.T in beta."""
    log_A, log_B = _log(A), _log(B)
    joint = _log_alpha(log_A, log_B, _log(pi), obs) + _log_beta(log_A.T, log_B, obs)
    return np.exp(joint - _sum(joint, axis=1)[:, None]), _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="Your variables underflow, and the result is 0/0: use logarithms, or scale in each step.",
    see="Two things that go wrong",
    also_breaks=("xi",),
)
def posterior_without_scaling(A, B, pi, obs):
    """The plain recursions."""
    b, alpha, beta = _plain_tables(A, B, pi, obs)
    P = alpha[-1].sum()
    return alpha * beta / P, alpha[:-1, :, None] * A * (b * beta)[1:, None, :] / P


@misconception(
    "gamma",
    hint="You add a small number to the denominator: for a longer sequence the denominator is smaller than that.",
    see="Two things that go wrong",
)
def epsilon_in_the_denominator_of_gamma(A, B, pi, obs):
    """alpha * beta / (sum + eps)."""
    _, alpha, beta = _plain_tables(A, B, pi, obs)
    joint = alpha * beta
    return joint / (joint.sum(axis=1, keepdims=True) + 1e-10), _xi(A, B, pi, obs)


@misconception(
    "gamma",
    hint="You add a small number to probabilities before the logarithm: it makes the impossible possible.",
    see="Two things that go wrong",
    also_breaks=("xi",),
)
def epsilon_in_the_logarithms_of_the_posterior(A, B, pi, obs):
    """np.log(A + eps), and so on."""
    return _gamma(A + 1e-8, B + 1e-8, pi + 1e-8, obs), _xi(A + 1e-8, B + 1e-8, pi + 1e-8, obs)


@misconception(
    "gamma",
    hint="You subtract the smallest logarithm of each row, which may be -inf, and NaN is left: zeros are allowed.",
    see="Two things that go wrong",
    also_breaks=("xi", "hmm"),
)
def posterior_with_infinity_minus_infinity(A, B, pi, obs):
    """Normalises the logarithms of alpha and beta over the times by differences."""
    log_A, log_b, log_alpha, log_beta = _tables(A, B, pi, obs)
    log_alpha = log_alpha - log_alpha.min(axis=1, keepdims=True)
    log_beta = log_beta - log_beta.min(axis=1, keepdims=True)
    gamma = np.exp(log_alpha + log_beta)
    xi = np.exp(log_alpha[:-1, :, None] + log_A + (log_b + log_beta)[1:, None, :])
    return gamma / gamma.sum(axis=1, keepdims=True), xi / xi.sum(axis=(1, 2), keepdims=True)


@misconception(
    "gamma",
    hint="Your tables have two columns, but K is given by the shapes.",
    see="Names and shapes",
    also_breaks=("xi",),
    raises=("ValueError",),
)
def posterior_of_two_states(A, B, pi, obs):
    """np.zeros((T, 2))."""
    b = B[:, obs].T
    alpha, beta = np.zeros((len(obs), 2)), np.ones((len(obs), 2))
    for t in range(len(obs)):
        alpha[t] = b[t] * (alpha[t - 1] @ A if t else pi)
        alpha[t] /= alpha[t].sum()
    for t in range(len(obs) - 2, -1, -1):
        beta[t] = A @ (b[t + 1] * beta[t + 1])
        beta[t] /= beta[t].sum()
    gamma = alpha * beta
    xi = alpha[:-1, :, None] * A * (b * beta)[1:, None, :]
    return gamma / gamma.sum(axis=1, keepdims=True), xi / xi.sum(axis=(1, 2), keepdims=True)
