"""Draws hidden Markov models, and sequences from them.

Shapes: A (K, K), B (K, M), pi (K,), states and obs (T,) integers.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from reference.hmm.solution import Array


def drawn(number: int, K: int, M: int, T: int, seed: int | None = None, zeros: float = 0.0) -> dict[str, Any]:
    """The inputs A, B, pi and obs, drawn from a fixed seed, or from that of a student. The model can produce obs.

    `zeros` is the share of the probabilities that are zero. No row is empty.
    """
    rng = np.random.default_rng([number, K, M, T] if seed is None else [number, K, M, T, seed])
    A, B, pi = (_rows(rng, count, width, zeros) for count, width in ((K, K), (K, M), (1, K)))
    return dict(A=A, B=B, pi=pi[0], obs=sequence(A, B, pi[0], T, rng)[1])


def _rows(rng: np.random.Generator, count: int, width: int, zeros: float) -> Array:
    """Distributions as rows. Each probability is at least 0.02, or exactly zero."""
    p = rng.dirichlet(np.ones(width), count) + 0.02 * width
    keep = rng.random(p.shape) >= zeros
    keep[np.arange(count), rng.integers(0, width, count)] = True
    return np.where(keep, p, 0.0) / np.where(keep, p, 0.0).sum(axis=1, keepdims=True)


def sequence(A: Array, B: Array, pi: Array, T: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """States and symbols that a model produces."""
    states, obs = np.zeros(T, dtype=np.int64), np.zeros(T, dtype=np.int64)
    for t in range(T):
        states[t] = rng.choice(len(pi), p=A[states[t - 1]] if t else pi)
        obs[t] = rng.choice(B.shape[1], p=B[states[t]])
    return states, obs


def left_to_right(seed: int | None) -> dict[str, Any]:
    """Three states that follow each other, as in models of speech."""
    p = drawn(8, 3, 4, 15, seed)
    A = np.triu(p["A"])
    A[0, 2] = 0.0
    A, pi = A / A.sum(axis=1, keepdims=True), np.array([1.0, 0.0, 0.0])
    obs = sequence(A, p["B"], pi, 15, np.random.default_rng([8, 0 if seed is None else seed + 1]))[1]
    return dict(A=A, B=p["B"], pi=pi, obs=obs)


def dead_end(seed: int | None) -> dict[str, Any]:
    """A state that is never left and lacks the last symbol. So beta is zero there, and alpha is not."""
    p = drawn(12, 3, 3, 10, seed)
    A, B, obs = p["A"], p["B"], p["obs"]
    A[2], B[2, 2], obs[-1] = (0.0, 0.0, 1.0), 0.0, 2
    return dict(A=A, B=B / B.sum(axis=1, keepdims=True), pi=p["pi"], obs=obs)


def first_drawn(
    is_clear: Callable[[dict[str, Any]], bool], number: int, size: tuple[int, int, int], seed: int | None
) -> Any:
    """The first problem drawn that has a property. So every student's problem has it."""
    problems = (drawn(number + 1000 * again, *size, seed) for again in itertools.count())
    return next(problem for problem in problems if is_clear(problem))


def two_habits(number: int, T: int, change: float, slip: float) -> Array:
    """A sequence (T,) of four symbols that two states can explain in two ways.

    A symbol is 2 * half + parity. The half changes with probability `change`. The parity alternates, and slips with
    probability `slip`. Two states can follow the half or the parity, but not both. So training has two clear optima.
    """
    rng = np.random.default_rng(number)
    half = np.cumsum(rng.random(T) < change) % 2
    parity = (np.arange(T) + np.cumsum(rng.random(T) < slip)) % 2
    return 2 * half + parity


def renamed(obs: Array, M: int, seed: int | None, turning: int = 0) -> Array:
    """The sequence as a student gets it: with other names of the symbols. Training is equally hard for everybody."""
    if seed is None and not turning:
        return obs
    return np.random.default_rng([0 if seed is None else seed + 1, turning]).permutation(M)[obs]
