"""A student whose functions run in this process, without a sandbox: only for the kit's own evidence."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from autograder.assignment import CheckFailed, Function
from autograder.grading import (
    NEW,
    Handle,
    History,
    LiveObjects,
    Raised,
    changed_by,
    new_object,
    question_of,
    quiet_and_repeatable,
    run_quietly,
    seed_of,
)


class InProcessStudent:
    """A `student` whose functions, classes and variables are in this process: only for the kit's own evidence.

    All calls draw from this `seed`. With None, each draws from the seed that it has in grading. `slowest` is the
    processor time in seconds of the slowest call since it was set to zero. A caller that is inside
    `quiet_and_repeatable` may `run` the functions with `run_seeded`, which is quicker.
    """

    def __init__(
        self, functions: Mapping[str, Any], seed: int | None = 0, run: Callable[..., Any] = run_quietly
    ) -> None:
        self._functions, self._seed, self._run = functions, seed, run
        self._values: dict[bytes, Any] = {}
        self._seconds: dict[bytes, float] = {}
        self._made: dict[int, Any] = {}  # objects of classes, by their number
        self._objects = LiveObjects(self._ask_step)
        self.slowest = 0.0

    def __getattr__(self, name: str) -> Function:
        def call(*arguments: Any) -> Any:
            seed = seed_of(name, arguments) if self._seed is None else self._seed
            return self._known(
                name, question_of(name, arguments), lambda: self._run(self._functions[name], arguments, seed)
            )

        return call

    def new(self, name: str, *arguments: Any, **named: Any) -> Handle:
        """As `Student.new`."""
        return new_object(self.ask_object, name, arguments, named)

    def value(self, name: str) -> Any:
        """As `Student.value`. Evidence for a variable is its value, or a function that returns it."""
        return self._known(name, question_of(name, ()), lambda: self._run(self._functions[name], ()))

    def ask_object(self, history: History) -> Any:
        """As `Student.ask_object`."""
        try:
            return self._known(history.spoken, history.question, lambda: self._objects.answer(history))
        except _RaisedError as problem:
            self._values[history.question] = problem.raised
            raise CheckFailed(f"{history.spoken} raised {problem.raised.type}: {problem.raised.text}") from None

    def _ask_step(self, history: History, number: int) -> Any:
        step = history.last
        asked = self._functions[history.name] if step.method == NEW else self._made[number]
        made = []

        def ask() -> Any:
            value = step.ask(asked)
            made.append(value)
            return None if step.method == NEW else value

        value = self._run(ask, (), step.seed if self._seed is None else self._seed)
        if isinstance(value, Raised):
            raise _RaisedError(value)
        if step.method == NEW:
            self._made[number] = made[0]
        return value

    def _known(self, name: str, question: bytes, ask: Callable[[], Any]) -> Any:
        if question not in self._values:
            started = time.process_time()
            self._seconds[question] = 0.0
            try:
                self._values[question] = ask()
            finally:
                self._seconds[question] = time.process_time() - started
        self.slowest = max(self.slowest, self._seconds[question])
        value = self._values[question]
        if isinstance(value, Raised):
            raise CheckFailed(f"{name} raised {value.type}: {value.text}")
        return value

    def changed_arguments(self, name: str, *arguments: Any) -> list[int]:
        """As `Student.changed_arguments`."""
        with quiet_and_repeatable():
            return changed_by(self._functions[name], arguments)


class _RaisedError(Exception):
    def __init__(self, raised: Raised) -> None:
        super().__init__(raised.text)
        self.raised = raised
