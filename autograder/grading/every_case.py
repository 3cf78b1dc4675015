"""Asks a student every case of a check, and remembers which calls belong to which case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.assignment import Case, Check, CheckFailed
from autograder.grading.calls import Call, question_of
from autograder.grading.handles import Handle, History, new_object
from autograder.grading.student import Student


@dataclass(frozen=True, eq=False)
class AskedCase:
    """A case that was asked, by how much the student's answer is off, and the calls that were made for it."""

    case: Case
    deviation: float
    calls: tuple[Call, ...]

    @property
    def passed(self) -> bool:
        return self.deviation == 0.0


def ask_every_case(check: Check, cases: Sequence[Case], student: Student, function: str) -> list[AskedCase]:
    """Ask all cases of a check, not only those up to the first that fails. Answers that are known cost nothing.

    Nothing more is asked once a call of `function` had to be stopped, because each such call takes long.
    """
    asked = []
    for case in cases:
        if student.was_stopped(function):
            break
        probe = _Probe(student)
        deviation = 0.0
        try:
            check.question(probe, case)
        except CheckFailed as failed:
            deviation = failed.deviation
        by_question = {call.question: call for call in student.calls}
        calls = tuple(by_question[q] for q in dict.fromkeys(probe.questions) if q in by_question)
        asked.append(AskedCase(case, deviation, calls))
    return asked


class _Probe:
    """A student whose questions are written down."""

    def __init__(self, student: Student) -> None:
        self._student = student
        self.questions: list[bytes] = []

    def __getattr__(self, function: str) -> Callable[..., Any]:
        ask = getattr(self._student, function)

        def call(*arguments: Any) -> Any:
            self.questions.append(question_of(function, arguments))
            return ask(*arguments)

        return call

    def new(self, name: str, *arguments: Any, **named: Any) -> Handle:
        """As `Student.new`."""
        return new_object(self.ask_object, name, arguments, named)

    def ask_object(self, history: History) -> Any:
        """As `Student.ask_object`."""
        self.questions.append(history.question)
        return self._student.ask_object(history)

    def value(self, name: str) -> Any:
        """As `Student.value`."""
        self.questions.append(question_of(name, ()))
        return self._student.value(name)

    def changed_arguments(self, function: str, *arguments: Any) -> list[int]:
        """As `Student.changed_arguments`."""
        return self._student.changed_arguments(function, *arguments)
