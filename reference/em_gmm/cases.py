"""Problems for the assignment: the public samples with their starting values, and the hidden cases of single steps.

Everything is made from fixed seeds, so the same code gives the same bytes. With a `seed`, the samples and the hidden
cases are those of one student. They are as large and as hard as the common ones, with other numbers in them.
Shapes: X (N, d), pi (C,), mu (C, d), sigma (C, d, d), gamma (N, C).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from autograder.assignment import Case, Function
from reference.em_gmm import solution
from reference.em_gmm.clusters import CROSSING, clouds, mixture, moved, redrawn, stretched
from reference.em_gmm.solution import Array

FUNCTIONS = ("E_step", "M_step", "compute_vlb", "train_EM")
SIZES = (100, 100, 80)
_UNITS = np.log(1.25)


def samples(seed: int | None = None) -> dict[str, Array]:
    """The public samples and starting values under their names in samples.npz; with a `seed`, one student's samples."""
    return {name: array.copy() for name, array in _samples(seed).items()}


@functools.lru_cache(maxsize=2)
def _samples(seed: int | None) -> dict[str, Array]:
    drawn = clouds(7, SIZES)
    order = np.random.default_rng(0 if seed is None else [seed, 0])
    if seed is not None:
        rng = np.random.default_rng([seed, 1])
        drawn = [redrawn(z, rng) for z in drawn]
    # Each student gets other units too. Otherwise all bounds would lie within 2 % of each other.
    unit = 1.0 if seed is None else np.exp(rng.uniform(-_UNITS, _UNITS))
    data = unit * stretched(drawn, CROSSING)
    return {
        "data": data[order.permutation(len(data))],
        "pi0": np.array([0.4, 0.25, 0.35]),
        "mu0": np.array([[-1.0, -1.0], [1.2, -0.8], [1.5, 0.6]]),
        "sigma0": np.array([[[2.0, 0.7], [0.7, 1.5]], [[1.5, -0.5], [-0.5, 2.0]], [[2.5, 0.2], [0.2, 1.0]]]),
    }


# The notebook's own names: a solution that wrongly reads the notebook's globals finds them here too.
X, pi0, mu0, sigma0 = samples().values()
for _array in (X, pi0, mu0, sigma0):
    _array.setflags(write=False)  # so that a solution that writes into its arguments changes nothing for the next one


def public_answer(value: str, functions: Mapping[str, Function], seed: int | None = None) -> Array:
    """What the notebook's test cell submits as `value`, when `functions` replace the reference's.

    Each value is computed from right inputs, so that a wrong function changes only its own answer.
    """
    f = {name: functions.get(name, getattr(solution, name)) for name in FUNCTIONS}
    right = _public(seed)
    points, gamma, theta = right.X.copy(), right.gamma.copy(), (pi0.copy(), mu0.copy(), sigma0.copy())
    if value == "best_loss":
        return np.asarray(f["train_EM"](points, 3)[0] if "train_EM" in functions else _public_fit(seed)[0])
    if value == "gamma":
        return np.asarray(f["E_step"](points, *theta))
    if value == "loss":
        return np.asarray(f["compute_vlb"](points, *(np.array(p) for p in right.theta), gamma))
    return np.asarray(f["M_step"](points, gamma)[("pi", "mu", "sigma").index(value)])


class _Public(NamedTuple):
    """The samples, and the results of one right E-step and M-step on them."""

    X: Array
    gamma: Array
    theta: tuple[Array, Array, Array]


@functools.lru_cache(maxsize=2)
def _public(seed: int | None) -> _Public:
    points = X if seed is None else samples(seed)["data"]
    gamma = solution.E_step(points, pi0, mu0, sigma0)
    return _Public(points, gamma, solution.M_step(points, gamma))


