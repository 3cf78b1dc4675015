"""Problems for $slug: the public samples, and hidden cases that no student has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from autograder.assignment import Case, Function
from reference.$slug import solution

Array = NDArray[np.float64]


def samples() -> dict[str, Array]:
    """The public samples under their names in samples.npz."""
    return {"x": np.random.default_rng(0).normal(size=20)}


def public_answer(value: str, functions: Mapping[str, Function]) -> Array:
    """What the notebook's test cell submits as `value`, when `functions` replace the reference's."""
    function = functions.get("answer", solution.answer)
    return np.asarray(function(samples()["x"]))


def public_scale(value: str, expected: Array) -> float:
    """What a deviation of `value` is measured against."""
    return float(np.abs(expected).max()) or 1.0


def ordinary() -> list[Case]:
    """Other numbers than those the student knows."""
    return [Case("N = 50", {"x": np.random.default_rng(1).normal(size=50)})]
