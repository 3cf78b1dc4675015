"""Proves the checks of an assignment that nobody has changed since, or finds the proof of an earlier run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from autograder.assignment import Assignment
from autograder.building.check import demand_checked
from autograder.grading import files_sha256, load_spec
from autograder.proof import (
    CheckTitle,
    Kept,
    Proof,
    count_steps,
    everything,
    evidence_notebooks,
    prove_checks,
    trust_from,
)


def prove_assignment(
    assignment: Assignment,
    jobs: int,
    progress: Callable[[int], AbstractContextManager[Callable[[object], None]]],
) -> Proof:
    """Return the proof. `progress` opens a bar for a number of steps. Raises UsageError, or Findings for every slip."""
    kept = Kept(assignment)

    def prove_now() -> Proof:
        demand_checked(assignment, kept)
        spec, state = load_spec(assignment), files_sha256(assignment)
        notebooks = evidence_notebooks(assignment)
        with progress(count_steps(assignment, notebooks)) as step:
            proof = prove_checks(spec, notebooks, jobs, step, kept)
        checks = tuple(CheckTitle(check.name, check.part, check.title) for check, _ in spec.checks_with_cases)
        return replace(proof, checks=checks, trust=trust_from(state, spec, notebooks, proof))

    try:
        key = everything(assignment)
    except FileNotFoundError:  # it is not built yet, and this says so
        return prove_now()
    if (found := kept.find(key)) is not None:
        earlier: Proof = found
        return earlier
    proof = prove_now()
    # What failed may have failed because of this machine, so it is asked again.
    return proof if proof.failures else kept.get(key, lambda: proof)
