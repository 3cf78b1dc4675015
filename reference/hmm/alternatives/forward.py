"""forward, written in other ways."""

import math

import numpy as np
from scipy.special import logsumexp

from autograder.assignment import alternative
from reference.hmm.alternatives._shared import _log, _scaled_alpha


@alternative("forward")
def forward_with_scaling(A, B, pi, obs):
    """The scaled recursion, with the sum of the logarithms of the divisors."""
    alpha = pi * B[:, obs[0]]
    loglik = 0.0
    for t in range(len(obs)):
        if t > 0:
            alpha = alpha @ A * B[:, obs[t]]
        c = alpha.sum()
        if c == 0:
            return -np.inf
        loglik += np.log(c)
        alpha = alpha / c
    return loglik


@alternative("forward")
def forward_with_logsumexp(A, B, pi, obs):
    """SciPy's logsumexp and a table of all times."""
    T, K = len(obs), len(pi)
    with np.errstate(divide="ignore"):
        log_A, log_B, log_pi = np.log(A), np.log(B), np.log(pi)
    log_alpha = np.full((T, K), -np.inf)
    log_alpha[0] = log_pi + log_B[:, obs[0]]
    for t in range(1, T):
        for j in range(K):
            log_alpha[t, j] = logsumexp(log_alpha[t - 1] + log_A[:, j]) + log_B[j, obs[t]]
    return logsumexp(log_alpha[-1])


@alternative("forward")
def forward_with_plain_loops(A, B, pi, obs):
    """Loops over the states, with the functions of `math`, scaled by the largest entry."""
    K = len(pi)
    alpha = [float(pi[i] * B[i, obs[0]]) for i in range(K)]
    log_scale = 0.0
    for t in range(1, len(obs)):
        top = max(alpha)
        if top == 0:
            return -math.inf
        alpha = [a / top for a in alpha]
        log_scale += math.log(top)
        alpha = [sum(alpha[i] * A[i, j] for i in range(K)) * B[j, obs[t]] for j in range(K)]
    total = math.fsum(alpha)
    return log_scale + math.log(total) if total > 0 else -math.inf


@alternative("forward")
def forward_with_weights_in_logsumexp(A, B, pi, obs):
    """The probabilities as weights of logsumexp, so that no logarithm of a zero is taken."""
    log_alpha = logsumexp(np.zeros_like(pi)[:, None], b=np.diag(pi * B[:, obs[0]]), axis=0)
    for symbol in obs[1:]:
        log_alpha = logsumexp(log_alpha[:, None], b=A * B[:, symbol], axis=0)
    return logsumexp(log_alpha)


@alternative("forward")
def forward_as_a_product_of_matrices(A, B, pi, obs):
    """One row vector times a matrix for each time, with the exponent of the largest entry taken out."""
    v, exponent = pi * B[:, obs[0]], 0
    for symbol in obs[1:]:
        v = v @ (A * B[:, symbol])
        _, e = np.frexp(v.max())
        v, exponent = np.ldexp(v, -e), exponent + int(e)
    with np.errstate(divide="ignore"):
        return np.log(v.sum()) + exponent * np.log(2.0)


@alternative("forward")
def forward_from_the_end(A, B, pi, obs):
    """The backward recursion gives the same probability."""
    log_b = _log(B)[:, obs]
    log_beta = np.zeros(len(pi))
    for t in range(len(obs) - 1, 0, -1):
        log_beta = np.logaddexp.reduce(_log(A) + log_b[:, t] + log_beta, axis=1)
    return np.logaddexp.reduce(_log(pi) + log_b[:, 0] + log_beta)


@alternative("forward")
def forward_as_a_1_by_1_array(A, B, pi, obs):
    """Keeps the axis of the states in the sum, and so returns an array with one entry."""
    _, c = _scaled_alpha(A, B, pi, obs)
    return np.array([[_log(c).sum()]])
