"""Looks for mutants of the reference that pass every check although they are wrong."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.assignment import (
    Assignment,
    Check,
    CheckFailed,
    Finding,
    Findings,
    UsageError,
    declared_in,
    load,
    notebook_to_bytes,
    source_notebook,
    with_solutions,
)
from autograder.grading import Raised, Spec, is_numeric, run_quietly
from autograder.proof.evidence_code import blaming_the_author
from autograder.proof.in_process_student import InProcessStudent
from autograder.proof.mutate import Mutant, mutants
from autograder.proof.tolerance import FLOOR
from autograder.runs import statuses_in_worker, worker_processes
from grader.same import is_same

_ROOM = 10.0  # smaller differences, in deviations of right solutions, are not seen by any check


@dataclass(frozen=True)
class MutantHunt:
    """The mutants of a reference, sorted. All but `caught` pass every check.

    `unchanged` answer as the reference does. For those in `listed_as_equivalent`, the course's `[equivalent]` gives a
    reason why they are right. It gives none for `survivors`. `unused_reasons` are the changes in `[equivalent]` whose
    reason no mutant here needs. `caught_outcomes` has the status of each check, by its name, for each caught mutant.
    """

    caught: int
    unchanged: tuple[Mutant, ...]
    listed_as_equivalent: tuple[tuple[Mutant, str], ...]
    survivors: tuple[Mutant, ...]
    unused_reasons: tuple[str, ...] = ()
    caught_outcomes: tuple[Mapping[str, str], ...] = ()

    @property
    def share(self) -> float:
        """The share of caught mutants among those that change an answer and are not listed as equivalent."""
        return self.caught / max(1, self.caught + len(self.survivors))


def hunt_mutants(spec: Spec, jobs: int, progress: Callable[[str], None]) -> MutantHunt:
    """Ask every mutant of the reference all checks. If one passes, run it on further inputs to see if it is wrong."""
    assignment = spec.assignment
    by_name = {mutant.name: mutant for mutant in mutants(inspect.getsource(assignment.solution))}
    with worker_processes(min(jobs, max(1, len(by_name)))) as pool:
        statuses = _statuses(pool, assignment, by_name, progress)
        passed = [by_name[name] for name, found in statuses.items() if set(found.values()) == {"pass"}]
        changes = pool.map(functools.partial(_changes_in_worker, assignment.root, assignment.slug), passed)
        sorted_mutants = sort_mutants(assignment, list(zip(passed, changes, strict=True)), len(statuses) - len(passed))
    caught = tuple(found for found in statuses.values() if set(found.values()) != {"pass"})
    return replace(sorted_mutants, caught_outcomes=caught)


def _statuses(
    pool: Executor, assignment: Assignment, by_name: Mapping[str, Mutant], progress: Callable[[str], None]
) -> dict[str, dict[str, str]]:
    """The status of each check by mutant. Raises UsageError if the grader itself failed on one."""
    found = {}
    futures = {
        pool.submit(statuses_in_worker, assignment.root, assignment.slug, _notebook(assignment, mutant.source)): name
        for name, mutant in by_name.items()
    }
    for future in as_completed(futures):
        name = futures[future]
        found[name] = future.result()
        if "error" in found[name].values():
            raise UsageError(f"the grader itself failed on the mutant {name}, {by_name[name].change}")
        progress(name)
    return {name: found[name] for name in by_name}


def sort_mutants(assignment: Assignment, passed: Sequence[tuple[Mutant, bool]], caught: int) -> MutantHunt:
    """Sort the mutants that pass every check by the reasons of the course.

    Each comes with whether it answers a further call differently from the reference.
    """
    unchanged, listed_as_equivalent, survivors = [], [], []
    reasons = assignment.equivalent
    for mutant, changes in passed:
        if not changes:
            unchanged.append(mutant)
        elif mutant.change in reasons:
            listed_as_equivalent.append((mutant, reasons[mutant.change]))
        else:
            survivors.append(mutant)
    unused_reasons = tuple(
        change for change in reasons if change not in {mutant.change for mutant, _ in listed_as_equivalent}
    )
    return MutantHunt(caught, tuple(unchanged), tuple(listed_as_equivalent), tuple(survivors), unused_reasons)


def further_calls(assignment: Assignment) -> list[tuple[str, Any]]:
    """The further calls of an assignment: the name of a function, and its arguments or a question.

    Raises Findings if the assignment has none, or if they can't be made.
    """
    place = (f"reference/{assignment.slug}/cases.py", 0)
    if not callable(getattr(assignment.cases, "further", None)):
        said = "this file defines no function further: `prove --mutants` needs one. It returns a list of further calls."
        raise Findings([Finding(*place, said)])
    with blaming_the_author(assignment, place):
        calls = list(assignment.cases.further())
    for call in calls:
        if not (isinstance(call, tuple) and len(call) == 2 and hasattr(assignment.solution, str(call[0]))):
            said = "further returns something else than pairs of a function's name and its arguments."
            raise Findings([Finding(*place, said)])
    return calls


def count_mutants(assignment: Assignment) -> int:
    """How many mutants the reference has."""
    return sum(1 for _ in mutants(inspect.getsource(assignment.solution)))


def _notebook(assignment: Assignment, source: str) -> bytes:
    """The source notebook with the mutated reference in its first solution cell; the other solution cells are empty."""
    cells = {assignment.cell_of(function): "" for function in assignment.functions}
    cells[assignment.cell_of(assignment.functions[0])] = source
    return notebook_to_bytes(with_solutions(source_notebook(assignment), cells))


def _deviations(assignment: Assignment) -> dict[str, float]:
    """By function, the largest deviation of its right solutions from the reference in any of its checks."""
    measured = json.loads((assignment.data / "calibration.json").read_bytes())["checks"]
    deviations = dict.fromkeys(assignment.functions, FLOOR)
    for check in declared_in(assignment.checks, Check):
        function = assignment.part(check.part).function
        deviations[function] = max(deviations[function], measured[check.name]["furthest_alternative"]["deviation"])
    return deviations


class FurtherAnswers:
    """The reference's answers to the further calls of an assignment."""

    def __init__(self, assignment: Assignment) -> None:
        self._deviations = _deviations(assignment)
        self._calls = [(call, _answer(vars(assignment.solution), *call)) for call in further_calls(assignment)]

    def changed_by(self, mutant: Mutant) -> bool:
        """Whether a mutant answers one of the calls differently."""
        namespace: dict[str, Any] = {"__name__": mutant.name}
        exec(compile(mutant.source, mutant.name, "exec"), namespace)
        return any(
            _differ(_answer(namespace, *call), answer, _ROOM * self._deviations[call[0]])
            for call, answer in self._calls
        )


