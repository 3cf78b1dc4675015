"""An assignment: its folders, which its slug names, and the policy in its assignment.toml."""

from __future__ import annotations

import importlib
import math
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.assignment.policy_file import from_table, read_policy
from autograder.sandbox import Limits

MARKER = "assignment.toml"


class UsageError(Exception):
    """Something that the instructor typed or wrote can't be used. The message says in one sentence how to fix it."""


@dataclass(frozen=True)
class Part:
    """What carries points and has a line in the status table. One of the student's functions answers it."""

    id: str
    title: str
    function: str
    cell: str  # the nbgrader id of the cell in which the student writes the function
    max_score: float
    wire_id: str = ""  # its name on an outside platform, if that is not its id
    builds_on: tuple[str, ...] = ()  # functions that this part's function calls, so that their mistakes affect it


@dataclass(frozen=True)
class Value:
    """One value that a submit method of the students' grader takes."""

    name: str
    part: str
    axes: tuple[str, ...]
    random: bool = False  # whether right code returns a different number each time


@dataclass(frozen=True)
class RubricLine:
    """What an instructor decides about one misconception: the share of the points that it keeps, and the reason.

    If the mistake is a family, `up_to` is the largest number in a student's code for which the share is kept.
    """

    keeps: float
    why: str
    up_to: float | None = None

    def __post_init__(self) -> None:
        if type(self.keeps) not in (int, float) or not 0 <= self.keeps <= 1:
            raise TypeError(f"[rubric] keeps = {self.keeps!r} must be a number from 0 to 1")
        if self.up_to is not None and (type(self.up_to) not in (int, float) or not self.up_to > 0):
            raise TypeError(f"[rubric] up_to = {self.up_to!r} must be a number larger than 0")
        if type(self.why) is not str or not self.why.strip():
            raise TypeError("a line of [rubric] needs a why, a text that is not empty")


@dataclass(frozen=True)
class Assignment:
    """The policy of an assignment, as `source/<slug>/assignment.toml` states it, and the assignment's modules."""

    root: Path
    slug: str
    title: str
    notebook: str
    files: tuple[str, ...]
    runs: tuple[str, ...]
    parts: tuple[Part, ...]
    submits: Mapping[str, tuple[Value, ...]]
    limits: Limits
    tolerances: Mapping[str, Mapping[str, Any]]
    rubric: Mapping[str, RubricLine]  # by the name of a misconception
    seconds: Mapping[str, Mapping[str, Any]]  # by check: what a call may take, if it is not what `build` measures
    equivalent: Mapping[str, str]  # mutants of the reference that are still right, and why
    kept: Mapping[str, str]  # checks that no known mistake needs, and why they stay
    key: str
    endpoint: str | None
    due: str | None  # ISO 8601, UTC
    counts: str  # which of a student's submissions to the service counts: "best" or "last"

    @property
    def source(self) -> Path:
        return self.root / "source" / self.slug

    @property
    def release(self) -> Path:
        return self.root / "release" / self.slug

    @property
    def data(self) -> Path:
        return self.root / "data" / self.slug

    @property
    def reference(self) -> Path:
        return self.root / "reference" / self.slug

    @property
    def functions(self) -> tuple[str, ...]:
        """The student's functions, each once, in the order of the parts."""
        return tuple(dict.fromkeys(part.function for part in self.parts))

    @property
    def max_score(self) -> float:
        return sum(part.max_score for part in self.parts)

    @property
    def helpers(self) -> dict[str, tuple[str, ...]]:
        """The functions that each of the student's functions is meant to call."""
        called: dict[str, dict[str, None]] = {function: {} for function in self.functions}
        for part in self.parts:
            called[part.function] |= dict.fromkeys(part.builds_on)
        return {function: tuple(names) for function, names in called.items()}

    def cell_of(self, function: str) -> str:
        """The id of the notebook cell in which the student writes a function."""
        return next(part.cell for part in self.parts if part.function == function)

    def index_in_returned_tuple(self, part: str) -> int | None:
        """The index of the part's value in the tuple that the function returns. None if it returns one value."""
        for values in self.submits.values():
            parts = [value.part for value in values]
            if part in parts and len(parts) > 1:
                return parts.index(part)
        return None

    def part(self, id: str) -> Part:
        """The part with this id."""
        return next(part for part in self.parts if part.id == id)

    @cached_property
    def solution(self) -> ModuleType:
        return self._reference_module("solution")

    @cached_property
    def cases(self) -> ModuleType:
        return self._reference_module("cases")

    @cached_property
    def checks(self) -> ModuleType:
        return self._reference_module("checks")

    @cached_property
    def alternatives(self) -> ModuleType:
        return self._reference_module("alternatives")

    @cached_property
    def misconceptions(self) -> ModuleType:
        return self._reference_module("misconceptions")

    @cached_property
    def observations(self) -> Any:
        """The module `observations`, a file or a folder, or None: an assignment does not need it."""
        exists = any((self.reference / name).exists() for name in ("observations.py", "observations/__init__.py"))
        return self._reference_module("observations") if exists else None

    @cached_property
    def pictures(self) -> Any:
        """The module `pictures`, or None: an assignment does not need it."""
        return self._reference_module("pictures") if (self.reference / "pictures.py").is_file() else None

    @cached_property
    def experiments(self) -> Any:
        """The module `experiments`, or None: an assignment does not need it."""
        return self._reference_module("experiments") if (self.reference / "experiments.py").is_file() else None

    @cached_property
    def hardness(self) -> Any:
        """The module `hardness`, or None: only an assignment with personal data needs it."""
        return self._reference_module("hardness") if (self.reference / "hardness.py").is_file() else None

    def _reference_module(self, name: str) -> ModuleType:
        if str(self.root) not in sys.path:
            sys.path.insert(0, str(self.root))
        module = f"reference.{self.slug}.{name}"
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError as problem:
            if not str(problem.name).startswith("reference"):
                raise
            # The module may be a folder, and then one of its files may be missing.
            missing = str(problem.name) if str(problem.name).startswith(f"{module}.") else module
            raise UsageError(f"{missing.replace('.', '/')}.py is missing.") from None


