"""Measures how far correct and wrong code are from the reference, and sets each tolerance between the two.

It also measures how much processor time correct code takes, from which the limits of calls follow.
"""

from __future__ import annotations

import functools
import inspect
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.assignment import (
    Alternative,
    Assignment,
    Case,
    Check,
    CheckFailed,
    Misconception,
    UsageError,
    Value,
    declared_in,
    known_mistakes,
    load,
)
from autograder.grading import (
    demand_known,
    run_quietly,
    yardstick,
)
from autograder.proof.chance import ANSWERS, CheckTrials, answers_by_chance, passes_by_chance, run_trials
from autograder.proof.in_process_student import InProcessStudent
from autograder.proof.key_values import deviation_of, freedom_of, is_kept, scale_of_value
from autograder.proof.tolerance import find_tolerance
from autograder.runs import start_worker

_STUDENTS = (1, 2, 3)  # if a check has personal cases, those of these students are tried too
_UNFILLED = "raise NotImplementedError"  # the body of a function that the scaffold wrote and nobody has filled in
_ROOM = 2  # times the slowest right solution: the least that may be set by hand as the seconds of a call
_DRAWS = (0, 1, 2)  # seeds of the random numbers that right code may draw


@dataclass
class Measured:
    """What one alternative or misconception showed: deviations by check and key value, processor seconds by check.

    The seconds are those of its slowest call.
    """

    deviations: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def deviation(check: Check, cases: Sequence[Case], student: Any) -> float:
    """The largest deviation over the cases: 0 if all answers are right, inf if no tolerance could accept them.

    A student may miss a case that has a second look. The smaller deviation of the two then counts.
    """
    worst = 0.0
    for case in cases:
        size = _case_deviation(check, case, student)
        if size > worst and case.second_look:
            size = min(size, max(_case_deviation(check, another, student) for another in case.second_look))
        worst = max(worst, size)
    return worst


def _case_deviation(check: Check, case: Case, student: Any) -> float:
    try:
        check.question(student, case.with_tolerance(0.0))
    except CheckFailed as failed:
        return failed.deviation
    return 0.0


def calibrate(assignment: Assignment, jobs: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """The content of calibration.json: tolerance and evidence for every check and every value of the key.

    Raises UsageError, with names, when no tolerance separates correct from wrong code, or when a limit that is set by
    hand leaves right code too little time.
    """
    alternatives = declared_in(assignment.alternatives, Alternative)
    misconceptions = known_mistakes(assignment.misconceptions)
    names = [a.name for a in alternatives] + [m.name for m in misconceptions]
    demand_known(assignment, [check.name for check in declared_in(assignment.checks, Check)])
    measured = dict(_measure_all(assignment, names, jobs, progress))
    values = [v for vs in assignment.submits.values() for v in vs if not is_kept(assignment, v)]
    with _pool(jobs) as pool:
        checks = declared_in(assignment.checks, Check)
        luck = {check.name: _check_luck(assignment, check, pool) for check in checks if check.tries}
        luck |= {f"key.{v.name}": _value_luck(assignment, v, pool) for v in values if v.random}
        slowest = {
            check.name: _slowest_alternative(assignment, check, alternatives, measured, pool) for check in checks
        }
    record: dict[str, Any] = {"checks": {}, "key": {}, "yardstick_seconds": _two_digits(yardstick())}
    entries = [("checks", check.name, check.name, check.part) for check in checks]
    entries += [("key", v.name, f"key.{v.name}", v.part) for v in values]
    for section, name, column, part in entries:
        function = assignment.part(part).function
        right = {a.name: measured[a.name].deviations[column] for a in alternatives if a.solves == function}
        wrong = {m.name: measured[m.name].deviations[column] for m in misconceptions if m.part == part}
        record[section][name] = find_tolerance(column, right, wrong, assignment.tolerances).as_json()
        if section == "checks":
            record[section][name]["slowest_alternative"] = slowest[name]
        if column in luck:
            record[section][name]["luck"] = luck[column]
    return record


def _pool(jobs: int) -> ProcessPoolExecutor:
    # Each worker gets one thread: the arrays are too small for a linear algebra library to gain from several.
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), start_worker)


