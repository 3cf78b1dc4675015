"""Measures tolerances: how far correct code strays, how near wrong code comes, and a bound between."""

from __future__ import annotations

import functools
import inspect
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np

from autograder.assignment import (
    Alternative,
    Assignment,
    Case,
    Check,
    CheckFailed,
    Function,
    Misconception,
    UsageError,
    Value,
    declared_in,
    load,
)
from autograder.grading import Raised, question_of, run_quietly
from autograder.proof.chance import (
    ANSWERS,
    CheckTrials,
    answers_by_chance,
    passes_by_chance,
    run_trials,
)
from autograder.proof.tolerance import deviation_of, tolerance_between
from autograder.runs import start_worker

_STUDENTS = (1, 2, 3)  # those whose cases are tried beside everybody's, where a check has such
_UNFILLED = "raise NotImplementedError"  # as the scaffold leaves it
_DRAWS = (0, 1, 2)  # seeds of the random numbers that right code may draw


class InProcessStudent:
    """A `student` whose functions are called right here: only for the kit's own evidence."""

    def __init__(self, functions: Mapping[str, Function], seed: int = 0) -> None:
        self._functions, self._seed = functions, seed
        self._values: dict[bytes, Any] = {}

    def __getattr__(self, name: str) -> Function:
        def call(*arguments: Any) -> Any:
            question = question_of(name, arguments)
            if question not in self._values:
                self._values[question] = run_quietly(self._functions[name], arguments, self._seed)
            value = self._values[question]
            if isinstance(value, Raised):
                raise CheckFailed(f"{name} raised {value.type}: {value.text}")
            return value

        return call

    def changed(self, name: str, *arguments: Any) -> list[int]:
        """As `Student.changed`."""
        copies = [np.array(a) for a in arguments]
        run_quietly(lambda *_: self._functions[name](*copies), ())
        return [i for i, (a, b) in enumerate(zip(arguments, copies, strict=True)) if not np.array_equal(a, b)]


def deviation(check: Check, cases: Sequence[Case], student: Any) -> float:
    """The largest deviation over the cases: 0 where nothing could be told from right, inf where all is wrong.

    A case with a second look, which may be missed, is off by as much as the better one of the two.
    """
    worst = 0.0
    for case in cases:
        off = _off(check, case, student)
        if off > worst and case.second_look:
            off = min(off, max(_off(check, another, student) for another in case.second_look))
        worst = max(worst, off)
    return worst


def _off(check: Check, case: Case, student: Any) -> float:
    try:
        check.question(student, case.judged_with(0.0))
    except CheckFailed as failed:
        return failed.deviation
    return 0.0


