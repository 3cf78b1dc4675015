"""Hidden training problems: the data that train_EM has to fit.

Each student gets the common data, turned or in other units. So they are equally hard for all students.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from autograder.assignment import Case
from reference.em_gmm import solution
from reference.em_gmm.clusters import CROSSING, Layout, clouds, mixture, stretched, turned
from reference.em_gmm.solution import Array

# With so few restarts, right code sometimes misses the best optimum of one of these sets. Then it gets a second look;
# see `luck` in calibration.json. Many restarts for all students would take twice as long as the rest of grading.
_RESTARTS, _RESTARTS_AGAIN = 5, 16
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
    """The same data, for the check that demands the best optimum. If code misses one, it gets turned data as well."""
    second_look = tuple(
        _ridges(i, _turned_again(_ridge(i), seed, turning), _RESTARTS_AGAIN)
        for turning in (3, 4)
        for i in range(len(_RIDGES))
    )
    return [replace(case, second_look=second_look) for case in crossing_ridges(seed)]


def single_and_several(seed: int | None = None) -> list[Case]:
    """Pairs of the same data with one restart and with several: the sets above first, then turned sets."""

    def pairs(data: list[Array], restarts: int) -> tuple[tuple[Case, Case], ...]:
        return tuple(
            (_ridges(i % len(_RIDGES), X, 1), _ridges(i % len(_RIDGES), X, restarts)) for i, X in enumerate(data)
        )

    def again(*turnings: int) -> list[Array]:
        return [_turned_again(_ridge(i), seed, turning) for turning in turnings for i in range(len(_RIDGES))]

    # One restart more than above, so that another run is the last one.
    first = pairs([case.X for case in crossing_ridges(seed)], _RESTARTS + 1)
    second_look = Case("more restarts", dict(pairs=pairs(again(8, 9, 10), 24)))
    inputs = dict(pairs=first + pairs(again(5, 6, 7), 10))
    return [Case("data on which a single run may end in a poorer optimum", inputs, second_look=(second_look,))]


def _turned_again(points: Array, seed: int | None, turning: int) -> Array:
    """Data turned by another angle than the first data."""
    return turned(points, 0 if seed is None else seed, turning)


def _ridges(i: int, X: Array, restarts: int) -> Case:
    best, single = _best(i), _single(_ridge(i))
    # Of 16,200 single runs, all but one ended above this.
    floor = single + 0.1 * (best - single)
    name = f"data with several local optima, {restarts} restarts"
    return Case(name, dict(X=X, best=best, floor=floor, C=2, d=2, rtol=1e-5, max_iter=100, restarts=restarts))


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


def slow(seed: int | None = None) -> list[Case]:
    """Data on which EM needs many iterations. If code stops too early, it is still far from the optimum."""
    # All of 570 right runs, from nine ways to start, ended 15 or more above a single Gaussian, the best ones 46 above.
    inputs = dict(floor=_single(_slow()) + 5.0, C=3, d=2, rtol=1e-5, max_iter=300)
    again = Case("more restarts", inputs | dict(X=_turned_again(_slow(), seed, 3), restarts=3))
    common = inputs | dict(X=turned(_slow(), seed), restarts=1)
    return [Case("data on which EM is slow", common, second_look=(again,))]


def _slow() -> Array:
    return stretched(clouds(9, (45, 40, 35)), CROSSING)


def _run(X: Array, rtol: float, max_iter: int) -> Case:
    """A single run that `rtol` or `max_iter` ends long before its optimum."""
    inputs = dict(X=X, C=3, d=2, rtol=rtol, max_iter=max_iter, restarts=1)
    return Case(f"restarts = 1, max_iter = {max_iter} and rtol = {rtol:g}", inputs)


def single_run(rtol: float, max_iter: int) -> Case:
    """The same on everybody's data."""
    return _run(_slow(), rtol, max_iter)


# Values of rtol. Each relative change of the bound is above the first and below the second. Each change is below the
# third even in nats.
NEVER, SOON, _AT_ONCE = 1e-9, 0.5, 50.0


def counted(seed: int | None = None) -> list[Case]:
    """A run of one iteration, and with it a run of three."""

    def at(X: Array) -> Case:
        one, three = (_run(X, NEVER, iterations) for iterations in (1, 3))
        return Case(one.name, {**one.inputs, "three": three, "ridges": crossing_ridges(seed)[0]})

    return _looked_at_twice(at, seed)


def settling(seed: int | None = None) -> list[Case]:
    """Runs that may end at once, because every change of the bound is within rtol. With them come three other runs.

    One of them has three iterations. The other two have one iteration and differ only in rtol, which a single
    iteration does not use. So they show whether two runs have the same start.
    """

    def at(X: Array) -> Case:
        soon, at_once, three = _run(X, SOON, 300), _run(X, _AT_ONCE, 300), _run(X, NEVER, 3)
        ones = (_run(X, NEVER, 1), _run(X, _AT_ONCE, 1))
        others = {"at_once": at_once, "three": three, "ones": ones, "ridges": crossing_ridges(seed)[0]}
        return Case(soon.name, {**soon.inputs, **others})

    return _looked_at_twice(at, seed)


def _looked_at_twice(at: Callable[[Array], Case], seed: int | None) -> list[Case]:
    """Runs on the slow data. Right code loses a component there once in a thousand runs. Then it gets other data."""
    again = at(_turned_again(_slow(), seed, 4))
    return [replace(at(turned(_slow(), seed)), second_look=(again,))]


def collapsing(seed: int | None = None) -> list[Case]:
    """Few points for many components. From any usual start, a quarter to a half of the runs collapse onto the pair."""
    X = np.concatenate([np.random.default_rng(15).normal(size=(15, 2)), np.full((2, 2), [0.4, -0.6])])
    # All of 360 right runs, from nine ways to start, ended 10 or more above a single Gaussian.
    inputs = dict(floor=_single(X) + 5.0, C=3, d=2, rtol=1e-3, max_iter=30, ridges=crossing_ridges(seed)[0])
    # If all restarts of right code collapse, the check asks again with more restarts.
    again = Case("more restarts", inputs | dict(X=_turned_again(X, seed, 3), restarts=24))
    common = inputs | dict(X=turned(X, seed), restarts=7)
    return [Case("data on which components collapse", common, second_look=(again,))]
