"""The `student` that a check gets. A call goes to the sandbox: plain values go in, and plain values come out.

It also decides when a cell runs again with its definitions only.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from autograder.assignment import CheckFailed, Section
from autograder.grading.calls import Call, Raised, question_of, seed_of, size_of
from autograder.grading.cell_notes import ignored_magics, replaced_functions
from autograder.grading.explain import explain
from autograder.grading.failed_imports import failed_imports
from autograder.grading.handles import Handle, History, LiveObjects, new_object
from autograder.grading.requests import missing, request_for_call, request_for_step
from autograder.grading.returned import as_returned
from autograder.grading.withheld_text import is_known_name, without_case_data
from autograder.sandbox import Crashed, Sandbox, Session, StandIn, StandIns, TimedOut

Answer = dict[str, Any]
_ALL_ANSWERS = 4  # the limit on all answers of a submission together, as a multiple of the limit on one answer
_MOST_STOPS = 2  # after so many stops a function is not called again, so that other functions keep their replays
_SECOND_CHANCE = 0.125  # of the limit: what a call may take after the function was stopped
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

    `sections` says after which cell a function is asked. If later cells replace the function or what it uses, it is
    asked in a process that runs no later cell. `ends` then has how many cells run for it, and `replaced` says so.
    With `lazy_annotations`, the notebook's Python reads annotations only when they are used.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        cells: Sequence[str],
        files: Mapping[str, bytes],
        functions: Sequence[str],
        helpers: Mapping[str, Sequence[str]] = MappingProxyType({}),
        stand_ins: Mapping[str, StandIn] = MappingProxyType({}),
        solution: Any = None,
        sections: Mapping[str, Section] = MappingProxyType({}),
        lazy_annotations: bool = False,
    ) -> None:
        self._sandbox = sandbox
        self._cells = cells
        self._files = files
        self._functions = functions
        self._stand_ins = stand_ins
        self._helpers = helpers
        self._solution = solution
        self._objects = LiveObjects(self._ask_step)
        self._sections = sections
        self._lazy_annotations = lazy_annotations
        self._answers: dict[bytes, Answer | CheckFailed] = {}
        self._replays_left = sandbox.limits.replays
        self._end = time.monotonic() + sandbox.limits.seconds_per_submission
        self._size_of_answers = 0
        self._stopped: Counter[str] = Counter()
        self._left_out: set[tuple[int, int]] = set()  # statements of cells
        self._definitions_from: tuple[int, int] | None = None
        self._session: Session | None = None
        self._cells_run = len(cells)  # in the present session
        self.ends: dict[str, int] = {}
        self.replaced: list[str] = []
        self.ignored: list[str] = []
        self.call_seconds = math.inf
        self.calls: list[Call] = []
        self.failures: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.broken = ""

    def start(self, end: int | None = None) -> None:
        """Run the notebook's cells. Then `failures` holds what failed, and `broken` says why nothing can be called.

        If a statement of a cell had to be stopped, all cells run again without that statement. `stopped` says so. If no
        run is left for that, only definitions run after it. With an `end`, only so many cells run.
        """
        self._cells_run = len(self._cells) if end is None else end
        while not self.broken:
            self._session = self._sandbox.open(StandIns(self._stand_ins))
            limits = self._sandbox.limits
            # A notebook with several slow statements needs more time for each, one that hangs needs none.
            each = min(limits.seconds_per_notebook, limits.seconds_per_statement * 2 ** len(self.stopped))
            try:
                answer = self._session.run(
                    self._cells[: self._cells_run],
                    self._files,
                    limits.seconds_per_notebook,
                    sorted(self._left_out),
                    each,
                    self._end,
                    self._sections if end is None else {},
                    self._definitions_from,
                    self._lazy_annotations,
                )
            except (TimedOut, Crashed) as problem:
                place, why = self._session.at, self._why(problem)
                self.close()
                is_new = place is not None and place[0] < len(self._cells) and place[:2] not in self._left_out
                worth_it = place is not None and is_new and time.monotonic() < self._end
                statement = f"The statement in line {place[2]} of code cell {place[0] + 1}" if place else ""
                if place and worth_it and self._replays_left:
                    self._replays_left -= 1
                    self._left_out.add(place[:2])
                    self.stopped.append(f"{statement} was stopped and left out: {why}.")
                elif place and worth_it and self._definitions_from is None:
                    self._definitions_from = place[:2]
                    self.stopped.append(f"{statement} was stopped: {why}. After it, only definitions ran.")
                else:
                    self.broken = f"the notebook's cells could not be run to their end: {why}."
            else:
                if end is None:
                    self._read(answer)
                return

    def _read(self, answer: Answer) -> None:
        """Take from the child's answer what is known of the cells."""
        failures = answer.get("failures")
        self.failures = [f for f in failures if _failure({"failure": f})] if isinstance(failures, list) else []
        self.ignored = ignored_magics(answer.get("ignored"), self._cells)
        replaced = replaced_functions(answer.get("replaced"), self._sections, self._cells)
        self.ends = {function: self._sections[function].cell + 1 for function in replaced}
        self.replaced = list(replaced.values())

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
        """The value of a variable of the notebook. Raises CheckFailed if no cell sets it."""
        self._demand_asked_for(name)
        question = question_of(name, ())
        return self._known(question, lambda: self._ask(name, (), question, 0, {"variable": name}))["value"]

    def ask_object(self, history: History) -> Any:
        """The answer to the last step of a history: see `Handle`."""
        return self._known(history.question, lambda: self._objects.answer(history))["value"]

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
        second = Student(
            *(self._sandbox, self._cells, self._files, self._functions, self._helpers, stand_ins),
            *(self._solution, self._sections, self._lazy_annotations),
        )
        second._end, second._left_out = self._end, set(self._left_out)
        second._definitions_from = self._definitions_from
        second._replays_left = max(1, self._replays_left)
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
        request = request_for_call(self._solution, function, arguments)
        seed = seed_of(function, arguments)
        return self._known(question, lambda: self._ask(function, arguments, question, seed, request))

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
        session = self._ready(function)
        limits = self._sandbox.limits
        seconds = min(limits.seconds_per_call, self.call_seconds)
        if self._stopped[function]:
            seconds = max(_LEAST_SECONDS, seconds * _SECOND_CHANCE)
        started = time.monotonic()
        history = arguments[0] if arguments and isinstance(arguments[0], History) else None
        inputs, spoken = (history.arguments, history.spoken) if history else (arguments, function)
        try:
            answer = session.ask(request, seconds, seed, self._end, inputs)
        except (TimedOut, Crashed) as problem:
            self.close()
            self._stopped[function] += 1
            raise CheckFailed(f"{spoken} was stopped: {self._why(problem)}.") from None
        if answer.get("missing") is True:
            raise CheckFailed(f"{missing(request)}.{self._first_failure()}")
        failure, changed = _failure(answer), answer.get("changed")
        value = as_returned(answer.get("value"), self._shown_name)
        self._size_of_answers += size_of(value)
        most = _ALL_ANSWERS * limits.result_mb
        if self._size_of_answers > most << 20:
            raise CheckFailed(f"{spoken} returned more than the {most} MB that all answers may have together.")
        outcome = Raised(str(failure["type"]), str(failure["text"])) if failure else value
        self.calls.append(Call(function, arguments, question, seed, outcome, time.monotonic() - started))
        if failure:
            shown = without_case_data(failure, inputs, self._cells)
            imports = failed_imports(self.failures, self._cells)
            raise CheckFailed(f"{spoken} {explain(shown, limits, imports, bool(self.stopped))}")
        return {"value": value, "changed": changed if isinstance(changed, list) else []}

    def _demand_worth_calling(self, function: str) -> None:
        """Raise CheckFailed if the function would most likely have to be stopped once more."""
        if self._stopped[function] >= _MOST_STOPS:
            raise CheckFailed(f"{function} was not called again, because it had to be stopped {_MOST_STOPS} times.")
        for helper in self._helpers.get(function, ()):
            if self._stopped[helper]:
                raise CheckFailed(f"{function} was not called, because {helper}, which it may call, had to be stopped.")

    def _why(self, problem: Exception) -> str:
        """Say which limit was met, and its value."""
        if isinstance(problem, TimedOut) and time.monotonic() >= self._end:
            return f"it took all of the {self._sandbox.limits.seconds_per_submission:g} seconds that a submission has"
        return str(problem)

    def _shown_name(self, name: str) -> str:
        """The name of a type, if Python or the student's cells contain it. Another one may spell hidden data."""
        return name if is_known_name(name, self._cells) else "object"

    def _ready(self, function: str) -> Session:
        """The session in which a function is asked. It is another one if a function before it ran fewer cells."""
        end = self.ends.get(function, len(self._cells))
        if self._session is not None and end != self._cells_run and time.monotonic() < self._end:
            self.close()
            self.start(end)
        if self._session is None and not self.broken:
            if self._replays_left == 0 or time.monotonic() > self._end:
                limits = self._sandbox.limits
                raise CheckFailed(
                    f"not run: earlier calls hung or ended the process more than {limits.replays} times, "
                    f"or took all of the {limits.seconds_per_submission:g} seconds that a submission has."
                )
            self._replays_left -= 1
            self.start(end if function in self.ends else None)
        if self.broken or self._session is None:
            raise CheckFailed(self.broken)
        return self._session

    def restart(self, seconds: float) -> None:
        """Let later calls run in a fresh process that knows no earlier call, for at most `seconds` in all.

        A function that had to be stopped is not called again.
        """
        self.close()
        self._answers.clear()
        self.call_seconds = math.inf
        self._stopped = Counter(dict.fromkeys(self._stopped, _MOST_STOPS))
        self._replays_left = 1
        self._end = min(self._end, time.monotonic() + seconds)

    def _first_failure(self) -> str:
        if not self.failures:
            return ""
        said = explain(self.failures[0], self._sandbox.limits, left_out=bool(self.stopped))
        return f" The first cell that failed {said}"

    def was_stopped(self, function: str) -> bool:
        """Whether a call of this function had to be stopped."""
        return self._stopped[function] > 0

    def close(self) -> None:
        """End the process. A later call starts another one, which makes the objects again."""
        self._objects.forget()
        if self._session is not None:
            self._session.close()
            self._session = None


def _failure(answer: Answer) -> dict[str, Any] | None:
    failure = answer.get("failure")
    return failure if isinstance(failure, dict) and {"type", "text"} <= failure.keys() else None
