"""Points near a line: the public samples and the hidden cases."""

import numpy as np
from reference.line import solution

from autograder.assignment import Case


def _points(seed, N, shift=0.0):
    rng = np.random.default_rng(seed)
    x = shift + rng.normal(size=N)
    return {"x": x, "y": 2 - 3 * x + 0.1 * rng.normal(size=N)}


def samples():
    return _points(0, 30)


def public_answer(value, functions):
    function = functions.get("fit_line", solution.fit_line)
    return np.asarray(function(*samples().values()))


def public_scale(value, expected):
    return float(np.abs(expected).max())


def ordinary():
    return [Case("other points", _points(1, 40))]


def shifted():
    return [Case("points far from zero", _points(2, 40, shift=50.0))]


def further():
    x = np.arange(4.0)
    return [("fit_line", (x, x**2)), ("fit_line", (np.ones(3), np.ones(3))), ("fit_line", (x, x[:2]))]
