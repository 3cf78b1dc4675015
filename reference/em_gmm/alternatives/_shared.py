"""Helpers of the alternatives."""

import numpy as np
from numpy.linalg import LinAlgError
from scipy.linalg import solve_triangular

from reference.em_gmm.solution import E_step, M_step, compute_vlb


def _log_density(X, mean, cov):
    """log N(x_i | mean, cov) of each point, shape (N,)."""
    L = np.linalg.cholesky(cov)
    z = solve_triangular(L, (X - mean).T, lower=True)
    return -0.5 * (X.shape[1] * np.log(2 * np.pi) + np.sum(z**2, axis=0)) - np.log(np.diag(L)).sum()


def _log_joint(X, pi, mu, sigma):
    """log pi_c + log N(x_i | mu_c, sigma_c), shape (N, C); a component of weight zero gets -inf."""
    with np.errstate(divide="ignore"):
        log_pi = np.log(pi)
    return log_pi + np.stack([_log_density(X, mu[c], sigma[c]) for c in range(len(pi))], axis=1)


def _covariance(X):
    """Covariance of all points, (d, d), also for one dimension."""
    return np.atleast_2d(np.cov(X, rowvar=False, bias=True))


def _collapsed(X, loss, sigma):
    """Whether a component has collapsed, judged by the bound and the covariances at the scale of the data."""
    if not np.all(np.isfinite(loss)) or not np.all(np.isfinite(sigma)):
        return True
    return bool(np.linalg.eigvalsh(sigma).min() < 1e-9 * X.var(axis=0).min())


def _points_as_means(X, C):
    """Equal weights, C of the points as means, the covariance of the data for each component."""
    means = X[np.random.choice(len(X), C, replace=False)]
    return np.full(C, 1 / C), means, np.tile(_covariance(X), (C, 1, 1))


def _climb(X, pi, mu, sigma, rtol, max_iter):
    """EM from the given parameters; LinAlgError when a component collapses."""
    previous = None
    for _ in range(max_iter):
        gamma = E_step(X, pi, mu, sigma)
        pi, mu, sigma = M_step(X, gamma)
        loss = compute_vlb(X, pi, mu, sigma, gamma)
        if _collapsed(X, loss, sigma):
            raise LinAlgError("a component has collapsed")
        if previous is not None and abs(loss - previous) <= rtol * abs(previous):
            break
        previous = loss
    return loss, pi, mu, sigma


def _best_of(starts, X, rtol, max_iter):
    """The best of the runs from the given starts. Raises RuntimeError if every run collapses."""
    best = None
    for start in starts:
        try:
            result = _climb(X, *start, rtol, max_iter)
        except LinAlgError:
            continue
        if best is None or result[0] > best[0]:
            best = result
    if best is None:
        raise RuntimeError("a component collapsed in every restart")
    return best
