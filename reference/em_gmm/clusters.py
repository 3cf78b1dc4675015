"""Draws points: clusters of a given shape and place, and random mixtures. Also turns, moves and redraws them.

Shapes: points (N, d).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reference.em_gmm.solution import Array

# The angle in radians between the common clusters, as vectors, and a student's. Each point moves by about a third of
# its cluster's width. This changes all numbers, but it changes the local optima only a little.
_REDRAWN = 0.3


class Layout(NamedTuple):
    """The places of long, thin clusters that cross or touch. EM often cuts across them instead of along them."""

    means: tuple[tuple[float, float], ...]
    angles: tuple[float, ...]  # of each cluster, in radians
    length: float  # variance along a cluster
    width: float  # variance across it


# The public samples, and the training data on which EM is slow.
CROSSING = Layout(((0.0, 0.0), (0.3, 0.2), (1.0, 0.0)), (0.8, -0.8, 0.0), 6.0, 0.15)


def clouds(number: int, sizes: tuple[int, ...]) -> list[Array]:
    """Round clouds of these sizes."""
    rng = np.random.default_rng(number)
    return [rng.standard_normal((size, 2)) for size in sizes]


def stretched(drawn: list[Array], layout: Layout) -> Array:
    """The points of the clouds. Each cloud is stretched into a cluster of the layout."""
    clusters = []
    for z, mean, angle in zip(drawn, np.array(layout.means), layout.angles, strict=True):
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        clusters.append(z * np.sqrt([layout.length, layout.width]) @ turn + mean)
    return np.concatenate(clusters)


def turned(points: Array, seed: int | None, turning: int = 2) -> Array:
    """The points as a student gets them: turned by some angle, perhaps mirrored, in another order.

    If the start does not depend on the axes, EM has the same optima. So training is equally hard for all students.
    """
    if seed is None:
        return points
    rng = np.random.default_rng([seed, turning])
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return rng.permutation(points @ turn * [1.0, rng.choice([-1.0, 1.0])])


def redrawn(z: Array, rng: np.random.Generator) -> Array:
    """Another cloud of the same mean and covariance. Each of its points is near one of z (N, d).

    The clusters keep their places and about the same density of points. So training stays about as hard.
    """
    other = np.cos(_REDRAWN) * z + np.sin(_REDRAWN) * rng.standard_normal(z.shape)
    other = other - other.mean(axis=0)
    had, has = (np.linalg.cholesky(np.cov(cloud, rowvar=False, bias=True)) for cloud in (z, other))
    return np.linalg.solve(has, other.T).T @ had.T + z.mean(axis=0)


def mixture(number: int, N: int, d: int, C: int, seed: int | None = None) -> dict[str, Any]:
    """N points from a mixture that overlaps, a random gamma, and parameters that differ from those of the mixture."""
    rng = np.random.default_rng([number, N, d, C, *([] if seed is None else [seed])])
    pi = rng.dirichlet(np.full(C, 5.0))
    mu = rng.normal(0.5, 1.5, (C, d))
    A = rng.normal(size=(C, d, d)) / np.sqrt(d)
    sigma = A @ np.swapaxes(A, 1, 2) + 0.4 * np.eye(d)
    label = rng.choice(C, N, p=pi)
    X = mu[label] + np.einsum("nij,nj->ni", np.linalg.cholesky(sigma)[label], rng.standard_normal((N, d)))
    gamma = rng.dirichlet(np.full(C, 0.8), N)
    return dict(X=X, pi=pi, mu=mu + rng.normal(0, 0.4, mu.shape), sigma=1.2 * sigma, gamma=gamma, N=N, d=d, C=C)


def moved(p: dict[str, Any], scale: float, shift: float) -> dict[str, Any]:
    """The same problem in other units."""
    return p | {"X": shift + scale * p["X"], "mu": shift + scale * p["mu"], "sigma": scale**2 * p["sigma"]}
