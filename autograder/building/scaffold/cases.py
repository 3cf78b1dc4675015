"""Inputs for $slug: the public samples, and hidden cases that students do not see."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from autograder.assignment import Case, Function
from reference.$slug import solution

Array = NDArray[np.float64]


def samples() -> dict[str, Array]:
    """The public samples by their names in samples.npz."""
    return {"x": np.random.default_rng(0).normal(size=20)}


def public_answer(value: str, functions: Mapping[str, Function]) -> Array:
    """What the notebook's test cell submits as `value`, with `functions` in place of those of the reference."""
    function = functions.get("answer", solution.answer)
    return np.asarray(function(samples()["x"]))


def public_scale(value: str, expected: Array) -> float:
    """The scale of `value`: deviations are divided by it."""
    return float(np.abs(expected).max()) or 1.0


def ordinary() -> list[Case]:
    """Numbers that the student does not know."""
    return [Case("N = 50", {"x": np.random.default_rng(1).normal(size=50)})]
