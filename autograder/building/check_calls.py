"""Calls what the author wrote once: the public answers, each check, and evidence with each of its checks."""

from __future__ import annotations

import contextlib
import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import numpy as np

from autograder.assignment import (
    Alternative,
    Assignment,
    Case,
    Check,
    CheckFailed,
    Finding,
    Findings,
    Function,
    Misconception,
    declared_in,
    known_mistakes,
    load,
)
from autograder.grading import quiet_and_repeatable
from autograder.proof import (
    SAME_EACH_TIME,
    Evidence,
    InProcessStudent,
    Kept,
    finding_of,
    functions_with,
    is_exact,
    noting,
    place_of,
    run_trials,
    solved_by,
    undeclared,
)
from autograder.runs import worker_processes

_LONGEST = 0.5  # seconds of one call; slower code is for `build`
_FEW = 5  # single tries of a check that depends on chance
_SAME = 1e-9  # the relative difference of two answers that counts as rounding


class _TooSlow(BaseException):
    """A call takes longer than a quick look may. It is no Exception, so that no code under test catches it."""


def broken_calls(assignment: Assignment, kept: Kept, end: float, pool: Executor | None) -> Iterator[Finding]:
    """A finding for each call that breaks, and for each check that demands nothing.

    Evidence is called until the monotonic clock shows `end`. What was called without a finding is not called again.
    """
    key = kept.key("checks called")
    if kept.has(key):
        yield from _evidence_slips(assignment, set(), kept, end)
        return
    found = []
    with contextlib.nullcontext(pool) if pool else worker_processes(1) as workers:
        elsewhere = workers.submit(public_numbers, assignment.root, assignment.slug)
        for finding in _public_slips(assignment):
            found.append(finding)
            yield finding
        if found:
            return
        functions = functions_with(assignment, None)
        broken = set()
        for check in declared_in(assignment.checks, Check):
            for finding in _check_slips(assignment, check, functions):
                broken.add(check.name)
                found.append(finding)
                yield finding
        yield from _evidence_slips(assignment, broken, kept, end)
        for finding in _drawn_without_seed(assignment, elsewhere):
            found.append(finding)
            yield finding
    if not found:
        kept.get(key, lambda: True)


def public_numbers(root: Path, slug: str) -> dict[str, Any]:
    """The public samples and the right answers by name, as a fresh process makes them."""
    assignment = load(root, slug)
    found = {f"samples.{name}": np.asarray(array) for name, array in assignment.cases.samples().items()}
    for value in (v for vs in assignment.submits.values() for v in vs):
        found[value.name] = assignment.cases.public_answer(value.name, {})
    return found


def _drawn_without_seed(assignment: Assignment, elsewhere: Future[dict[str, Any]]) -> Iterator[Finding]:
    here, there = public_numbers(assignment.root, assignment.slug), elsewhere.result()
    for name, value in here.items():
        if not _same(value, there.get(name)):
            maker = assignment.cases.samples if name.startswith("samples.") else assignment.cases.public_answer
            said = (
                f"two processes get different numbers for {name}: it draws random numbers without a seed, so each "
                "build would make another key. Give every generator a seed, as in np.random.default_rng(0)."
            )
            yield Finding(*place_of(maker, assignment), said)


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(np.allclose(np.asarray(one, float), np.asarray(other, float), _SAME, 1e-12, equal_nan=True))
    except (TypeError, ValueError):
        return repr(one) == repr(other)


def _public_slips(assignment: Assignment) -> Iterator[Finding]:
    for value in (v for vs in assignment.submits.values() for v in vs):
        place = place_of(assignment.cases.public_answer, assignment)
        try:
            with quiet_and_repeatable():
                answer = assignment.cases.public_answer(value.name, {})
        except Exception as problem:  # noqa: BLE001 - whatever the author's file raises
            yield finding_of(problem, assignment, place, f"the right answer to '{value.name}' can't be computed: ")
            continue
        if value.random:
            yield from _mistakes_slips(assignment, value.name)
        if is_exact(answer):
            continue  # it has no tolerance, so it needs no scale
        place = place_of(assignment.cases.public_scale, assignment)
        try:
            scale = assignment.cases.public_scale(value.name, answer)
        except Exception as problem:  # noqa: BLE001
            yield finding_of(problem, assignment, place, f"the scale of '{value.name}' can't be computed: ")
            continue
        if not isinstance(scale, int | float | np.number) or isinstance(scale, bool) or not 0 < scale < math.inf:
            said = f"public_scale('{value.name}', …) returns {scale!r}: it must return a number above zero."
            yield Finding(*place, said)


def _mistakes_slips(assignment: Assignment, value: str) -> Iterator[Finding]:
    """What is wrong with the wrong answers to a random value."""
    place = place_of(assignment.cases.public_mistakes, assignment)
    try:
        mistakes = list(assignment.cases.public_mistakes(value))
    except Exception as problem:  # noqa: BLE001 - whatever the author's file raises
        yield finding_of(problem, assignment, place, f"the wrong answers to '{value}' can't be computed: ")
        return
    if not all(isinstance(each, dict) and {"name", "answer", "tolerance"} <= each.keys() for each in mistakes):
        said = f"public_mistakes('{value}') returns something else than dicts with a name, an answer and a tolerance."
        yield Finding(*place, said)


