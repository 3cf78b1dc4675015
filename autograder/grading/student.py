"""The `student` that a check gets. A call goes to the sandbox: plain values go in, and plain values come out."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from autograder.assignment import CheckFailed
from autograder.grading.calls import Call, Raised, question_of, seed_of, size_of
from autograder.grading.explain import explain
from autograder.grading.failed_imports import failed_imports
from autograder.grading.handles import Handle, History, LiveObjects, new_object
from autograder.grading.notebook_run import Notebook, NotebookRun, failure_of
from autograder.grading.requests import missing, request_for_call, request_for_step
from autograder.grading.returned import as_returned, is_left_open
from autograder.grading.withheld_text import is_known_name, without_case_data
from autograder.sandbox import Crashed, Sandbox, StandIn, TimedOut
from grader.values import subject

Answer = dict[str, Any]
_ALL_ANSWERS = 4  # the limit on all answers of a submission together, as a multiple of the limit on one answer
_MOST_STOPS = 2  # after so many stops a function is not called again, so that other functions keep their replays
_SECOND_CHANCE = 0.125  # of the limit: what a call may take after the function was stopped
_LESS_TIME = "It had less time than before, because it had to be stopped before."
_LEAST_SECONDS = 0.1  # which any call may take


class Student:
    """The functions of one submission, by name: `student.f(x)`; its classes and its variables.

    `student.new("HMM", n_states=3)` makes an object of a class: see `Handle`. `student.value("answer")` reads a
    variable. An argument goes to the parameter that the `solution` gives the same name: see `autograder.sandbox`.

    A call raises CheckFailed with one sentence when the student's code does something wrong. The same call is made
    only once; its answer is kept. If the process hangs or dies, a fresh process runs the notebook's cells again, at
    most `limits.replays` times.

    A call may take `call_seconds`, and `limits.seconds_per_call` at most. `helpers` has the functions that a function
    is meant to call. After one of them had to be stopped, the function is not called: it would hang too. It is asked
    again with stand-ins in place of them.

    `run` has the process of the notebook, and what is known of its cells. With `stand_ins`, right functions stand in
    place of some of the student's.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        notebook: Notebook,
        functions: Sequence[str],
        helpers: Mapping[str, Sequence[str]] = MappingProxyType({}),
        solution: Any = None,
        stand_ins: Mapping[str, StandIn] = MappingProxyType({}),
    ) -> None:
        self._sandbox, self._functions, self._helpers = sandbox, functions, helpers
        self._solution, self._stand_ins = solution, stand_ins
        self._objects = LiveObjects(self._ask_step)
        self.run = NotebookRun(sandbox, notebook, stand_ins, self._objects.forget)
        self._answers: dict[bytes, Answer | CheckFailed] = {}
        self._size_of_answers = 0
        self._stopped: Counter[str] = Counter()
        self.call_seconds = math.inf
        self.calls: list[Call] = []

    def start(self) -> None:
        """Run the notebook's cells."""
        self.run.start()

    def __getattr__(self, function: str) -> Callable[..., Any]:
        if function.startswith("_") or function not in self._functions:
            raise AttributeError(function)

        def call(*arguments: Any) -> Any:
            return self._answer(function, arguments)["value"]

        return self._right_function(function) if function in self._stand_ins else call

    def new(self, name: str, *arguments: Any, **named: Any) -> Handle:
        """Make an object of the student's class with this name."""
        self._demand_asked_for(name)
        return new_object(self.ask_object, name, arguments, named)

    def value(self, name: str) -> Any:
        """The value of a variable of the notebook. Raises CheckFailed if no cell sets it, or if it is still `...`."""
        self._demand_asked_for(name)
        question = question_of(name, ())
        value = self._known(question, lambda: self._ask(name, (), question, 0, {"variable": name}))["value"]
        if is_left_open(value):
            raise CheckFailed(f"{subject(name)} is not answered yet.")
        return value

    def ask_object(self, history: History) -> Any:
        """The answer to the last step of a history: see `Handle`."""
        return self._known(history.question, lambda: self._ask_object(history))["value"]

    def _ask_object(self, history: History) -> Answer:
        self._demand_worth_calling(history.name)
        self.run.session_for(history.name)  # first, because another process knows none of the objects
        return self._objects.answer(history)

    def _ask_step(self, history: History, number: int) -> Answer:
        request = request_for_step(self._solution, history, number)
        return self._ask(history.name, (history,), history.question, history.last.seed, request)

    def _demand_asked_for(self, name: str) -> None:
        if name not in self._functions:
            raise AttributeError(f"no part of the policy has the function '{name}'")

    def _right_function(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            try:
                return self._stand_ins[name].function(*arguments)
            except Exception as problem:  # noqa: BLE001 - the arguments are what the student's code returned
                raise CheckFailed(f"{name} cannot be computed of what was returned: {problem}") from None

        return call

    def with_stand_ins(self, stand_ins: Mapping[str, StandIn]) -> Student:
        """Return the same submission with these right functions in place of the student's own.

        Its process is a fresh one. It has the time and the replays that this one has left, and one replay at least.
        """
        own = (self._sandbox, self.run.notebook, self._functions, self._helpers, self._solution)
        second = Student(*own, stand_ins)
        second.run.go_on_from(self.run)
        return second

    def changed_arguments(self, function: str, *arguments: Any) -> list[int]:
        """Return the positions of the arguments that this call changed in place, in order and each once.

        They are sorted. Otherwise a submission could spell a hidden case in the order of the positions.
        """
        positions = self._answer(function, arguments)["changed"]
        return sorted({i for i in positions if type(i) is int and 0 <= i < len(arguments)})

    def _answer(self, function: str, arguments: tuple[Any, ...]) -> Answer:
        if len(arguments) == 1 and isinstance(arguments[0], History):
            return {"value": self.ask_object(arguments[0]), "changed": []}
        question = question_of(function, arguments)

        def ask() -> Answer:
            request = request_for_call(self._solution, function, arguments)
            return self._ask(function, arguments, question, seed_of(function, arguments), request)

        return self._known(question, ask)

    def _known(self, question: bytes, ask: Callable[[], Answer]) -> Answer:
        """The answer that is kept, or a new one."""
        if question not in self._answers:
            try:
                self._answers[question] = ask()
            except CheckFailed as failed:
                self._answers[question] = failed
        answer = self._answers[question]
        if isinstance(answer, CheckFailed):
            raise CheckFailed(str(answer))
        return answer

    def _ask(
        self, function: str, arguments: tuple[Any, ...], question: bytes, seed: int, request: Mapping[str, Any]
    ) -> Answer:
        self._demand_worth_calling(function)
        session = self.run.session_for(function)
        limits = self.run.limits
        seconds = min(limits.seconds_per_call, self.call_seconds)
        if self._stopped[function]:
            seconds = max(_LEAST_SECONDS, seconds * _SECOND_CHANCE)
        started = time.monotonic()
        history = arguments[0] if arguments and isinstance(arguments[0], History) else None
        inputs, spoken = (history.arguments, history.spoken) if history else (arguments, function)
        try:
            answer = session.ask(request, seconds, seed, self.run.deadline, inputs)
        except (TimedOut, Crashed) as problem:
            self.close()
            self._stopped[function] += 1
            less = "" if self._stopped[function] == 1 or isinstance(problem, Crashed) else " " + _LESS_TIME
            raise CheckFailed(f"{spoken} was stopped: {self.run.why(problem)}.{less}") from None
        if answer.get("missing") is True:
            raise CheckFailed(f"{missing(request)}.{self._first_failure()}")
        failure, changed = failure_of(answer), answer.get("changed")
        value = as_returned(answer.get("value"), self._shown_name)
        self._size_of_answers += size_of(value)
        most = _ALL_ANSWERS * limits.result_mb
        if self._size_of_answers > most << 20:
            raise CheckFailed(f"{spoken} returned more than the {most} MB that all answers may have together.")
        outcome = Raised(str(failure["type"]), str(failure["text"])) if failure else value
        self.calls.append(Call(function, arguments, question, seed, outcome, time.monotonic() - started))
        if failure:
            shown = without_case_data(failure, inputs, self.run.notebook.cells)
            imports = failed_imports(self.run.failures, self.run.notebook.cells)
            raise CheckFailed(
                f"{spoken} {explain(shown, limits, imports, bool(self.run.stopped), self.run.notebook.cells)}"
            )
        return {"value": value, "changed": changed if isinstance(changed, list) else []}

    def _demand_worth_calling(self, function: str) -> None:
        """Raise CheckFailed if the function would most likely have to be stopped once more."""
        if self._stopped[function] >= _MOST_STOPS:
            raise CheckFailed(f"{function} was not called again, because it had to be stopped {_MOST_STOPS} times.")
        for helper in self._helpers.get(function, ()):
            if self._stopped[helper]:
                raise CheckFailed(f"{function} was not called, because {helper}, which it may call, had to be stopped.")

    def _shown_name(self, name: str) -> str:
        """The name of a type, if Python or the student's cells contain it. Another one may spell hidden data."""
        return name if is_known_name(name, self.run.notebook.cells) else "object"

    def restart(self, seconds: float) -> None:
        """Let later calls run in a fresh process that knows no earlier call, for at most `seconds` in all.

        A function that had to be stopped is not called again.
        """
        self.run.only_once_more(seconds)
        self._answers.clear()
        self.call_seconds = math.inf
        self._stopped = Counter(dict.fromkeys(self._stopped, _MOST_STOPS))

    def _first_failure(self) -> str:
        failures = self.run.failures
        return f" The first cell that failed {self.run.explained(failures[0])}" if failures else ""

    def was_stopped(self, function: str) -> bool:
        """Whether a call of this function had to be stopped."""
        return self._stopped[function] > 0

    def close(self) -> None:
        """End the process. A later call starts another one, which makes the objects again."""
        self.run.close()
