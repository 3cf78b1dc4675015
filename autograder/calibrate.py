"""Measures tolerances: how far correct code strays, how near wrong code comes, and a bound between."""

from __future__ import annotations

import functools
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np

from autograder import luck
from autograder.assignment import Assignment, UsageError, load
from autograder.checks import Alternative, Case, Check, CheckFailed, Function, Misconception, marked
from autograder.diagnose import run_quietly
from autograder.student import Raised, question_of
from autograder.tolerance import between, off_by
from autograder.workers import blas_threads

_THREADS = (1, 4)  # of the linear algebra library: one, as where submissions are graded, and many, as on a desk


class Direct:
    """A `student` whose functions are called right here: only for the kit's own evidence."""

    def __init__(self, functions: Mapping[str, Function], seed: int = 0) -> None:
        self._functions = functions
        self._seed = seed
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
    """The largest deviation over the cases: 0 where nothing could be told from right, inf where all is wrong."""
    worst = 0.0
    for case in cases:
        try:
            check.ask(student, case.judged_with(0.0))
        except CheckFailed as failed:
            worst = max(worst, failed.deviation)
    return worst


def calibrate(assignment: Assignment, jobs: int, progress: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Evidence for every check and every value of the key, as calibration.json holds it.

    Raises UsageError, with names, where correct and wrong code can't be told apart.
    """
    alternatives = marked(assignment.alternatives, Alternative)
    misconceptions = marked(assignment.misconceptions, Misconception)
    measured: dict[str, dict[str, float]] = {}
    for threads in _THREADS:
        # Right code has to pass with any number of threads; wrong code is as wrong with one.
        names = [a.name for a in alternatives] + ([m.name for m in misconceptions] if threads == 1 else [])
        for name, found in _measure_all(assignment, names, jobs, threads, progress):
            known = measured.setdefault(name, found)
            measured[name] = {column: max(known[column], found[column]) for column in found}
    with _pool(jobs, 1) as pool:
        lucky = {c.name: _lucks(assignment, c, pool) for c in marked(assignment.checks, Check) if c.tries}
    record: dict[str, dict[str, Any]] = {"checks": {}, "key": {}}
    asked = [("checks", c.name, c.name, c.part) for c in marked(assignment.checks, Check)]
    asked += [("key", v.name, f"key.{v.name}", v.part) for vs in assignment.submits.values() for v in vs]
    for room, name, column, part in asked:
        function = assignment.part(part).function
        right = {a.name: measured[a.name][column] for a in alternatives if a.solves == function}
        wrong = {m.name: measured[m.name][column] for m in misconceptions if m.part == part}
        record[room][name] = between(column, right, wrong, assignment.tolerances).as_json()
        if column in lucky:
            record[room][name]["luck"] = lucky[column]
    return record


def _pool(jobs: int, threads: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), blas_threads, (threads,))


def _measure_all(
    assignment: Assignment, names: Sequence[str], jobs: int, threads: int, progress: Callable[[str], None]
) -> Iterator[tuple[str, dict[str, float]]]:
    with _pool(jobs, threads) as pool:
        futures = {pool.submit(_measure, assignment.root, assignment.slug, name): name for name in names}
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except NotImplementedError:
                raise UsageError(
                    f"reference/{assignment.slug} is not filled yet: a function is not implemented."
                ) from None
            progress(futures[future])


def _lucks(assignment: Assignment, check: Check, pool: ProcessPoolExecutor) -> dict[str, Any]:
    if check.name not in assignment.tolerances:
        raise UsageError(f"{check.name} hangs on luck: set its tolerance by hand, under [tolerances], with a `why`.")
    function = assignment.part(check.part).function
    names = [a.name for a in marked(assignment.alternatives, Alternative) if a.solves == function]
    found = pool.map(functools.partial(_luck, assignment.root, assignment.slug, check.name), names)
    return luck.summary(check.name, dict(zip(names, found, strict=True)))


def _luck(root: Path, slug: str, check_name: str, name: str) -> list[luck.Luck]:
    """The luck of one alternative with one check."""
    assignment = load(root, slug)
    check = next(c for c in marked(assignment.checks, Check) if c.name == check_name)
    written = next(a for a in marked(assignment.alternatives, Alternative) if a.name == name)
    return luck.measure(check, written.solves, written.function, assignment.tolerances[check_name]["value"])


def _measure(root: Path, slug: str, name: str) -> dict[str, float]:
    """How far one alternative or misconception strays, by check and key value of the function it replaces."""
    assignment = load(root, slug)
    known: list[Alternative | Misconception] = [*marked(assignment.alternatives, Alternative)]
    known += marked(assignment.misconceptions, Misconception)
    evidence = next(e for e in known if e.name == name)
    solved = evidence.solves if isinstance(evidence, Alternative) else assignment.part(evidence.part).function
    reference = {f: getattr(assignment.solution, f) for f in assignment.functions}
    student = Direct(reference | {solved: evidence.function})
    deviations = {}
    for check in marked(assignment.checks, Check):
        if assignment.part(check.part).function == solved:
            deviations[check.name] = deviation(check, check.cases(None), student)
    for value in (v for vs in assignment.submits.values() for v in vs):
        if assignment.part(value.part).function == solved:
            expected = assignment.cases.public_answer(value.name, {})
            answer = run_quietly(assignment.cases.public_answer, (value.name, {solved: evidence.function}))
            scale = assignment.cases.public_scale(value.name, expected)
            deviations[f"key.{value.name}"] = off_by(answer, expected, scale)
    return deviations
