"""A student whose functions run in this process, without a sandbox: only for the kit's own evidence."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from autograder.assignment import CheckFailed, Function
from autograder.grading import Raised, changed_by, question_of, quiet_and_repeatable, run_quietly, seed_of


class InProcessStudent:
    """A `student` whose functions run in this process: only for the kit's own evidence.

    All calls draw from this `seed`. With None, each draws from the seed that it has in grading. `slowest` is the
    processor time in seconds of the slowest call since it was set to zero.
    """

    def __init__(self, functions: Mapping[str, Function], seed: int | None = 0) -> None:
        self._functions, self._seed = functions, seed
        self._values: dict[bytes, Any] = {}
        self._seconds: dict[bytes, float] = {}
        self.slowest = 0.0

    def __getattr__(self, name: str) -> Function:
        def call(*arguments: Any) -> Any:
            question = question_of(name, arguments)
            if question not in self._values:
                started = time.process_time()
                seed = seed_of(name, arguments) if self._seed is None else self._seed
                self._values[question] = run_quietly(self._functions[name], arguments, seed)
                self._seconds[question] = time.process_time() - started
            self.slowest = max(self.slowest, self._seconds[question])
            value = self._values[question]
            if isinstance(value, Raised):
                raise CheckFailed(f"{name} raised {value.type}: {value.text}")
            return value

        return call

    def changed_arguments(self, name: str, *arguments: Any) -> list[int]:
        """As `Student.changed_arguments`."""
        with quiet_and_repeatable():
            return changed_by(self._functions[name], arguments)
