"""Keeps the answers of a reference, for tests that ask for the same again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def once(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function of arrays. It computes an answer only if it was not asked for it before."""
    answers: dict[Any, Any] = {}

    def call(*arrays: Any) -> Any:
        question = [part for array in map(np.asarray, arrays) for part in (array.dtype, array.shape, array.tobytes())]
        answer = answers.get(key := tuple(question))
        if answer is None:
            answer = answers[key] = function(*arrays)
        return tuple(map(np.copy, answer)) if isinstance(answer, tuple) else answer.copy()

    return call
