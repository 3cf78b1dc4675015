"""Proves personal variants: all are about equally hard, and on each, right code passes and wrong code fails."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autograder.assignment import (
    Alternative,
    Assignment,
    Check,
    CheckFailed,
    Finding,
    Findings,
    Misconception,
    UsageError,
    declared_in,
    known_mistakes,
    load,
)
from autograder.grading import quiet_and_repeatable, run_quietly, run_seeded
from autograder.proof.evidence_code import blaming_the_author, place_of
from autograder.proof.in_process_student import InProcessStudent
from autograder.proof.key_values import deviation_of, freedom_of, is_kept, scale_of_value
from autograder.runs import worker_processes
from grader.key import from_json

# Code that depends on chance is slow to try, so it is tried on one of every 50 variants only. Wrong code of that kind
# may pass by luck, so it counts as escaped only if it passes with each of 5 seeds.
_EVERY, _SEEDS = 50, 5


# Makes the two files of a student's key from an assignment, the calibrated tolerances and the student's seed.
MakeKey = Callable[[Assignment, Mapping[str, Any], int], tuple[bytes, bytes]]


@dataclass(frozen=True)
class VariantFindings:
    """The values of one variant's properties, and a sentence for each thing that went wrong on it."""

    properties: Mapping[str, float]
    asked: int  # how often a right or wrong solution was tried, by the checks or by the key
    failures: tuple[str, ...]


class _Evidence(NamedTuple):
    """The solutions that are tried on each variant."""

    right: Sequence[Alternative]
    wrong: Sequence[Misconception]


@dataclass(frozen=True)
class Fairness:
    """A sample of variants: how many, their properties, and a sentence for each thing that is not as claimed."""

    variants: int
    asked: int
    properties: Mapping[str, Sequence[float]]
    bounds: Mapping[str, tuple[float, float]]
    failures: tuple[str, ...]


def sample_seeds(count: int) -> list[int]:
    """Seeds of sample variants, the same each time. The seeds of a real class come from its secret."""
    return [int.from_bytes(hashlib.sha256(f"sample {i}".encode()).digest()) for i in range(count)]


def prove_variants(
    assignment: Assignment, count: int, jobs: int, progress: Callable[[object], None], make_key: MakeKey
) -> Fairness:
    """Test the claims on a sample of variants: all about equally hard, right code passes, and wrong code fails."""
    bounds = dict(assignment.hardness.PROPERTIES) if assignment.hardness else {}
    values: dict[str, list[float]] = {name: [] for name in bounds}
    failures: list[str] = []
    asked = 0
    with worker_processes(jobs) as pool:
        futures = {
            pool.submit(_check_variant, assignment.root, assignment.slug, seed, i % _EVERY == 0, make_key): i
            for i, seed in enumerate(sample_seeds(count))
        }
        for future in as_completed(futures):
            findings = future.result()
            asked += findings.asked
            failures += [f"variant {futures[future]}: {failure}" for failure in findings.failures]
            for name, value in findings.properties.items():
                values[name].append(value)
            progress(None)
    for name, (low, high) in bounds.items():
        outside = [value for value in values[name] if not low <= value <= high]
        if outside:
            failures.append(
                f"{name}: {len(outside)} variants are outside {low:g} to {high:g}, for example {outside[0]:g}"
            )
    return Fairness(count, asked, values, bounds, tuple(failures))


def _check_variant(root: Path, slug: str, seed: int, with_random_parts: bool, make_key: MakeKey) -> VariantFindings:
    assignment = load(root, slug)
    with blaming_the_author(assignment, (f"reference/{slug}", 0)):
        return _findings_on(assignment, seed, with_random_parts, make_key)


def _findings_on(assignment: Assignment, seed: int, with_random_parts: bool, make_key: MakeKey) -> VariantFindings:
    parts = {part.id for part in assignment.parts}
    parts -= set() if with_random_parts else _random_parts(assignment)
    properties = assignment.hardness.measure(seed) if assignment.hardness else {}
    if assignment.hardness and set(properties) != set(assignment.hardness.PROPERTIES):
        names = f"{', '.join(sorted(properties))}; PROPERTIES has {', '.join(sorted(assignment.hardness.PROPERTIES))}"
        said = f"measure returns {names}. Give both the same names."
        raise Findings([Finding(*place_of(assignment.hardness.measure, assignment), said)])
    measured = json.loads((assignment.data / "calibration.json").read_bytes())
    evidence = _Evidence(
        [a for a in declared_in(assignment.alternatives, Alternative) if not a.slow],
        known_mistakes(assignment.misconceptions),
    )
    with quiet_and_repeatable():
        check_failures, asked_checks = _try_checks(assignment, evidence, measured["checks"], seed, parts)
        try:
            key_failures, asked_key = _try_key(assignment, evidence, measured["key"], seed, parts, make_key)
        except UsageError as problem:  # a right answer on this variant's data is no number
            key_failures, asked_key = [str(problem)], 0
    return VariantFindings(properties, asked_checks + asked_key, tuple(check_failures + key_failures))


