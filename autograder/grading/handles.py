"""Objects of a student's class, asked from outside. The object itself never leaves the student's process.

A handle knows only what its object was asked so far: its history. If the process ends, the object is made again: by the
same steps in another process.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autograder.sandbox import call_by_names, content_of, repeatable_random_numbers

NEW, READ = "", "."  # in place of a method's name


@dataclass(frozen=True, eq=False)
class Step:
    """What an object was asked: a method and its arguments. NEW makes the object, READ reads an attribute."""

    method: str
    arguments: tuple[Any, ...]
    named: tuple[tuple[str, Any], ...] = ()

    @property
    def content(self) -> bytes:
        return content_of([self.method, list(self.arguments), dict(self.named)])

    @property
    def all_arguments(self) -> tuple[Any, ...]:
        """The arguments by position, then those by name."""
        return (*self.arguments, *(value for _, value in self.named))

    @property
    def seed(self) -> int:
        """The seed of the random numbers. It depends on the method and on its first argument, the data."""
        return zlib.crc32(content_of([self.method, list(self.arguments[:1])]))

    def ask(self, asked: Any) -> Any:
        """What a class, or an object for any other step, gives. None if a method returns its own object."""
        if self.method == READ:
            return getattr(asked, self.arguments[0])
        function = asked if self.method == NEW else getattr(asked, self.method)
        names = ["" for _ in self.arguments] + [name for name, _ in self.named]
        value = call_by_names(function, self.all_arguments, names if self.named else ())
        return None if value is asked else value


@dataclass(frozen=True, eq=False)
class History:
    """The name of a class and the steps of one object, which begin with NEW. The last step is the question."""

    name: str
    steps: tuple[Step, ...]

    @property
    def question(self) -> bytes:
        """The same bytes for the same history."""
        return b"\0".join([self.name.encode(), *(step.content for step in self.steps)])

    @property
    def before(self) -> History:
        """The history without its last step."""
        return History(self.name, self.steps[:-1])

    @property
    def spoken(self) -> str:
        """What a sentence calls the last step: the class, or a method of it."""
        return self.name if self.last.method in (NEW, READ) else f"{self.name}.{self.last.method}"

    @property
    def last(self) -> Step:
        return self.steps[-1]

    @property
    def arguments(self) -> tuple[Any, ...]:
        """The arguments of all steps."""
        return tuple(argument for step in self.steps for argument in step.all_arguments)

    def then(self, step: Step) -> History:
        return History(self.name, (*self.steps, step))

    def prefixes(self) -> Iterator[History]:
        """The histories that lead to this one, the shortest first, and this one."""
        for length in range(1, len(self.steps) + 1):
            yield History(self.name, self.steps[:length])

    def play(self, kind: Any) -> Any:
        """What the last step gives for a class of this process. None if the last step makes the object."""
        made = value = None
        for step in self.steps:
            with repeatable_random_numbers(step.seed):
                value = step.ask(kind if step.method == NEW else made)
            if step.method == NEW:
                made, value = value, None
        return value


class LiveObjects:
    """The objects that live in a process, each by its history. One that is not there is made again.

    `ask` is called with a history and the number of an object. It asks the object the last step, and its answer is
    returned. The last step may also make the object of this number.
    """

    def __init__(self, ask: Callable[[History, int], Any]) -> None:
        self._ask = ask
        self._live: dict[bytes, int] = {}
        self._numbers = itertools.count()

    def answer(self, history: History) -> Any:
        """The answer to the last step of a history. Raises what `ask` raises."""
        earlier = list(history.before.prefixes())
        lives = [i for i, again in enumerate(earlier) if again.question in self._live]
        for again in earlier[lives[-1] + 1 :] if lives else earlier:
            self._step(again)
        return self._step(history)

    def _step(self, history: History) -> Any:
        step = history.last
        if step.method == NEW:
            number = next(self._numbers)
        elif step.method == READ:
            number = self._live[history.before.question]
        else:
            number = self._live.pop(history.before.question)  # if the step fails, the object is made again
        answer = self._ask(history, number)
        if step.method != READ:
            self._live[history.question] = number
        return answer

    def forget(self) -> None:
        """Forget all objects, because their process has ended."""
        self._live.clear()


Ask = Callable[[History], Any]


class Handle:
    """An object of a student's class: `handle.fit(x)` calls a method, `handle.value("pi")` reads an attribute.

    A call raises CheckFailed if the student's code does something wrong. The object is then as it was before the call.
    What a method returns counts only if it is plain: an object that returns itself, as in `fit(x).predict(y)`, does not
    come out.
    """

    def __init__(self, ask: Ask, history: History) -> None:
        self._ask, self._history = ask, history

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*arguments: Any, **named: Any) -> Any:
            history = self._history.then(Step(method, arguments, tuple(named.items())))
            value = self._ask(history)
            self._history = history
            return value

        return call

    def value(self, attribute: str) -> Any:
        """The value of an attribute."""
        return self._ask(self._history.then(Step(READ, (attribute,))))


def new_object(ask: Ask, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Handle:
    """Make an object of the class with this name. Raises CheckFailed if the class does."""
    history = History(name, (Step(NEW, arguments, tuple(named.items())),))
    ask(history)
    return Handle(ask, history)