def _changes_in_worker(root: Path, slug: str, mutant: Mutant) -> bool:
    return _further_answers(root, slug).changed_by(mutant)


@functools.cache
def _further_answers(root: Path, slug: str) -> FurtherAnswers:
    return FurtherAnswers(load(root, slug))


def _answer(functions: Mapping[str, Any], function: str, asked: Any) -> Any:
    """What a function returns for arguments. `asked` may also be a question: a function of a student."""
    if not callable(asked):
        return run_quietly(functions[function], asked)
    try:
        return asked(InProcessStudent(functions))
    except CheckFailed:
        return Raised("CheckFailed", "")


def _differ(got: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(got, Raised) or isinstance(expected, Raised):
        return not (isinstance(got, Raised) and isinstance(expected, Raised) and got.type == expected.type)
    if isinstance(expected, tuple):
        if not isinstance(got, tuple) or len(got) != len(expected):
            return True
        return any(_differ(g, e, tolerance) for g, e in zip(got, expected, strict=True))
    if not is_numeric(expected):
        return not is_same(got, expected, tolerance)
    e = np.asarray(expected, dtype=float)
    try:
        g = np.asarray(got, dtype=float)
    except (TypeError, ValueError):  # no array of numbers
        return True
    scale = float(np.abs(e[np.isfinite(e)]).max(initial=0.0)) or 1.0
    return g.shape != e.shape or not np.allclose(g, e, rtol=0, atol=tolerance * scale, equal_nan=True)