def _check_slips(assignment: Assignment, check: Check, functions: Mapping[str, Function]) -> Iterator[Finding]:
    """What is wrong with a check: it breaks, it fails the instructor's notebook, or it accepts what is no number."""
    place = place_of(check.question, assignment)
    try:
        cases = check.cases(None)
    except Exception as problem:  # noqa: BLE001 - whatever the author's file raises
        yield finding_of(problem, assignment, place, f"the cases of '{check.name}' can't be made: ")
        return
    if not cases or not all(isinstance(case, Case) for case in cases):
        yield Finding(
            *place, f"the cases of '{check.name}' are no list of Case with one entry or more: correct `cases`."
        )
        return
    case, solved = cases[0].with_tolerance(1e-3), assignment.part(check.part).function
    try:
        with _within(_LONGEST):
            said = _asked(check, case, functions)
    except _TooSlow:
        return
    except Exception as problem:  # noqa: BLE001
        yield finding_of(problem, assignment, place, f"the check '{check.name}' breaks when it asks right code: ")
        return
    if check.tries and check.name in assignment.tolerances:
        tolerance = assignment.tolerances[check.name]["value"]
        with contextlib.suppress(_TooSlow), _within(_LONGEST):
            if run_trials(check, solved, functions[solved], tolerance, _FEW).change_nothing:
                yield Finding(*place, f"the solution fails a single try of '{check.name}': {SAME_EACH_TIME}")
                return
    if said and not check.tries and not case.second_look:
        yield Finding(*place, f"{assignment.notebook} fails '{check.name}' with {case.name}: {said}")
        return
    for words, spoil in (("None", _nothing), ("NaN in place of every number", _not_a_number)):
        wrong = {**functions, solved: _spoiled(functions[solved], spoil)}
        try:
            with _within(_LONGEST):
                accepted = not _asked(check, case, wrong)
        except (_TooSlow, Exception):  # noqa: BLE001 - an answer of another kind may break what follows the demands
            accepted = False
        if accepted:
            said = (
                f"the check '{check.name}' accepts {words}, so it demands nothing. Begin with expect(…).shape(…), and "
                "go on with .finite() and .close_to(…): a demand before .shape(…) sees no value."
            )
            yield Finding(*place, said)
            return


def _asked(check: Check, case: Case, functions: Mapping[str, Function]) -> str:
    """What a check says of these functions. Empty if they pass."""
    try:
        with np.errstate(all="ignore"):
            check.question(InProcessStudent(functions), case)
    except CheckFailed as failed:
        return str(failed)
    return ""


def _nothing(value: Any) -> None:
    return None


def _not_a_number(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(_not_a_number(item) for item in value)
    return np.full(np.shape(value), np.nan) if np.shape(value) else float("nan")


def _spoiled(function: Function, spoil: Callable[[Any], Any]) -> Function:
    return lambda *arguments: spoil(function(*arguments))


def _evidence_slips(assignment: Assignment, broken: set[str], kept: Kept, end: float) -> Iterator[Finding]:
    """What breaks when evidence is called. `broken` are checks that are told already."""
    evidence: list[Evidence] = [*declared_in(assignment.alternatives, Alternative)]
    evidence += known_mistakes(assignment.misconceptions)
    checks = [check for check in declared_in(assignment.checks, Check) if check.name not in broken]
    for one in evidence:
        if time.monotonic() > end:
            return
        called = kept.key_of("called", one)
        if not kept.has(called) and not kept.has(kept.key_of("measure", one)):
            found = list(_calls_of(assignment, one, checks))
            yield from found
            if not found and not broken:
                kept.get(called, lambda: True)


def _calls_of(assignment: Assignment, evidence: Evidence, checks: list[Check]) -> Iterator[Finding]:
    place, solved = place_of(evidence.function, assignment), solved_by(assignment, evidence)
    try:
        functions = functions_with(assignment, evidence)
    except Findings as problem:
        yield from problem.findings
        return
    noted: dict[str, Exception] = {}
    functions[solved] = noting(functions[solved], noted)
    for check in checks:
        if assignment.part(check.part).function != solved:
            continue
        case = check.cases(None)[0].with_tolerance(math.inf)
        try:
            with _within(_LONGEST):
                said = _asked(check, case, functions)
        except _TooSlow:
            continue
        except Exception as problem:  # noqa: BLE001 - whatever a check of the author raises
            said = f"the check '{check.name}' breaks when it asks '{evidence.name}': "
            yield finding_of(problem, assignment, place_of(check.question, assignment), said)
            continue
        if said and isinstance(evidence, Alternative) and not check.tries and not case.second_look:
            blamed = next((finding_of(p, assignment, place) for p in noted.values()), Finding(*place, ""))
            said = f"the alternative '{evidence.name}' fails {check.name} with {case.name}: {said}"
            yield Finding(blamed.file, blamed.line, said)
            break
    if isinstance(evidence, Misconception):
        yield from undeclared(evidence, noted, assignment)


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[None]:
    """End what runs inside with _TooSlow after these seconds, where signals can do that."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
