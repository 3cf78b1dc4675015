"""Hidden training problems: the data that train_EM has to fit.

Each student gets the common data, turned or in other units. So they are equally hard for all students.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.assignment import Case
from reference.em_gmm import solution
from reference.em_gmm.clusters import CROSSING, Layout, clouds, mixture, stretched, turned
from reference.em_gmm.solution import Array

# With so few restarts, right code sometimes misses the best optimum of one of these sets. Then it gets a second look;
# see `luck` in calibration.json. Many restarts for all students would take twice as long as the rest of grading.
_RESTARTS, _RESTARTS_AGAIN = 6, 16
# Seed, sizes and layout. A search found these sets: training on them is cheap, and a single run often misses the best
# optimum. For each of nine ways to start, half or more of the single runs find it, in ten iterations. The next optimum
# lies 4 % below or more. Of 600 runs for each way on each set, one in 500 collapses.
_RIDGES = (
    (83, (18, 15), Layout(((0.0, 0.0), (1.21, 2.38)), (1.29, 0.25), 0.93, 0.064)),
    (70, (19, 22), Layout(((0.0, 0.0), (1.91, -0.02)), (1.71, 0.52), 1.06, 0.02)),
    (24, (20, 19), Layout(((0.0, 0.0), (-0.38, 2.43)), (0.21, 2.05), 2.14, 0.079)),
)


def crossing_ridges(seed: int | None = None) -> list[Case]:
    """Data with several local optima that lie at least 4 % below the best one."""
    return [_ridges(i, turned(_ridge(i), seed), _RESTARTS) for i in range(len(_RIDGES))]


def the_best_of_several(seed: int | None = None) -> list[Case]:
    """The same data and six turned sets. If code misses the best optimum of one, it is asked about nine others as well.

    Two of three single runs find the best optimum of a set. So code that keeps any run finds all nine in one of forty
    attempts.
    """
    second_look = tuple(_turned_ridges(seed, (3, 4, 7), _RESTARTS_AGAIN))
    first_look = crossing_ridges(seed) + _turned_ridges(seed, (5, 6), _RESTARTS)
    return [replace(case, second_look=second_look) for case in first_look]


def single_and_several(seed: int | None = None) -> list[Case]:
    """The same nine sets, each with one restart and with several."""
    pairs = [(case.single, case) for case in the_best_of_several(seed)]
    return [Case("data with several local optima", dict(pairs=pairs))]


def _turned_ridges(seed: int | None, turnings: tuple[int, ...], restarts: int) -> list[Case]:
    return [
        _ridges(i, _turned_again(_ridge(i), seed, turning), restarts)
        for turning in turnings
        for i in range(len(_RIDGES))
    ]


def to_compare(seed: int | None = None) -> list[Case]:
    """Data of which the bound of the returned parameters is computed. No other call of training is needed for it."""
    return crossing_ridges(seed) + slow(seed)


def _turned_again(points: Array, seed: int | None, turning: int) -> Array:
    """Data turned by another angle than the first data."""
    return turned(points, 0 if seed is None else seed, turning)


def _ridges(i: int, X: Array, restarts: int) -> Case:
    inputs: dict[str, Any] = dict(X=X, best=_best(i), C=2, d=2, rtol=1e-5, max_iter=100)
    single = Case("data with several local optima, 1 restart", inputs | dict(restarts=1))
    name = f"data with several local optima, {restarts} restarts"
    return Case(name, inputs | dict(restarts=restarts, single=single))


@functools.cache
def _ridge(i: int) -> Array:
    number, sizes, layout = _RIDGES[i]
    return stretched(clouds(number, sizes), layout)


@functools.cache
def _best(i: int) -> float:
    """The bound of the best optimum on ridges. Turning does not change it. Of 25 starts, 10 or more lead there."""
    return solution.train_EM(_ridge(i), 2, rtol=1e-8, max_iter=500, restarts=25, seed=0)[0]


def _single(X: Array) -> float:
    """The bound of one Gaussian for all points."""
    one = np.ones((len(X), 1))
    return float(solution.compute_vlb(X, *solution.M_step(X, one), one))


def other_mixtures(seed: int | None = None) -> list[Case]:
    """Small training problems with other numbers of components and dimensions, one of them on a small scale."""
    rng = None if seed is None else np.random.default_rng([seed, 11])
    found = []
    for N, d, C, unit in [(80, 3, 2, 1.0), (90, 1, 4, 1.0), (60, 2, 1, 0.01)]:
        X = unit * mixture(8, N, d, C)["X"]
        # A student gets the common data in other units: on new draws, all restarts of right code may collapse.
        if rng is not None:
            X = rng.permutation(np.exp(rng.uniform(-0.2, 0.2)) * X + unit * rng.uniform(-1, 1, d))
        name = f"training with C = {C} in d = {d}" + (", data a hundred times smaller" if unit < 1 else "")
        restarts = 3 if C > 1 else 1  # with one component, all restarts end in the same place
        found.append(Case(name, dict(X=X, C=C, d=d, rtol=1e-3, max_iter=30, restarts=restarts)))
    return found


def large(seed: int | None = None) -> list[Case]:
    """Many points with large values: their bound lies below -100,000, which is no number for minus infinity.

    Two iterations on them take as long as ten on the notebook's points.
    """
    X = turned(1000 * mixture(21, 6000, 2, 3)["X"], seed)
    return [Case("6000 points whose bound lies below -100,000", dict(X=X, C=3, d=2, rtol=1e-3, max_iter=2, restarts=1))]


def slow(seed: int | None = None) -> list[Case]:
    """Data on which EM needs many iterations. If code stops too early, it is still far from the optimum."""
    return [replace(_slowly(turned(_slow(), seed), 1), second_look=(_slowly(_turned_again(_slow(), seed, 3), 3),))]


def _slowly(X: Array, restarts: int) -> Case:
    # All of 570 right runs, from nine ways to start, ended 15 or more above a single Gaussian, the best ones 46 above.
    inputs = dict(X=X, floor=_single(_slow()) + 5.0, C=3, d=2, rtol=1e-5, max_iter=300, restarts=restarts)
    steps = {"one": _run(X, NEVER, 1), "three": _run(X, NEVER, 3)}
    return Case("data on which EM is slow" if restarts == 1 else "more restarts", inputs | steps)


def _slow() -> Array:
    return stretched(clouds(9, (45, 40, 35)), CROSSING)


def _run(X: Array, rtol: float, max_iter: int) -> Case:
    """A single run that `rtol` or `max_iter` ends long before its optimum."""
    inputs = dict(X=X, C=3, d=2, rtol=rtol, max_iter=max_iter, restarts=1)
    return Case(f"restarts = 1, max_iter = {max_iter} and rtol = {rtol:g}", inputs)


def single_run(rtol: float, max_iter: int) -> Case:
    """The same on everybody's data."""
    return _run(_slow(), rtol, max_iter)