def _measure_all(
    assignment: Assignment, names: Sequence[str], jobs: int, progress: Callable[[str], None]
) -> Iterator[tuple[str, Measured]]:
    with _pool(jobs) as pool:
        futures = {pool.submit(_measure, assignment.root, assignment.slug, name): name for name in names}
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except NotImplementedError:
                raise UsageError(
                    f"reference/{assignment.slug} is not filled yet: solution.py raises NotImplementedError. "
                    "Write its code."
                ) from None
            progress(futures[future])


def _slowest_alternative(
    assignment: Assignment,
    check: Check,
    alternatives: Sequence[Alternative],
    measured: Mapping[str, Measured],
    pool: ProcessPoolExecutor,
) -> dict[str, Any]:
    """The right solution with the slowest call that the check asks for, and the processor seconds of that call.

    A second look may ask for slower calls, so the same solution is asked that too. Raises UsageError if the seconds
    that the policy sets are less than twice as many.
    """
    function = assignment.part(check.part).function
    seconds = {a.name: measured[a.name].seconds[check.name] for a in alternatives if a.solves == function}
    name = max(seconds, key=lambda n: seconds[n])
    if any(case.second_look for case in check.cases(None)):
        again = pool.submit(_seconds_of_second_look, assignment.root, assignment.slug, check.name, name).result()
        seconds[name] = max(seconds[name], again)
    by_hand = assignment.seconds.get(check.name)
    if by_hand and by_hand["value"] < _ROOM * seconds[name]:
        raise UsageError(
            f"[seconds.{check.name}]: {by_hand['value']:g} is too little: the alternative '{name}' takes "
            f"{seconds[name]:.2g} seconds of processor time, and {_ROOM} times as much is the least."
        )
    return {"name": name, "seconds": _two_digits(seconds[name])}


def _seconds_of_second_look(root: Path, slug: str, check_name: str, name: str) -> float:
    """The processor seconds of an alternative's slowest call in the second looks of a check."""
    assignment = load(root, slug)
    check = next(c for c in declared_in(assignment.checks, Check) if c.name == check_name)
    right = next(a for a in declared_in(assignment.alternatives, Alternative) if a.name == name)
    functions = {f: getattr(assignment.solution, f) for f in assignment.functions} | {right.solves: right.function}
    student = InProcessStudent(functions)
    for case in check.cases(None):
        for another in case.second_look:
            check.passes(student, another)
    return student.slowest


def _two_digits(seconds: float) -> float:
    return float(f"{seconds:.1e}")


def _check_luck(assignment: Assignment, check: Check, pool: ProcessPoolExecutor) -> dict[str, Any]:
    """How likely right code passes a check that depends on chance, as calibration.json records it."""
    if check.name not in assignment.tolerances:
        raise UsageError(f"{check.name} depends on chance: set its tolerance by hand under [tolerances], with a `why`.")
    function = assignment.part(check.part).function
    known = declared_in(assignment.alternatives, Alternative)
    names = [a.name for a in known if a.solves == function and not a.slow]
    trials = pool.map(functools.partial(_check_trials, assignment.root, assignment.slug, check.name), names)
    return passes_by_chance(check.name, dict(zip(names, trials, strict=True)))


def _value_luck(assignment: Assignment, value: Value, pool: ProcessPoolExecutor) -> dict[str, Any]:
    """How many right answers to a random value the key accepts, and the largest deviation among the accepted ones."""
    by_hand = assignment.tolerances.get(f"key.{value.name}")
    if by_hand is None:
        raise UsageError(
            f"{value.name} depends on chance: set the tolerance of key.{value.name} by hand under [tolerances], "
            "with a `why`."
        )
    function = assignment.part(value.part).function
    known = declared_in(assignment.alternatives, Alternative)
    names = [a.name for a in known if a.solves == function and not a.slow]
    measure = functools.partial(_value_deviations, assignment.root, assignment.slug, value.name)
    return answers_by_chance(dict(zip(names, pool.map(measure, names), strict=True)), by_hand["value"])


