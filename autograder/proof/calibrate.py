"""Measures how far correct and wrong code are from the reference. `tolerance` places each tolerance between the two.

It also measures how much processor time correct code takes, from which the limits of calls follow.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from pathlib import Path
from typing import Any

from autograder.assignment import (
    MARKER,
    Alternative,
    Assignment,
    Check,
    Finding,
    Findings,
    UsageError,
    Value,
    declared_in,
    known_mistakes,
    line_of,
)
from autograder.grading import demand_known, yardstick
from autograder.proof.chance import answers_by_chance, passes_by_chance
from autograder.proof.evidence_code import Evidence, place_of
from autograder.proof.kept import Kept
from autograder.proof.key_values import is_exact_variable, is_kept
from autograder.proof.measure import (
    REFERENCE,
    Measured,
    check_trials,
    measure,
    seconds_of_second_look,
    value_deviations,
)
from autograder.proof.tolerance import find_tolerance, to_paste

_ROOM = 2  # times the slowest right solution: the least that may be set by hand as the seconds of a call

# One measurement: its key, the function that makes it in a worker, and the function's arguments after root and slug.
_Task = tuple[str, Callable[..., Any], tuple[str, ...]]


def calibrate(assignment: Assignment, pool: Executor, progress: Callable[[str], None], kept: Kept) -> dict[str, Any]:
    """The content of calibration.json: tolerance and evidence for every check and every value of the key.

    What `kept` has is not measured again. Raises Findings with everything that is wrong: evidence that is broken, no
    tolerance that separates correct from wrong code, or a limit set by hand that leaves right code too little time.
    """
    alternatives = declared_in(assignment.alternatives, Alternative)
    known: list[Evidence] = [*alternatives, *known_mistakes(assignment.misconceptions)]
    checks = declared_in(assignment.checks, Check)
    demand_known(assignment, [check.name for check in checks])
    tasks = {e.name: (kept.key_of("measure", e), measure, (e.name,)) for e in known}
    measured: dict[str, Measured] = _done(assignment, tasks, pool, progress, kept)
    findings = [finding for one in measured.values() for finding in one.findings]
    if findings:
        raise Findings(sorted(set(findings)))
    slowest = slowest_alternatives(checks, alternatives, measured)
    looks = _second_looks(checks, alternatives, slowest, kept)
    trials = _trials(assignment, checks, alternatives, kept)
    # Together, because a second look takes one worker long.
    done = _done(assignment, looks | trials, pool, progress, kept)
    slowest = {c: (name, max(seconds, done.get(_look(c), 0.0))) for c, (name, seconds) in slowest.items()}
    demand_enough_seconds(assignment, slowest)
    luck = _luck(assignment, checks, {task: done[task] for task in trials})
    record: dict[str, Any] = {"checks": {}, "key": {}}
    record["yardstick_seconds"] = _two_digits(kept.get(kept.key("yardstick"), yardstick))
    entries = [("checks", check.name, check.name, check.part) for check in checks]
    entries += [("key", v.name, f"key.{v.name}", v.part) for v in _judged_values(assignment)]
    for section, name, column, part in entries:
        function = assignment.part(part).function
        right = {a.name: measured[a.name].deviations[column] for a in alternatives if a.solves == function}
        wrong = {m.name: measured[m.name].deviations[column] for m in known if getattr(m, "part", None) == part}
        try:
            exact = is_exact_variable(assignment, function)
            found = find_tolerance(column, right, wrong, assignment.tolerances, exact=exact)
            record[section][name] = found.as_json()
        except UsageError as problem:
            findings.append(_about(assignment, column, str(problem)))
            continue
        if section == "checks":
            solution, seconds = slowest[name]
            record[section][name]["slowest_alternative"] = {"name": solution, "seconds": _two_digits(seconds)}
        if column in luck:
            record[section][name]["luck"] = luck[column]
    if findings:
        raise Findings(findings)
    return record


def _judged_values(assignment: Assignment) -> list[Value]:
    """The values of the key that the local grader judges. Others have no tolerance."""
    return [v for vs in assignment.submits.values() for v in vs if not is_kept(assignment, v)]


def _about(assignment: Assignment, column: str, text: str) -> Finding:
    """A finding about a check or a value of the key. It stands where its tolerance is set, or where it is defined."""
    path = assignment.source / MARKER
    policy, file = path.read_text(encoding="utf-8"), path.relative_to(assignment.root).as_posix()
    if column in assignment.tolerances:
        return Finding(file, line_of(policy, ("tolerances", column)), text)
    check = next((check for check in declared_in(assignment.checks, Check) if check.name == column), None)
    if check:
        return Finding(*place_of(check.question, assignment), text)
    method = next(m for m, vs in assignment.submits.items() if column in {f"key.{v.name}" for v in vs})
    return Finding(file, line_of(policy, ("submits", method)), text)


def _done(
    assignment: Assignment, tasks: Mapping[str, _Task], pool: Executor, progress: Callable[[str], None], kept: Kept
) -> dict[str, Any]:
    """The result of each task by its name. Those that are not kept yet are done by workers."""
    found = {name: kept.find(task[0]) for name, task in tasks.items()}
    results: dict[str, Any] = {name: result for name, result in found.items() if result is not None}
    due = {name: task for name, task in tasks.items() if name not in results}
    place: tuple[Path, str] = (assignment.root, assignment.slug)
    futures = {pool.submit(f, *place, *rest): name for name, (_, f, rest) in due.items()}
    for future in as_completed(futures):
        name = futures[future]
        results[name] = future.result()
        kept.get(tasks[name][0], functools.partial(results.__getitem__, name))
        progress(name)
    return {name: results[name] for name in tasks}


def slowest_alternatives(
    checks: Sequence[Check], alternatives: Sequence[Alternative], measured: Mapping[str, Measured]
) -> dict[str, tuple[str, float]]:
    """For each check the right solution with the slowest call that it asks for, and the call's processor seconds."""
    slowest = {}
    for check in checks:
        asked = [a.name for a in alternatives if check.name in measured[a.name].seconds]
        seconds = {name: measured[name].seconds[check.name] for name in asked}
        name = max(seconds, key=lambda n: seconds[n])
        slowest[check.name] = name, seconds[name]
    return slowest


