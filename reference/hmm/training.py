"""Hidden training problems: the sequences that baum_welch and the class have to fit.

Each student gets the common sequences with other names of the symbols. So they are equally hard for all students.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.assignment import Case
from reference.hmm import solution
from reference.hmm.cases import starts
from reference.hmm.models import drawn, renamed, two_habits
from reference.hmm.solution import Array

RTOL, ITERATIONS = 1e-6, 60
# With so few restarts, right code sometimes misses the best optimum of one of these sequences. Then it gets a second
# look; see `luck` in calibration.json.
_RESTARTS, _RESTARTS_AGAIN = 10, 40
# Number, length, and the probabilities of a change and of a slip. A search found these sequences. For each of seven
# ways to start, a quarter or more of the single runs find the best optimum, and the next one lies 17 % below or more.
# States that start with a tendency to stay always find it.
_HABITS = ((1, 30, 0.05, 0.2), (12, 30, 0.05, 0.2), (6, 40, 0.04, 0.25), (13, 40, 0.05, 0.2))
NEVER, AT_ONCE = 1e-12, 1e9  # values of rtol: below each change of a young run, and above each change


def two_optima(seed: int | None = None, turning: int = 0) -> list[Case]:
    """Sequences with two clear optima."""
    return [_habits(i, seed, turning, _RESTARTS) for i in range(len(_HABITS))]


def the_best_of_several(seed: int | None = None) -> list[Case]:
    """The same. If code misses the best optimum of one, it is asked about the sequences in another form as well."""
    second_look = tuple(_habits(i, seed, 1, _RESTARTS_AGAIN) for i in range(len(_HABITS)))
    return [replace(case, second_look=second_look) for case in two_optima(seed)]


def single_and_several(seed: int | None = None) -> list[Case]:
    """Each sequence, in three forms, with one restart and with several."""
    pairs = [(case.single, case) for turning in (0, 2, 3) for case in two_optima(seed, turning)]
    return [Case("sequences with several local maxima", dict(pairs=pairs))]


def _habits(i: int, seed: int | None, turning: int, restarts: int) -> Case:
    inputs: dict[str, Any] = dict(
        obs=renamed(_sequence(i), 4, seed, turning), K=2, M=4, rtol=RTOL, max_iter=ITERATIONS, best=_best(i)
    )
    single = Case("a sequence with several local maxima, 1 restart", inputs | dict(restarts=1))
    name = f"a sequence with several local maxima, {restarts} restarts"
    return Case(name, inputs | dict(restarts=restarts, single=single))


@functools.cache
def _sequence(i: int) -> Array:
    return two_habits(*_HABITS[i])


@functools.cache
def _best(i: int) -> float:
    """The log-likelihood of the best optimum. Other names of the symbols do not change it."""
    return float(solution.run_all(_sequence(i), *starts(40, 2, 4), 1e-8, 300)[0].max())


def _run(obs: Array, K: int, M: int, **options: Any) -> Case:
    """A case that is trained with these options. Its name says them."""
    given = dict(rtol=1e-4, max_iter=300, restarts=1) | options
    name = f"K = {K}, M = {M}, T = {len(obs)}, restarts = {given['restarts']}, max_iter = {given['max_iter']}"
    return Case(f"{name}, rtol = {given['rtol']:g}", dict(obs=obs, K=K, M=M, **given))


def _drawn(number: int, K: int, M: int, length: int, seed: int | None) -> Array:
    """The common sequence with other names of the symbols. The last symbol does not occur."""
    return renamed(drawn(number, K, M - 1, length)["obs"], M - 1, seed)


def to_the_end(seed: int | None = None) -> list[Case]:
    """Runs that end by rtol long before max_iter."""
    return [_run(_drawn(number, 2, 5, 60, seed), 2, 5, restarts=2) for number in (21, 22)]


def other_sizes(seed: int | None = None) -> list[Case]:
    """Other numbers of states, symbols and times. The last symbol does not occur."""
    sizes = [(1, 3, 12), (3, 4, 30), (4, 7, 40), (2, 2, 2)]
    return [_run(_drawn(23, *size, seed), size[0], size[1], max_iter=10) for size in sizes]


def steps(seed: int | None = None) -> list[Case]:
    """Runs of one iteration. With each comes the same with another rtol, which one iteration does not use, and a longer
    one."""
    found = []
    for number, K, M, length, restarts in ((24, 2, 6, 30, 1), (25, 3, 5, 40, 1)):
        obs = _drawn(number, K, M, length, seed)
        one, again, two = (
            _run(obs, K, M, rtol=rtol, max_iter=iterations, restarts=restarts)
            for rtol, iterations in ((NEVER, 1), (NEVER / 10, 1), (NEVER, 2))
        )
        found.append(Case(two.name, {**two.inputs, "one": one, "again": again}))
    return found


def ends(seed: int | None = None) -> list[Case]:
    """Runs that max_iter or rtol ends after one iteration, by either or by both, and one of three iterations."""
    obs = _drawn(26, 2, 6, 40, seed)
    by_both, by_limit, by_tolerance, three = (
        _run(obs, 2, 6, rtol=rtol, max_iter=iterations)
        for rtol, iterations in ((AT_ONCE, 1), (NEVER, 1), (AT_ONCE, 50), (NEVER, 3))
    )
    return [Case(by_limit.name, dict(by_both=by_both, by_limit=by_limit, by_tolerance=by_tolerance, three=three))]


def long(seed: int | None = None) -> list[Case]:
    """A sequence whose probability is too small for a float."""
    return [_run(_drawn(27, 2, 6, 700, seed), 2, 6, max_iter=2)]


# ---------------------------------------------------------------- for the class


def objects(seed: int | None = None) -> list[Case]:
    """Sequences to fit, with others to score and to decode, one of which is impossible after training."""
    found = []
    for i, turning in ((0, 4), (2, 5), (3, 6)):
        case = _habits(i, seed, turning, _RESTARTS)
        rng = np.random.default_rng(i)
        others = (case.obs[5:20], rng.integers(0, 4, 12), rng.integers(0, 4, 40), case.obs[:1])
        # Symbol 4 does not occur in training, so its probability is zero.
        unseen = np.array([0, 1, 4, 1])
        inputs = dict(obs=case.obs, K=2, M=5, best=case.best, others=others, unseen=unseen)
        found.append(Case("a model with K = 2 and M = 5", inputs))
    return found


def objects_to_train(seed: int | None = None) -> list[Case]:
    """The same. If right code misses the best optimum, which happens seldom, it gets the sequences in another form."""
    first = objects(seed)
    second_look = tuple(
        Case(case.name, {**case.inputs, "obs": renamed(case.obs, 4, seed, 7 + i)}) for i, case in enumerate(first)
    )
    return [replace(case, second_look=second_look) for case in first]


def two_fits(seed: int | None = None) -> list[Case]:
    """Two sequences for two fits of one model. It has three states, as no default has."""
    return [_pair(28, seed)]


def two_models(seed: int | None = None) -> list[Case]:
    """Two sequences for two models."""
    return [_pair(32, seed)]


def _pair(number: int, seed: int | None) -> Case:
    first, second = _drawn(number, 3, 4, 20, seed), _drawn(number + 1, 3, 4, 15, seed)
    return Case("K = 3 and M = 4", dict(first=first, second=second, K=3, M=4))
