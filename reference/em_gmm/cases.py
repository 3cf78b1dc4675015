"""Problems for the assignment: the public samples with their starting values, and the hidden cases.

Everything is made from fixed seeds, so the same code gives the same bytes. With a `seed`, the samples and the hidden
cases are those of one student: as large and as hard as everybody's, with other numbers in them.
Shapes: X (N, d), pi (C,), mu (C, d), sigma (C, d, d), gamma (N, C).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from autograder.checks import Case, Function
from reference.em_gmm import solution

Array = NDArray[np.float64]
FUNCTIONS = ("E_step", "M_step", "compute_vlb", "train_EM")


SIZES = (100, 100, 80)
_REDRAWN = 0.3  # radians between the common clusters, as vectors, and a student's: each point moves by about a third
# of its cluster's width, which makes other numbers of all, and other hilltops of none
_UNITS = np.log(1.25)
# Right code misses one of these sets with so few restarts now and then, and then it gets a second look; see `luck` in
# calibration.json. As many restarts for all, which hardly anybody needs, would cost twice the rest of grading.
_RESTARTS, _RESTARTS_AGAIN = 5, 16


class _Layout(NamedTuple):
    """Where long, thin clusters that cross or touch lie: EM often settles on a cut across instead of along them."""

    means: tuple[tuple[float, float], ...]
    angles: tuple[float, ...]  # of each cluster, in radians
    length: float  # variance along a cluster
    width: float  # and across it


_SAMPLES = _Layout(((0.0, 0.0), (0.3, 0.2), (1.0, 0.0)), (0.8, -0.8, 0.0), 6.0, 0.15)
# Seed, sizes and layout, found by a search for what is cheap to train on and hard to train once: from each of nine ways
# to start half or more of the single runs find the best optimum, in ten iterations, and the next one lies 4 % below or
# more. Of 600 runs from each way on each set one in 500 collapses.
_RIDGES = (
    (83, (18, 15), _Layout(((0.0, 0.0), (1.21, 2.38)), (1.29, 0.25), 0.93, 0.064)),
    (70, (19, 22), _Layout(((0.0, 0.0), (1.91, -0.02)), (1.71, 0.52), 1.06, 0.02)),
    (24, (20, 19), _Layout(((0.0, 0.0), (-0.38, 2.43)), (0.21, 2.05), 2.14, 0.079)),
)


def _clouds(number: int, sizes: tuple[int, ...]) -> list[Array]:
    """Round clouds of so many points."""
    rng = np.random.default_rng(number)
    return [rng.standard_normal((size, 2)) for size in sizes]


def _stretched(clouds: list[Array], layout: _Layout) -> Array:
    clusters = []
    for z, mean, angle in zip(clouds, np.array(layout.means), layout.angles, strict=True):
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        clusters.append(z * np.sqrt([layout.length, layout.width]) @ turn + mean)
    return np.concatenate(clusters)


def _turned(points: Array, seed: int | None, turning: int = 2) -> Array:
    """The points as a student gets them: turned by some angle, perhaps mirrored, in another order.

    EM from a start that does not look at the axes climbs the same hills, so training is as hard for all.
    """
    if seed is None:
        return points
    rng = np.random.default_rng([seed, turning])
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return rng.permutation(points @ turn * [1.0, rng.choice([-1.0, 1.0])])


def _redrawn(z: Array, rng: np.random.Generator) -> Array:
    """Another cloud of the same mean and covariance, each of its points near one of z (N, d).

    What makes training easy or hard stays: where the clusters lie to each other, and about how many points lie where.
    """
    other = np.cos(_REDRAWN) * z + np.sin(_REDRAWN) * rng.standard_normal(z.shape)
    other = other - other.mean(axis=0)
    had, has = (np.linalg.cholesky(np.cov(cloud, rowvar=False, bias=True)) for cloud in (z, other))
    return np.linalg.solve(has, other.T).T @ had.T + z.mean(axis=0)


def samples(seed: int | None = None) -> dict[str, Array]:
    """The public samples and starting values under their names in samples.npz; with a `seed`, one student's samples."""
    return {name: array.copy() for name, array in _samples(seed).items()}


