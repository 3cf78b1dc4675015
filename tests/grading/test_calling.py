"""A function is called as its author means it: by the notebook's names where they stand in its signature."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from autograder.sandbox import call_by_names as call
from tests.grading.solutions import Grade, Solved

NAMES = ("X", "C", "rtol", "max_iter", "restarts")
GIVEN = (1, 2, 3, 4, 5)


def timed(function: Any) -> Any:
    """A decorator without functools.wraps, as people write it."""

    def inner(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return inner


def wrapped(function: Any) -> Any:
    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return inner


def positional(function: Any) -> Any:
    @functools.wraps(function)
    def inner(*args: Any) -> Any:
        return function(*args)

    return inner


class Trainer:
    def __call__(self, X: Any, C: Any, *, restarts: Any, max_iter: Any, rtol: Any) -> Any:
        return X, C, rtol, max_iter, restarts

    def method(self, C: Any, X: Any, rtol: Any, max_iter: Any, restarts: Any) -> Any:
        return X, C, rtol, max_iter, restarts


def keyword_only(X: Any, C: Any, *, rtol: Any = 0, max_iter: Any = 0, restarts: Any = 0) -> Any:
    return X, C, rtol, max_iter, restarts


@pytest.mark.parametrize(
    "function",
    [
        lambda X, C, rtol, max_iter, restarts: (X, C, rtol, max_iter, restarts),
        lambda a, b, c, d, e: (a, b, c, d, e),
        lambda X, C, *, rtol=0, max_iter=0, restarts=0: (X, C, rtol, max_iter, restarts),
        lambda X, C, *, tol=0, n=0, restarts=0: (X, C, tol, n, restarts),
        lambda restarts, max_iter, rtol, C, X: (X, C, rtol, max_iter, restarts),
        lambda X, K, max_iter=0, rtol=0, restarts=0: (X, K, rtol, max_iter, restarts),
        lambda X, C, verbose=False, rtol=0, max_iter=0, restarts=0: (X, C, rtol, max_iter, restarts),
        lambda X, C, rtol=0, max_iter=0, restarts=0, seed=7: (X, C, rtol, max_iter, restarts),
        lambda X, C, /, rtol=0, max_iter=0, *, restarts=0: (X, C, rtol, max_iter, restarts),
        lambda *args: args,
        lambda X, *rest: (X, *rest),
        lambda X, C, **named: (X, C, named["rtol"], named["max_iter"], named["restarts"]),
        lambda X, K, **named: (X, K, named["rtol"], named["max_iter"], named["restarts"]),
        lambda *args, **named: args if not named else None,
        timed(lambda X, C, rtol, max_iter, restarts: (X, C, rtol, max_iter, restarts)),
        timed(keyword_only),
        wrapped(keyword_only),
        wrapped(timed(wrapped(keyword_only))),
        positional(lambda X, C, rtol, max_iter, restarts: (X, C, rtol, max_iter, restarts)),
        functools.partial(keyword_only, restarts=9),
        functools.partial(lambda log, X, C, rtol, max_iter, restarts: (X, C, rtol, max_iter, restarts), None),
        functools.lru_cache(keyword_only),
        Trainer(),
        Trainer().method,
        functools.partial(Trainer()),
    ],
)
def test_every_way_to_write_the_arguments_gets_the_right_ones(function: Any) -> None:
    assert call(function, GIVEN, NAMES) == GIVEN


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda X, C: None, "takes 2 positional arguments but 5 were given"),
        (lambda X, C, rtol, max_iter, restarts, seed: None, "missing 1 required positional argument: 'seed'"),
        (lambda X, *, C: None, "takes 1 positional argument but 5"),
    ],
)
def test_where_no_place_is_left_python_says_what_is_wrong(function: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        call(function, GIVEN, NAMES)


def test_a_builtin_without_a_signature_and_a_signature_that_raises_are_called_by_position() -> None:
    def odd(*args: Any) -> Any:
        return args

    odd.__signature__ = "no signature"  # type: ignore[attr-defined]
    assert call(odd, (1, 2), ("a", "b")) == (1, 2)
    assert call(max, (1, 2), ("a", "b")) == 2


def test_arguments_without_names_are_given_by_position() -> None:
    assert call(lambda b, a: (b, a), (1, 2), ("", "")) == (1, 2)
    assert call(lambda b, a: (b, a), (1, 2), ()) == (1, 2)


def test_a_right_solution_in_its_own_words_has_full_points(grade: Grade, solved: Solved) -> None:
    own = """
import collections
Params = collections.namedtuple("Params", "pi mu sigma")
def kept(function):
    "The function with the notebook's functions as they stood above this cell."
    import types
    return types.FunctionType(function.__code__, dict(globals()), None, function.__defaults__)
_e, _m, _vlb, _train = map(kept, (E_step, M_step, compute_vlb, train_EM))
def E_step(points, weights, *, mu, sigma): return _e(points, weights, mu, sigma)
def M_step(*, gamma, X): return Params(*_m(X, gamma))
def compute_vlb(X, gamma, sigma, mu, pi): return np.array([[_vlb(X, pi, mu, sigma, gamma)]])
def train_EM(X, K, *, rtol=1e-3, max_iter=100, restarts=10, verbose=False):
    yield from _train(X, K, rtol, max_iter, restarts)
"""
    result = grade(solved(after=own))
    assert (result["score"], result["message"]) == (100, "")
