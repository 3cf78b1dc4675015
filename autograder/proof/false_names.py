"""Looks for wrong names: does the local grader name a mistake in a random answer that is not in its code?"""

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
    known_mistakes,
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
    """Judge right and wrong answers to each random value with the key of the release: a sentence for each wrong name.

    A mistake may be named by its own name, by the name that its `same_answers_as` gives, or by a name in its
    `may_be_named_as`. A right solution must not get any name.
    """
    values = [v for submit in assignment.submits.values() for v in submit if v.random]
    asked = [(value.name, name) for value in values for name in _solutions_of(assignment, value)]
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
    """How many pairs of a random value and a solution `find_false_names` tries."""
    return sum(len(_solutions_of(assignment, v)) for submit in assignment.submits.values() for v in submit if v.random)


def _solutions_of(assignment: Assignment, value: Value) -> list[str]:
    """Right solutions of the value's function, and mistakes in that function and in those that it calls, by name."""
    part = assignment.part(value.part)
    functions = {part.function, *part.builds_on}
    right = [
        a.name for a in declared_in(assignment.alternatives, Alternative) if a.solves == part.function and not a.slow
    ]
    known = known_mistakes(assignment.misconceptions)
    return right + [m.name for m in known if assignment.part(m.part).function in functions]


def _false_names(root: Path, slug: str, value_name: str, name: str) -> list[str]:
    assignment = load(root, slug)
    value = next(v for submit in assignment.submits.values() for v in submit if v.name == value_name)
    key = load_key(assignment.release / "grader")
    mistake = next((m for m in known_mistakes(assignment.misconceptions) if m.name == name), None)
    function = assignment.part(value.part).function
    named = names_given(assignment, key, value.name, {function: _function_of(assignment, value, name)})
    return [
        f"the local grader names {other} for {value_name} of {name}, which does not have that mistake"
        for other in untrue_names(named, mistake)
    ]


def untrue_names(names: Sequence[str], mistake: Misconception | None) -> list[str]:
    """The names that do not fit a mistake, sorted. `mistake` is None for a right solution, which no name fits."""
    fitting = {mistake.name, mistake.known_as, *mistake.may_be_named_as} if mistake else set()
    return sorted(set(names) - fitting)


def names_given(assignment: Assignment, key: Key, value_name: str, functions: dict[str, Function]) -> Sequence[str]:
    """The names of mistakes that the local grader gives to these functions' answers, at most one for each seed."""
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


def _function_of(assignment: Assignment, value: Value, name: str) -> Function:
    """The value's function in this solution.

    If the mistake is in a function that it calls, this is the first right solution with the mistake below it.
    """
    part = assignment.part(value.part)
    right = [a for a in declared_in(assignment.alternatives, Alternative) if a.solves == part.function and not a.slow]
    mistake = next((m for m in known_mistakes(assignment.misconceptions) if m.name == name), None)
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