def public_mistakes(value: str, seed: int | None = None) -> list[dict[str, Any]]:
    """The answers of known mistakes, if the value of right code depends on chance: name, answer and tolerance.

    The names are those of misconceptions, which have the hints.
    """
    if value != "best_loss":
        return []
    from scipy.special import xlogy  # imported here, because it takes a tenth of a second and only a key needs it

    best, *theta = _public_fit(seed)
    points = _public(seed).X
    gamma = solution.E_step(points, *theta)
    entropy = float(-xlogy(gamma, gamma).sum())
    found = [
        ("sign_of_a_loss", -best, 2e-3),
        ("bound_for_one_point", best / len(points), 2e-3 / len(points)),
        ("entropy_missing", best - entropy, 6e-4),
        *(("local_optimum", end, 1e-3) for end in _poorer_end(seed)),
    ]
    return [{"name": name, "answer": answer, "tolerance": tolerance} for name, answer, tolerance in found]


def _poorer_end(seed: int | None) -> list[float]:
    """The commonest bound of the single runs that miss the best one, with the notebook's rtol. Empty if none misses it.

    There are other poorer bounds. But functions with another mistake end near them too, so they prove nothing.
    """
    best, losses = _public_fit(seed)[0], _single_runs(seed)[0]
    poorer = losses[np.isfinite(losses) & (best - losses > 0.005 * abs(best))]
    company = (np.abs(poorer[:, None] - poorer) <= 1e-3 * abs(best)).sum(axis=1)
    return [float(poorer[np.argmax(company)])] if poorer.size else []


@functools.lru_cache(maxsize=2)
def _single_runs(seed: int | None) -> tuple[Array, Array, Array, Array]:
    """Single runs on the public samples: bound, pi, mu, sigma. There are more of them for the common samples."""
    points, rng = _public(seed).X, np.random.default_rng(0)
    runs = 200 if seed is None else 8
    starts = np.stack([points[rng.choice(len(points), 3, replace=False)] for _ in range(runs)])
    return solution.run_all(points, starts, rtol=1e-3, max_iter=100)


@functools.lru_cache(maxsize=2)
def _public_fit(seed: int | None = None) -> tuple[float, Array, Array, Array]:
    """The best bound on the public samples, and its parameters.

    Of 60 starts on the common samples, about 40 lead there. On a student's samples, one run starts from the clusters
    that the samples were drawn from. 8 other runs end at rtol = 1e-3, and each of them leads there more often than not.
    The best of these is then followed to its end.
    """
    if seed is None:
        return solution.train_EM(X, 3, rtol=1e-9, max_iter=1000, restarts=60, seed=0)
    points = _public(seed).X
    drawn = _followed(points, _from_the_clusters(points, seed))
    losses, pi, mu, sigma = _single_runs(seed)
    best = int(np.argmax(losses))
    return _followed(points, (pi[best], mu[best], sigma[best])) if losses[best] > drawn[0] else drawn


def _from_the_clusters(points: Array, seed: int) -> tuple[Array, Array, Array]:
    """The parameters of the clusters that a student's samples were drawn from."""
    order = np.random.default_rng([seed, 0]).permutation(len(points))
    label = np.repeat(np.arange(len(SIZES)), SIZES)[order]
    return solution.M_step(points, np.eye(len(SIZES))[label])


def _followed(points: Array, theta: tuple[Array, Array, Array]) -> tuple[float, Array, Array, Array]:
    """EM from these parameters to its end."""
    before, loss = -np.inf, -1e300
    while loss - before > 1e-7 * abs(loss):  # a smaller difference does not matter
        for _ in range(5):  # the bound costs as much as a step, so it is computed only now and then
            gamma = solution.E_step(points, *theta)
            theta = solution.M_step(points, gamma)
        before, loss = loss, float(solution.compute_vlb(points, *theta, gamma))
    return (loss, *theta)


def public_scale(value: str, expected: Array, seed: int | None = None) -> float:
    """The unit for a deviation of `value`: for mu the spread of the data, otherwise the largest absolute value."""
    return float(_public(seed).X.std()) if value == "mu" else float(np.abs(expected).max())


def _sizes(N: int, d: int, C: int) -> str:
    return f"N = {N}, d = {d}, C = {C}"


def ordinary(seed: int | None = None) -> list[Case]:
    """Other samples, as large as those that the student knows."""
    return [Case("other samples of the same size", mixture(number, 280, 2, 3, seed)) for number in (1, 7)]


