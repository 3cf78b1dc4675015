"""Counts in a proof what trust.json says of each check: right solutions, known mistakes and mutants."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from autograder.assignment import Assignment, Check
from autograder.grading import Spec
from autograder.proof.fairness import Fairness
from autograder.proof.mutant_hunt import MutantHunt
from autograder.proof.prove import Proof, Row
from autograder.proof.trust import (
    CheckTrust,
    MutantTrust,
    PartTrust,
    Trust,
    VariantTrust,
    environment_of,
    outcome_line,
    upper_bound,
)


def trust_from(files_sha256: str, spec: Spec, notebooks: Mapping[str, bytes], proof: Proof) -> Trust:
    """What a proof says of each check and each part. `notebooks` are those that it graded."""
    bad_luck = _bad_luck(spec.assignment)
    code = {row.name: _code_by_cell(notebooks[row.name]) for row in proof.rows if row.kind == "right"}
    checks = [
        _check_trust(check, spec, code, proof.rows, bad_luck.get(check.name)) for check, _ in spec.checks_with_cases
    ]
    parts = [_part_trust(part.id, part.title, spec, proof.rows) for part in spec.assignment.parts]
    outcomes = {row.name: outcome_line(row.outcomes, row.named) for row in proof.rows}
    right = sum(row.kind == "right" for row in proof.rows)
    return Trust(files_sha256, right, checks, parts, outcomes, [environment_of(outcomes, outcomes)])


def mutant_trust(spec: Spec, hunted: MutantHunt) -> MutantTrust:
    """How many wrong mutants each check lets pass. It is asked only of those that lose points in its part."""
    asked, lets_through = {}, {}
    for check, _ in spec.checks_with_cases:
        of_part = {other.name for other, _ in spec.checks_with_cases if other.part == check.part}
        caught = [row for row in hunted.caught_outcomes if any(row.get(name) == "fail" for name in of_part)]
        asked[check.name], lets_through[check.name] = _asked_and_passed(check, caught)
    uncaught = [mutant.change for mutant in hunted.survivors]
    return MutantTrust(hunted.caught + len(uncaught), uncaught, asked, lets_through)


def variant_trust(fair: Fairness) -> VariantTrust:
    """What was tried on personal data."""
    return VariantTrust(fair.variants, fair.asked, list(fair.failures))


def _check_trust(
    check: Check, spec: Spec, code: Mapping[str, Mapping[str, str]], rows: Sequence[Row], bad_luck: float | None
) -> CheckTrust:
    part = spec.assignment.part(check.part)
    cells = [spec.assignment.cell_of(function) for function in (part.function, *part.builds_on)]
    # Many notebooks have the same code where this check looks. They say the same, so they count once.
    programs: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if row.kind == "right" and row.outcomes.get(check.name) != "error":
            programs.setdefault(tuple(code[row.name][cell] for cell in cells), []).append(row)
    lost = [[row.name for row in same if row.outcomes.get(check.name) != "pass"] for same in programs.values()]
    wrong = [row.outcomes for row in rows if row.kind == "wrong" and row.part == check.part]
    asked, passed = _asked_and_passed(check, wrong)
    return CheckTrust(
        check.name,
        check.title,
        check.part,
        check.points,
        right=len(programs),
        docked=[name for names in lost for name in names],
        docks_at_most=_rounded_up(upper_bound(len(programs), sum(map(bool, lost)))),
        mistakes=asked,
        lets_through=passed,
        bad_luck=bad_luck,
    )


def _part_trust(part: str, title: str, spec: Spec, rows: Sequence[Row]) -> PartTrust:
    checks = [check.name for check, _ in spec.checks_with_cases if check.part == part]
    wrong = [row for row in rows if row.kind == "wrong" and row.part == part]
    uncaught = [row.name for row in wrong if all(row.outcomes.get(name) == "pass" for name in checks)]
    return PartTrust(part, title, len(wrong), uncaught)


def _asked_and_passed(check: Check, outcomes: Sequence[Mapping[str, str]]) -> tuple[int, int]:
    """Of how many solutions the check was asked, and how many of these passed it."""
    statuses = [outcome.get(check.name) for outcome in outcomes]
    passed = statuses.count("pass")
    return passed + statuses.count("fail"), passed


def _code_by_cell(notebook: bytes) -> dict[str, str]:
    """The text of each cell that has a grade id, by this id."""
    cells = [(cell["metadata"].get("nbgrader", {}).get("grade_id"), cell) for cell in json.loads(notebook)["cells"]]
    return {grade_id: "".join(cell["source"]) for grade_id, cell in cells if grade_id}


def _bad_luck(assignment: Assignment) -> dict[str, float]:
    """For checks that depend on chance, how likely right code fails them at most, as `build` measured it."""
    measured = json.loads((assignment.data / "calibration.json").read_bytes())["checks"]
    luck = {name: row["luck"]["right_code_passes_at_least"] for name, row in measured.items() if "luck" in row}
    return {name: round(1 - at_least, 5) for name, at_least in luck.items()}


def _rounded_up(probability: float) -> float:
    return math.ceil(probability * 1e4) / 1e4
