"""Finds submissions whose code is nearly the same: a list for a person to look at, never a verdict.

Winnowing (Schleimer, Wilkerson, Aiken: Winnowing: local algorithms for document fingerprinting, SIGMOD 2003) over
tokens without names, comments and layout. The release's own lines do not count, and the more students share a
fingerprint the less it counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autograder.grading import Result
from autograder.runs import NO_FINGERPRINTS, read_fingerprints

LEAST = 25  # fingerprints that a listed pair has in common; a submission of the evidence has about 250
# Of classes made from the alternatives, independent pairs share at most 0.40; copies with other names, comments and
# order of functions at least 0.72.
SHARE = 0.5


@dataclass(frozen=True)
class Pair:
    """Two students, how much of the smaller one's fingerprints both have, rare ones counting more, and how many."""

    one: str
    other: str
    share: float
    shared: int


def similar_pairs(folder: Path, results: Sequence[Result]) -> tuple[list[Pair], list[str]]:
    """The pairs to look at, the most alike first, and the graded students who could not be compared."""
    known = read_fingerprints(folder)
    graded = {result["student"]: result["notebook_sha256"] for result in results if result["status"] == "graded"}
    marks = {
        student: known[student][1] for student, sha in graded.items() if known.get(student, NO_FINGERPRINTS)[0] == sha
    }
    return pairs_among(marks), [student for student in graded if student not in marks]


def pairs_among(marks: Mapping[str, Iterable[int]]) -> list[Pair]:
    """The pairs among students whose fingerprints these are that share more than independent work does."""
    from scipy.sparse import csr_array, triu  # takes long to import, and grading does not need it

    students = sorted(marks)
    column: dict[int, int] = defaultdict(lambda: len(column))
    cells = [(row, column[mark]) for row, student in enumerate(students) for mark in set(marks[student])]
    if not cells:
        return []
    rows, columns = np.array(cells).T
    has = csr_array((np.ones(len(cells)), (rows, columns)), shape=(len(students), len(column)))
    weights = np.log((len(students) + 1) / has.sum(axis=0))  # one more, so that two who share all are found
    weighted = has * weights[None, :]
    own = weighted.sum(axis=1)
    both = triu(weighted @ has.T, 1).tocoo()
    shares = both.data / np.minimum(own[both.row], own[both.col])
    likely = shares >= SHARE
    ones, others, shares = both.row[likely], both.col[likely], shares[likely]
    shared = has[ones].multiply(has[others]).sum(axis=1)
    found = [
        Pair(students[one], students[other], float(share), int(count))
        for one, other, share, count in zip(ones, others, shares, shared, strict=True)
        if count >= LEAST
    ]
    return sorted(found, key=lambda pair: (-pair.share, -pair.shared, pair.one, pair.other))