# Values of rtol. Each relative change of the bound is above the first and below the third. Each change is below the
# fourth even in nats. With the second, a run ends near its optimum.
NEVER, _LATE, SOON, _AT_ONCE = 1e-9, 1e-5, 0.5, 50.0


def counted(seed: int | None = None) -> list[Case]:
    """A run of one iteration, and with it a run of three."""

    def at(X: Array) -> Case:
        one, three = (_run(X, NEVER, iterations) for iterations in (1, 3))
        return Case(one.name, {**one.inputs, "three": three})

    return _looked_at_twice(at, seed)


def settling(seed: int | None = None) -> list[Case]:
    """Runs that may end at once, because every change of the bound is within rtol. With them come four other runs.

    One of them is long and may not end before the bound changes little. One has three iterations. The other two have
    one iteration and differ only in rtol, which a single iteration does not use. So they show whether two runs have
    the same start.
    """

    def at(X: Array) -> Case:
        soon, at_once, three, long = (
            _run(X, rtol, iterations) for rtol, iterations in ((SOON, 300), (_AT_ONCE, 300), (NEVER, 3), (_LATE, 300))
        )
        ones = (_run(X, NEVER, 1), _run(X, _AT_ONCE, 1))
        return Case(soon.name, {**soon.inputs, "at_once": at_once, "three": three, "ones": ones, "long": long})

    return _looked_at_twice(at, seed)


def _looked_at_twice(at: Callable[[Array], Case], seed: int | None) -> list[Case]:
    """Runs on the slow data. Right code loses a component there once in a thousand runs. Then it gets other data."""
    again = at(_turned_again(_slow(), seed, 4))
    return [replace(at(turned(_slow(), seed)), second_look=(again,))]


# Seed, numbers of single and of equal points, and where the equal points lie. Eight weights of 1/8 sum up exactly, so
# the covariance of the equal points is exactly zero. From ten ways to start, 12 to 36 of 60 single runs collapse onto
# them, but k-means does so only once on the first set. In all other runs, each component kept 5e-4 of the data's
# variance or more. So code that keeps what a collapse left behind is found out on one of ten sets.
_EQUAL = ((5, 30, 8, (2.7, 1.35)), (2, 40, 8, (2.0, 1.0)))


def collapsing(seed: int | None = None) -> list[Case]:
    """Data on which about half of the runs collapse. If all restarts of right code collapse, it gets more of them."""

    def at(turning: int, restarts: int) -> Case:
        number, singles, equals, place = _EQUAL[turning % 2]
        points = np.random.default_rng(number).normal(size=(singles, 2))
        X = _turned_again(np.concatenate([points, np.full((equals, 2), place)]), seed, turning)
        X = np.round(X * 2**20) / 2**20  # so that the mean of equal points is exact, and their covariance exactly zero
        inputs = dict(X=X, C=2, d=2, rtol=1e-3, max_iter=100, restarts=restarts)
        return Case(f"data on which components collapse, {restarts} restarts", inputs)

    second_look = tuple(at(turning, 32) for turning in (18, 19, 20, 21, 22))
    return [replace(at(turning, 8), second_look=second_look) for turning in (12, 13, 14, 15, 16)]