def course_root(start: Path | None = None) -> Path:
    """The nearest folder, from `start` upward, that contains source/<slug>/assignment.toml. Raises UsageError."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if any(folder.glob(f"source/*/{MARKER}")):
            return folder
    raise UsageError(f"no source/<slug>/{MARKER} here or in a folder above: change into the course's folder.")


def slugs(root: Path) -> list[str]:
    """The slugs of a course's assignments, sorted."""
    return sorted(path.parent.name for path in root.glob(f"source/*/{MARKER}"))


def load(root: Path, slug: str) -> Assignment:
    """Read an assignment's policy. Raises UsageError that names the file and what is wrong in it."""
    path = root / "source" / slug / MARKER
    if not path.is_file():
        known = ", ".join(slugs(root)) or "none"
        raise UsageError(f"there is no assignment '{slug}' (no {path.relative_to(root)}); the course has: {known}.")
    try:
        policy = read_policy(path.read_bytes())
        submission = policy.get("submission", {})
        assignment = Assignment(
            root=root,
            slug=slug,
            title=policy["title"],
            notebook=policy.get("notebook", f"{slug}.ipynb"),
            files=tuple(policy.get("files", ())),
            runs=tuple(policy.get("runs", ())),
            parts=tuple(
                from_table(Part, {**p, "builds_on": tuple(p.get("builds_on", ()))}, f"[[parts]] number {number}")
                for number, p in enumerate(policy["parts"], 1)
            ),
            submits={
                method: tuple(
                    Value(v["name"], v["part"], tuple(v.get("axes", ())), v.get("random", False)) for v in values
                )
                for method, values in policy.get("submits", {}).items()
            },
            limits=_limits(policy.get("limits", {})),
            tolerances=policy.get("tolerances", {}),
            rubric={
                name: from_table(RubricLine, line, f"[rubric.{name}]")
                for name, line in policy.get("rubric", {}).items()
            },
            seconds=_seconds_by_hand(policy.get("seconds", {})),
            equivalent=policy.get("equivalent", {}),
            kept=policy.get("kept", {}),
            key=submission.get("key", slug),
            endpoint=submission.get("endpoint"),
            due=_utc_text(submission.get("due")),
            counts=_counts_policy(submission.get("counts", "best")),
        )
    except OSError as problem:
        raise UsageError(f"{path.relative_to(root)} can't be read ({problem.strerror}).") from None
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        detail = f"'{problem.args[0]}' is missing" if isinstance(problem, KeyError) else problem
        raise UsageError(f"{path.relative_to(root)} can't be used: {detail}.") from None
    ids = [part.id for part in assignment.parts]
    if same := sorted({name for name in ids if ids.count(name) > 1}):
        raise UsageError(f"{path.relative_to(root)}: more than one part has the id {same[0]!r}.")
    unknown = {v.part for values in assignment.submits.values() for v in values} - {p.id for p in assignment.parts}
    if unknown:
        raise UsageError(f"{path.relative_to(root)}: the submit methods name unknown parts: {sorted(unknown)}.")
    wire_ids = [part.wire_id or part.id for part in assignment.parts]
    duplicates = sorted({name for name in wire_ids if wire_ids.count(name) > 1})
    if duplicates:  # in the message to the platform, the answer to one part would replace the answer to the other
        raise UsageError(f"{path.relative_to(root)}: more than one part has the wire_id {duplicates[0]!r}.")
    return assignment


def _utc_text(due: Any) -> str | None:
    if due is None:
        return None
    if not isinstance(due, datetime) or due.tzinfo is None:
        raise TypeError("submission.due must be a date and a time with an offset, such as 2027-03-01T23:59:00+01:00")
    return due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _counts_policy(policy: Any) -> str:
    if policy not in ("best", "last"):
        raise TypeError('submission.counts must be "best" or "last"')
    return str(policy)


def _seconds_by_hand(table: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    for check, entry in table.items():
        if not isinstance(entry, Mapping) or set(entry) != {"value", "why"}:
            raise TypeError(f"[seconds.{check}] needs a `value` and a `why`, and nothing else")
        if type(entry["value"]) not in (int, float) or not 0 < entry["value"] < math.inf:
            raise TypeError(f"[seconds.{check}]: `value` must be a number of seconds above zero")
        if not isinstance(entry["why"], str) or not entry["why"].strip():
            raise TypeError(f"[seconds.{check}]: `why` must give the reason")
    return table


def _limits(table: Mapping[str, Any]) -> Limits:
    unknown = set(table) - {field.name for field in fields(Limits)}
    if unknown:
        raise TypeError(f"[limits] has no {sorted(unknown)}")
    hidden = tuple(table.get("hidden_packages", ()))
    return Limits(**{**table, "hidden_packages": hidden})
