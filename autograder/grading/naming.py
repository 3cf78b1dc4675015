"""Finds which known mistake a part's answers look like: runs each mistake on the same inputs and compares.

A mistake has the name of the function that makes it. `judge` writes the names to the checks.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.assignment import Assignment, Case, Check, Experiment, Misconception, declared_in, hint_with
from autograder.grading.answers import (
    Asked,
    KnownAnswers,
    changed_by,
    outcome_of,
    run_quietly,
    same_outcome,
)
from autograder.grading.calls import Call, Raised
from autograder.grading.every_case import ask_every_case
from autograder.grading.families import EVIDENCE, Numbers, examples_of, function_with, usual_values, values_that_fit
from autograder.grading.looked import MOST_FREE, Looked, Query
from autograder.grading.student import Student

Array = NDArray[np.float64]

_SEVERAL = 3  # numbers in which a mistake has to show beside another one
_NEAR = 1e-9  # of the answer's size; a smaller deviation from the right answer does not show a mistake


@dataclass(frozen=True, eq=False)
class Named:
    """A mistake that was found, with the function that gives its answers and the numbers of a family."""

    name: str
    hint: str
    see: str
    function: Callable[..., Any]
    numbers: Numbers = ()


class Diagnosis:
    """The known mistakes of an assignment, and the answers they gave to the inputs that were tried so far.

    `looked` has what the last call of `names_by_check` looked at.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self.looked = Looked("")
        self._answers: dict[tuple[Any, bytes], Any] = {}
        self._known_answers = KnownAnswers()

    @functools.cached_property
    def _misconceptions(self) -> list[Misconception]:
        # Loaded only when a part lost points: the catalogue imports many packages, which takes a second.
        known = declared_in(self._assignment.misconceptions, Misconception)
        return [mistake for mistake in known if not mistake.hint_to_write]  # no student reads a placeholder

    @functools.cached_property
    def _experiments(self) -> list[Experiment]:
        module = self._assignment.experiments
        return declared_in(module, Experiment) if module else []

    def names_by_check(
        self, part: str, failed: Sequence[tuple[Check, Sequence[Case]]], student: Student
    ) -> dict[str, Named]:
        """The mistake of each failed check of a part that shows one, by the name of the check.

        A mistake that explains all answers of the part is named for all of them. Otherwise there may be two mistakes,
        and each check is looked at alone. Return no name where none fits, or where several do. A wrong name is worse
        than none. The caller is inside `quiet_and_repeatable`.
        """
        self.looked = Looked(part)
        if self._assignment.part(part).builds_on:
            named = self._found_by_experiment(part, [check for check, _ in failed], student)
            found = self._find_in_calling_part(part, student.calls) if len(named) < len(failed) else None
            return {check.name: found for check, _ in failed if found} | named
        function = self._assignment.part(part).function
        by_check = {
            check.name: [call for asked in ask_every_case(check, cases, student, function) for call in asked.calls]
            for check, cases in failed
        }
        asked = self._asked(part, student.calls)
        found = self._explanation(part, asked) or self._by_changes(part, asked, student)
        if found:
            return dict.fromkeys(by_check, found)
        asked_by_check = {name: self._asked(part, calls) for name, calls in by_check.items()}
        alone = {name: self._explanation(part, asked, most_free=1) for name, asked in asked_by_check.items()}
        named = {name: found for name, found in alone.items() if found}
        for name in by_check.keys() - named.keys():
            found = self._beside_another(part, asked_by_check[name], list(named.values()))
            if found:
                named[name] = found
        return named

    def _asked(self, part: str, calls: Sequence[Call]) -> list[Asked]:
        """The calls of the part's function with the right answers. Those that tell most come first."""
        function = self._assignment.part(part).function
        position = self._assignment.index_in_returned_tuple(part)
        right = getattr(self._assignment.solution, function)
        asked = [
            Asked(
                *(call.arguments, call.seed, call.outcome, self._answer(right, call.arguments, call.question)),
                *(position, call.question),
            )
            for call in {call.question: call for call in calls if call.function == function}.values()
        ]
        return sorted(asked, key=lambda one: (not one.wrong.any(), one.numbers_asked))

    def _answer(self, function: Callable[..., Any], arguments: Sequence[Any], question: bytes) -> Any:
        key = (function, question)
        if key not in self._answers:
            self._answers[key] = outcome_of(function, arguments)
        return self._answers[key]

    def _explanation(self, part: str, asked: Sequence[Asked], most_free: int = MOST_FREE) -> Named | None:
        """The one mistake that gives all of these answers, or a family if one value of its numbers gives them."""
        # A value that the student typed is the mistake's, or it is not. Answers of a function may agree by chance.
        is_typed = not callable(getattr(self._assignment.solution, self._assignment.part(part).function))
        if not is_typed and sum(one.evidence for one in asked) < EVIDENCE[0]:
            return None
        fitting: list[tuple[Misconception, Numbers]] = []
        for number_of_free in range(most_free + 1):
            for mistake in self._misconceptions:
                if mistake.part == part and len(mistake.free) == number_of_free:
                    fitting += [(mistake, numbers) for numbers in self._values(mistake, asked)]
            if fitting:
                break
        self.looked.add_query(asked, number_of_free)
        return self._only_one(fitting)

    def _by_changes(self, part: str, asked: Sequence[Asked], student: Student) -> Named | None:
        """If all answers are right, the one mistake that changes the same arguments in place as the student's function.

        Return None if the student's function changes none of them.
        """
        if not asked or asked[0].wrong.any() or any(one.arrays is None for one in asked):
            return None
        function = self._assignment.part(part).function
        changed = [student.changed_arguments(function, *one.arguments) for one in asked]
        if not any(changed):
            return None
        self.looked.add_query(asked, 0)
        fitting = [m for m in self._misconceptions if m.part == part and not m.free and self._values(m, asked)]
        fitting = [m for m in fitting if [changed_by(m.function, one.arguments) for one in asked] == changed]
        return self._only_one([(mistake, ()) for mistake in fitting])

    def _values(self, mistake: Misconception, asked: Sequence[Asked]) -> list[Numbers]:
        """The values of a mistake's free numbers that explain all answers: one empty tuple if it has no free number."""
        if mistake.free:
            return values_that_fit(mistake, asked, self._known_answers)
        answers = (self._known_answers.of(mistake, (), one) for one in asked)
        return [()] if all(one.explained_by(answer) for one, answer in zip(asked, answers, strict=True)) else []

    def _only_one(self, fitting: Sequence[tuple[Misconception, Numbers]]) -> Named | None:
        """The mistake if all that fit have one name. One whose `may_be_named_as` lists another that fits gives way."""
        self.looked.fitting |= {mistake.name for mistake, _ in fitting}
        names = {mistake.known_as for mistake, _ in fitting}
        names -= {m.known_as for m, _ in fitting if names & (set(m.may_be_named_as) - {m.known_as})}
        if len(names) != 1:
            return None
        shown = next(m for m in self._misconceptions if m.name in names)
        fitting = [(mistake, numbers) for mistake, numbers in fitting if mistake.known_as == shown.name]
        mistake, numbers = fitting[0]
        function = function_with(mistake, numbers)
        if len(fitting) == 1 and numbers:  # otherwise the answers do not tell which number it is, or where it stands
            return Named(shown.name, hint_with(mistake, [f"{n:.2g}" for n in numbers]), mistake.see, function, numbers)
        return Named(shown.name, hint_with(shown, ["a small number"] * len(shown.free)), shown.see, function)

    def _beside_another(self, part: str, asked: Sequence[Asked], others: Sequence[Named]) -> Named | None:
        """The mistake that shows in some numbers only, while one of `others` shows in the rest of them."""
        if not others or not asked or any(one.arrays is None or one.arrays[0].size < _SEVERAL for one in asked):
            return None
        rests = [[one.numbers_of(outcome_of(other.function, one.arguments)) for one in asked] for other in others]
        # Another mistake that gives none of a call's numbers leaves nothing for two mistakes to share.
        rests = [rest for rest in rests if all(map(_gives_some, rest, asked))]
        names = {other.name for other in others}
        if rests:
            self.looked.add_query(asked, 1, beside=True)
        for number_of_free in (0, 1) if rests else ():
            fitting = [
                (mistake, numbers)
                for mistake in self._misconceptions
                if mistake.part == part and len(mistake.free) == number_of_free and mistake.known_as not in names
                for numbers in usual_values(mistake)
                if any(_explained_by_two(asked, self._numbers_of(mistake, numbers), rest) for rest in rests)
            ]
            if fitting:
                return self._only_one(fitting)
        return None

    def _numbers_of(self, mistake: Misconception, numbers: Numbers) -> Callable[[Asked], Array | None]:
        return lambda one: one.numbers_of(self._known_answers.of(mistake, numbers, one))

    def _found_by_experiment(self, part: str, failed: Sequence[Check], student: Student) -> dict[str, Named]:
        """For each failed check the one true experiment among those that explain it, if there is one."""
        names = {check.name for check in failed}
        asked = [e for e in self._experiments if e.part == part and names & set(e.explains)]
        true = [e for e in asked if not student.was_stopped(self._assignment.part(part).function) and e.holds(student)]
        explaining = {name: [e.name for e in true if name in e.explains] for name in names}
        known = {m.name: m for m in self._misconceptions}
        only = {name: known[found[0]] for name, found in explaining.items() if len(found) == 1}
        return {name: Named(m.name, m.hint, m.see, m.function) for name, m in only.items()}

    def _find_in_calling_part(self, part: str, calls: Sequence[Call]) -> Named | None:
        """The mistake of a part whose function calls other functions. Its answers may depend on chance."""
        function, builds_on = self._assignment.part(part).function, self._assignment.part(part).builds_on
        position = self._assignment.index_in_returned_tuple(part)
        inherited = {
            call.outcome.type for call in calls if call.function in builds_on and isinstance(call.outcome, Raised)
        }
        # Calls that the mistakes have answered already come first, and then the quickest ones. So most mistakes are
        # ruled out before a slow call is made.
        answered = {question for _, question in self._answers}
        asked = [call for call in calls if call.function == function]
        asked.sort(key=lambda call: (call.question not in answered, call.seconds))
        candidates = [
            (mistake, numbers, function)
            for mistake in (self._misconceptions if asked else ())
            if mistake.part == part
            for numbers, function in examples_of(mistake)
        ]
        for call in asked:
            if isinstance(call.outcome, Raised) and call.outcome.type in inherited:
                return None  # the exception comes from a function that this function calls
            candidates = [c for c in candidates if self._agree(self._repeated(c[2], call), call.outcome, position)]
        if asked:
            self.looked.add_calls(asked)
        return self._only_one([(mistake, numbers) for mistake, numbers, _ in candidates])

    def fits(self, mistake: Misconception, part: str, query: Query) -> bool:
        """Whether a mistake may fit a query of a part. The caller is inside `quiet_and_repeatable`."""
        if len(mistake.free) > query.most_free:
            return False
        if self._assignment.part(part).builds_on:
            position = self._assignment.index_in_returned_tuple(part)
            return any(
                all(self._agree(self._repeated(function, c), c.outcome, position) for c in query.calls)
                for _, function in examples_of(mistake)
            )
        if not query.beside:
            return bool(self._values(mistake, query.asked))
        all_others = [one.arrays[0] if one.arrays else None for one in query.asked]
        return any(
            _explained_by_two(query.asked, self._numbers_of(mistake, numbers), all_others)
            for numbers in usual_values(mistake)
        )

    @staticmethod
    def _agree(expected: Any, got: Any, position: int | None) -> bool:
        if isinstance(expected, Raised) and isinstance(got, Raised):
            # The exception may come from a function that this function calls, where the student's text may differ.
            return expected.type == got.type
        return same_outcome(expected, got, position)

    def _repeated(self, function: Callable[..., Any], call: Call) -> Any:
        key = (function, call.question)
        if key not in self._answers:
            self._answers[key] = run_quietly(function, call.arguments, call.seed)
        return self._answers[key]


def _same(numbers: Array, others: Array, one: Asked) -> NDArray[np.bool_]:
    return np.isclose(numbers, others, rtol=1e-7, atol=_NEAR * one.size, equal_nan=True)


def _gives_some(numbers: Array | None, one: Asked) -> bool:
    """Whether these numbers are the student's in some places."""
    assert one.arrays is not None
    return numbers is not None and bool(_same(numbers, one.arrays[0], one).any())


def _explained_by_two(
    asked: Sequence[Asked], numbers_of: Callable[[Asked], Array | None], rest: Sequence[Array | None]
) -> bool:
    """Whether a mistake shows in some of the student's numbers, and another one, with `rest`, in all the others."""
    shown = 0
    for one, others in zip(asked, rest, strict=True):
        expected = numbers_of(one)
        if expected is None or others is None or one.arrays is None:
            return False
        got, right = one.arrays
        shows = ~np.isclose(expected, right, rtol=0, atol=_NEAR * one.size, equal_nan=True)
        if shows.all() or not _same(np.where(shows, expected, others), got, one).all():
            return False
        shown += int(shows.sum())
    return shown >= _SEVERAL
