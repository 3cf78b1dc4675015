"""Looks for wrong names: does the local grader name a mistake in a random answer that is not in its code?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

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
from autograder.proof.evidence_code import Evidence, functions_with, solved_by
from autograder.proof.kept import Kept
from autograder.proof.measure import evidence_named
from autograder.runs import worker_processes
from grader.key import Key, load_key
from grader.values import BadValue
from grader.verdict import judge

SEEDS = (0, 1, 2)  # of the solutions' own random numbers


def find_false_names(assignment: Assignment, jobs: int, progress: Callable[[str], None], kept: Kept) -> list[str]:
    """Judge right and wrong answers to each random value with the key of the release: a sentence for each wrong name.

    A mistake may be named by its own name, by the name that its `same_answers_as` gives, or by a name in its
    `may_be_named_as`. A right solution must not get any name. Answers that are kept are not computed again.
    """
    values = [v for submit in assignment.submits.values() for v in submit if v.random]
    asked = [(value, name) for value in values for name in _solutions_of(assignment, value)]
    if not asked:
        return []
    known: list[Evidence] = [*declared_in(assignment.alternatives, Alternative)]
    known += known_mistakes(assignment.misconceptions)
    evidence = {one.name: one for one in known}
    keys = {(value.name, name): _key(assignment, value, evidence[name], kept) for value, name in asked}
    done: dict[tuple[str, str], list[Any]] = {pair: kept.find(key) for pair, key in keys.items()}
    due = [pair for pair, answers in done.items() if answers is None]
    place = (assignment.root, assignment.slug)
    if len(due) == 1:  # to start a worker takes longer
        with threadpool_limits(1):  # as in a worker
            done[due[0]] = kept.get(keys[due[0]], lambda: _answers(*place, *due[0]))
    elif due:
        with worker_processes(min(jobs, len(due))) as pool:
            futures = [pool.submit(_answers, *place, *pair) for pair in due]
            for future, pair in zip(futures, due, strict=True):
                done[pair] = kept.get(keys[pair], future.result)
    local_key = load_key(assignment.release / "grader")
    mistakes = {mistake.name: mistake for mistake in known_mistakes(assignment.misconceptions)}
    found = []
    for (value, name), answers in done.items():
        named = untrue_names(names_of_answers(local_key, value, answers), mistakes.get(name))
        found += [
            f"the local grader names {other} for {value} of {name}, which does not have that mistake" for other in named
        ]
        progress(name)
    return found


def _key(assignment: Assignment, value: Value, evidence: Evidence, kept: Kept) -> str:
    """A key of the answers of a solution: of its code, and of the right code above it if it is one of a helper."""
    part = assignment.part(value.part)
    first = next(
        a for a in declared_in(assignment.alternatives, Alternative) if a.solves == part.function and not a.slow
    )
    below = kept.key_of("", first) if solved_by(assignment, evidence) != part.function else ""
    return kept.key_of("random answers", evidence, value.name, below)


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


def _answers(root: Path, slug: str, value_name: str, name: str) -> list[Any]:
    """The answers to a random value, one for each seed."""
    assignment = load(root, slug)
    value = next(v for submit in assignment.submits.values() for v in submit if v.name == value_name)
    function = assignment.part(value.part).function
    functions = {function: _function_of(assignment, value, name)}
    return [run_quietly(assignment.cases.public_answer, (value_name, functions), seed) for seed in SEEDS]


def untrue_names(names: Sequence[str], mistake: Misconception | None) -> list[str]:
    """The names that do not fit a mistake, sorted. `mistake` is None for a right solution, which no name fits."""
    fitting = {mistake.name, mistake.known_as, *mistake.may_be_named_as} if mistake else set()
    return sorted(set(names) - fitting)


def names_of_answers(key: Key, value_name: str, answers: Sequence[Any]) -> list[str]:
    """The names of mistakes that the local grader gives to these answers, at most one for each."""
    names = []
    for answer in answers:
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
    evidence = evidence_named(assignment, name)
    above = assignment.part(value.part).function
    functions = functions_with(assignment, evidence)
    solved = solved_by(assignment, evidence)
    if solved == above:
        return functions[above]
    right = [a for a in declared_in(assignment.alternatives, Alternative) if a.solves == above and not a.slow]
    names: dict[str, Any] = functions_with(assignment, None) | {solved: functions[solved]}
    exec(source_of(right[0].function, above), names)
    function: Function = names[above]
    return function