@functools.lru_cache(maxsize=2)
def _samples(seed: int | None) -> dict[str, Array]:
    clouds = _clouds(7, SIZES)
    order = np.random.default_rng(0 if seed is None else [seed, 0])
    if seed is not None:
        rng = np.random.default_rng([seed, 1])
        clouds = [_redrawn(z, rng) for z in clouds]
    # In units of their own too, or all bounds would lie within 2 % of each other.
    unit = 1.0 if seed is None else np.exp(rng.uniform(-_UNITS, _UNITS))
    data = unit * _stretched(clouds, _SAMPLES)
    return {
        "data": data[order.permutation(len(data))],
        "pi0": np.array([0.4, 0.25, 0.35]),
        "mu0": np.array([[-1.0, -1.0], [1.2, -0.8], [1.5, 0.6]]),
        "sigma0": np.array([[[2.0, 0.7], [0.7, 1.5]], [[1.5, -0.5], [-0.5, 2.0]], [[2.5, 0.2], [0.2, 1.0]]]),
    }


# The notebook's own names: a solution that wrongly reads the notebook's globals finds them here too.
X, pi0, mu0, sigma0 = samples().values()
for _array in (X, pi0, mu0, sigma0):
    _array.setflags(write=False)  # so that a solution which writes into its arguments spoils nothing for the next


def public_answer(value: str, functions: Mapping[str, Function], seed: int | None = None) -> Array:
    """What the notebook's test cell submits as `value`, when `functions` replace the reference's.

    Each value is computed from right inputs, so that one wrong function shows in its own answer alone.
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
    """The samples, and what one right E-step and M-step make of them."""

    X: Array
    gamma: Array
    theta: tuple[Array, Array, Array]


@functools.lru_cache(maxsize=2)
def _public(seed: int | None) -> _Public:
    points = X if seed is None else samples(seed)["data"]
    gamma = solution.E_step(points, pi0, mu0, sigma0)
    return _Public(points, gamma, solution.M_step(points, gamma))


def public_mistakes(value: str, seed: int | None = None) -> list[dict[str, Any]]:
    """What known mistakes make of a value that right code gives at random: name, answer, and how near counts.

    The names are those of misconceptions, which have the sentences.
    """
    if value != "best_loss":
        return []
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
    """The bound that most single runs which miss the best one end at, with the notebook's rtol, if one misses it.

    There are others, but functions with a mistake end among them too: a number there says nothing for certain.
    """
    best, losses = _public_fit(seed)[0], _single_runs(seed)[0]
    poorer = losses[np.isfinite(losses) & (best - losses > 0.005 * abs(best))]
    company = (np.abs(poorer[:, None] - poorer) <= 1e-3 * abs(best)).sum(axis=1)
    return [float(poorer[np.argmax(company)])] if poorer.size else []


@functools.lru_cache(maxsize=2)
def _single_runs(seed: int | None) -> tuple[Array, Array, Array, Array]:
    """Single runs on the public samples, as many for everybody's as a build can wait for: bound, pi, mu, sigma."""
    points, rng = _public(seed).X, np.random.default_rng(0)
    runs = 200 if seed is None else 8
    starts = np.stack([points[rng.choice(len(points), 3, replace=False)] for _ in range(runs)])
    return solution.run_all(points, starts, rtol=1e-3, max_iter=100)


