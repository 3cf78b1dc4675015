"""Looks for mutants of the reference that pass every check although they are wrong."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder import evidence
from autograder.assignment import Assignment
from autograder.diagnose import run_quietly
from autograder.mutate import Mutant, mutants
from autograder.prove import grade_notebooks
from autograder.spec import Spec
from autograder.student import Raised

CAUGHT = 0.98  # of the mutants that change an answer
_SPREAD = 1e-7  # relative; what correct solutions may differ by


@dataclass(frozen=True)
class Hunt:
    """What became of the mutants; `argued` are survivors that the course explains, `survivors` those it does not."""

    caught: int
    unchanged: tuple[Mutant, ...]
    argued: tuple[tuple[Mutant, str], ...]
    survivors: tuple[Mutant, ...]

    @property
    def share(self) -> float:
        """The share of caught mutants among those that change an answer and are not argued to be right."""
        return self.caught / max(1, self.caught + len(self.survivors))


def hunt(spec: Spec, jobs: int, progress: Callable[[str], None]) -> Hunt:
    """Grade every mutant of the reference, and run those that pass on further inputs to see if they are wrong."""
    assignment = spec.assignment
    by_name = {mutant.name: mutant for mutant in mutants(inspect.getsource(assignment.solution))}
    notebooks = {name: _notebook(assignment, mutant.source) for name, mutant in by_name.items()}
    caught = 0
    unchanged, argued, survivors = [], [], []
    for result in grade_notebooks(spec, notebooks, jobs, progress):
        mutant = by_name[result["student"]]
        if result["score"] < assignment.max_score:
            caught += 1
        elif not _changes_an_answer(assignment, mutant):
            unchanged.append(mutant)
        elif mutant.change in (reasons := assignment.equivalent):
            argued.append((mutant, reasons[mutant.change]))
        else:
            survivors.append(mutant)
    return Hunt(caught, tuple(unchanged), tuple(argued), tuple(survivors))


def count(assignment: Assignment) -> int:
    """How many mutants there are."""
    return sum(1 for _ in mutants(inspect.getsource(assignment.solution)))


def _notebook(assignment: Assignment, source: str) -> bytes:
    """The source notebook with the whole mutated reference in the first solution's cell and none in the others."""
    cells = {assignment.cell_of(function): "" for function in assignment.functions}
    cells[assignment.cell_of(assignment.functions[0])] = source
    return evidence.to_bytes(evidence.with_solutions(evidence.source_notebook(assignment), cells))


def _changes_an_answer(assignment: Assignment, mutant: Mutant) -> bool:
    """Whether it answers any of the reference's further calls otherwise than the reference."""
    namespace: dict[str, Any] = {"__name__": mutant.name}
    exec(compile(mutant.source, mutant.name, "exec"), namespace)
    return any(
        _differ(_answer(namespace, *call), _answer(vars(assignment.solution), *call))
        for call in assignment.cases.further()
    )


def _answer(functions: Mapping[str, Any], function: str, arguments: tuple[Any, ...]) -> Any:
    return run_quietly(functions[function], arguments)


def _differ(got: Any, expected: Any) -> bool:
    if isinstance(got, Raised) or isinstance(expected, Raised):
        return type(got) is not type(expected)
    if isinstance(expected, tuple):
        return not isinstance(got, tuple) or any(_differ(g, e) for g, e in zip(got, expected, strict=True))
    g, e = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    scale = float(np.abs(e[np.isfinite(e)]).max(initial=0.0)) or 1.0
    if g.shape != e.shape or not math.isfinite(scale):
        return True
    return not np.allclose(g, e, rtol=0, atol=_SPREAD * scale, equal_nan=True)