def _random_parts(assignment: Assignment) -> set[str]:
    """The parts whose answers depend on chance."""
    return {value.part for values in assignment.submits.values() for value in values if value.random}


def _try_checks(
    assignment: Assignment, evidence: _Evidence, measured: Mapping[str, Any], seed: int, parts: set[str]
) -> tuple[list[str], int]:
    """What the checks of these parts misjudge on this student's hidden cases, and how many solutions were tried."""
    cases_of = {
        check: [case.with_tolerance(measured[check.name]["tolerance"]) for case in check.cases(seed)]
        for check in declared_in(assignment.checks, Check)
        if check.personal and check.part in parts  # the others have the common cases, and `prove` covers those
    }
    reference = {f: getattr(assignment.solution, f) for f in assignment.functions}
    random = _random_parts(assignment)
    failures, count = [], 0
    for right in evidence.right:
        own = [check for check in cases_of if assignment.part(check.part).function == right.solves]
        student = InProcessStudent(reference | {right.solves: right.function}, run=run_seeded)
        failures += [f"{right.name} is right, but fails {c.name}" for c in own if not _passes(c, cases_of[c], student)]
        count += bool(own)
    for wrong in evidence.wrong:
        own = [check for check in cases_of if check.part == wrong.part]
        functions = reference | {assignment.part(wrong.part).function: wrong.function}
        tries = (InProcessStudent(functions, i, run_seeded) for i in range(_SEEDS if wrong.part in random else 1))
        if own and all(_passes(check, cases_of[check], student) for student in tries for check in own):
            failures.append(f"{wrong.name} escapes: it passes every check of {wrong.part}")
        count += bool(own)
    return failures, count


def _passes(check: Check, cases: Sequence[Any], student: InProcessStudent) -> bool:
    try:
        with np.errstate(all="ignore"):
            for case in cases:
                check.ask(student, case)
    except CheckFailed:
        return False
    return True


def _try_key(
    assignment: Assignment,
    evidence: _Evidence,
    measured: Mapping[str, Any],
    seed: int,
    parts: set[str],
    make_key: MakeKey,
) -> tuple[list[str], int]:
    """What the student's key misjudges, and how many solutions were tried.

    Right answers have to pass. A mistake that fails on the common data has to fail on the student's data.
    """
    key_json, key_npz = make_key(assignment, measured, seed)
    with np.load(BytesIO(key_npz)) as archive:
        arrays = dict(archive)
    values = json.loads(key_json)["values"]
    visible = _visible_mistakes(assignment.root, assignment.slug)
    failures, count = [], 0
    for name, value in values.items():
        part = assignment.part(value["part"])
        if part.id not in parts or value.get("compare") == "kept":
            continue
        expected = arrays[name] if name in arrays else from_json(value["plain"])
        scale = scale_of_value(assignment, name, expected, seed)
        off = functools.partial(
            deviation_of, expected=expected, scale=scale, labels=value.get("labels"), sign=value.get("sign")
        )
        for right in evidence.right:
            if right.solves == part.function:
                count += 1
                answer = run_seeded(assignment.cases.public_answer, (name, {part.function: right.function}, seed))
                if off(answer) > value["tolerance"]:
                    failures.append(f"{right.name} is right, but the key rejects its {name}")
        for wrong in evidence.wrong:
            if (name, wrong.name) in visible:
                count += 1
                answer = run_seeded(assignment.cases.public_answer, (name, {part.function: wrong.function}, seed))
                if off(answer) <= value["tolerance"]:
                    failures.append(f"{wrong.name} passes the key's {name}")
    return failures, count


@functools.cache
def _visible_mistakes(root: Path, slug: str) -> frozenset[tuple[str, str]]:
    """Pairs of a value and a mistake that makes this value wrong on the common data."""
    assignment = load(root, slug)
    measured = json.loads((assignment.data / "calibration.json").read_bytes())["key"]
    pairs = set()
    for value in (v for values in assignment.submits.values() for v in values if not is_kept(assignment, v)):
        part = assignment.part(value.part)
        expected = assignment.cases.public_answer(value.name, {})
        scale, free = scale_of_value(assignment, value.name, expected), freedom_of(value)
        for wrong in known_mistakes(assignment.misconceptions):
            if wrong.part == part.id and not value.random:  # a random value may be right by chance
                answer = run_quietly(assignment.cases.public_answer, (value.name, {part.function: wrong.function}))
                if deviation_of(answer, expected, scale, **free) > measured[value.name]["tolerance"]:
                    pairs.add((value.name, wrong.name))
    return frozenset(pairs)
