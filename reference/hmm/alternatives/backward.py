"""backward, written in other ways."""

import math

import numpy as np
from scipy.special import logsumexp

from autograder.assignment import alternative
from reference.hmm.alternatives._shared import _log


@alternative("backward")
def backward_with_scaling(A, B, pi, obs):
    """Scales each row to a sum of one, and adds the logarithms of the divisors in the end."""
    T, K = len(obs), len(pi)
    beta, log_D = np.ones((T, K)), np.zeros(T)
    for t in range(T - 2, -1, -1):
        row = A @ (B[:, obs[t + 1]] * beta[t + 1])
        d = row.sum()
        log_D[t] = log_D[t + 1] + (np.log(d) if d > 0 else 0.0)
        beta[t] = row / d if d > 0 else 0.0
    with np.errstate(divide="ignore"):
        return np.log(beta) + log_D[:, None]


@alternative("backward")
def backward_with_logsumexp(A, B, pi, obs):
    """SciPy's logsumexp, one state at a time."""
    with np.errstate(divide="ignore"):
        log_A, log_B = np.log(A), np.log(B)
    T, K = len(obs), A.shape[0]
    log_beta = np.zeros((T, K))
    for t in reversed(range(T - 1)):
        for i in range(K):
            log_beta[t, i] = logsumexp(log_A[i] + log_B[:, obs[t + 1]] + log_beta[t + 1])
    return log_beta


@alternative("backward")
def backward_with_weights_in_logsumexp(A, B, pi, obs):
    """The probabilities as weights of logsumexp."""
    log_beta = [np.zeros(len(A))]
    for symbol in obs[:0:-1]:
        log_beta.append(logsumexp(np.broadcast_to(log_beta[-1], A.shape), b=A * B[:, symbol], axis=1))
    return np.array(log_beta[::-1])


@alternative("backward")
def backward_with_plain_loops(A, B, pi, obs):
    """Loops over both states, and the largest term taken out by hand."""
    T, K = len(obs), len(A)
    log_beta = np.zeros((T, K))
    for t in range(T - 2, -1, -1):
        for i in range(K):
            terms = []
            for j in range(K):
                p = A[i][j] * B[j][obs[t + 1]]
                terms.append(math.log(p) + log_beta[t + 1, j] if p > 0 else -math.inf)
            top = max(terms)
            log_beta[t, i] = top + math.log(sum(math.exp(x - top) for x in terms)) if top > -math.inf else top
    return log_beta


@alternative("backward", blends=False)
def backward_returns_lists(A, B, pi, obs):
    """A list of rows, which begins with the last time and is turned round."""
    log_A, log_b = _log(A), _log(B[:, obs])
    rows = [[0.0] * len(A)]
    for t in range(len(obs) - 1, 0, -1):
        ahead = log_b[:, t] + np.array(rows[-1])
        rows.append([float(np.logaddexp.reduce(log_A[i] + ahead)) for i in range(len(A))])
    rows.reverse()
    return rows


@alternative("backward")
def backward_stored_by_states(A, B, pi, obs):
    """A table with a row for each state, and its transpose as the result."""
    log_beta = np.zeros((len(A), len(obs)))
    for t in range(len(obs) - 2, -1, -1):
        inside = _log(A * B[:, obs[t + 1]]) + log_beta[:, t + 1]
        log_beta[:, t] = np.logaddexp.reduce(inside, axis=1)
    return log_beta.T
