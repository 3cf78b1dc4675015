"""Proves personal variants: all about equally hard, and on each of them right is told from wrong."""

from __future__ import annotations

import functools
import hashlib
import json
import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from autograder.assignment import (
    Alternative,
    Assignment,
    Check,
    CheckFailed,
    Misconception,
    UsageError,
    declared_in,
    load,
)
from autograder.grading import run_quietly
from autograder.proof.calibrate import InProcessStudent
from autograder.proof.tolerance import deviation_of
from autograder.runs import start_worker

# Where chance has a part, right and wrong code is slow to try, and wrong code may pass by luck: every so many variants
# are tried, and what passes with each of so many seeds has escaped.
_EVERY, _SEEDS = 50, 5


# How the caller makes the key of a student's local grader: for calibrated tolerances and a seed, its two files.
MakeKey = Callable[[Assignment, Mapping[str, Any], int], tuple[bytes, bytes]]


@dataclass(frozen=True)
class VariantFindings:
    """What one variant was held against: the values of its properties, and each thing that went wrong."""

    properties: Mapping[str, float]
    asked: int  # solutions, right and wrong, that were put to the checks and to the key
    failures: tuple[str, ...]


@dataclass(frozen=True)
class Fairness:
    """The sample: how many variants, their properties, and what they disprove."""

    variants: int
    asked: int
    properties: Mapping[str, Sequence[float]]
    bounds: Mapping[str, tuple[float, float]]
    failures: tuple[str, ...]


def sample_seeds(count: int) -> list[int]:
    """A sample that is the same each time; a class's own seeds come from its secret."""
    return [int.from_bytes(hashlib.sha256(f"sample {i}".encode()).digest()) for i in range(count)]


def prove_variants(
    assignment: Assignment, count: int, jobs: int, progress: Callable[[object], None], make_key: MakeKey
) -> Fairness:
    """Hold a sample of variants against everything that is claimed of them."""
    bounds = dict(assignment.hardness.PROPERTIES) if assignment.hardness else {}
    values: dict[str, list[float]] = {name: [] for name in bounds}
    failures: list[str] = []
    asked = 0
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), start_worker) as pool:
        futures = {
            pool.submit(_hold, assignment.root, assignment.slug, seed, i % _EVERY == 0, make_key): i
            for i, seed in enumerate(sample_seeds(count))
        }
        for future in as_completed(futures):
            held = future.result()
            asked += held.asked
            failures += [f"variant {futures[future]}: {failure}" for failure in held.failures]
            for name, value in held.properties.items():
                values[name].append(value)
            progress(None)
    for name, (low, high) in bounds.items():
        outside = [value for value in values[name] if not low <= value <= high]
        if outside:
            failures.append(
                f"{name}: {len(outside)} variants are not between {low:g} and {high:g}, such as {outside[0]:g}"
            )
    return Fairness(count, asked, values, bounds, tuple(failures))


def _hold(root: Path, slug: str, seed: int, whole: bool, make_key: MakeKey) -> VariantFindings:
    assignment = load(root, slug)
    parts = {part.id for part in assignment.parts}
    parts -= set() if whole else _random(assignment)
    properties = assignment.hardness.measure(seed) if assignment.hardness else {}
    measured = json.loads((assignment.data / "calibration.json").read_bytes())
    in_checks, count = _in_checks(assignment, measured["checks"], seed, parts)
    try:
        in_key, more = _in_key(assignment, measured["key"], seed, parts, make_key)
    except UsageError as problem:  # a right answer to these data is no number
        in_key, more = [str(problem)], 0
    return VariantFindings(properties, count + more, tuple(in_checks + in_key))


def _random(assignment: Assignment) -> set[str]:
    """The parts that chance has a share in."""
    return {value.part for values in assignment.submits.values() for value in values if value.random}


