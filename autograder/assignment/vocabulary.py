"""The vocabulary for writing an assignment's reference room: checks and the evidence behind them.

A decorator only hangs a small record on the function; whoever needs the functions of a module collects
them with `marked`. Nothing is registered anywhere.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grader.compare import compare
from grader.values import BadValue, as_array, finite

Function = Callable[..., Any]
Mark = TypeVar("Mark")


@dataclass(frozen=True)
class Case:
    """One input. `name` is what the student reads of it; the inputs are attributes.

    Where right code may miss a case by bad luck, its `second_look` decides: whoever misses it has to pass all of those.
    """

    name: str
    inputs: Mapping[str, Any] = field(repr=False)
    tolerance: float = 0.0
    second_look: tuple[Case, ...] = field(default=(), repr=False)
    _known: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["inputs"][name]
        except KeyError:
            raise AttributeError(f"the case '{self.__dict__.get('name')}' has no input '{name}'") from None

    def once(self, function: Function, *names: str) -> Any:
        """What a function gives for these inputs, which is asked only once however many students get the case."""
        if (function, names) not in self._known:
            self._known[function, names] = function(*(getattr(self, name) for name in names))
        return self._known[function, names]

    def judged_with(self, tolerance: float) -> Case:
        """The same case with its check's tolerance."""
        again = tuple(case.judged_with(tolerance) for case in self.second_look)
        return replace(self, tolerance=tolerance, second_look=again)


@dataclass(frozen=True)
class Check:
    """One question asked of a part. It passes when `ask` returns for every case without CheckFailed.

    `question` is the function itself, which knows nothing of second looks.

    `cases(seed)` are those of the student with this seed; with None, or unless it is `personal`, everybody's.

    Where right code may fail by bad luck, `tries` names the input of its cases that says how many independent
    tries it has; the luck is then measured, one try at a time.
    """

    part: str
    points: float
    cases: Callable[[int | None], Sequence[Case]]
    personal: bool
    after: str | None
    tries: str | None
    question: Function

    @property
    def name(self) -> str:
        return self.question.__name__

    @property
    def title(self) -> str:
        return (self.question.__doc__ or self.name).strip().splitlines()[0]

    def ask(self, student: Any, case: Case) -> None:
        """Raises CheckFailed unless the case passes, or has a second look of which all passes."""
        try:
            self.question(student, case)
        except CheckFailed:
            if not case.second_look or not all(self.passes(student, another) for another in case.second_look):
                raise

    def passes(self, student: Any, case: Case) -> bool:
        """Whether the case itself passes, without a second look."""
        try:
            self.question(student, case)
        except CheckFailed:
            return False
        return True


@dataclass(frozen=True)
class Alternative:
    """A correct solution of the function called `solves`, written differently.

    `blends` says that other people's functions can use what it returns; a list or a column may surprise them.
    """

    solves: str
    function: Function
    blends: bool

    @property
    def name(self) -> str:
        return self.function.__name__


@dataclass(frozen=True)
class Misconception:
    """A wrong solution that real people write.

    `part` is what it breaks; `hint` is the sentence a student reads; `see` says where to look in the
    notebook; `reaches` names the other parts that the same mistake truly damages. `like` names the mistake
    whose answers are the same, so that nobody can tell them apart by what they return: its name and hint
    then stand for both. `shows` names others whose sentence is true as well of an answer with luck in it,
    which is one number and can't say more.
    """

    part: str
    hint: str
    see: str
    reaches: tuple[str, ...]
    like: str
    function: Function
    shows: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def known_as(self) -> str:
        """The name under which the mistake is reported."""
        return self.like or self.name


class CheckFailed(Exception):
    """The student's answer is wrong; the message is one sentence for the student.

    `deviation` is how far off it was, in the unit that the check's tolerance has; infinite where no
    tolerance could mend it.
    """

    def __init__(self, message: str, deviation: float = np.inf) -> None:
        super().__init__(message)
        self.deviation = deviation


