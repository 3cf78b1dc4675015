"""Measures one solution in a worker process: how far its answers are from right, and how long its calls take."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.assignment import (
    Alternative,
    Assignment,
    Case,
    Check,
    CheckFailed,
    Finding,
    Findings,
    Function,
    Misconception,
    declared_in,
    known_mistakes,
    load,
)
from autograder.grading import Raised, quiet_and_repeatable, run_quietly, run_seeded
from autograder.proof.chance import ANSWERS, CheckTrials, run_trials
from autograder.proof.evidence_code import Evidence, finding_of, functions_with, noting, place_of, solved_by
from autograder.proof.in_process_student import InProcessStudent
from autograder.proof.key_values import deviation_of, freedom_of, is_kept, scale_of_value

REFERENCE = "the reference"  # its name among the right solutions whose luck is measured
_STUDENTS = (1, 2, 3)  # if a check has personal cases, those of these students are tried too
_DRAWS = (0, 1, 2)  # seeds of the random numbers that right code may draw


@dataclass
class Measured:
    """What one alternative or misconception showed: deviations by check and key value, processor seconds by check.

    The seconds are those of its slowest call. `said` has what the check said of the largest deviation, by check.
    `findings` are slips of the author: nothing that they touch was measured.
    """

    deviations: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def deviation(check: Check, cases: Sequence[Case], student: Any) -> tuple[float, str]:
    """The largest deviation over the cases, and what the check said of it.

    It is 0 if all answers are right, and inf if no tolerance could accept them. A student may miss a case that has a
    second look. The smaller deviation of the two then counts.
    """
    worst, said = 0.0, ""
    for case in cases:
        size, sentence = _case_deviation(check, case, student)
        if size > worst and case.second_look:
            size = min(size, max(_case_deviation(check, another, student)[0] for another in case.second_look))
        if size > worst:
            worst, said = size, f"with {case.name}, {sentence}"
    return worst, said


def _case_deviation(check: Check, case: Case, student: Any) -> tuple[float, str]:
    try:
        check.question(student, case.with_tolerance(0.0))
    except CheckFailed as failed:
        return failed.deviation, str(failed)
    return 0.0, ""


def evidence_named(assignment: Assignment, name: str) -> Evidence:
    """The alternative or misconception of this name. An example of a family has a name of its own."""
    known: list[Evidence] = [*declared_in(assignment.alternatives, Alternative)]
    known += known_mistakes(assignment.misconceptions)
    return next(evidence for evidence in known if evidence.name == name)


def measure(root: Path, slug: str, name: str) -> Measured:
    """How one alternative or misconception does in each check and key value of the function that it replaces."""
    assignment = load(root, slug)
    evidence = evidence_named(assignment, name)
    measured = Measured()
    place = place_of(evidence.function, assignment)
    try:
        functions = functions_with(assignment, evidence)
    except Findings as problem:
        measured.findings += problem.findings
        return measured
    solved = solved_by(assignment, evidence)
    noted: dict[str, Exception] = {}
    functions[solved] = noting(functions[solved], noted)
    _measure_checks(assignment, evidence, functions, measured)
    _measure_values(assignment, solved, functions[solved], measured, evidence)
    if isinstance(evidence, Misconception):
        measured.findings += undeclared(evidence, noted, assignment)
    else:
        for column, size in measured.deviations.items():
            if not math.isfinite(size):
                blamed = next((finding_of(p, assignment, place) for p in noted.values()), Finding(*place, ""))
                said = measured.said.get(column) or "its answer has another shape, or is no number."
                text = f"the alternative '{name}' fails {column} with every tolerance: {said} Correct it, or the check."
                measured.findings.append(Finding(blamed.file, blamed.line, text))
    return measured


def undeclared(mistake: Misconception, noted: Mapping[str, Exception], assignment: Assignment) -> list[Finding]:
    """A finding for each exception that a misconception ended with and does not declare."""
    found = []
    for kind, problem in noted.items():
        if kind not in mistake.raises:
            raises = ", ".join(f'"{name}"' for name in (*mistake.raises, kind))
            finding = finding_of(problem, assignment, place_of(mistake.function, assignment))
            text = (
                f"the misconception '{mistake.name}' ends with an exception, {finding.text} This is no evidence of a "
                f"wrong answer. Correct the code. If students' code ends so too, declare it: raises=({raises},)"
            )
            found.append(Finding(finding.file, finding.line, text))
    return found


def _measure_checks(
    assignment: Assignment, evidence: Evidence, functions: Mapping[str, Function], measured: Measured
) -> None:
    solved = solved_by(assignment, evidence)
    is_right = isinstance(evidence, Alternative)
    is_slow = isinstance(evidence, Alternative) and evidence.slow
    draws_numbers = any(
        v.random for vs in assignment.submits.values() for v in vs if assignment.part(v.part).function == solved
    )
    seeds = _DRAWS if is_right and draws_numbers and not is_slow else _DRAWS[:1]
    by_seed = [InProcessStudent(functions, seed, run_seeded) for seed in seeds]
    for check in declared_in(assignment.checks, Check):
        if assignment.part(check.part).function != solved:
            continue
        # Right code has to pass for every student and for all random numbers. If it may fail by bad luck,
        # its luck is measured. Mistakes are measured on the common cases only: `prove` shows that they
        # also fail on students' own cases.
        students = _STUDENTS if is_right and check.personal and not is_slow else ()
        drawn = by_seed[: 1 if check.tries else None]
        runs = [(None, code) for code in drawn] + [(student, drawn[0]) for student in students]
        for code in drawn:
            code.slowest = 0.0
        try:
            with quiet_and_repeatable():
                found = [deviation(check, check.cases(student), code) for student, code in runs]
        except Exception as problem:  # noqa: BLE001 - whatever a check of the author raises
            said = f"the check '{check.name}' broke when it asked '{evidence.name}': "
            measured.findings.append(finding_of(problem, assignment, place_of(check.question, assignment), said))
            found = [(math.nan, "")]
        measured.deviations[check.name], measured.said[check.name] = max(found, key=lambda size: size[0])
        measured.seconds[check.name] = max(code.slowest for code in drawn)


def _measure_values(
    assignment: Assignment, solved: str, function: Function, measured: Measured, evidence: Evidence
) -> None:
    for value in (v for vs in assignment.submits.values() for v in vs):
        if assignment.part(value.part).function != solved or is_kept(assignment, value):
            continue
        place = place_of(assignment.cases.public_answer, assignment)
        try:
            expected = assignment.cases.public_answer(value.name, {})
            scale = scale_of_value(assignment, value.name, expected)
            answer = run_quietly(assignment.cases.public_answer, (value.name, {solved: function}))
            measured.deviations[f"key.{value.name}"] = deviation_of(answer, expected, scale, **freedom_of(value))
        except Exception as problem:  # noqa: BLE001 - whatever the author's cases raise, or an answer that can't be one
            said = f"the value '{value.name}' of '{evidence.name}' can't be measured: "
            measured.findings.append(finding_of(problem, assignment, place, said))
            measured.deviations[f"key.{value.name}"] = math.nan
        else:
            if isinstance(answer, Raised):
                measured.said[f"key.{value.name}"] = f"it ends with {answer.type}: {answer.text}."


def seconds_of_second_look(root: Path, slug: str, check_name: str, name: str) -> float:
    """The processor seconds of an alternative's slowest call in the second looks of a check."""
    assignment = load(root, slug)
    check = _check_named(assignment, check_name)
    student = InProcessStudent(functions_with(assignment, evidence_named(assignment, name)))
    for case in check.cases(None):
        for another in case.second_look:
            check.passes(student, another)
    return student.slowest


