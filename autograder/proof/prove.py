"""Proves the checks: what is right passes all of them, what is wrong fails where it should, and is named."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.assignment import (
    Alternative,
    Assignment,
    Check,
    Misconception,
    declared_in,
    notebook_to_bytes,
    release_notebook,
    source_notebook,
    source_of,
    with_solutions,
)
from autograder.grading import Result, Spec
from autograder.proof.false_names import count_questions, find_false_names
from autograder.runs import grade_all
from autograder.sandbox import strictest_isolation
from autograder.submissions import Submission

NAMED = 0.95  # of the misconceptions have to be recognised; none may be taken for another


@dataclass(frozen=True)
class Row:
    """One solution of the kill matrix: what it is, and the outcome of every check by name."""

    name: str
    kind: str  # "right", "wrong" or "unsolved"
    part: str
    score: float
    outcomes: Mapping[str, str]
    known_as: str = ""
    named: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Proof:
    """The kill matrix and what it fails to prove; `failures` is empty when all is proven."""

    rows: tuple[Row, ...]
    failures: tuple[str, ...]
    recognised: int
    misconceptions: int
    redundant: Mapping[str, str] = field(default_factory=dict)
    carried: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # mistakes that cost parts built on theirs


def evidence_notebooks(assignment: Assignment) -> dict[str, bytes]:
    """Every piece of evidence as a notebook: alone among the source's solutions, and right ones together."""
    source = source_notebook(assignment)
    release = release_notebook(assignment)
    notebooks = {"source": notebook_to_bytes(source), "release": notebook_to_bytes(release)}
    alternatives = declared_in(assignment.alternatives, Alternative)
    alone = [(a.name, a.solves, a.function) for a in alternatives]
    misconceptions = declared_in(assignment.misconceptions, Misconception)
    alone += [(m.name, assignment.part(m.part).function, m.function) for m in misconceptions]
    for name, function, written in alone:
        code = {assignment.cell_of(function): source_of(written, function)}
        notebooks[name] = notebook_to_bytes(with_solutions(source, code))
    of = {f: [a for a in alternatives if a.solves == f and a.blends] for f in assignment.functions}
    # A few are enough to see that no function counts on how another one was written; slow ones would add up.
    for i in range(1, max(len(group) for group in of.values()) + 1, 5):
        whole = {f: group[i % len(group)] for f, group in of.items() if group}
        code = {assignment.cell_of(f): source_of(a.function, f) for f, a in whole.items()}
        notebooks[f"whole_{i}"] = notebook_to_bytes(with_solutions(source, code))
    return notebooks


def prove_checks(spec: Spec, notebooks: Mapping[str, bytes], jobs: int, progress: Callable[[str], None]) -> Proof:
    """Grade all the evidence, `solutions`, through the real path and hold the outcome against what is claimed."""
    results = grade_notebooks(spec, notebooks, jobs, progress)
    parts = {m.name: m for m in declared_in(spec.assignment.misconceptions, Misconception)}
    proof = proof_from_rows([_row(result, parts) for result in results], parts, spec)
    false = find_false_names(spec.assignment, jobs, progress)
    return replace(proof, failures=(*proof.failures, *false))


def count_steps(assignment: Assignment, notebooks: Mapping[str, bytes]) -> int:
    """How many times `prove` tells its progress."""
    return len(notebooks) + count_questions(assignment)


def proof_from_rows(rows: Sequence[Row], misconceptions: Mapping[str, Misconception], spec: Spec) -> Proof:
    """What these rows prove, and what they disprove, a sentence each."""
    failures = [problem for row in rows for problem in _problems(row, misconceptions.get(row.name), spec)]
    wrong = [row for row in rows if row.kind == "wrong"]
    recognised = [row for row in wrong if row.known_as in row.named]
    if len(recognised) < NAMED * len(wrong):
        unnamed = ", ".join(row.name for row in wrong if row not in recognised)
        failures.append(f"only {len(recognised)} of {len(wrong)} misconceptions are recognised; not: {unnamed}")
    needless = _needless([check for check, _ in spec.asked], wrong)
    reasons = spec.assignment.kept
    failures += [
        f"the check '{n}' kills nothing that an earlier check of its part does not"
        for n in needless
        if n not in reasons
    ]
    failures += [
        f"[kept] names '{name}', which is needed anyway or is no check" for name in reasons if name not in needless
    ]
    kept = {name: reasons[name] for name in needless if name in reasons}
    carried = {row.name: tuple(sorted(_lost(row, spec) & _built_on(row.part, spec))) for row in wrong if row.outcomes}
    carried = {name: parts for name, parts in carried.items() if parts}
    return Proof(tuple(rows), tuple(failures), len(recognised), len(wrong), kept, carried)