def _in_checks(
    assignment: Assignment, measured: Mapping[str, Any], seed: int, parts: set[str]
) -> tuple[list[str], int]:
    """The graded checks of these parts, on this student's hidden cases."""
    asked = {
        check: [case.judged_with(measured[check.name]["tolerance"]) for case in check.cases(seed)]
        for check in declared_in(assignment.checks, Check)
        if check.personal and check.part in parts  # the others have everybody's cases, and are proven on them
    }
    reference = {f: getattr(assignment.solution, f) for f in assignment.functions}
    random = _random(assignment)
    failures, count = [], 0
    for right in declared_in(assignment.alternatives, Alternative):
        of_it = [check for check in asked if assignment.part(check.part).function == right.solves]
        student = InProcessStudent(reference | {right.solves: right.function})
        failures += [f"{right.name} is right, but fails {c.name}" for c in of_it if not _passes(c, asked[c], student)]
        count += bool(of_it)
    for wrong in declared_in(assignment.misconceptions, Misconception):
        of_it = [check for check in asked if check.part == wrong.part]
        functions = reference | {assignment.part(wrong.part).function: wrong.function}
        tries = (InProcessStudent(functions, i) for i in range(_SEEDS if wrong.part in random else 1))
        if of_it and all(_passes(check, asked[check], student) for student in tries for check in of_it):
            failures.append(f"{wrong.name} escapes: it passes every check of {wrong.part}")
        count += bool(of_it)
    return failures, count


def _passes(check: Check, cases: Sequence[Any], student: InProcessStudent) -> bool:
    try:
        with np.errstate(all="ignore"):
            for case in cases:
                check.ask(student, case)
    except CheckFailed:
        return False
    return True


def _in_key(
    assignment: Assignment, measured: Mapping[str, Any], seed: int, parts: set[str], make_key: MakeKey
) -> tuple[list[str], int]:
    """The local grader's key: right answers pass, and the mistakes that everybody's data show, this data show too."""
    key_json, key_npz = make_key(assignment, measured, seed)
    with np.load(BytesIO(key_npz)) as archive:
        arrays = dict(archive)
    values = json.loads(key_json)["values"]
    shown = _shown(assignment.root, assignment.slug)
    failures, count = [], 0
    for name, value in values.items():
        part = assignment.part(value["part"])
        if part.id not in parts:
            continue
        scale = assignment.cases.public_scale(name, arrays[name], seed)
        for right in declared_in(assignment.alternatives, Alternative):
            if right.solves == part.function:
                count += 1
                answer = run_quietly(assignment.cases.public_answer, (name, {part.function: right.function}, seed))
                if deviation_of(answer, arrays[name], scale) > value["tolerance"]:
                    failures.append(f"{right.name} is right, but the key takes its {name} for wrong")
        for wrong in declared_in(assignment.misconceptions, Misconception):
            if (name, wrong.name) in shown:
                count += 1
                answer = run_quietly(assignment.cases.public_answer, (name, {part.function: wrong.function}, seed))
                if deviation_of(answer, arrays[name], scale) <= value["tolerance"]:
                    failures.append(f"{wrong.name} passes the key's {name}")
    return failures, count


@functools.cache
def _shown(root: Path, slug: str) -> frozenset[tuple[str, str]]:
    """The values and the mistakes that show in them on everybody's data."""
    assignment = load(root, slug)
    measured = json.loads((assignment.data / "calibration.json").read_bytes())["key"]
    found = set()
    for value in (v for values in assignment.submits.values() for v in values):
        part = assignment.part(value.part)
        expected = assignment.cases.public_answer(value.name, {})
        scale = assignment.cases.public_scale(value.name, expected)
        for wrong in declared_in(assignment.misconceptions, Misconception):
            if wrong.part == part.id and not value.random:  # else it shows at one time and not at another
                answer = run_quietly(assignment.cases.public_answer, (value.name, {part.function: wrong.function}))
                if deviation_of(answer, expected, scale) > measured[value.name]["tolerance"]:
                    found.add((value.name, wrong.name))
    return frozenset(found)
