"""Runs functions of the trusted side quietly, and says whether their answers are those of a student."""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.assignment import Function, Misconception
from autograder.grading.calls import Raised
from autograder.grading.handles import History
from autograder.grading.returned import as_returned
from autograder.sandbox import OpaqueValue, content_of, make_plain, repeatable_random_numbers, seed_random_numbers
from grader.same import is_same
from grader.values import BadValue, as_array

Array = NDArray[np.float64]
_SEEN = 1e-9  # of the answer's size; a smaller deviation from the right answer says nothing about a mistake
_ROUNDING = 2e-10  # of the answer's size; code that is written differently may differ by so much
_DIGITS_OF_A_LABEL = 0.5  # a wrong whole number, such as the index of a state, is often the same by chance
_MOST_KEPT = 20_000  # answers of known mistakes; most are a few kilobytes
_MOST_IN_TABLES = 10_000_000  # numbers, of 8 bytes each
_MOST_NUMBERS = 10  # of one answer count as evidence, because they depend on each other


def run_quietly(function: Function, arguments: Sequence[Any], seed: int = 0) -> Any:
    """Return what a function returns for copies of the arguments, or a Raised if it raises an exception."""
    with quiet_and_repeatable(seed):
        return outcome_of(function, arguments)


def run_seeded(function: Function, arguments: Sequence[Any], seed: int = 0) -> Any:
    """Do what `run_quietly` does, for a caller that is inside `quiet_and_repeatable` already.

    Entering it for each call takes longer than most calls.
    """
    seed_random_numbers(seed)
    return outcome_of(function, arguments)


@contextlib.contextmanager
def quiet_and_repeatable(seed: int = 0) -> Iterator[None]:
    """A context in which functions print nothing, warn of nothing, and draw the same random numbers again."""
    silent = contextlib.redirect_stdout(io.StringIO())
    with warnings.catch_warnings(), np.errstate(all="ignore"), silent, repeatable_random_numbers(seed):
        warnings.simplefilter("ignore")
        yield


def outcome_of(function: Function, arguments: Sequence[Any]) -> Any:
    """Do what `run_seeded` does, for functions that draw no random numbers or whose caller has seeded them."""
    if not callable(function):
        return function  # a variable of the reference
    try:
        if len(arguments) == 1 and isinstance(arguments[0], History):
            return as_returned(make_plain(arguments[0].play(function), OpaqueValue))
        return as_returned(make_plain(function(*map(_copy, arguments)), OpaqueValue))
    except Exception as problem:  # noqa: BLE001 - a wrong function may raise anything, and that is its answer
        return Raised(type(problem).__name__, str(problem))


def changed_by(function: Function, arguments: Sequence[Any]) -> list[int]:
    """The positions of the arguments that a function changes in place. It gets copies."""
    copies = [_copy(argument) for argument in arguments]
    before = [content_of(copy) for copy in copies]
    with contextlib.suppress(Exception):
        function(*copies)
    return [i for i, content in enumerate(before) if content_of(copies[i]) != content]


def _copy(argument: Any) -> Any:
    if isinstance(argument, np.ndarray):
        return np.array(argument)
    return copy.deepcopy(argument) if isinstance(argument, list | dict) else argument


def same_outcome(expected: Any, got: Any, position: int | None = None) -> bool:
    """Whether two outcomes agree to seven digits. NaN equals NaN, and an infinity equals itself.

    With a position, only the values at that position of two tuples or lists are compared.
    """
    if isinstance(expected, Raised) or isinstance(got, Raised):
        return isinstance(expected, Raised) and isinstance(got, Raised) and expected == got
    if expected is None:
        return got is None
    if isinstance(expected, tuple | list):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return False
        pairs = list(zip(expected, got, strict=True))
        return all(same_outcome(e, g) for e, g in (pairs if position is None else pairs[position : position + 1]))
    if not is_numeric(expected):
        return is_same(got, expected, 1e-7)
    try:
        wanted = np.asarray(expected, dtype=float)
        given = as_array(got, wanted.shape, "value")
    except (BadValue, TypeError, ValueError):
        return False
    size = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0) or 1.0
    return bool(np.allclose(given, wanted, rtol=1e-7, atol=1e-9 * size, equal_nan=True))


def is_numeric(value: Any) -> bool:
    """Whether a value of this process holds numbers only: a number, an array or a list of them."""
    try:
        return np.asarray(value).dtype.kind in "iufc"
    except ValueError:  # a ragged list
        return False


