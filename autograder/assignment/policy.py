"""An assignment: its folders, which its slug names, and the policy in its assignment.toml."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from autograder.assignment.findings import UsageError
from autograder.assignment.policy_file import read_policy
from autograder.assignment.policy_model import Late, Part, RubricLine, Value
from autograder.sandbox import Limits

MARKER = "assignment.toml"


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
    zone: tzinfo = UTC  # in which dates without an offset are read and times are shown
    late: Late | None = None  # what handing in after the deadline costs

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

    def given_file(self, name: str) -> Path:
        """Where one of `files` lies: beside the notebook in source/<slug>/, or in data/<slug>/ if `build` makes it."""
        own = self.source / name
        return own if own.is_file() else self.data / name

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
        """The module `observations`, or None: an assignment does not need it."""
        return self._optional_module("observations")

    @cached_property
    def pictures(self) -> Any:
        """The module `pictures`, or None: an assignment does not need it."""
        return self._optional_module("pictures")

    @cached_property
    def experiments(self) -> Any:
        """The module `experiments`, or None: an assignment does not need it."""
        return self._optional_module("experiments")

    @cached_property
    def hardness(self) -> Any:
        """The module `hardness`, or None: only an assignment with personal data needs it."""
        return self._optional_module("hardness")

    def _optional_module(self, name: str) -> ModuleType | None:
        """A module of the reference, a file or a folder. None if there is neither."""
        exists = any((self.reference / file).is_file() for file in (f"{name}.py", f"{name}/__init__.py"))
        return self._reference_module(name) if exists else None

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
            file = f"{missing.replace('.', '/')}.py"
            if (self.root / file).is_file():
                raise UsageError(
                    f"Python finds another folder `reference` before that of {file}: take it out of PYTHONPATH."
                ) from None
            raise UsageError(f"{file} is missing.") from None


def course_root(start: Path | None = None) -> Path:
    """The nearest folder, from `start` upward, that contains source/<slug>/assignment.toml. Raises UsageError."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if any(folder.glob(f"source/*/{MARKER}")):
            return folder
    raise UsageError(
        f"no source/<slug>/{MARKER} here or in a folder above: change into the course's folder, or begin a course here "
        "with `autograder new`."
    )


def slugs(root: Path) -> list[str]:
    """The slugs of a course's assignments, sorted."""
    return sorted(path.parent.name for path in root.glob(f"source/*/{MARKER}"))


def load(root: Path, slug: str) -> Assignment:
    """Read an assignment's policy. Raises UsageError that names the file, and Findings with every slip in it."""
    path = root / "source" / slug / MARKER
    if not path.is_file():
        known = ", ".join(slugs(root)) or "none"
        raise UsageError(f"there is no assignment '{slug}' (no {path.relative_to(root)}); the course has: {known}.")
    file = path.relative_to(root).as_posix()
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise UsageError(f"{file} can't be read ({problem.strerror}).") from None
    policy = read_policy(raw, file)
    handing_in = policy.submission
    return Assignment(
        root=root,
        slug=slug,
        title=policy.title,
        notebook=policy.notebook or f"{slug}.ipynb",
        files=policy.files,
        runs=policy.runs,
        parts=policy.parts,
        submits=policy.submits,
        limits=Limits(**policy.limits.model_dump(exclude_unset=True), packages=policy.packages),
        tolerances={name: line.model_dump() for name, line in policy.tolerances.items()},
        rubric=policy.rubric,
        seconds={name: line.model_dump() for name, line in policy.seconds.items()},
        equivalent=policy.equivalent,
        kept=policy.kept,
        key=handing_in.key or slug,
        endpoint=handing_in.endpoint,
        due=handing_in.due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if handing_in.due else None,
        counts=handing_in.counts,
        zone=ZoneInfo(handing_in.zone) if handing_in.zone else (handing_in.due and handing_in.due.tzinfo) or UTC,
        late=policy.late,
    )