def _lost(row: Row, spec: Spec) -> set[str]:
    """The parts in which a row has not all points."""
    return {check.part for check, _ in spec.asked if row.outcomes[check.name] != "pass"}


def _built_on(part: str, spec: Spec) -> set[str]:
    """The parts whose function calls that of this one, so that a mistake may cost points there too."""
    function = spec.assignment.part(part).function
    return {other.id for other in spec.assignment.parts if function in other.builds_on}


def grade_notebooks(
    spec: Spec, notebooks: Mapping[str, bytes], jobs: int, progress: Callable[[str], None]
) -> list[Result]:
    """The results of notebooks by name, in their order, through the real grading path."""
    with tempfile.TemporaryDirectory() as folder:
        submissions = []
        for name, raw in notebooks.items():
            path = Path(folder, f"{name}.ipynb")
            path.write_bytes(raw)
            submissions.append(Submission(name, path))
        results = {}
        for result, _ in grade_all(spec, submissions, jobs, strictest_isolation()):
            results[result["student"]] = result
            progress(result["student"])
    return [results[name] for name in notebooks]


def _row(result: Result, misconceptions: Mapping[str, Misconception]) -> Row:
    name = result["student"]
    checks = [check for part in result["parts"] for check in part["checks"]]
    known = misconceptions.get(name)
    kind = "wrong" if known else "unsolved" if name == "release" else "right"
    named = frozenset(check["misconception"] for check in checks if check["misconception"])
    outcomes = {check["name"]: check["status"] for check in checks}
    return Row(
        name, kind, known.part if known else "", result["score"], outcomes, known.known_as if known else "", named
    )


def _problems(row: Row, misconception: Misconception | None, spec: Spec) -> list[str]:
    """What this row disproves, a sentence each."""
    broken = [name for name, status in row.outcomes.items() if status == "error"]
    if broken or not row.outcomes:
        return [f"{row.name}: the grader itself failed ({', '.join(broken) or 'no check ran'})"]
    failed = [name for name, status in row.outcomes.items() if status == "fail"]
    if row.kind == "right":
        return [f"{row.name} is right, but fails {', '.join(failed)}"] if row.score != spec.assignment.max_score else []
    if row.kind == "unsolved":
        return [f"{row.name} is unsolved, but scores {row.score:g}"] if row.score else []
    assert misconception is not None
    lost = _lost(row, spec)
    problems = []
    if row.part not in lost:
        problems.append(f"{row.name} escapes: it passes every check of {row.part}")
    further = sorted(lost - {row.part} - set(misconception.reaches) - _built_on(row.part, spec))
    if further:
        problems.append(f"{row.name} also loses points in {', '.join(further)}, which it does not declare in `reaches`")
    stale = sorted(set(misconception.reaches) - lost)
    if stale:
        problems.append(f"{row.name} declares in `reaches` that it costs {', '.join(stale)}, where it loses no points")
    others = sorted(row.named - {row.known_as})
    if others:
        problems.append(f"{row.name} is taken for {', '.join(others)}")
    return problems


def _needless(checks: Sequence[Check], wrong: Sequence[Row]) -> list[str]:
    """The checks that catch no mistake of their part which an earlier, cheaper check of it does not catch."""
    needless = []
    caught: dict[str, set[str]] = {}
    for check in checks:
        mine = {row.name for row in wrong if row.part == check.part and row.outcomes.get(check.name) == "fail"}
        before = caught.setdefault(check.part, set())
        if not mine - before:
            needless.append(check.name)
        before |= mine
    return needless
