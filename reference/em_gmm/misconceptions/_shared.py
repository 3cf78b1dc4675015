"""Helpers of the mistakes. Each helper is right."""

import numpy as np
from numpy.linalg import LinAlgError

from reference.em_gmm.solution import E_step, M_step, compute_vlb


def _distances(X, mu, sigma):
    """Squared Mahalanobis distances, (N, C)."""
    diff = X - mu[:, None, :]
    return np.sum(diff * np.linalg.solve(sigma, diff.transpose(0, 2, 1)).transpose(0, 2, 1), axis=2).T


def _log_density(X, mu, sigma):
    """log N(x_i | mu_c, sigma_c), (N, C)."""
    log_det = np.linalg.slogdet(sigma)[1]
    return -0.5 * (X.shape[1] * np.log(2 * np.pi) + log_det + _distances(X, mu, sigma))


def _log_weights(pi):
    """log pi_c, with -inf for a weight of zero."""
    with np.errstate(divide="ignore"):
        return np.log(pi)


def _log_joint(X, pi, mu, sigma):
    """log pi_c + log N(x_i | mu_c, sigma_c), (N, C)."""
    return _log_weights(pi) + _log_density(X, mu, sigma)


def _normalise(log_p):
    """exp of the logarithms, scaled to a sum of one in each row."""
    p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def _plain_joint(X, pi, mu, sigma):
    """The same as _log_joint without the logarithm: zero for points that are far away."""
    return np.exp(_log_joint(X, pi, mu, sigma))


def _means(X, gamma):
    """The right means, (C, d)."""
    return gamma.T @ X / gamma.sum(axis=0)[:, None]


def _scatter(X, gamma, mu):
    """sum of gamma_ic (x_i - mu_c)(x_i - mu_c)^T over the points, (C, d, d)."""
    diff = X - mu[:, None, :]
    return (gamma.T[:, :, None] * diff).transpose(0, 2, 1) @ diff


def _covariances(X, gamma, mu):
    """The right covariances around the given means, (C, d, d)."""
    return _scatter(X, gamma, mu) / gamma.sum(axis=0)[:, None, None]


def _data_covariance(X):
    """Covariance of all points, (d, d)."""
    return np.atleast_2d(np.cov(X, rowvar=False, bias=True))


def _start(X, C):
    """C of the points as means, equal weights, the covariance of the data for each component."""
    means = X[np.random.choice(len(X), C, replace=False)]
    return np.full(C, 1 / C), means, np.tile(_data_covariance(X), (C, 1, 1))


def _random_start(X, C):
    """Random weights and narrow random covariances. Few such restarts end well, so it matters which one is kept."""
    root = np.linalg.cholesky(0.1 * _data_covariance(X))
    A = np.random.randn(C, X.shape[1], X.shape[1])
    pi, means, _ = _start(X, C)
    return np.random.dirichlet(10 * pi), means, root @ A @ A.transpose(0, 2, 1) @ root.T


def _iterate(X, pi, mu, sigma):
    """One iteration with its bound; LinAlgError when a component collapses."""
    gamma = E_step(X, pi, mu, sigma)
    pi, mu, sigma = M_step(X, gamma)
    loss = float(np.squeeze(compute_vlb(X, pi, mu, sigma, gamma)))
    if not np.isfinite(loss) or np.linalg.eigvalsh(sigma).min() < 1e-9 * X.var(axis=0).min():
        raise LinAlgError("a component has collapsed")
    return loss, pi, mu, sigma


def _climb(X, start, rtol, max_iter):
    """One restart: loss, pi, mu, sigma; LinAlgError when a component collapses."""
    theta, previous = start, None
    for _ in range(max_iter):
        loss, *theta = _iterate(X, *theta)
        if previous is not None and abs(loss - previous) <= rtol * abs(previous):
            break
        previous = loss
    return loss, *theta


def _best(runs):
    """The best of several runs, given as functions without arguments; collapsed ones are skipped."""
    best = None
    for run in runs:
        try:
            result = run()
        except LinAlgError:
            continue
        if best is None or result[0] > best[0]:
            best = result
    if best is None:
        raise RuntimeError("a component collapsed in every restart")
    return best