def check_trials(root: Path, slug: str, check_name: str, name: str) -> CheckTrials:
    """How often one right solution succeeds in single tries of one check."""
    assignment = load(root, slug)
    check = _check_named(assignment, check_name)
    solved = assignment.part(check.part).function
    tolerance = assignment.tolerances[check_name]["value"]
    return run_trials(check, solved, _right_function(assignment, solved, name), tolerance)


def value_deviations(root: Path, slug: str, value_name: str, name: str) -> list[float]:
    """The deviations of one right solution's answers, one for each of a number of seeds."""
    assignment = load(root, slug)
    value = next(v for vs in assignment.submits.values() for v in vs if v.name == value_name)
    solved = assignment.part(value.part).function
    expected = assignment.cases.public_answer(value_name, {})
    scale = scale_of_value(assignment, value_name, expected)
    arguments = (value_name, {solved: _right_function(assignment, solved, name)})
    answers = [run_quietly(assignment.cases.public_answer, arguments, seed) for seed in range(1, ANSWERS + 1)]
    return [deviation_of(answer, expected, scale, **freedom_of(value)) for answer in answers]


def _right_function(assignment: Assignment, solved: str, name: str) -> Function:
    if name == REFERENCE:
        function: Function = getattr(assignment.solution, solved)
        return function
    return functions_with(assignment, evidence_named(assignment, name))[solved]


def _check_named(assignment: Assignment, name: str) -> Check:
    return next(check for check in declared_in(assignment.checks, Check) if check.name == name)