@dataclass(frozen=True, eq=False)
class Asked:
    """One call of a student's function: what it was asked, what came back, and what is right.

    If the function returns several values, `position` says which of them counts. `right` is None if there is no single
    right answer.
    """

    arguments: tuple[Any, ...]
    seed: int
    got: Any
    right: Any
    position: int | None
    question: bytes = b""

    def value_of(self, answer: Any) -> Any:
        """The value of an answer that counts."""
        several = self.position is not None and isinstance(answer, tuple | list)
        return answer[self.position] if several and len(answer) > (self.position or 0) else answer

    @property
    def numbers_asked(self) -> int:
        """How many numbers the arguments hold."""
        return sum(argument.size if isinstance(argument, np.ndarray) else 1 for argument in self.arguments)

    @functools.cached_property
    def arrays(self) -> tuple[Array, Array] | None:
        """The student's numbers and the right ones, of the same shape. None if the answer is no such array."""
        if self.right is None or isinstance(self.right, Raised) or isinstance(self.got, Raised):
            return None
        if self.position is not None and not _same_length(self.got, self.right):
            return None
        if not is_numeric(self.value_of(self.right)):
            return None
        right = np.asarray(self.value_of(self.right), dtype=float)
        try:
            return as_array(self.value_of(self.got), right.shape, "value"), right
        except BadValue:
            return None

    @functools.cached_property
    def size(self) -> float:
        """The largest number of the right answer and of the student's. The right one may be zero but for rounding."""
        numbers = np.concatenate([array.ravel() for array in self.arrays or ()] or [np.zeros(1)])
        return float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0.0)) or 1.0

    @functools.cached_property
    def wrong(self) -> NDArray[np.bool_]:
        """Which of the student's numbers are not right. One entry if the answer is no array of numbers."""
        if self.arrays is None:
            return np.array([True])
        got, right = self.arrays
        return ~np.isclose(got, right, rtol=0, atol=_SEEN * self.size, equal_nan=True)

    @functools.cached_property
    def off(self) -> float:
        """By how much the student's numbers are off at most, where they are finite."""
        if self.arrays is None:
            return 0.0
        got, right = self.arrays
        finite = np.isfinite(got) & np.isfinite(right)
        return float(np.abs(got - right)[finite].max(initial=0.0))

    @functools.cached_property
    def _room(self) -> float:
        """By how much an answer that explains the student's may differ from it."""
        return min(1e-7 * self.size, max(1e-6 * self.off, _ROUNDING * self.size))

    @functools.cached_property
    def evidence(self) -> float:
        """About how many digits of wrong numbers an answer has to hit if it is to explain the student's."""
        wrong = int(self.wrong.sum())
        if self.arrays is not None and np.asarray(self.value_of(self.right)).dtype.kind in "iu":
            return _DIGITS_OF_A_LABEL * min(wrong, _MOST_NUMBERS)
        if self.off <= self._room:  # the answer is no array of numbers, or its wrong numbers are NaN or infinite
            return 3.0 * min(wrong, _MOST_NUMBERS)
        return float(np.log10(self.off / self._room)) * min(wrong, _MOST_NUMBERS)

    def explained_by(self, answer: Any) -> bool:
        """Whether this answer is the student's: to seven digits, and to six digits of what the student is off by."""
        if self.arrays is None:
            return same_outcome(answer, self.got, self.position)
        if isinstance(answer, Raised) or (self.position is not None and not _same_length(answer, self.got)):
            return False
        expected = self.numbers_of(answer)
        return (
            expected is not None
            and bool(self._agrees(expected).all())
            and same_outcome(answer, self.got, self.position)
        )

    def rows_that_may_explain(self, table: Table) -> list[int]:
        """The rows of a table that are the student's numbers, as `explained_by` compares them. In order."""
        same = self._agrees(table.numbers).reshape(len(table.usable), -1).all(axis=1)
        return [int(i) for i in np.flatnonzero(table.usable & same)]

    def numbers_of(self, answer: Any) -> Array | None:
        """The numbers of an answer in the shape of the right ones. None if it has others."""
        assert self.arrays is not None
        try:
            return np.asarray(self.value_of(answer), dtype=float).reshape(self.arrays[1].shape)
        except (TypeError, ValueError):
            return None

    def _agrees(self, expected: Array) -> NDArray[np.bool_]:
        """Which numbers are the student's: those of one answer, or of several along a first axis."""
        assert self.arrays is not None
        got = self.arrays[0]
        return (np.abs(expected - got) <= self._room) | (expected == got) | (np.isnan(expected) & np.isnan(got))


def _same_length(one: Any, other: Any) -> bool:
    return isinstance(one, tuple | list) and isinstance(other, tuple | list) and len(one) == len(other)


@dataclass(frozen=True, eq=False)
class Table:
    """What a family answers to one call with each of several values of its free numbers.

    `numbers` has a row for each value, in the shape of the right answer. `usable` says in which rows there are such
    numbers.
    """

    numbers: Array
    usable: NDArray[np.bool_]


class KnownAnswers:
    """What known mistakes answer. The cases are the same for many students, so most answers are computed once."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, tuple[float, ...], bytes], Any] = {}
        self._tables: dict[tuple[str, tuple[tuple[float, ...], ...], bytes], Table] = {}
        self._size_of_tables = 0

    def of(self, mistake: Misconception, numbers: tuple[float, ...], asked: Asked) -> Any:
        """The answer of a mistake with these free numbers to what a student was asked. Nobody may change it."""
        key = (mistake.name, numbers, asked.question)
        if key in self._kept:
            return self._kept[key]
        answer = _answer(mistake, numbers, asked)
        if asked.question:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = answer
        return answer

    def table(self, family: Misconception, values: tuple[tuple[float, ...], ...], asked: Asked) -> Table:
        """The answers of a family with each of these values of its free numbers. Nobody may change them.

        The right answer to the call has to be an array of numbers.
        """
        assert asked.arrays is not None
        key = (family.name, values, asked.question)
        if key in self._tables:
            return self._tables[key]
        shape = asked.arrays[1].shape
        table = Table(np.zeros((len(values), *shape)), np.zeros(len(values), dtype=bool))
        for i, numbers in enumerate(values):
            answer = _answer(family, numbers, asked)
            found = None if isinstance(answer, Raised) else asked.numbers_of(answer)
            if found is not None and (asked.position is None or _same_length(answer, asked.right)):
                table.numbers[i], table.usable[i] = found, True
        if asked.question:
            if self._size_of_tables + table.numbers.size > _MOST_IN_TABLES:
                self._tables.clear()
                self._size_of_tables = 0
            self._tables[key] = table
            self._size_of_tables += table.numbers.size
        return table


def _answer(mistake: Misconception, numbers: tuple[float, ...], asked: Asked) -> Any:
    return outcome_of(
        functools.partial(mistake.function, **dict(zip(mistake.free, numbers, strict=True))), asked.arguments
    )
