"""The reference: hidden Markov models with discrete symbols, in the log domain.

Formulas: L. R. Rabiner, A tutorial on hidden Markov models and selected applications in speech recognition, Proceedings
of the IEEE 77 (1989), equations 19 to 40. His scaled recursions, equations 90 to 95, are not used: see A. Rahimi, An
erratum for "A tutorial on hidden Markov models" (2000).
Shapes: A (K, K), B (K, M), pi (K,), obs (T,) integers from 0 to M - 1, log_alpha and log_beta and gamma (T, K),
xi (T - 1, K, K). The functions below the line take R models at once, (R, K, ...), as `baum_welch` does with its
restarts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def forward(A: Array, B: Array, pi: Array, obs: Array) -> float:
    """log P(obs | A, B, pi) in nats, a number; -inf if the model cannot produce obs. Source: Rabiner, eqs. 19 to 21."""
    return float(np.logaddexp.reduce(_log_alpha(A, B, pi, obs)[-1]))


def backward(A: Array, B: Array, pi: Array, obs: Array) -> Array:
    """log_beta[t, i] = log P(o_{t+1} ... o_T | s_t = i), shape (T, K); -inf for a probability of zero.

    The last row is zero. pi plays no part in it. Source: Rabiner, eqs. 24 and 25.
    """
    return _log_beta(A, B, obs)


def posterior(A: Array, B: Array, pi: Array, obs: Array) -> tuple[Array, Array]:
    """gamma[t, i] = P(s_t = i | obs) and xi[t, i, j] = P(s_t = i, s_{t+1} = j | obs), shapes (T, K) and (T - 1, K, K).

    NaN if the model cannot produce obs. Source: Rabiner, eqs. 27 and 37.
    """
    return _posterior(A, B, pi, obs)[1:]


def viterbi(A: Array, B: Array, pi: Array, obs: Array) -> Array:
    """A path (T,) of states with the largest P(path, obs). If several are best, one of them.

    Source: Rabiner, eqs. 32 to 35.
    """
    log_A, log_b = _log(A), _log_emissions(B, obs)
    T, K = log_b.shape
    came_from = np.zeros((T, K), dtype=int)
    delta = _log(pi) + log_b[0]
    for t in range(1, T):
        scores = delta[:, None] + log_A  # (from, to)
        came_from[t] = scores.argmax(axis=0)
        delta = scores.max(axis=0) + log_b[t]
    path = np.zeros(T, dtype=int)
    path[-1] = delta.argmax()
    for t in range(T - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path


def baum_welch(
    obs: Array,
    K: int,
    M: int,
    rtol: float = 1e-5,
    max_iter: int = 100,
    restarts: int = 10,
    seed: int | None = None,
) -> tuple[float, Array, Array, Array]:
    """The best of `restarts` runs of EM: best_loglik (nats), and best_A, best_B, best_pi, to which it belongs.

    A run starts from random rows. It ends when log P(obs) changes by at most `rtol` of its previous value, or after
    `max_iter` iterations. `seed` makes the starts repeatable. Source: Rabiner, eqs. 40a to 40c.
    """
    rng = np.random.default_rng(seed)
    starts = [
        (rng.dirichlet(np.full(K, 2.0), K), rng.dirichlet(np.full(M, 2.0), K), rng.dirichlet(np.full(K, 2.0)))
        for _ in range(restarts)
    ]
    A, B, pi = (np.stack(arrays) for arrays in zip(*starts, strict=True))
    logliks, A, B, pi = run_all(obs, A, B, pi, rtol, max_iter)
    best = int(np.argmax(logliks))
    return float(logliks[best]), A[best], B[best], pi[best]


class HMM:
    """A model with `n_states` hidden states and `n_symbols` symbols. `fit` sets A, B, pi and loglik."""

    def __init__(self, n_states: int, n_symbols: int) -> None:
        self.n_states, self.n_symbols = n_states, n_symbols
        self.A: Array | None = None
        self.B: Array | None = None
        self.pi: Array | None = None
        self.loglik: float | None = None

    def fit(self, obs: Array) -> HMM:
        """Train with `baum_welch`, and return the model itself."""
        self.loglik, self.A, self.B, self.pi = baum_welch(obs, self.n_states, self.n_symbols)
        return self

    def predict(self, obs: Array) -> Array:
        """A most probable path (T,) for any sequence. Raises RuntimeError before `fit`."""
        return viterbi(*self._parameters(), obs)

    def score(self, obs: Array) -> float:
        """log P(obs) in nats for any sequence. Raises RuntimeError before `fit`."""
        return forward(*self._parameters(), obs)

    def _parameters(self) -> tuple[Array, Array, Array]:
        if self.A is None or self.B is None or self.pi is None:
            raise RuntimeError("this model has no parameters yet: call fit first")
        return self.A, self.B, self.pi


# ---------------------------------------------------------------- for one model or for several at once


def run_all(obs: Array, A: Array, B: Array, pi: Array, rtol: float, max_iter: int) -> tuple[Array, Array, Array, Array]:
    """EM from A (R, K, K), B (R, K, M), pi (R, K) until every run has ended: log-likelihoods (R,), A, B, pi.

    Each log-likelihood is that of the parameters beside it.
    """
    A, B, pi = A.copy(), B.copy(), pi.copy()
    loglik, gamma, xi = _posterior(A, B, pi, obs)
    running = np.arange(len(A))
    for _ in range(max_iter):
        A[running], B[running], pi[running] = reestimate(A[running], B[running], gamma, xi, obs)
        after, gamma, xi = _posterior(A[running], B[running], pi[running], obs)
        before = loglik[running]
        loglik[running] = after
        moving = np.abs(after - before) > rtol * np.abs(before)
        running, gamma, xi = running[moving], gamma[moving], xi[moving]
        if not running.size:
            break
    return loglik, A, B, pi


def reestimate(A: Array, B: Array, gamma: Array, xi: Array, obs: Array) -> tuple[Array, Array, Array]:
    """A, B, pi from the expected counts. A state that is never visited, or never left, keeps its row."""
    symbols = np.eye(B.shape[-1])[obs]  # (T, M)
    moves, emits = xi.sum(axis=-3), np.swapaxes(gamma, -1, -2) @ symbols
    left, visited = moves.sum(axis=-1, keepdims=True), emits.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(left > 0, moves / left, A), np.where(visited > 0, emits / visited, B), gamma[..., 0, :]


def path_log_probability(A: Array, B: Array, pi: Array, obs: Array, path: Array) -> float:
    """log P(path, obs), a number; -inf for an impossible path."""
    log_b = _log_emissions(B, obs)
    first = _log(pi)[path[0]] + log_b[0, path[0]]
    return float(first + (_log(A)[path[:-1], path[1:]] + log_b[np.arange(1, len(path)), path[1:]]).sum())


def _log(p: Array) -> Array:
    """The logarithm, with -inf for zero and without a warning."""
    with np.errstate(divide="ignore"):
        return np.log(p)


def _log_emissions(B: Array, obs: Array) -> Array:
    """log b_i(o_t), shape (..., T, K)."""
    return np.swapaxes(_log(B)[..., obs], -1, -2)


def _log_alpha(A: Array, B: Array, pi: Array, obs: Array) -> Array:
    """log P(o_1 ... o_t, s_t = i), shape (..., T, K)."""
    log_b = _log_emissions(B, obs)
    first = (_log(pi) + log_b[..., 0, :])[..., None, :]
    moves = _prefix_products(_log_moves(A, log_b))
    return np.concatenate([first, np.logaddexp.reduce(first[..., None] + moves, axis=-2)], axis=-2)


def _log_beta(A: Array, B: Array, obs: Array) -> Array:
    """log P(o_{t+1} ... o_T | s_t = i), shape (..., T, K)."""
    log_b = _log_emissions(B, obs)
    turned = np.swapaxes(_log_moves(A, log_b), -1, -2)[..., ::-1, :, :]
    moves = _prefix_products(turned)[..., ::-1, :, :]
    return np.concatenate([np.logaddexp.reduce(moves, axis=-2), np.zeros_like(log_b[..., :1, :])], axis=-2)


def _log_moves(A: Array, log_b: Array) -> Array:
    """log a_ij b_j(o_t) for each time but the first, shape (..., T - 1, K, K)."""
    return _log(A)[..., None, :, :] + log_b[..., 1:, None, :]


def _prefix_products(log_M: Array) -> Array:
    """The logarithms of M_1, M_1 M_2, M_1 M_2 M_3 and so on, for log M (..., T, K, K).

    Each round joins products of twice as many matrices (Hillis and Steele, 1986). So a long sequence needs few calls of
    NumPy, and training is many times quicker than with a loop over the times.
    """
    step = 1
    while step < log_M.shape[-3]:
        joined = log_M[..., :-step, :, :, None] + log_M[..., step:, None, :, :]
        log_M = np.concatenate([log_M[..., :step, :, :], np.logaddexp.reduce(joined, axis=-2)], axis=-3)
        step *= 2
    return log_M


def _posterior(A: Array, B: Array, pi: Array, obs: Array) -> tuple[Array, Array, Array]:
    """log P(obs) (...,), gamma (..., T, K) and xi (..., T - 1, K, K)."""
    log_alpha, log_beta = _log_alpha(A, B, pi, obs), _log_beta(A, B, obs)
    ahead = (_log_emissions(B, obs) + log_beta)[..., 1:, None, :]
    # P(obs) once more at each time: it is the same number, and its rounding is that of the same row.
    total = np.logaddexp.reduce(log_alpha + log_beta, axis=-1)
    with np.errstate(invalid="ignore"):  # -inf + inf, if the model cannot produce obs
        gamma = np.exp(log_alpha + log_beta - total[..., None])
        xi = np.exp(log_alpha[..., :-1, :, None] + _log(A)[..., None, :, :] + ahead - total[..., :-1, None, None])
    return total[..., -1], gamma, xi
