"""One call of a student's function: what was asked, what came back, and the seed of its random numbers."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.sandbox import content_of


@dataclass(frozen=True)
class Raised:
    """An exception that a function ended with."""

    type: str
    text: str


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a student's function: the arguments, and the value or the Raised that came back.

    A class is asked by a `History`, which is then the only argument. A variable has none.
    """

    function: str
    arguments: tuple[Any, ...]
    question: bytes
    seed: int
    outcome: Any
    seconds: float


def question_of(function: str, arguments: Sequence[Any]) -> bytes:
    """Return the same bytes for the same call."""
    return b"\0".join([function.encode(), *map(content_of, arguments)])


def seed_of(function: str, arguments: Sequence[Any]) -> int:
    """Return the seed of a call's random numbers. It depends on the first argument, the data, and on nothing else.

    Therefore a single restart draws the numbers that the first of many restarts would draw.
    """
    return zlib.crc32(question_of(function, arguments[:1]))


def size_of(value: Any) -> int:
    """Return about how many bytes an answer takes in this process."""
    if isinstance(value, tuple | list):
        return 64 + sum(size_of(item) for item in value)
    if isinstance(value, dict):
        return 64 + sum(128 + size_of(item) for item in value.values())
    return value.nbytes if isinstance(value, np.ndarray) else 64 + (len(value) if isinstance(value, str | bytes) else 0)
