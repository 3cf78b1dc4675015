"""Groups the parts that lost points without a known mistake. The parts of a group have the same wrong answers."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment, NoCode, StudentCode
from autograder.grading import Result, code_of_part
from autograder.reports.statistics import observations_on
from autograder.runs import read_notebook


@dataclass(frozen=True)
class Group:
    """Students whose answers to a part go wrong alike, and what all of them have in common.

    - `name`: what `autograder evidence add` calls it. It stays the same as long as the answers do.
    - `checks`: the titles of the checks that all of them fail.
    - `message`: the message of the first of these checks for the first student.
    - `observations`: what is seen in the code of all of them.
    """

    name: str
    part: str
    students: tuple[str, ...]
    checks: tuple[str, ...]
    message: str
    observations: tuple[str, ...]
    results: tuple[Result, ...]


def groups_of(results: Sequence[Result]) -> list[Group]:
    """Return the groups of a class, the largest first. A group may have a single student."""
    together: dict[tuple[str, str], list[tuple[Result, dict[str, Any]]]] = defaultdict(list)
    for result in results:
        for part in result["parts"] if result["status"] == "graded" else ():
            named = any(check["misconception"] for check in part["checks"]) or is_untouched(part)
            # A ledger from before has no signatures.
            if part.get("signature") and not named and part["score"] < part["max_score"]:
                together[part["id"], part["signature"]].append((result, part))
    groups = [_group(part, signature, members) for (part, signature), members in together.items()]
    return sorted(groups, key=lambda group: (-len(group.students), group.name))


def is_untouched(part: dict[str, Any]) -> bool:
    """Whether the student wrote nothing for a part. The first check that failed says so."""
    failed = [check["message"] for check in part["checks"] if check["status"] == "fail"]
    return bool(failed) and any(words in failed[0] for words in ("is not implemented yet", "is not written yet"))


def _group(part: str, signature: str, members: Sequence[tuple[Result, dict[str, Any]]]) -> Group:
    first = members[0][1]
    failed = [{c["name"] for c in one["checks"] if c["status"] == "fail"} for _, one in members]
    common = [check for check in first["checks"] if check["name"] in set.intersection(*failed)]
    seen = [observations_on(one) for _, one in members]
    return Group(
        f"{part.replace('.', '_')}_{signature[:4]}",
        part,
        tuple(result["student"] for result, _ in members),
        tuple(check["title"] for check in common),
        common[0]["message"] if common else "",
        tuple(sentence for sentence in seen[0] if all(sentence in other for other in seen)),
        tuple(result for result, _ in members),
    )


def examples_of(group: Group, folder: Path, assignment: Assignment) -> Iterator[tuple[str, StudentCode]]:
    """Yield the students of a group whose notebooks are still where they were, each with the code of the part."""
    for result in group.results:
        raw = read_notebook(folder, result)
        with contextlib.suppress(NoCode):
            if raw is not None:
                yield result["student"], code_of_part(raw, group.part, assignment)
