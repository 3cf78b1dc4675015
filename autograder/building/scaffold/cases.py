"""What $slug asks about: the students' samples, and hidden cases that no student sees.

CHANGE: make the inputs of your functions. Give every generator a seed. docs/reference.md of the kit says what this file
defines.
"""

import numpy as np

from autograder.assignment import Case
from reference.$slug import solution


def _numbers(seed, N):
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(size=N), "w": rng.uniform(0.5, 2.0, size=N)}


def samples():
    """The arrays of samples.npz, which students get, by their names."""
    return _numbers(0, 20)


def public_answer(value, functions):
    """The right answer to a value of [submits]. `functions` has the functions to take in place of the reference's."""
    if value == "choice":
        return functions.get("answer_2", lambda: solution.answer_2)()
    mean = functions.get("weighted_mean", solution.weighted_mean)
    return mean(**samples())


def public_scale(value, expected):
    """What a deviation of this value is divided by: a number above zero."""
    return float(np.abs(expected).max())


def ordinary():
    """Numbers that no student has seen. A check gets each Case in turn, as `case.x` and `case.w`."""
    return [Case("50 numbers", _numbers(1, 50)), Case("one number", _numbers(2, 1))]


def heavy():
    """The same with large weights."""
    numbers = _numbers(3, 30)
    return [Case("weights of about a million", {**numbers, "w": 1e6 * numbers["w"]})]


def nothing():
    """A question has no inputs."""
    return [Case("the notebook", {})]


def further():
    """Further calls, for `autograder prove --mutants`: the name of a function and its arguments."""
    return [("weighted_mean", tuple(_numbers(4, 5).values()))]