def check(
    part: str,
    *,
    points: float,
    cases: Callable[..., Sequence[Case]],
    after: Function | None = None,
    tries: str | None = None,
) -> Callable[[Function], Function]:
    """Mark `ask(student, case)` as a check of `part`, skipped unless the check `after` passed.

    `cases` may take a student's seed, and then gives cases of that student's own.
    """
    personal = bool(inspect.signature(cases).parameters)

    def of(seed: int | None) -> Sequence[Case]:
        return cases(seed) if personal else cases()

    def mark(ask: Function) -> Function:
        ask.mark = Check(part, points, of, personal, after.__name__ if after else None, tries, ask)  # type: ignore[attr-defined]
        return ask

    return mark


def alternative(solves: str, *, blends: bool = True) -> Callable[[Function], Function]:
    """Mark a correct solution of the function called `solves`."""

    def mark(function: Function) -> Function:
        function.mark = Alternative(solves, function, blends)  # type: ignore[attr-defined]
        return function

    return mark


def misconception(
    part: str, *, hint: str, see: str, reaches: tuple[str, ...] = (), like: str = "", shows: tuple[str, ...] = ()
) -> Callable[[Function], Function]:
    """Mark a wrong solution of the function that `part` belongs to."""

    def mark(function: Function) -> Function:
        function.mark = Misconception(part, hint, see, reaches, like, function, shows)  # type: ignore[attr-defined]
        return function

    return mark


def declared_in(module: ModuleType, kind: type[Mark]) -> list[Mark]:
    """The marks of one kind in a module, in the order in which the file defines them."""
    marks = (getattr(value, "mark", None) for value in vars(module).values())
    return [mark for mark in marks if isinstance(mark, kind)]


def unpack(value: Any, names: Sequence[str]) -> list[Any]:
    """The returned values by position; CheckFailed when it is no tuple or list of that many."""
    due = f"{len(names)} values ({', '.join(names)}) are due"
    if not isinstance(value, tuple | list):
        kind = "None" if value is None else f"one {type(value).__name__}"
        raise CheckFailed(f"the function returned {kind} where {due}.")
    if len(value) != len(names):
        raise CheckFailed(f"the function returned {len(value)} values where {due}.")
    return list(value)


class expect:
    """What a check demands of one returned value; every demand returns the `expect` for the next one.

    Each method raises CheckFailed with one sentence. The value itself is `array` once its shape is known.
    """

    def __init__(self, value: Any, name: str) -> None:
        self.value = value
        self.name = name
        self.array: NDArray[np.float64] = np.empty(0)

    def shape(self, *shape: int, axes: Sequence[str] | None = None) -> expect:
        """Numbers of this shape; axes of length one may be missing or added where nothing can be mixed up."""
        try:
            self.array = as_array(self.value, shape, self.name, axes)
        except BadValue as problem:
            raise CheckFailed(str(problem)) from None
        return self

    def finite(self) -> expect:
        """No NaN and no infinity."""
        try:
            finite(self.array, self.name)
        except BadValue as problem:
            raise CheckFailed(str(problem)) from None
        return self

    def close_to(self, expected: ArrayLike, tolerance: float, scale: float | None = None) -> expect:
        """max |value - expected| / scale <= tolerance; the scale is max |expected| unless given."""
        expected = np.asarray(expected, dtype=float)
        if scale is None:
            scale = float(np.abs(expected).max(initial=0.0)) or 1.0
        deviation = compare(self.array, expected, scale)
        if not deviation.size <= tolerance:
            where = f" at {list(deviation.index)}" if deviation.index else ""
            raise CheckFailed(
                f"{self.name} is off{where}, by {deviation.size:.2g} of its scale (tolerance {tolerance:.1g}).",
                deviation.size,
            )
        return self

    def at_least(self, threshold: float, tolerance: float, scale: float) -> expect:
        """value >= threshold - tolerance * scale, for one number."""
        shortfall = (threshold - float(self.array)) / scale
        if not shortfall <= tolerance:
            raise CheckFailed(
                f"{self.name} falls short by {shortfall:.2g} of its scale (tolerance {tolerance:.1g}).",
                shortfall if np.isfinite(shortfall) else np.inf,
            )
        return self

    def holds(self, condition: bool, otherwise: str) -> expect:
        """Any other demand; `otherwise` completes the sentence that begins with the value's name."""
        if not condition:
            raise CheckFailed(f"{self.name} {otherwise}")
        return self
