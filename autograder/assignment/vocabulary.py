"""What the author of an assignment writes its reference room with: checks, and the evidence behind them.

`@check`, `@alternative`, `@misconception` and `@experiment` each attach a small record to a function. `declared_in`
collects the records of a module. There is no global registry.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, TypeVar

from autograder.assignment.demands import CheckFailed

Function = Callable[..., Any]
Mark = TypeVar("Mark")
HINT_TO_WRITE = "TODO: say in one sentence what is wrong, without giving the solution away."


@dataclass(frozen=True)
class Case:
    """One set of inputs that a check asks about.

    `name` describes the case in the student's feedback. Each input is an attribute: `case.X` is `inputs["X"]`.
    A check compares with `tolerance`, which the kit measures and fills in.

    Give a `second_look` if right code may fail the case by bad luck. If a student fails the case, the student
    still passes by passing every case of the second look.
    """

    name: str
    inputs: Mapping[str, Any] = field(repr=False)
    tolerance: float = 0.0
    second_look: tuple[Case, ...] = field(default=(), repr=False)
    _answers: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["inputs"][name]
        except KeyError:
            raise AttributeError(f"the case '{self.__dict__.get('name')}' has no input '{name}'") from None

    def compute_once(self, function: Function, *names: str) -> Any:
        """`function` of the inputs with these names, computed once however many students get the case.

        For example, `case.compute_once(fit_line, "x", "y")` is the expected answer of `fit_line`.
        """
        if (function, names) not in self._answers:
            self._answers[function, names] = function(*(getattr(self, name) for name in names))
        return self._answers[function, names]

    def with_tolerance(self, tolerance: float) -> Case:
        """The same case, and the same second look, with this tolerance."""
        second_look = tuple(case.with_tolerance(tolerance) for case in self.second_look)
        return replace(self, tolerance=tolerance, second_look=second_look)


@dataclass(frozen=True)
class Check:
    """One graded question about a part, as `@check` records it.

    A student passes the check if `ask` raises CheckFailed for none of its cases. `question` is the function that
    the author wrote. It knows nothing of second looks, while `ask` takes them into account.

    `cases(seed)` returns the cases of the student with this seed. `cases(None)` returns the common cases. A check
    that is not `personal` has only common cases and ignores the seed.

    `after` names a check of the same assignment. If a student does not pass that one, this check is skipped.

    `tries` is set if right code may fail by bad luck. It names the input that says how many independent tries
    a case allows. `build` then measures the luck of a single try.
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
        """Raises CheckFailed if the student fails the case and does not pass every case of its second look."""
        try:
            self.question(student, case)
        except CheckFailed:
            if not case.second_look or not all(self.passes(student, another) for another in case.second_look):
                raise

    def passes(self, student: Any, case: Case) -> bool:
        """Whether the student passes the case itself. Ignores its second look."""
        try:
            self.question(student, case)
        except CheckFailed:
            return False
        return True


@dataclass(frozen=True)
class Alternative:
    """A correct solution of the function called `solves`, written in another way, as `@alternative` records it.

    `blends` says whether solutions of the other functions can use what it returns. Set it to False if the result
    has an unusual form, such as a list or a column, that they may not expect.

    `slow` says that it takes many times as long as the others. The limit of a call follows from it. It is left out
    where solutions run many times, so that a build stays quick.
    """

    solves: str
    function: Function
    blends: bool
    slow: bool = False

    @property
    def name(self) -> str:
        return self.function.__name__


@dataclass(frozen=True)
class Misconception:
    """A wrong solution that students really write, as `@misconception` records it.

    - `part`: the part that the mistake breaks.
    - `hint`: the sentence that a student with this mistake reads.
    - `see`: where in the notebook the student should look.
    - `also_breaks`: the other parts that also lose points through this mistake. `prove` fails if one of them does not.
    - `same_answers_as`: another mistake that returns the same answers, so that the two cannot be told apart. A student
      with this mistake then reads the name and the hint of the other.
    - `keeps`: the share of the points of its failed checks that a student with this mistake keeps, from 0 to 1. The
      table [rubric] of assignment.toml can override it.
    - `may_be_named_as`: other mistakes that an answer may be named after, because their hints are true of it too. One
      random number, say, cannot tell which of them it was.
    - `examples`: only of a family, which is a mistake with free numbers. See `misconception`.
    - `usual`: the numbers that are tried first, if they are not the ones that people usually take.
    - `raises`: the names of the exceptions that the mistake may end with. Any other exception is a slip of its author.
    """

    part: str
    hint: str
    see: str
    also_breaks: tuple[str, ...]
    same_answers_as: str
    function: Function
    may_be_named_as: tuple[str, ...] = ()
    keeps: float = 0.0
    examples: tuple[tuple[float, ...], ...] = ()
    usual: tuple[float, ...] = ()
    raises: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def free(self) -> tuple[str, ...]:
        """The names of a family's free numbers. Empty if the mistake is no family."""
        return keyword_only(self.function) if self.examples else ()

    @property
    def hint_to_write(self) -> bool:
        """Whether the hint is still the placeholder that `autograder evidence add` wrote."""
        return self.hint.startswith("TODO")

    @property
    def known_as(self) -> str:
        """The name in reports: that of `same_answers_as` if it is given, otherwise its own."""
        return self.same_answers_as or self.name


