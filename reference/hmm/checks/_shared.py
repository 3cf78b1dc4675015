"""What the checks of several tasks have in common."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.assignment import CheckFailed, expect
from reference.hmm.solution import Array, path_log_probability, viterbi

INPUTS = ("A", "B", "pi", "obs")


def nats(expected: Any) -> float:
    """The unit for errors of logarithms: the largest finite one, and 1 at least, because all may be zero."""
    return max(1.0, float(np.abs(np.where(np.isfinite(expected), expected, 0.0)).max()))


def demand_best_path(value: Any, theta: tuple[Array, Array, Array], obs: Array, tolerance: float) -> None:
    """Demand a path that no other path beats. If several are best, each of them is right."""
    K = len(theta[2])
    path = expect(value, "the path").shape(len(obs), axes=("T",)).whole()
    path.holds(bool(((path.array >= 0) & (path.array < K)).all()), f"has states that are not from 0 to {K - 1}.")
    best = path_log_probability(*theta, obs, viterbi(*theta, obs))
    found = path_log_probability(*theta, obs, path.array.astype(int))
    shortfall = (best - found) / (abs(best) or 1.0)
    if not shortfall <= tolerance:
        off = f"its log-probability is smaller by {shortfall:.2g} of the best" if shortfall < np.inf else "impossible"
        raise CheckFailed(f"the path is not a most probable one: {off}.", shortfall)