def _second_looks(
    checks: Sequence[Check],
    alternatives: Sequence[Alternative],
    slowest: Mapping[str, tuple[str, float]],
    kept: Kept,
) -> dict[str, _Task]:
    """A second look may ask for slower calls, so the slowest right solution of a check is asked that too."""
    by_name = {a.name: a for a in alternatives}
    tasks: dict[str, _Task] = {}
    for check in checks:
        name, _ = slowest[check.name]
        if any(case.second_look for case in check.cases(None)):
            key = kept.key_of("second look", by_name[name], check.name)
            tasks[_look(check.name)] = key, seconds_of_second_look, (check.name, name)
    return tasks


def _look(check: str) -> str:
    return f"look {check}"


def demand_enough_seconds(assignment: Assignment, slowest: Mapping[str, tuple[str, float]]) -> None:
    """Raise Findings if the seconds that the policy sets are less than twice as many."""
    findings = []
    for check_name, by_hand in assignment.seconds.items():
        name, seconds_of = slowest[check_name]
        if by_hand["value"] < _ROOM * seconds_of:
            said = (
                f"[seconds.{check_name}]: {by_hand['value']:g} is too little: the alternative '{name}' takes "
                f"{seconds_of:.2g} seconds of processor time, and {_ROOM} times as much is the least."
            )
            path = assignment.source / MARKER
            line = line_of(path.read_text(encoding="utf-8"), ("seconds", check_name, "value"))
            findings.append(Finding(path.relative_to(assignment.root).as_posix(), line, said))
    if findings:
        raise Findings(findings)


def _two_digits(seconds: float) -> float:
    return float(f"{seconds:.1e}")


def without_tolerance(assignment: Assignment, checks: Iterable[Check]) -> list[Finding]:
    """A finding for each check and each value that depends on chance and has no tolerance set by hand."""
    columns = [check.name for check in checks if check.tries]
    columns += [f"key.{v.name}" for v in _judged_values(assignment) if v.random]
    return [
        _about(
            assignment,
            column,
            f"{column} depends on chance, so its tolerance can't be measured. Set it by hand in "
            f"source/{assignment.slug}/{MARKER}:{to_paste(column)}",
        )
        for column in columns
        if column not in assignment.tolerances
    ]


def _trials(
    assignment: Assignment, checks: Sequence[Check], alternatives: Sequence[Alternative], kept: Kept
) -> dict[str, _Task]:
    """A task for each right solution, the reference too, and each check or value that depends on chance."""
    if findings := without_tolerance(assignment, checks):
        raise Findings(findings)
    tasks: dict[str, _Task] = {}
    values = [v for v in _judged_values(assignment) if v.random]
    columns: list[tuple[str, str, Callable[..., Any], str]]
    columns = [(check.name, check.part, check_trials, check.name) for check in checks if check.tries]
    columns += [(f"key.{v.name}", v.part, value_deviations, v.name) for v in values]
    for column, part, function, name in columns:
        solved = assignment.part(part).function
        right = [a for a in alternatives if a.solves == solved and not a.slow]
        tolerance = assignment.tolerances[column]["value"]
        keys = {REFERENCE: kept.key("luck", REFERENCE, column, tolerance)}
        keys |= {a.name: kept.key_of("luck", a, column, tolerance) for a in right}
        tasks |= {f"{column} {solution}": (key, function, (name, solution)) for solution, key in keys.items()}
    return tasks


def _luck(assignment: Assignment, checks: Sequence[Check], trials: Mapping[str, Any]) -> dict[str, Any]:
    """How likely right code passes what depends on chance, as calibration.json records it.

    `trials` has the results of `_trials`.
    """
    of_column: dict[str, dict[str, Any]] = {}
    for task, result in trials.items():
        column, _, solution = task.partition(" ")
        of_column.setdefault(column, {})[solution] = result
    found = {}
    for column, of_solution in of_column.items():
        is_check = column in {check.name for check in checks}
        tolerance = assignment.tolerances[column]["value"]
        found[column] = passes_by_chance(column, of_solution) if is_check else answers_by_chance(of_solution, tolerance)
    return found