def check(
    part: str,
    *,
    points: float,
    cases: Callable[..., Sequence[Case]],
    after: Function | None = None,
    tries: str | None = None,
) -> Callable[[Function], Function]:
    """Marks a function as a check of `part` that is worth `points`.

    The kit calls the function with a student and a case. It raises CheckFailed if the student's answer is wrong,
    usually through `expect`. The first line of its docstring is the title that students read. For example:

        @check("line", points=10, cases=cases.ordinary)
        def line_is_right(student: Any, case: Case) -> None:
            "The line has the least squared error."
            line = student.fit_line(case.x, case.y)
            expected = case.compute_once(fit_line, "x", "y")
            expect(line, "line").shape(2).finite().close_to(expected, case.tolerance)

    - `cases` returns the cases. If it takes an argument, the check is personal: the argument is the student's
      seed, or None for the common cases.
    - `after` is another check. A student who does not pass it is not asked this one.
    - `tries` names an input of the cases: see `Check`. Give it only if right code may fail by bad luck.
    """
    personal = bool(inspect.signature(cases).parameters)

    def cases_for(seed: int | None) -> Sequence[Case]:
        return cases(seed) if personal else cases()

    def mark(question: Function) -> Function:
        name_before = after.__name__ if after else None
        question.mark = Check(part, points, cases_for, personal, name_before, tries, question)  # type: ignore[attr-defined]
        return question

    return mark


def alternative(solves: str, *, blends: bool = True, slow: bool = False) -> Callable[[Function], Function]:
    """Marks a correct solution of the function called `solves`. See `Alternative`."""

    def mark(function: Function) -> Function:
        function.mark = Alternative(solves, function, blends, slow)  # type: ignore[attr-defined]
        return function

    return mark


def misconception(
    part: str,
    *,
    hint: str,
    see: str,
    also_breaks: tuple[str, ...] = (),
    same_answers_as: str = "",
    may_be_named_as: tuple[str, ...] = (),
    keeps: float = 0.0,
    examples: Sequence[float | tuple[float, ...]] = (),
    usual: Sequence[float] = (),
    raises: tuple[str, ...] = (),
) -> Callable[[Function], Function]:
    """Marks a wrong solution of the function that answers `part`. `Misconception` explains the arguments.

    A mistake with one or two free numbers is a family. The function takes them as keyword-only arguments. For example:

        @misconception("line", hint="You add {a} to the denominator.", see="Task 1", examples=(1e-6, 1e-3))
        def padded_denominator(x, y, *, a):
            ...

    A student's part gets the name of a family if one value of its numbers explains all answers. The `examples` are the
    values of which the kit proves that they cost points and are named; with two numbers, each is a pair. If the part
    has `builds_on`, no others are named. In the hint, `{a}` becomes the value, or "a small number" if several fit.
    """

    def mark(function: Function) -> Function:
        free = keyword_only(function)
        of_family = tuple(example if isinstance(example, tuple) else (example,) for example in examples)
        if bool(free) != bool(of_family) or any(len(example) != len(free) for example in of_family):
            raise TypeError(
                f"{function.__name__} has {len(free)} free numbers ({', '.join(free)}): give `examples` with a value "
                "for each of them, or make them ordinary arguments."
            )
        function.mark = Misconception(  # type: ignore[attr-defined]
            *(part, hint, see, also_breaks, same_answers_as, function, may_be_named_as, keeps, of_family),
            *(tuple(usual), raises),
        )
        return function

    return mark


@functools.cache  # naming asks for the numbers of a family thousands of times
def keyword_only(function: Function) -> tuple[str, ...]:
    """The names of the arguments that a function takes only by name. None of a class: a family is a function."""
    if inspect.isclass(function):
        return ()
    parameters = inspect.signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY)


def declared_in(module: ModuleType, kind: type[Mark]) -> list[Mark]:
    """The records of one kind, such as Check, in a module. Their order is that of the definitions in the file.

    If the module is a folder, the files that its `__init__.py` does not import count too, after all others and in the
    order of their names. So nobody edits `__init__.py` to add a file. A name that begins with `_` marks helpers.
    """
    modules = [module]
    for file in sorted(pkgutil.iter_modules(getattr(module, "__path__", ())), key=lambda file: file.name):
        if not file.name.startswith("_"):
            modules.append(importlib.import_module(f"{module.__name__}.{file.name}"))
    marks = (getattr(value, "mark", None) for one in modules for value in vars(one).values())
    found = {id(mark): mark for mark in marks if isinstance(mark, kind)}  # a file may import one of another file
    return list(found.values())
