"""Helpers of the alternatives."""

import numpy as np

from reference.hmm.solution import forward, posterior


def _log(p):
    """The logarithm, with -inf for zero."""
    with np.errstate(divide="ignore"):
        return np.log(p)


def _scaled_alpha(A, B, pi, obs):
    """Scaled forward variables (T, K), and the sum of each row before it was divided by it, (T,)."""
    alpha, c = np.zeros((len(obs), len(pi))), np.zeros(len(obs))
    row = pi * B[:, obs[0]]
    for t in range(len(obs)):
        if t > 0:
            row = (alpha[t - 1] @ A) * B[:, obs[t]]
        c[t] = row.sum()
        if c[t] == 0:
            break  # the sequence is impossible
        alpha[t] = row / c[t]
    return alpha, c


def _random_rows(rows, columns):
    """Random distributions as rows."""
    p = np.random.rand(rows, columns) + 0.1
    return p / p.sum(axis=1, keepdims=True)


def _random_start(K, M):
    return _random_rows(K, K), _random_rows(K, M), _random_rows(1, K)[0]


def _update(A, B, gamma, xi, obs):
    """The M-step. A state without any probability keeps its rows."""
    A, B = A.copy(), B.copy()
    for i in range(len(A)):
        left = gamma[:-1, i].sum()
        if left > 0:
            A[i] = xi[:, i].sum(axis=0) / left
        visited = gamma[:, i].sum()
        if visited > 0:
            for m in range(B.shape[1]):
                B[i, m] = gamma[obs == m, i].sum() / visited
    return A, B, gamma[0].copy()


def _climb(obs, A, B, pi, rtol, max_iter):
    """One run of EM: the log-likelihood of the parameters that it ends with, and these."""
    loglik = float(np.squeeze(forward(A, B, pi, obs)))
    for _ in range(max_iter):
        gamma, xi = (np.asarray(value) for value in posterior(A, B, pi, obs))
        A, B, pi = _update(A, B, gamma, xi, obs)
        previous, loglik = loglik, float(np.squeeze(forward(A, B, pi, obs)))
        if abs(loglik - previous) <= rtol * abs(previous):
            break
    return loglik, A, B, pi
