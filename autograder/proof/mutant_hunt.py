"""Looks for mutants of the reference that pass every check although they are wrong."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.assignment import Assignment, Check, declared_in, notebook_to_bytes, source_notebook, with_solutions
from autograder.grading import Raised, Spec, run_quietly
from autograder.proof.mutate import Mutant, mutants
from autograder.proof.prove import grade_notebooks
from autograder.proof.tolerance import FLOOR

_ROOM = 10.0  # times what right solutions differ by: a difference that no check may see


@dataclass(frozen=True)
class MutantHunt:
    """What became of the mutants; `argued` are survivors that the course explains, `survivors` those it does not.

    `stale` are arguments for what is no survivor.
    """

    caught: int
    unchanged: tuple[Mutant, ...]
    argued: tuple[tuple[Mutant, str], ...]
    survivors: tuple[Mutant, ...]
    stale: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """The share of caught mutants among those that change an answer and are not argued to be right."""
        return self.caught / max(1, self.caught + len(self.survivors))


def hunt_mutants(spec: Spec, jobs: int, progress: Callable[[str], None]) -> MutantHunt:
    """Grade every mutant of the reference, and run those that pass on further inputs to see if they are wrong."""
    by_name = {mutant.name: mutant for mutant in mutants(inspect.getsource(spec.assignment.solution))}
    notebooks = {name: _notebook(spec.assignment, mutant.source) for name, mutant in by_name.items()}
    results = grade_notebooks(spec, notebooks, jobs, progress)
    passed = [by_name[result["student"]] for result in results if result["score"] == spec.assignment.max_score]
    return sort_mutants(spec.assignment, passed, len(results) - len(passed))


def sort_mutants(assignment: Assignment, passed: Sequence[Mutant], caught: int) -> MutantHunt:
    """Tell the mutants that pass every check by what they make of further inputs and by what the course says."""
    unchanged, argued, survivors = [], [], []
    spread = _spread(assignment)
    further = [(call, _answer(vars(assignment.solution), *call)) for call in assignment.cases.further()]
    reasons = assignment.equivalent
    for mutant in passed:
        if not _changes_an_answer(mutant, further, spread):
            unchanged.append(mutant)
        elif mutant.change in reasons:
            argued.append((mutant, reasons[mutant.change]))
        else:
            survivors.append(mutant)
    stale = tuple(change for change in reasons if change not in {mutant.change for mutant, _ in argued})
    return MutantHunt(caught, tuple(unchanged), tuple(argued), tuple(survivors), stale)


def count_mutants(assignment: Assignment) -> int:
    """How many mutants there are."""
    return sum(1 for _ in mutants(inspect.getsource(assignment.solution)))


def _notebook(assignment: Assignment, source: str) -> bytes:
    """The source notebook with the whole mutated reference in the first solution's cell and none in the others."""
    cells = {assignment.cell_of(function): "" for function in assignment.functions}
    cells[assignment.cell_of(assignment.functions[0])] = source
    return notebook_to_bytes(with_solutions(source_notebook(assignment), cells))


def _spread(assignment: Assignment) -> dict[str, float]:
    """By function, the furthest that right solutions stray from the reference in any check of it."""
    measured = json.loads((assignment.data / "calibration.json").read_bytes())["checks"]
    spread = dict.fromkeys(assignment.functions, FLOOR)
    for check in declared_in(assignment.checks, Check):
        function = assignment.part(check.part).function
        spread[function] = max(spread[function], measured[check.name]["furthest_alternative"]["deviation"])
    return spread


def _changes_an_answer(
    mutant: Mutant, further: Sequence[tuple[tuple[str, tuple[Any, ...]], Any]], spread: Mapping[str, float]
) -> bool:
    """Whether it answers any of the reference's further calls otherwise than the reference."""
    namespace: dict[str, Any] = {"__name__": mutant.name}
    exec(compile(mutant.source, mutant.name, "exec"), namespace)
    return any(_differ(_answer(namespace, *call), answer, _ROOM * spread[call[0]]) for call, answer in further)


def _answer(functions: Mapping[str, Any], function: str, arguments: tuple[Any, ...]) -> Any:
    return run_quietly(functions[function], arguments)


def _differ(got: Any, expected: Any, by: float) -> bool:
    if isinstance(got, Raised) or isinstance(expected, Raised):
        return not (isinstance(got, Raised) and isinstance(expected, Raised) and got.type == expected.type)
    if isinstance(expected, tuple):
        if not isinstance(got, tuple) or len(got) != len(expected):
            return True
        return any(_differ(g, e, by) for g, e in zip(got, expected, strict=True))
    e = np.asarray(expected, dtype=float)
    try:
        g = np.asarray(got, dtype=float)
    except (TypeError, ValueError):  # no array of numbers
        return True
    scale = float(np.abs(e[np.isfinite(e)]).max(initial=0.0)) or 1.0
    return g.shape != e.shape or not np.allclose(g, e, rtol=0, atol=by * scale, equal_nan=True)
