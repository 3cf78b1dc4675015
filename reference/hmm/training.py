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

RTOL, ITERATIONS = 1e-4, 100
# With so few restarts, right code sometimes misses the best optimum of one of these sequences. Then it gets a second
# look; see `luck` in calibration.json.
_RESTARTS, _RESTARTS_AGAIN = 7, 18
# Number, length, and the probabilities of a change and of a slip. A search found these short sequences, with which
# slow code is quick. For each of six ways to start, 47 to 67 % of the single runs find the best optimum, and the next
# one lies 30 % below or more.
_HABITS = ((59, 12, 0.08, 0.2), (72, 12, 0.08, 0.1), (9, 12, 0.08, 0.2))
NEVER, AT_ONCE = 1e-12, 1e9  # values of rtol: below each change of a young run, and above each change


def the_best_of_several(seed: int | None = None) -> list[Case]:
    """Sequences with two clear optima, each also with its two habits exchanged and a symbol that does not occur.

    So no start is lucky in all of them merely because it is in one. If code misses the better optimum of one of the
    ten, it gets ten others as well. Code that keeps any run finds the better optimum of ten in one of 200 attempts.
    """
    second_look = tuple(_ten(seed, (5, 6), _RESTARTS_AGAIN))
    return [replace(case, second_look=second_look) for case in _ten(seed, (0, 1), _RESTARTS)]


def _ten(seed: int | None, turnings: tuple[int, int], restarts: int) -> list[Case]:
    """Six kinds of sequences with some names of their symbols, and four of them with other names."""
    kinds = [(i, exchanged) for exchanged in (False, True) for i in range(len(_HABITS))]
    named = [(kind, turnings[0]) for kind in kinds] + [(kind, turnings[1]) for kind in kinds[1:5]]
    return [_habits(i, seed, turning, restarts, exchanged) for (i, exchanged), turning in named]


def _habits(i: int, seed: int | None, turning: int, restarts: int, exchanged: bool = False) -> Case:
    obs = np.array([0, 2, 1, 3])[_sequence(i)] if exchanged else _sequence(i)
    inputs: dict[str, Any] = dict(
        obs=renamed(obs, 4, seed, turning), K=2, M=5 if exchanged else 4, rtol=RTOL, max_iter=ITERATIONS, best=_best(i)
    )
    name = f"a sequence with several local maxima, {restarts} restarts"
    return Case(name, inputs | dict(restarts=restarts))


@functools.cache
def _sequence(i: int) -> Array:
    return two_habits(*_HABITS[i])


@functools.cache
def _best(i: int) -> float:
    """The log-likelihood of the best optimum. Other names of the symbols do not change it."""
    return float(solution.run_all(_sequence(i), *starts(24, 2, 4), 1e-7, 200)[0].max())


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
    return [_run(_drawn(number, 2, 4, 24, seed), 2, 4) for number in (25, 78)]


def other_sizes(seed: int | None = None) -> list[Case]:
    """Other numbers of states, symbols and times. The last symbol does not occur."""
    sizes = [(1, 3, 12), (3, 4, 16), (4, 7, 20), (5, 3, 12)]
    return [_run(_drawn(23, *size, seed), size[0], size[1], max_iter=10) for size in sizes]


def steps(seed: int | None = None) -> list[Case]:
    """Runs of one iteration. With each comes the same with another rtol, which one iteration does not use, and a longer
    one."""
    found = []
    for number, K, M, length, restarts in ((24, 2, 6, 20, 1), (25, 3, 5, 24, 1)):
        obs = _drawn(number, K, M, length, seed)
        one, again, two = (
            _run(obs, K, M, rtol=rtol, max_iter=iterations, restarts=restarts)
            for rtol, iterations in ((NEVER, 1), (NEVER / 10, 1), (NEVER, 2))
        )
        found.append(Case(two.name, {**two.inputs, "one": one, "again": again}))
    return found


def ends(seed: int | None = None) -> list[Case]:
    """Runs that max_iter or rtol ends after one iteration, by either or by both, and one of three iterations."""
    obs = _drawn(26, 2, 6, 24, seed)
    by_both, by_limit, by_tolerance, three = (
        _run(obs, 2, 6, rtol=rtol, max_iter=iterations)
        for rtol, iterations in ((AT_ONCE, 1), (NEVER, 1), (AT_ONCE, 50), (NEVER, 3))
    )
    settles = _run(obs, 2, 6, rtol=0.01, max_iter=50)
    each = tuple(_run(obs, 2, 6, rtol=NEVER, max_iter=number) for number in range(1, 9))
    return [
        Case(
            by_limit.name,
            dict(
                by_both=by_both, by_limit=by_limit, by_tolerance=by_tolerance, three=three, settles=settles, each=each
            ),
        )
    ]


def long(seed: int | None = None) -> list[Case]:
    """A sequence whose probability is too small for a float."""
    return [_run(_drawn(27, 2, 6, 500, seed), 2, 6, max_iter=2)]


# ---------------------------------------------------------------- for the class


def objects(seed: int | None = None) -> list[Case]:
    """A sequence to fit, with others to score and to decode, and one that is impossible after training."""
    rng = np.random.default_rng([31, 0 if seed is None else seed + 1])
    others = tuple(rng.integers(0, 4, length) for length in (1, 12, 25, 50))
    # Symbol 4 does not occur in training, so its probability is zero.
    inputs = dict(obs=_drawn(65, 2, 5, 16, seed), K=2, M=5, others=others, unseen=np.array([0, 1, 4, 1]))
    return [Case("a model with K = 2 and M = 5", inputs)]


def objects_to_train(seed: int | None = None) -> list[Case]:
    """Sequences with two clear optima. If right code misses the better one, which happens seldom, it gets others."""
    # `fit` uses the ten restarts that are the default of baum_welch.
    second_look = tuple(_habits(i, seed, 7, 10) for i in range(2))
    return [replace(_habits(i, seed, 4, 10), second_look=second_look) for i in range(2)]


def two_fits(seed: int | None = None) -> list[Case]:
    """Two sequences for two fits of one model. It has three states, as no default has."""
    return [_pair(3, (28, 31), seed)]


def two_models(seed: int | None = None) -> list[Case]:
    """Two sequences for two models."""
    return [_pair(2, (40, 70), seed)]


def _pair(K: int, numbers: tuple[int, int], seed: int | None) -> Case:
    first, second = (_drawn(number, K, 4, 10, seed) for number in numbers)
    return Case(f"K = {K} and M = 4", dict(first=first, second=second, K=K, M=4))