def _value_deviations(root: Path, slug: str, value_name: str, name: str) -> list[float]:
    """The deviations of one right solution's answers, one for each of a number of seeds."""
    assignment = load(root, slug)
    alternative = next(a for a in declared_in(assignment.alternatives, Alternative) if a.name == name)
    expected = assignment.cases.public_answer(value_name, {})
    scale = scale_of_value(assignment, value_name, expected)
    arguments = (value_name, {alternative.solves: alternative.function})
    answers = [run_quietly(assignment.cases.public_answer, arguments, seed) for seed in range(1, ANSWERS + 1)]
    return [deviation_of(answer, expected, scale) for answer in answers]


def _check_trials(root: Path, slug: str, check_name: str, name: str) -> CheckTrials:
    """How often one alternative succeeds in single tries of one check."""
    assignment = load(root, slug)
    check = next(c for c in declared_in(assignment.checks, Check) if c.name == check_name)
    alternative = next(a for a in declared_in(assignment.alternatives, Alternative) if a.name == name)
    return run_trials(check, alternative.solves, alternative.function, assignment.tolerances[check_name]["value"])


def _measure(root: Path, slug: str, name: str) -> Measured:
    """How one alternative or misconception does in each check and key value of the function that it replaces."""
    assignment = load(root, slug)
    known: list[Alternative | Misconception] = [*declared_in(assignment.alternatives, Alternative)]
    known += known_mistakes(assignment.misconceptions)
    evidence = next(e for e in known if e.name == name)
    is_right = isinstance(evidence, Alternative)
    if _UNFILLED in inspect.getsource(evidence.function):
        file = f"{evidence.function.__module__.replace('.', '/')}.py"
        raise UsageError(f"{file} is not filled yet: {name} only raises NotImplementedError. Write its code.")
    solved = evidence.solves if isinstance(evidence, Alternative) else assignment.part(evidence.part).function
    functions = {f: getattr(assignment.solution, f) for f in assignment.functions} | {solved: evidence.function}
    draws_numbers = any(
        v.random for vs in assignment.submits.values() for v in vs if assignment.part(v.part).function == solved
    )
    is_slow = isinstance(evidence, Alternative) and evidence.slow
    seeds = _DRAWS if is_right and draws_numbers and not is_slow else _DRAWS[:1]
    by_seed = {seed: InProcessStudent(functions, seed) for seed in seeds}
    measured = Measured()
    for check in declared_in(assignment.checks, Check):
        if assignment.part(check.part).function == solved:
            # Right code has to pass for every student and for all random numbers. If it may fail by bad luck,
            # `_check_luck` measures that. Mistakes are measured on the common cases only: `prove` shows that they
            # also fail on students' own cases.
            students = _STUDENTS if is_right and check.personal and not is_slow else ()
            drawn = list(by_seed.values())[: 1 if check.tries else None]
            runs = [(None, code) for code in drawn] + [(student, drawn[0]) for student in students]
            for code in drawn:
                code.slowest = 0.0
            measured.deviations[check.name] = max(
                deviation(check, check.cases(student), code) for student, code in runs
            )
            measured.seconds[check.name] = max(code.slowest for code in drawn)
    for value in (v for vs in assignment.submits.values() for v in vs):
        if assignment.part(value.part).function == solved and not is_kept(assignment, value):
            expected = assignment.cases.public_answer(value.name, {})
            answer = run_quietly(assignment.cases.public_answer, (value.name, {solved: evidence.function}))
            scale = scale_of_value(assignment, value.name, expected)
            measured.deviations[f"key.{value.name}"] = deviation_of(answer, expected, scale, **freedom_of(value))
    return measured
