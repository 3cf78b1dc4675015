"""The specification that a submission is graded by: an assignment's checks with their cases and tolerances."""

from __future__ import annotations

import functools
import hashlib
import json
import sys
import tomllib
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from autograder.assignment import MARKER, Assignment, Case, Check, Misconception, UsageError, declared_in, to_npz
from autograder.grading.call_limits import CallLimits, call_limits
from autograder.grading.naming import Diagnosis
from autograder.grading.right_functions import stand_ins_for
from autograder.sandbox import StandIn, why_missing
from grader import values

_CALIBRATION = "calibration.json"
_ROOMS = ("sandbox", "assignment", "submissions", "grading", "runs", "proof")
_ONLY_SCORES = ("rubric", "late", "submission")  # tables of the policy that change no outcome


@dataclass(frozen=True)
class SpecMark:
    """An assignment, and the hash by which a result tells what it was graded by.

    A process that only sends submissions to workers needs no more. It need not load the reference.
    """

    assignment: Assignment
    sha256: str


@dataclass(frozen=True)
class Spec(SpecMark):
    """An assignment's checks and tolerances.

    `checks_with_cases` holds each check with its cases, in the order of the file. `files` has what lies beside a
    notebook when it runs: what the assignment gives, and what such a file may import of the local grader.
    """

    checks_with_cases: tuple[tuple[Check, tuple[Case, ...]], ...]
    diagnosis: Diagnosis
    files: dict[str, bytes]
    call_limits: CallLimits

    @functools.cached_property
    def stand_ins(self) -> dict[str, StandIn]:
        """The right functions that may stand in place of a student's own. They keep their answers for all students."""
        return stand_ins_for(self.assignment, self.checks_with_cases)

    def for_seed(self, seed: int | None) -> Spec:
        """Return the same checks with the cases of the student with this seed. With None, return everybody's cases."""
        if seed is None:
            return self
        checks_with_cases = tuple((check, _own_cases(check, cases, seed)) for check, cases in self.checks_with_cases)
        own = {"samples.npz": to_npz(self.assignment.cases.samples(seed))}
        files = {name: own.get(name, raw) for name, raw in self.files.items()}
        # Known mistakes give other answers to other cases, so the stored answers cannot be used.
        return replace(self, checks_with_cases=checks_with_cases, files=files, diagnosis=Diagnosis(self.assignment))


def _own_cases(check: Check, cases: tuple[Case, ...], seed: int) -> tuple[Case, ...]:
    if not check.personal:
        return cases
    return tuple(case.with_tolerance(cases[0].tolerance) for case in check.cases(seed))


def load_spec(assignment: Assignment) -> Spec:
    """Return checks, cases and calibrated tolerances. Raises UsageError when `autograder build` must run first.

    It also raises UsageError when a package of the policy is not installed.
    """
    if lacking := why_missing(assignment.limits.packages):
        raise UsageError(lacking)
    mark = spec_mark(assignment)
    calibration = json.loads((assignment.data / _CALIBRATION).read_text(encoding="utf-8"))
    files = {name: assignment.given_file(name).read_bytes() for name in assignment.files}
    files["grader/values.py"] = Path(values.__file__).read_bytes()  # which a given file may import
    checks_with_cases, measured = [], calibration["checks"]
    for check in declared_in(assignment.checks, Check):
        if check.name not in measured:
            raise UsageError(f"the check '{check.name}' is not calibrated: run `autograder build {assignment.slug}`.")
        tolerance = measured[check.name]["tolerance"]
        checks_with_cases.append((check, tuple(case.with_tolerance(tolerance) for case in check.cases(None))))
    return Spec(
        assignment,
        mark.sha256,
        tuple(checks_with_cases),
        Diagnosis(assignment),
        files,
        call_limits(assignment, calibration),
    )


def spec_mark(assignment: Assignment) -> SpecMark:
    """Return the assignment with the hash of its spec. Raises UsageError when `autograder build` must run first."""
    try:
        return SpecMark(assignment, spec_sha256(assignment))
    except FileNotFoundError as problem:
        missing = Path(str(problem.filename)).relative_to(assignment.root)
        raise UsageError(f"{missing} is missing: run `autograder build {assignment.slug}` first.") from None


def demand_hints(assignment: Assignment) -> None:
    """Raise UsageError if a mistake still has the placeholder for its hint."""
    waiting = [m.name for m in declared_in(assignment.misconceptions, Misconception) if m.hint_to_write]
    if waiting:
        where = f"reference/{assignment.slug}/misconceptions"
        raise UsageError(f"these mistakes have no hint yet: {', '.join(waiting)}. Write it in {where}.")


def spec_sha256(assignment: Assignment) -> str:
    """Return a hash of everything that can change an outcome: that of `files_sha256`, and the versions of packages."""
    versions = [f"{name} {version}" for name, version in versions_in_use().items()]
    versions += [f"{name} {metadata.version(name)}" for name in assignment.limits.packages]
    return hashlib.sha256("\n".join([*versions, files_sha256(assignment)]).encode()).hexdigest()


def versions_in_use() -> dict[str, str]:
    """Return the versions of Python (without its last number), NumPy and SciPy, which may change an outcome."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python} | {package: metadata.version(package) for package in ("numpy", "scipy")}


def files_sha256(assignment: Assignment) -> str:
    """Return a hash of all files that can change an outcome: policy, reference, calibration, and the kit up to `proof`.

    What changes only scores is left out, such as the rubric. For that nobody's code has to run again.
    """
    engine = Path(__file__).parents[1]
    kit = [(room, engine / room) for room in _ROOMS] + [("grader", engine.parent / "grader")]
    files: list[tuple[str, Path]] = [("source", assignment.source / assignment.notebook)]
    files += [("data", assignment.data / _CALIBRATION)]
    files += [(f"data/{name}", assignment.given_file(name)) for name in assignment.files]
    for name, folder in (("reference", assignment.reference), *kit):
        files += [(f"{name}/{path.relative_to(folder).as_posix()}", path) for path in sorted(folder.rglob("*.py"))]
    total = hashlib.sha256()
    total.update(_policy_of_outcomes(assignment).encode())
    for name, path in files:
        total.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def _policy_of_outcomes(assignment: Assignment) -> str:
    policy = tomllib.loads((assignment.source / MARKER).read_text(encoding="utf-8"))
    for key in _ONLY_SCORES:
        policy.pop(key, None)
    return json.dumps(policy, sort_keys=True, default=str)
