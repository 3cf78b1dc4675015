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
_BATCH = 1 << 22  # numbers in the largest array of a batch of restarts: 32 MB
_BLOCK = 1 << 17  # numbers in a temporary array, so that it stays in the cache


def _cholesky(sigma: Array) -> Array:
    """Lower Cholesky factors of sigma (..., C, d, d); LinAlgError names the first singular component."""
    try:
        return np.linalg.cholesky(sigma)
    except LinAlgError:
        singular = ~_definite(sigma).reshape(-1, sigma.shape[-3]).all(axis=0)
        raise LinAlgError(f"the covariance of component {np.argmax(singular)} is singular") from None


def _log_joint(X: Array, pi: Array, mu: Array, sigma: Array) -> Array:
    """log pi_c + log N(x_i | mu_c, sigma_c), shape (..., C, N)."""
    d = X.shape[-1]
    L = _cholesky(sigma)
    # The means are subtracted before whitening. This keeps the digits of data that lie far from the origin.
    whiten = np.swapaxes(np.linalg.solve(L, np.broadcast_to(np.eye(d), L.shape)), -1, -2)
    log_joint = np.empty((*mu.shape[:-1], len(X)))
    for rows in _blocks(mu.size, len(X)):
        y = (X[rows] - mu[..., None, :]) @ whiten
        log_joint[..., rows] = -0.5 * np.einsum("...nd,...nd->...n", y, y)
    log_det = 2 * np.log(np.diagonal(L, axis1=-2, axis2=-1)).sum(-1)
    with np.errstate(divide="ignore"):  # a component of weight zero has log-weight -inf
        constant = np.log(pi) - 0.5 * (d * np.log(2 * np.pi) + log_det)
    return log_joint + constant[..., None]


def _blocks(width: int, N: int) -> list[slice]:
    """Slices of N rows. With `width` numbers in each row, a slice fills a block."""
    step = max(1, _BLOCK // max(1, width))
    return [slice(first, first + step) for first in range(0, N, step)]


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

    A component without any responsibility gets NaN for mu and sigma. Source: Bishop (2006), eqs. 9.24 to 9.26.
    """
    weight = np.swapaxes(gamma, -1, -2)
    N_c = weight.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mu, sigma = weight @ X / N_c[..., None], 0.0
        for rows in _blocks(mu.size, len(X)):
            centred = X[rows] - mu[..., None, :]
            sigma = sigma + np.swapaxes(weight[..., rows, None] * centred, -1, -2) @ centred
        return N_c / len(X), mu, sigma / N_c[..., None, None]


def compute_vlb(X: Array, pi: Array, mu: Array, sigma: Array, gamma: Array) -> Array:
    """The variational lower bound L(theta, gamma) in nats, a number; 0 log 0 counts as 0.

    Raises LinAlgError, naming the component, when a sigma_c is singular. Source: Bishop (2006), eqs. 9.70 and 9.74.
    """
    return _bound(_log_joint(X, pi, mu, sigma), np.swapaxes(gamma, -1, -2))


def train_EM(
    X: Array, C: int, rtol: float = 1e-3, max_iter: int = 100, restarts: int = 10, seed: int | None = None
) -> tuple[float, Array, Array, Array]:
    """The best of `restarts` runs of EM: best_loss (nats), best_pi, best_mu, best_sigma.

    A run starts from C distinct points of X as means, the covariance of X and equal weights. It ends when
    the bound changes by at most `rtol` of its previous value, or after `max_iter` iterations; a run in which
    a component collapses does not count. `seed` makes the starts repeatable.
    Raises LinAlgError when every run collapsed, ValueError when there are fewer than C points.
    """
    N = len(X)
    if N < C:
        raise ValueError(f"{C} components need at least {C} points, not {N}")
    rng = np.random.default_rng(seed)
    starts = np.stack([X[rng.choice(N, C, replace=False)] for _ in range(restarts)])
    batches = np.array_split(starts, -(-starts.size * N // _BATCH))
    runs = [run_all(X, mu, rtol, max_iter) for mu in batches]
    losses, pi, mu, sigma = (np.concatenate(values) for values in zip(*runs, strict=True))
    best = int(np.argmax(losses))
    if not np.isfinite(losses[best]):
        raise LinAlgError(f"a component collapsed in every one of {restarts} restarts")
    return float(losses[best]), pi[best], mu[best], sigma[best]


def run_all(X: Array, mu: Array, rtol: float, max_iter: int) -> tuple[Array, Array, Array, Array]:
    """EM from the means mu (R, C, d) until every run has ended; a collapsed run ends with loss -inf."""
    R, C, d = mu.shape
    covariance = np.atleast_2d(np.cov(X, rowvar=False, bias=True))
    pi, sigma = np.full((R, C), 1 / C), np.broadcast_to(covariance, (R, C, d, d)).copy()
    losses, running = np.full(R, -np.inf), np.arange(R)
    if not _definite(sigma).all():
        return losses, pi, mu, sigma
    gamma = _normalise(_log_joint(X, pi, mu, sigma))
    for _ in range(max_iter):
        theta = M_step(X, np.swapaxes(gamma, -1, -2))
        alive = _definite(theta[2]).all(axis=-1)
        losses[running[~alive]] = -np.inf
        running, gamma = running[alive], gamma[alive]
        pi[running], mu[running], sigma[running] = (p[alive] for p in theta)
        log_joint = _log_joint(X, pi[running], mu[running], sigma[running])
        loss, before = _bound(log_joint, gamma), losses[running]
        losses[running] = loss
        before = np.where(np.isneginf(before), 0.0, before)  # no run ends after its first step
        moving = np.abs(loss - before) > rtol * np.abs(before)
        running, gamma = running[moving], _normalise(log_joint[moving])
        if not running.size:
            break
    return losses, pi, mu, sigma


def _definite(sigma: Array) -> Array:
    """Whether each covariance, (..., C, d, d), is finite and numerically definite, shape (..., C)."""
    finite = np.asarray(np.isfinite(sigma).all(axis=(-2, -1)))
    eigenvalues = np.linalg.eigvalsh(np.where(finite[..., None, None], sigma, np.eye(sigma.shape[-1])))
    return np.asarray(finite & (eigenvalues[..., 0] > 1e-12 * eigenvalues[..., -1]))