@functools.lru_cache(maxsize=2)
def _public_fit(seed: int | None = None) -> tuple[float, Array, Array, Array]:
    """The best bound on the public samples and where it lies.

    Of 60 starts on everybody's samples about 40 lead there. On a student's, one starts where the clusters were drawn,
    and of 8 others that end at rtol = 1e-3 each leads there more often than not; the best one is then followed on.
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
    while loss - before > 1e-7 * abs(loss):  # nobody sees a difference so small
        for _ in range(5):  # the bound is asked for now and then: it costs as much as the steps
            gamma = solution.E_step(points, *theta)
            theta = solution.M_step(points, gamma)
        before, loss = loss, float(solution.compute_vlb(points, *theta, gamma))
    return (loss, *theta)


def public_scale(value: str, expected: Array, seed: int | None = None) -> float:
    """What a deviation of `value` is measured against: for mu the spread of the data, else its size."""
    return float(_public(seed).X.std()) if value == "mu" else float(np.abs(expected).max())


def _mixture(number: int, N: int, d: int, C: int, seed: int | None = None) -> dict[str, Any]:
    """N points from a mixture that overlaps, a gamma, and parameters that are not those of the points."""
    rng = np.random.default_rng([number, N, d, C, *([] if seed is None else [seed])])
    pi = rng.dirichlet(np.full(C, 5.0))
    mu = rng.normal(0.5, 1.5, (C, d))
    A = rng.normal(size=(C, d, d)) / np.sqrt(d)
    sigma = A @ np.swapaxes(A, 1, 2) + 0.4 * np.eye(d)
    label = rng.choice(C, N, p=pi)
    X = mu[label] + np.einsum("nij,nj->ni", np.linalg.cholesky(sigma)[label], rng.standard_normal((N, d)))
    gamma = rng.dirichlet(np.full(C, 0.8), N)
    return dict(X=X, pi=pi, mu=mu + rng.normal(0, 0.4, mu.shape), sigma=1.2 * sigma, gamma=gamma, N=N, d=d, C=C)


def _moved(p: dict[str, Any], scale: float, shift: float) -> dict[str, Any]:
    """The same problem in other units."""
    return p | {"X": shift + scale * p["X"], "mu": shift + scale * p["mu"], "sigma": scale**2 * p["sigma"]}


def _sizes(N: int, d: int, C: int) -> str:
    return f"N = {N}, d = {d}, C = {C}"


def ordinary(seed: int | None = None) -> list[Case]:
    """As large as the samples that the student knows, with other numbers in them."""
    return [Case("other samples of the same size", _mixture(number, 280, 2, 3, seed)) for number in (1, 7)]


def any_shape(seed: int | None = None) -> list[Case]:
    """Other numbers of points, dimensions and components, each from one upward."""
    sizes = [(400, 3, 2), (1, 2, 3), (30, 1, 4), (50, 2, 1), (60, 6, 5), (7, 4, 7), (2000, 2, 2)]
    return [Case(_sizes(*size), _mixture(3, *size, seed)) for size in sizes]


def in_other_units(seed: int | None = None) -> list[Case]:
    """Data of tiny and of huge scale, and data far from the origin."""
    p = _mixture(4, 90, 2, 3, seed)
    return [
        Case("data a thousand times smaller", _moved(p, 1e-3, 0.0)),
        Case("data a thousand times larger", _moved(p, 1e3, 0.0)),
        Case("data far from the origin", _moved(p, 1.0, 200.0)),
    ]


def far_points(seed: int | None = None) -> list[Case]:
    """A few points 40 to 60 standard deviations from every component, where every density underflows."""
    p = _mixture(5, 12, 2, 3, seed)
    away = np.array([[-150.0, 40.0], [60.0, -130.0], [110.0, 120.0]])
    p["X"] = np.concatenate([p["X"][:9], away])
    p["gamma"] = solution.E_step(p["X"], p["pi"], p["mu"], p["sigma"])
    return [Case("points more than 40 standard deviations away from every component", p)]


def hard_assignments(seed: int | None = None) -> list[Case]:
    """Responsibilities of exactly zero and one."""
    p = _mixture(6, 40, 2, 3, seed)
    p["gamma"] = np.eye(3)[np.arange(40) % 3]
    return [Case("responsibilities of exactly 0 and 1", p)]


def crossing_ridges(seed: int | None = None) -> list[Case]:
    """Data with several local optima that lie at least 4 % below the best one."""
    second_look = tuple(
        _ridges(i, _turned(_ridge(i), 0 if seed is None else seed, turning), _RESTARTS_AGAIN)
        for turning in (3, 4)
        for i in range(len(_RIDGES))
    )
    return [
        replace(_ridges(i, _turned(_ridge(i), seed), _RESTARTS), second_look=second_look) for i in range(len(_RIDGES))
    ]


def _ridges(i: int, X: Array, restarts: int) -> Case:
    best, single = _best(i), _single(_ridge(i))
    # Of 16,200 single runs all but one end further than this from a single Gaussian.
    floor = single + 0.1 * (best - single)
    name = f"data with several local optima, {restarts} restarts"
    return Case(name, dict(X=X, best=best, floor=floor, C=2, d=2, rtol=1e-5, max_iter=100, restarts=restarts))


@functools.cache
def _ridge(i: int) -> Array:
    number, sizes, layout = _RIDGES[i]
    return _stretched(_clouds(number, sizes), layout)


@functools.cache
def _best(i: int) -> float:
    """The bound of the best optimum on ridges, however they are turned; of 25 starts, 10 or more lead there."""
    return solution.train_EM(_ridge(i), 2, rtol=1e-8, max_iter=500, restarts=25, seed=0)[0]


def _single(X: Array) -> float:
    """The bound of one Gaussian for all points."""
    one = np.ones((len(X), 1))
    return float(solution.compute_vlb(X, *solution.M_step(X, one), one))


def other_mixtures(seed: int | None = None) -> list[Case]:
    """Small training problems with other numbers of components and dimensions, one of them on a small scale."""
    found = []
    for N, d, C, unit in [(80, 3, 2, 1.0), (90, 1, 4, 1.0), (60, 2, 1, 0.01)]:
        X = unit * _mixture(8, N, d, C, seed)["X"]
        name = f"training with C = {C} in d = {d}" + (", data a hundred times smaller" if unit < 1 else "")
        found.append(Case(name, dict(X=X, C=C, d=d, rtol=1e-3, max_iter=30, restarts=3)))
    return found


def slow(seed: int | None = None) -> list[Case]:
    """Data on which EM needs many iterations, so that who stops too early is still far from the optimum."""
    inputs = dict(X=_turned(_stretched(_clouds(9, (45, 40, 35)), _SAMPLES), seed), C=3, d=2)
    return [Case("data on which EM is slow", inputs | dict(rtol=1e-5, max_iter=300, restarts=2))]


def one_step(seed: int | None = None) -> list[Case]:
    """A single iteration of a single restart, where what is counted shows."""
    X = _turned(_stretched(_clouds(9, (45, 40, 35)), _SAMPLES), seed)
    inputs = dict(X=X, C=3, d=2, rtol=1e-9, max_iter=1, restarts=1, ridges=crossing_ridges(seed)[0])
    return [Case("restarts = 1 and max_iter = 1", inputs)]


def settling(seed: int | None = None) -> list[Case]:
    """A tolerance that every change of the bound meets, so that a run ends long before max_iter."""
    X = _turned(_stretched(_clouds(9, (45, 40, 35)), _SAMPLES), seed)
    inputs = dict(X=X, C=3, d=2, rtol=0.5, max_iter=300, restarts=1, ridges=crossing_ridges(seed)[0])
    return [Case("rtol = 0.5, which any change meets", inputs)]


def collapsing(seed: int | None = None) -> list[Case]:
    """Few points for many components: from any usual start, one run in four to two collapses onto the pair."""
    X = np.concatenate([np.random.default_rng(15).normal(size=(15, 2)), np.full((2, 2), [0.4, -0.6])])
    inputs = dict(C=3, d=2, rtol=1e-3, max_iter=30, ridges=crossing_ridges(seed)[0])
    # Where all the restarts of right code collapse, it is asked again with more of them.
    again = Case("more restarts", inputs | dict(X=_turned(X, 0 if seed is None else seed, 3), restarts=24))
    common = inputs | dict(X=_turned(X, seed), restarts=7)
    return [Case("data on which components collapse", common, second_look=(again,))]


def further() -> list[tuple[str, tuple[Any, ...]]]:
    """Calls beyond the hidden cases, for mutants that pass those: is an answer wrong that no check asks for?"""
    calls: list[tuple[str, tuple[Any, ...]]] = []
    sizes = [(300, 2, 3), (1, 1, 1), (25, 4, 2), (900, 1, 3), (40, 3, 6)]
    problems = [_mixture(20 + i, *size) for i, size in enumerate(sizes)]
    problems += [_moved(problems[0], 1e-4, 3.0), _moved(problems[0], 1e4, -50.0)]
    for p in problems:
        theta = (p["X"], p["pi"], p["mu"], p["sigma"])
        calls += [("E_step", theta), ("M_step", (p["X"], p["gamma"])), ("compute_vlb", (*theta, p["gamma"]))]
    calls += _at_the_edge(problems[0])
    for seed in range(4):
        ridges = _stretched(_clouds(30 + seed, (50, 40, 30)), _SAMPLES)
        calls.append(("train_EM", (ridges, 3, 1e-6, 200, 10, seed)))
        calls.append(("train_EM", (_mixture(40 + seed, 70, 3, 2)["X"], 2, 1e-3, 100, 4, seed)))
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