def calibrate(assignment: Assignment, jobs: int, progress: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Evidence for every check and every value of the key, as calibration.json holds it.

    Raises UsageError, with names, where correct and wrong code can't be told apart.
    """
    alternatives = declared_in(assignment.alternatives, Alternative)
    misconceptions = declared_in(assignment.misconceptions, Misconception)
    names = [a.name for a in alternatives] + [m.name for m in misconceptions]
    measured = dict(_measure_all(assignment, names, jobs, progress))
    values = [v for vs in assignment.submits.values() for v in vs]
    with _pool(jobs) as pool:
        lucky = {c.name: _lucks(assignment, c, pool) for c in declared_in(assignment.checks, Check) if c.tries}
        lucky |= {f"key.{v.name}": _answers(assignment, v, pool) for v in values if v.random}
    record: dict[str, dict[str, Any]] = {"checks": {}, "key": {}}
    asked = [("checks", c.name, c.name, c.part) for c in declared_in(assignment.checks, Check)]
    asked += [("key", v.name, f"key.{v.name}", v.part) for v in values]
    for room, name, column, part in asked:
        function = assignment.part(part).function
        right = {a.name: measured[a.name][column] for a in alternatives if a.solves == function}
        wrong = {m.name: measured[m.name][column] for m in misconceptions if m.part == part}
        record[room][name] = tolerance_between(column, right, wrong, assignment.tolerances).as_json()
        if column in lucky:
            record[room][name]["luck"] = lucky[column]
    return record


def _pool(jobs: int) -> ProcessPoolExecutor:
    # One thread each: all arrays are too small for a linear algebra library to share among threads.
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), start_worker)


def _measure_all(
    assignment: Assignment, names: Sequence[str], jobs: int, progress: Callable[[str], None]
) -> Iterator[tuple[str, dict[str, float]]]:
    with _pool(jobs) as pool:
        futures = {pool.submit(_measure, assignment.root, assignment.slug, name): name for name in names}
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except NotImplementedError:
                raise UsageError(
                    f"reference/{assignment.slug} is not filled yet: solution.py raises NotImplementedError."
                ) from None
            progress(futures[future])


def _lucks(assignment: Assignment, check: Check, pool: ProcessPoolExecutor) -> dict[str, Any]:
    if check.name not in assignment.tolerances:
        raise UsageError(f"{check.name} hangs on luck: set its tolerance by hand, under [tolerances], with a `why`.")
    function = assignment.part(check.part).function
    names = [a.name for a in declared_in(assignment.alternatives, Alternative) if a.solves == function]
    found = pool.map(functools.partial(_luck, assignment.root, assignment.slug, check.name), names)
    return passes_by_chance(check.name, dict(zip(names, found, strict=True)))


def _answers(assignment: Assignment, value: Value, pool: ProcessPoolExecutor) -> dict[str, Any]:
    """How many right answers to a value with luck in it the key takes, and how far the furthest of them strays."""
    by_hand = assignment.tolerances.get(f"key.{value.name}")
    if by_hand is None:
        raise UsageError(f"{value.name} hangs on luck: set the tolerance of key.{value.name} by hand, with a `why`.")
    function = assignment.part(value.part).function
    names = [a.name for a in declared_in(assignment.alternatives, Alternative) if a.solves == function]
    ask = functools.partial(_strays, assignment.root, assignment.slug, value.name)
    return answers_by_chance(dict(zip(names, pool.map(ask, names), strict=True)), by_hand["value"])


def _strays(root: Path, slug: str, value_name: str, name: str) -> list[float]:
    """How far one right solution's answers are off, one for each of a number of seeds."""
    assignment = load(root, slug)
    written = next(a for a in declared_in(assignment.alternatives, Alternative) if a.name == name)
    expected = assignment.cases.public_answer(value_name, {})
    scale = assignment.cases.public_scale(value_name, expected)
    asked = (value_name, {written.solves: written.function})
    seeds = range(1, ANSWERS + 1)
    return [deviation_of(run_quietly(assignment.cases.public_answer, asked, seed), expected, scale) for seed in seeds]


def _luck(root: Path, slug: str, check_name: str, name: str) -> CheckTrials:
    """The luck of one alternative with one check."""
    assignment = load(root, slug)
    check = next(c for c in declared_in(assignment.checks, Check) if c.name == check_name)
    written = next(a for a in declared_in(assignment.alternatives, Alternative) if a.name == name)
    return run_trials(check, written.solves, written.function, assignment.tolerances[check_name]["value"])


def _measure(root: Path, slug: str, name: str) -> dict[str, float]:
    """How far one alternative or misconception strays, by check and key value of the function it replaces."""
    assignment = load(root, slug)
    known: list[Alternative | Misconception] = [*declared_in(assignment.alternatives, Alternative)]
    known += declared_in(assignment.misconceptions, Misconception)
    evidence = next(e for e in known if e.name == name)
    right = isinstance(evidence, Alternative)
    if _UNFILLED in inspect.getsource(evidence.function):
        file = f"{evidence.function.__module__.replace('.', '/')}.py"
        raise UsageError(f"{file} is not filled yet: {name} only raises NotImplementedError.")
    solved = evidence.solves if isinstance(evidence, Alternative) else assignment.part(evidence.part).function
    functions = {f: getattr(assignment.solution, f) for f in assignment.functions} | {solved: evidence.function}
    drawing = any(
        v.random for vs in assignment.submits.values() for v in vs if assignment.part(v.part).function == solved
    )
    direct = {seed: InProcessStudent(functions, seed) for seed in (_DRAWS if right and drawing else _DRAWS[:1])}
    deviations = {}
    for check in declared_in(assignment.checks, Check):
        if assignment.part(check.part).function == solved:
            # Right code has to pass whoever asks and whatever it draws; where it may fail by bad luck, that is
            # measured apart. Mistakes are measured on everybody's cases; that they show in others, `prove` shows.
            students = _STUDENTS if right and check.personal else ()
            drawn = list(direct.values())[: 1 if check.tries else None]
            asked = [(None, code) for code in drawn] + [(student, drawn[0]) for student in students]
            deviations[check.name] = max(deviation(check, check.cases(student), code) for student, code in asked)
    for value in (v for vs in assignment.submits.values() for v in vs):
        if assignment.part(value.part).function == solved:
            expected = assignment.cases.public_answer(value.name, {})
            answer = run_quietly(assignment.cases.public_answer, (value.name, {solved: evidence.function}))
            scale = assignment.cases.public_scale(value.name, expected)
            deviations[f"key.{value.name}"] = deviation_of(answer, expected, scale)
    return deviations
