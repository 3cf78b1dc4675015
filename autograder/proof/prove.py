"""Proves the checks: right solutions pass all of them, and known mistakes fail where they should and are named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from autograder.assignment import (
    Alternative,
    Assignment,
    Check,
    Misconception,
    declared_in,
    known_mistakes,
    notebook_to_bytes,
    release_notebook,
    source_notebook,
    source_of,
    with_solutions,
    wrong_about_examples,
)
from autograder.grading import Result, Spec, demand_hints, observations_of
from autograder.proof.false_names import count_questions, find_false_names
from autograder.proof.graded import grade_notebooks
from autograder.proof.kept import Kept
from autograder.proof.trust import Trust

NAMED = 0.95  # the share of misconceptions that has to be recognised; none may be recognised as another one


@dataclass(frozen=True)
class Row:
    """One solution in the kill matrix: what it is, and the outcome of every check by the check's name."""

    name: str
    kind: str  # "right", "wrong" or "unsolved"
    part: str
    score: float
    outcomes: Mapping[str, str]
    known_as: str = ""
    named: frozenset[str] = frozenset()
    seconds: float = 0.0
    said: Mapping[str, str] = field(default_factory=dict)  # what each check that failed says to the student
    solves: str = ""  # the function that a right solution solves in another way


class CheckTitle(NamedTuple):
    """What the kill matrix says of a check."""

    name: str
    part: str
    title: str


@dataclass(frozen=True)
class Proof:
    """The kill matrix, and a sentence in `failures` for each thing that is not proven.

    `redundant` has the reason for each check that is kept without need. `checks` are the columns of the matrix.
    `trust` is what trust.json says of them, if the proof is that of a whole assignment.
    """

    rows: tuple[Row, ...]
    failures: tuple[str, ...]
    recognised: int
    misconceptions: int
    redundant: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[CheckTitle, ...] = ()
    trust: Trust | None = None


def evidence_notebooks(assignment: Assignment) -> dict[str, bytes]:
    """The evidence as notebooks by name: each solution alone in the source notebook, and right ones combined.

    Raises UsageError if a mistake has no hint yet.
    """
    demand_hints(assignment)
    source = source_notebook(assignment)
    release = release_notebook(assignment)
    notebooks = {"source": notebook_to_bytes(source), "release": notebook_to_bytes(release)}
    alternatives = declared_in(assignment.alternatives, Alternative)
    alone = [(a.name, a.solves, a.function) for a in alternatives]
    misconceptions = known_mistakes(assignment.misconceptions)
    alone += [(m.name, assignment.part(m.part).function, m.function) for m in misconceptions]
    for name, function, solution in alone:
        code = {assignment.cell_of(function): source_of(solution, function)}
        notebooks[name] = notebook_to_bytes(with_solutions(source, code))
    solving = {f: [a for a in alternatives if a.solves == f and a.blends and not a.slow] for f in assignment.functions}
    # A few combinations are enough to see that no function depends on how another is written. More would take long.
    for i in range(1, max(len(group) for group in solving.values()) + 1, 5):
        combined = {f: group[i % len(group)] for f, group in solving.items() if group}
        code = {assignment.cell_of(f): source_of(a.function, f) for f, a in combined.items()}
        notebooks[f"whole_{i}"] = notebook_to_bytes(with_solutions(source, code))
    return notebooks


def prove_checks(
    spec: Spec, notebooks: Mapping[str, bytes], jobs: int, progress: Callable[[str], None], kept: Kept
) -> Proof:
    """Grade the evidence as submissions are graded, and compare the outcomes with what the course claims."""
    results = grade_notebooks(spec, notebooks, jobs, progress, kept)
    misconceptions = {m.name: m for m in known_mistakes(spec.assignment.misconceptions)}
    solves = {one.name: one.solves for one in declared_in(spec.assignment.alternatives, Alternative)}
    rows = [row_of(result, misconceptions) for result in results]
    rows = [replace(row, solves=solves.get(row.name, "")) for row in rows]
    proof = proof_from_rows(rows, misconceptions, spec)
    false_names = find_false_names(spec.assignment, jobs, progress, kept)
    key = kept.key("observations", kept.catalogues)
    observed = kept.get(key, lambda: list(wrong_about_examples(observations_of(spec.assignment))))
    return replace(proof, failures=(*proof.failures, *false_names, *observed))


def count_steps(assignment: Assignment, notebooks: Mapping[str, bytes]) -> int:
    """How many times `prove_checks` calls `progress`."""
    return len(notebooks) + count_questions(assignment)


