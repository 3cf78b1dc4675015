"""The reference: EM for a mixture of Gaussians, in the log domain, with Cholesky factors.

Formulas: C. M. Bishop, Pattern Recognition and Machine Learning (2006), section 9.2 and 9.4.
Shapes: X (N, d), pi (C,), mu (C, d), sigma (C, d, d), gamma (N, C). Every function also takes R mixtures
at once, (R, C, ...) and (R, N, C), as `train_EM` does with its restarts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.linalg import LinAlgError
from numpy.typing import NDArray

Array = NDArray[Any]
_BATCH = 1 << 22  # numbers in the largest intermediate array of a batch of restarts: 32 MB


def _cholesky(sigma: Array) -> Array:
    """Lower Cholesky factors of sigma (..., C, d, d); LinAlgError names the first singular component."""
    try:
        return np.linalg.cholesky(sigma)
    except LinAlgError:
        for index in np.ndindex(sigma.shape[:-2]):
            try:
                np.linalg.cholesky(sigma[index])
            except LinAlgError:
                raise LinAlgError(f"the covariance of component {index[-1]} is singular") from None
        raise


def _log_joint(X: Array, pi: Array, mu: Array, sigma: Array) -> Array:
    """log pi_c + log N(x_i | mu_c, sigma_c), shape (..., C, N)."""
    d = X.shape[-1]
    L = _cholesky(sigma)
    # Centred before it is whitened: this keeps the digits of data that lie far from the origin.
    whiten = np.swapaxes(np.linalg.solve(L, np.broadcast_to(np.eye(d), L.shape)), -1, -2)
    y = (X - mu[..., None, :]) @ whiten
    log_det = 2 * np.log(np.diagonal(L, axis1=-2, axis2=-1)).sum(-1)
    with np.errstate(divide="ignore"):  # a component of weight zero has log-weight -inf
        constant = np.log(pi) - 0.5 * (d * np.log(2 * np.pi) + log_det)
    return constant[..., None] - 0.5 * np.einsum("...nd,...nd->...n", y, y)


def _normalise(log_joint: Array) -> Array:
    """Responsibilities (..., C, N) from the log joint: log-sum-exp over the components."""
    gamma = np.exp(log_joint - log_joint.max(axis=-2, keepdims=True))
    return gamma / gamma.sum(axis=-2, keepdims=True)


def _bound(log_joint: Array, gamma: Array) -> Array:
    """sum gamma log_joint - sum gamma log gamma, over the last two axes, with 0 log 0 = 0 and 0 · -inf = 0."""
    log_gamma = np.log(np.where(gamma > 0, gamma, 1.0))
    return (gamma * (np.where(gamma > 0, log_joint, 0.0) - log_gamma)).sum(axis=(-2, -1))


def E_step(X: Array, pi: Array, mu: Array, sigma: Array) -> Array:
    """Responsibilities gamma_ic = p(t_i = c | x_i, theta), shape (N, C); rows sum to one.

    Raises LinAlgError, naming the component, when a sigma_c is singular. Source: Bishop (2006), eq. 9.23.
    """
    return np.swapaxes(_normalise(_log_joint(X, pi, mu, sigma)), -1, -2)


def M_step(X: Array, gamma: Array) -> tuple[Array, Array, Array]:
    """Parameters pi (C,), mu (C, d), sigma (C, d, d) that maximise the bound for fixed gamma.

    A component without any responsibility has no parameters: its mu and sigma are NaN.
    Source: Bishop (2006), eqs. 9.24 to 9.26.
    """
    weight = np.swapaxes(gamma, -1, -2)
    N_c = weight.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mu = weight @ X / N_c[..., None]
        centred = X - mu[..., None, :]
        sigma = np.swapaxes(weight[..., None] * centred, -1, -2) @ centred / N_c[..., None, None]
    return N_c / X.shape[0], mu, sigma


def compute_vlb(X: Array, pi: Array, mu: Array, sigma: Array, gamma: Array) -> Array:
    """The variational lower bound L(theta, gamma) in nats, a number; 0 log 0 counts as 0.

    Raises LinAlgError, naming the component, when a sigma_c is singular. Source: Bishop (2006), eqs. 9.70 and 9.74.
    """
    return _bound(_log_joint(X, pi, mu, sigma), np.swapaxes(gamma, -1, -2))


def train_EM(
    X: Array,
    C: int,
    rtol: float = 1e-3,
    max_iter: int = 100,
    restarts: int = 10,
    seed: int | np.random.Generator | None = None,
) -> tuple[float, Array, Array, Array]:
    """The best of `restarts` runs of EM: best_loss (nats), best_pi, best_mu, best_sigma.

    A run starts from C distinct points of X as means, the covariance of X and equal weights. It ends when
    the bound changes by at most `rtol` of its previous value, or after `max_iter` iterations; a run in which
    a component collapses does not count. `seed` is anything `np.random.default_rng` takes.
    Raises LinAlgError when every run collapsed, ValueError when there are fewer than C points.
    """
    N, d = X.shape
    if N < C:
        raise ValueError(f"{C} components need at least {C} points, not {N}")
    rng = np.random.default_rng(seed)
    at_once = max(1, _BATCH // (N * C * d))
    best = (-np.inf, np.empty(C), np.empty((C, d)), np.empty((C, d, d)))
    for first in range(0, restarts, at_once):
        mu = np.stack([X[rng.choice(N, C, replace=False)] for _ in range(min(at_once, restarts - first))])
        losses, *theta = _run(X, mu, rtol, max_iter)
        r = int(np.argmax(losses))
        best = max(best, (float(losses[r]), *(p[r] for p in theta)), key=lambda found: found[0])
    if not np.isfinite(best[0]):
        raise LinAlgError(f"a component collapsed in every one of {restarts} restarts")
    return best


def _run(X: Array, mu: Array, rtol: float, max_iter: int) -> tuple[Array, Array, Array, Array]:
    """EM from the means mu (R, C, d) until every run has ended; a collapsed run ends with loss -inf."""
    R, C, d = mu.shape
    covariance = np.atleast_2d(np.cov(X, rowvar=False, bias=True))
    pi, sigma = np.full((R, C), 1 / C), np.broadcast_to(covariance, (R, C, d, d)).copy()
    losses, running = np.full(R, -np.inf), np.arange(R)
    if not _all_definite(sigma).all():
        return losses, pi, mu, sigma
    gamma = _normalise(_log_joint(X, pi, mu, sigma))
    for _ in range(max_iter):
        theta = M_step(X, np.swapaxes(gamma, -1, -2))
        alive = _all_definite(theta[2])
        losses[running[~alive]] = -np.inf
        running, gamma = running[alive], gamma[alive]
        pi[running], mu[running], sigma[running] = (p[alive] for p in theta)
        log_joint = _log_joint(X, pi[running], mu[running], sigma[running])
        loss, before = _bound(log_joint, gamma), losses[running]
        losses[running] = loss
        before = np.where(np.isneginf(before), 0.0, before)  # a first step always moves on
        moving = np.abs(loss - before) > rtol * np.abs(before)
        running, gamma = running[moving], _normalise(log_joint[moving])
        if not running.size:
            break
    return losses, pi, mu, sigma


def _all_definite(sigma: Array) -> Array:
    """For each run, shape (R,): whether all of its covariances are finite and numerically definite."""
    finite = np.asarray(np.isfinite(sigma).all(axis=(-3, -2, -1)))
    eigenvalues = np.linalg.eigvalsh(np.where(finite[:, None, None, None], sigma, np.eye(sigma.shape[-1])))
    return np.asarray(finite & (eigenvalues[..., 0] > 1e-12 * eigenvalues[..., -1]).all(axis=-1))