def any_shape(seed: int | None = None, fewest: int = 1) -> list[Case]:
    """Other numbers of points, dimensions and components: from `fewest` points, one dimension, one component upward."""
    sizes = [(400, 3, 2), (fewest, 2, 3), (30, 1, 4), (50, 2, 1), (60, 6, 5), (7, 4, 7), (2000, 2, 2)]
    return [Case(_sizes(*size), mixture(3, *size, seed)) for size in sizes]


def in_other_units(seed: int | None = None) -> list[Case]:
    """Data of tiny and of huge scale, and data far from the origin."""
    p = mixture(4, 90, 2, 3, seed)
    return [
        Case("data a thousand times smaller", moved(p, 1e-3, 0.0)),
        Case("data a thousand times larger", moved(p, 1e3, 0.0)),
        Case("data far from the origin", moved(p, 1.0, 200.0)),
    ]


def far_points(seed: int | None = None) -> list[Case]:
    """A few points 40 to 60 standard deviations from every component, where every density underflows."""
    p = mixture(5, 12, 2, 3, seed)
    away = np.array([[-150.0, 40.0], [60.0, -130.0], [110.0, 120.0]])
    p["X"] = np.concatenate([p["X"][:9], away])
    p["gamma"] = solution.E_step(p["X"], p["pi"], p["mu"], p["sigma"])
    return [Case("points more than 40 standard deviations away from every component", p)]


def hard_assignments(seed: int | None = None) -> list[Case]:
    """Responsibilities of exactly zero and one."""
    p = mixture(6, 40, 2, 3, seed)
    p["gamma"] = np.eye(3)[np.arange(40) % 3]
    return [Case("responsibilities of exactly 0 and 1", p)]


def further() -> list[tuple[str, tuple[Any, ...]]]:
    """Calls beyond the hidden cases. If a mutant passes all checks, they show whether it still gives a wrong answer."""
    calls: list[tuple[str, tuple[Any, ...]]] = []
    sizes = [(300, 2, 3), (1, 1, 1), (25, 4, 2), (900, 1, 3), (40, 3, 6)]
    problems = [mixture(20 + i, *size) for i, size in enumerate(sizes)]
    problems += [moved(problems[0], 1e-4, 3.0), moved(problems[0], 1e4, -50.0)]
    for p in problems:
        theta = (p["X"], p["pi"], p["mu"], p["sigma"])
        calls += [("E_step", theta), ("M_step", (p["X"], p["gamma"])), ("compute_vlb", (*theta, p["gamma"]))]
    calls += _at_the_edge(problems[0])
    for seed in range(4):
        ridges = stretched(clouds(30 + seed, (50, 40, 30)), CROSSING)
        calls.append(("train_EM", (ridges, 3, 1e-6, 200, 10, seed)))
        calls.append(("train_EM", (mixture(40 + seed, 70, 3, 2)["X"], 2, 1e-3, 100, 4, seed)))
    return calls


def _at_the_edge(p: dict[str, Any]) -> list[tuple[str, tuple[Any, ...]]]:
    """A weight of zero, an empty component, a singular covariance, more components than points, total collapse."""
    X, mu, sigma = p["X"], p["mu"], p["sigma"]
    unused, empty = np.array([0.0, 0.3, 0.7]), p["gamma"] * [0.0, 1.0, 1.0]
    empty = empty / empty.sum(axis=1, keepdims=True)
    flat = sigma.copy()
    flat[1] = np.ones((2, 2))
    calls = []
    for theta in ((X, unused, mu, sigma), (X, p["pi"], mu, flat)):
        calls += [("E_step", theta), ("compute_vlb", (*theta, p["gamma"])), ("compute_vlb", (*theta, empty))]
    calls += [("M_step", (X, empty)), ("train_EM", (X[:2], 3, 1e-3, 10, 4, 0))]
    return [*calls, ("train_EM", (np.repeat(X[:2], 10, axis=0), 2, 1e-3, 10, 4, 0))]