def proof_from_rows(rows: Sequence[Row], misconceptions: Mapping[str, Misconception], spec: Spec) -> Proof:
    """The proof that these rows give, with a sentence for each thing that is not as claimed."""
    failures = [problem for row in rows for problem in _problems(row, misconceptions.get(row.name), spec)]
    wrong = [row for row in rows if row.kind == "wrong"]
    recognised = [row for row in wrong if row.known_as in row.named]
    if len(recognised) < NAMED * len(wrong):
        unnamed = ", ".join(row.name for row in wrong if row not in recognised)
        failures.append(
            f"only {len(recognised)} of {len(wrong)} misconceptions are recognised, but {NAMED:.0%} have to be; "
            f"not recognised: {unnamed}"
        )
    without = {part.id for part in spec.assignment.parts if part.no_misconceptions}
    asked = [check for check, _ in spec.checks_with_cases if check.part not in without]
    redundant = _redundant_checks(asked, wrong)
    reasons = spec.assignment.kept
    failures += [
        f"the check '{name}' catches no mistake that an earlier check of its part does not catch: "
        "remove it, or give a reason for it under [kept]"
        for name in redundant
        if name not in reasons
    ]
    failures += [
        f"[kept] names '{name}', but that check is needed anyway or does not exist: remove the line"
        for name in reasons
        if name not in redundant
    ]
    kept = {name: reasons[name] for name in redundant if name in reasons}
    return Proof(tuple(rows), tuple(failures), len(recognised), len(wrong), kept)


def _parts_with_lost_points(row: Row, spec: Spec) -> set[str]:
    """The parts in which a row does not get all points."""
    return {check.part for check, _ in spec.checks_with_cases if row.outcomes[check.name] != "pass"}


def row_of(result: Result, misconceptions: Mapping[str, Misconception]) -> Row:
    """The row of a graded solution. `misconceptions` has the known mistakes by name."""
    name = result["student"]
    checks = [check for part in result["parts"] for check in part["checks"]]
    known = misconceptions.get(name)
    kind = "wrong" if known else "unsolved" if name == "release" else "right"
    named = frozenset(check["misconception"] for check in checks if check["misconception"])
    part, known_as = (known.part, known.known_as) if known else ("", "")
    said = {check["name"]: check["message"] for check in checks if check["status"] == "fail"}
    return Row(name, kind, part, result["score"], statuses_of(result), known_as, named, result["seconds"], said)


def statuses_of(result: Result) -> dict[str, str]:
    """The status of each check of a result by the check's name."""
    return {check["name"]: check["status"] for part in result["parts"] for check in part["checks"]}


def _problems(row: Row, misconception: Misconception | None, spec: Spec) -> list[str]:
    """A sentence for each thing about this row that is not as claimed."""
    broken = [name for name, status in row.outcomes.items() if status == "error"]
    if broken or not row.outcomes:
        return [f"{row.name}: the grader itself failed ({', '.join(broken) or 'no check ran'})"]
    failed = [name for name, status in row.outcomes.items() if status == "fail"]
    if row.kind == "right" and row.score != spec.assignment.max_score:
        said = "".join(f" {name} says: {row.said[name]}" for name in failed if row.said.get(name))
        said += _of_another_part(row.solves, failed, spec)
        return [f"{row.name} is right, but fails {', '.join(failed)}{'.' if said else ''}{said}"]
    if row.kind == "right":
        return []
    if row.kind == "unsolved":
        return [f"{row.name} is unsolved, but scores {row.score:g}"] if row.score else []
    assert misconception is not None
    lost = _parts_with_lost_points(row, spec)
    problems = []
    if row.part not in lost:
        by_chance = any(v.random for vs in spec.assignment.submits.values() for v in vs if v.part == row.part)
        more = ". Its answers depend on chance, and it was asked with one seed: give a check more cases or tries"
        problems.append(f"{row.name} escapes: it passes every check of {row.part}{more if by_chance else ''}")
    undeclared = sorted(lost - {row.part} - set(misconception.also_breaks))
    if undeclared:
        problems.append(
            f"{row.name} also loses points in {', '.join(undeclared)}, which its `also_breaks` does not list: "
            "add it there, or correct the checks"
        )
    not_broken = sorted(set(misconception.also_breaks) - lost)
    if not_broken:
        problems.append(
            f"`also_breaks` of {row.name} lists {', '.join(not_broken)}, but it loses no points there: "
            "remove it from the list"
        )
    others = sorted(row.named - {row.known_as, *misconception.may_be_named_as})
    if others:
        problems.append(f"{row.name} is recognised as {', '.join(others)}, which it is not")
    return problems


def _of_another_part(solved: str, failed: Sequence[str], spec: Spec) -> str:
    """Why a right solution of one function may fail the checks of other parts only. Empty if its own part fails too."""
    parts = {
        check.part: spec.assignment.part(check.part) for check, _ in spec.checks_with_cases if check.name in failed
    }
    if not solved or not parts or any(part.function == solved for part in parts.values()):
        return ""
    return (
        f" Only other parts fail ({', '.join(parts)}): functions of the notebook that call {solved} may not be able to "
        "use the form of this answer, such as a list. Return the usual form, or accept only that in a check of "
        f"{solved}."
    )


def _redundant_checks(checks: Sequence[Check], wrong: Sequence[Row]) -> list[str]:
    """Names of checks that catch no mistake in their part beyond those that earlier, cheaper checks of it catch."""
    redundant = []
    caught_in: dict[str, set[str]] = {}
    for check in checks:
        caught = {row.name for row in wrong if row.part == check.part and row.outcomes.get(check.name) == "fail"}
        caught_before = caught_in.setdefault(check.part, set())
        if not caught - caught_before:
            redundant.append(check.name)
        caught_before |= caught
    return redundant
