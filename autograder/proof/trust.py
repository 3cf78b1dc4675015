"""What `prove` measured, as data/<slug>/trust.json keeps it: how sure a grade is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from autograder.assignment import Assignment, UsageError, to_json
from autograder.grading import files_sha256, versions_in_use

TRUST_NAME = "trust.json"
CONFIDENCE = 0.95
_SCHEMA = "autograder/trust/v1"
_NAMED = "named: "


@dataclass(frozen=True)
class CheckTrust:
    """How a check judged the kit's own solutions.

    - `right`: how many different right programs it was asked of. `docked` are those notebooks that lost its points.
    - `docks_at_most`: an upper limit, with 95 % confidence, of the probability that a right program loses its points.
    - `mistakes`: how many known mistakes of its part it was asked of. It lets `lets_through` of them pass.
    - `bad_luck`: if right code may fail by chance, an upper limit of that probability, from calibration.json.
    """

    name: str
    title: str
    part: str
    points: float
    right: int
    docked: list[str]
    docks_at_most: float
    mistakes: int
    lets_through: int
    bad_luck: float | None


@dataclass(frozen=True)
class PartTrust:
    """How many known mistakes a part has, and the names of those that no check of the part catches."""

    id: str
    title: str
    mistakes: int
    uncaught: list[str]


@dataclass(frozen=True)
class MutantTrust:
    """How many wrong mutants were graded, and what changed in those that pass every check.

    `asked` has, for each check, of how many mutants it was asked that lose points in its part. It lets `lets_through`
    of these pass.
    """

    wrong: int
    uncaught: list[str]
    asked: dict[str, int]
    lets_through: dict[str, int]


@dataclass(frozen=True)
class VariantTrust:
    """How many variants were tried, how often a solution was tried on them, and a sentence for each failure."""

    variants: int
    asked: int
    failures: list[str]


@dataclass(frozen=True)
class LoadTrust:
    """How many notebooks were graded beside `busy` processes on `cores` cores, and those that were judged otherwise."""

    cores: int
    busy: int
    notebooks: int
    differ: list[str]


@dataclass(frozen=True)
class ThreadTrust:
    """How many solutions were asked with each number of BLAS threads, and the checks that judged one otherwise."""

    threads: list[int]
    solutions: int
    differ: list[str]


@dataclass(frozen=True)
class Environment:
    """The versions of one run, how many notebooks it graded, and those that were not judged as in the first run.

    Notebooks in `differ` pass other checks. Those in `named_otherwise` pass the same checks, but their mistakes got
    other names or none. The first run is the first one for these files. Its entry is the first.
    """

    python: str
    numpy: str
    scipy: str
    notebooks: int
    differ: list[str]
    named_otherwise: list[str]

    @property
    def versions(self) -> tuple[str, str, str]:
        return self.python, self.numpy, self.scipy

    @property
    def described(self) -> str:
        return f"Python {self.python}, NumPy {self.numpy}, SciPy {self.scipy}"


@dataclass(frozen=True)
class Trust:
    """What is known of an assignment whose files have this hash. What is None was not measured.

    `right` is how many notebooks with right solutions were graded. `outcomes` has a line for each notebook of the first
    run: the checks that it did not pass, and the mistakes that were named.
    """

    files_sha256: str
    right: int
    checks: list[CheckTrust]
    parts: list[PartTrust]
    outcomes: dict[str, str]
    environments: list[Environment]
    mutants: MutantTrust | None = None
    variants: VariantTrust | None = None
    load: LoadTrust | None = None
    threads: ThreadTrust | None = None

    @property
    def right_notebooks_docked(self) -> list[str]:
        """The right notebooks that lost points, each once."""
        return list(dict.fromkeys(name for check in self.checks for name in check.docked))


def upper_bound(asked: int, docked: int) -> float:
    """An upper limit, with 95 % confidence, of the probability of an event that came `docked` times out of `asked`.

    It is the upper end of the one-sided interval of Clopper and Pearson (1934). If the event never came, it is about
    3 / `asked`.
    """
    from scipy.special import betaincinv  # takes 0.1 s, which most commands need not spend

    return 1.0 if docked >= asked else float(betaincinv(docked + 1, asked - docked, CONFIDENCE))


def environment_of(outcomes: dict[str, str], first: dict[str, str]) -> Environment:
    """The entry of this process's versions: which notebooks were not judged as in the first run."""
    changed = [name for name, line in outcomes.items() if first.get(name) != line]
    differ = [name for name in changed if _without_names(first.get(name, "")) != _without_names(outcomes[name])]
    named_otherwise = [name for name in changed if name not in differ]
    return Environment(**versions_in_use(), notebooks=len(outcomes), differ=differ, named_otherwise=named_otherwise)


def outcome_line(statuses: Mapping[str, str], named: Iterable[str]) -> str:
    """The outcomes that scores follow from, in a line: which checks did not pass, and which mistakes were named."""
    if not statuses:
        return "no check ran"
    lost = [f"{status}: {name}" for name, status in statuses.items() if status != "pass"]
    return "; ".join([*lost, *(f"{_NAMED}{name}" for name in sorted(named))])


def _without_names(line: str) -> list[str]:
    return [entry for entry in line.split("; ") if not entry.startswith(_NAMED)]


def merged(earlier: Trust | None, new: Trust) -> Trust:
    """The new measurements, with what only an earlier run for the same files measured.

    A run with other versions than the first one adds only its entry to `environments`. So all other numbers come from
    the same versions.
    """
    if earlier is None or earlier.files_sha256 != new.files_sha256:
        return new
    entry = environment_of(new.outcomes, earlier.outcomes)
    others = [environment for environment in earlier.environments if environment.versions != entry.versions]
    if entry.versions != earlier.environments[0].versions:
        return replace(earlier, environments=[*others, entry])
    kept = {name: getattr(new, name) or getattr(earlier, name) for name in ("mutants", "variants", "load", "threads")}
    return replace(new, outcomes=earlier.outcomes, environments=[entry, *others], **kept)


def read_trust(assignment: Assignment) -> Trust | None:
    """What trust.json says of the assignment and the kit as they are now. None if it says nothing of them."""
    try:
        content = json.loads((assignment.data / TRUST_NAME).read_bytes())
        if content["schema"] != _SCHEMA or content["files_sha256"] != files_sha256(assignment):
            return None
        return _from_json(content)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_trust(assignment: Assignment, trust: Trust) -> None:
    """Write trust.json. Raises UsageError if the file can't be written."""
    path = assignment.data / TRUST_NAME
    try:
        path.write_bytes(to_json({"schema": _SCHEMA} | asdict(trust)))
    except OSError as problem:
        raise UsageError(f"{path}: can't be written ({problem.strerror}).") from None


def _from_json(content: dict[str, Any]) -> Trust:
    kinds = {"mutants": MutantTrust, "variants": VariantTrust, "load": LoadTrust, "threads": ThreadTrust}
    measured = {name: kind(**content[name]) for name, kind in kinds.items() if content[name] is not None}
    lists = {"checks": CheckTrust, "parts": PartTrust, "environments": Environment}
    measured |= {name: [kind(**entry) for entry in content[name]] for name, kind in lists.items()}
    return Trust(content["files_sha256"], content["right"], outcomes=dict(content["outcomes"]), **measured)
