"""Looks for false names of the local grader: what it says of an answer with luck in it, of every known solution."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from autograder.assignment import (
    Alternative,
    Assignment,
    Function,
    Misconception,
    Value,
    declared_in,
    load,
    source_of,
)
from autograder.grading import run_quietly
from autograder.runs import start_worker
from grader.key import Key, load_key
from grader.values import BadValue
from grader.verdict import judge

SEEDS = (0, 1, 2)  # of the solutions' own random numbers


def find_false_names(assignment: Assignment, jobs: int, progress: Callable[[str], None]) -> list[str]:
    """Put right and wrong answers to each random value to the key of the release: a sentence for each false name.

    A name is true of a mistake when it is its own, that of one `like` it, or one that it `shows`. Of a right
    solution no name is true.
    """
    values = [v for submit in assignment.submits.values() for v in submit if v.random]
    asked = [(value.name, name) for value in values for name in _concerned(assignment, value)]
    if not asked:
        return []
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), start_worker) as pool:
        futures = [pool.submit(_false_names, assignment.root, assignment.slug, *pair) for pair in asked]
        found = []
        for future, (_, name) in zip(futures, asked, strict=True):
            found += future.result()
            progress(name)
    return found


def count_questions(assignment: Assignment) -> int:
    """How many solutions `find` asks."""
    return sum(len(_concerned(assignment, v)) for submit in assignment.submits.values() for v in submit if v.random)


def _concerned(assignment: Assignment, value: Value) -> list[str]:
    """The right solutions of the value's function, and the mistakes in it and in the functions that it calls."""
    part = assignment.part(value.part)
    functions = {part.function, *part.builds_on}
    right = [a.name for a in declared_in(assignment.alternatives, Alternative) if a.solves == part.function]
    known = declared_in(assignment.misconceptions, Misconception)
    return right + [m.name for m in known if assignment.part(m.part).function in functions]


def _false_names(root: Path, slug: str, value_name: str, name: str) -> list[str]:
    assignment = load(root, slug)
    value = next(v for submit in assignment.submits.values() for v in submit if v.name == value_name)
    key = load_key(assignment.release / "grader")
    mistake = next((m for m in declared_in(assignment.misconceptions, Misconception) if m.name == name), None)
    function = assignment.part(value.part).function
    named = names_given(assignment, key, value.name, {function: _written(assignment, value, name)})
    return [
        f"the local grader takes {value_name} of {name} for {other}, which it is not"
        for other in untrue_names(named, mistake)
    ]


def untrue_names(names: Sequence[str], mistake: Misconception | None) -> list[str]:
    """Those of the names that are not true of a mistake; with None, of a right solution."""
    true = {mistake.name, mistake.known_as, *mistake.shows} if mistake else set()
    return sorted(set(names) - true)


def names_given(assignment: Assignment, key: Key, value_name: str, functions: dict[str, Function]) -> Sequence[str]:
    """The names that the local grader gives to what these functions answer, once for each seed where it gives one."""
    names = []
    for seed in SEEDS:
        answer = run_quietly(assignment.cases.public_answer, (value_name, functions), seed)
        try:
            verdict = judge(value_name, answer, key)
        except BadValue:
            continue
        if verdict.misconception:
            names.append(verdict.misconception)
    return names


def _written(assignment: Assignment, value: Value, name: str) -> Function:
    """The value's function as this solution has it: its own, or the first right one that calls the mistaken one."""
    part = assignment.part(value.part)
    right = [a for a in declared_in(assignment.alternatives, Alternative) if a.solves == part.function]
    mistake = next((m for m in declared_in(assignment.misconceptions, Misconception) if m.name == name), None)
    if mistake is None:
        return next(a.function for a in right if a.name == name)
    mistaken = assignment.part(mistake.part).function
    if mistaken == part.function:
        return mistake.function
    names: dict[str, Any] = {f: getattr(assignment.solution, f) for f in assignment.functions}
    names[mistaken] = mistake.function
    exec(source_of(right[0].function, part.function), names)
    function: Function = names[part.function]
    return function
