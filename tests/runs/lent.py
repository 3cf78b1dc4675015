"""Lends the tests of a file one worker, because to start another one takes half a second."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class Lent(Executor):
    """A pool of workers that goes on when its borrower is done with it."""

    def __init__(self, workers: Executor) -> None:
        self._workers = workers

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._workers.submit(function, *args, **kwargs)
