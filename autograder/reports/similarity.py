"""Finds submissions whose code is nearly the same: a list for an instructor to look at, never a verdict.

Winnowing (Schleimer, Wilkerson, Aiken: Winnowing: local algorithms for document fingerprinting, SIGMOD 2003) over
tokens without names, comments and layout. The release's own lines do not count. A fingerprint counts less if more
students share it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autograder.grading import Result
from autograder.runs import NO_FINGERPRINTS, read_fingerprints

# A listed pair has at least this many fingerprints in common. A submission made from the alternatives has about 250.
LEAST = 25
# Measured on classes made from the alternatives: independent pairs share at most 0.40. Copies with other names,
# comments and order of functions share at least 0.72.
SHARE = 0.5


@dataclass(frozen=True)
class Pair:
    """Two students whose code is alike.

    `share`, in [0, 1], is the part of the smaller submission's fingerprints that both have. Rare ones count more.
    `shared` is the number of fingerprints that both have.
    """

    one: str
    other: str
    share: float
    shared: int


def similar_pairs(folder: Path, results: Sequence[Result]) -> tuple[list[Pair], list[str]]:
    """Return the pairs to look at, the most alike first, and the graded students without usable fingerprints.

    Those who handed in together have the same notebook, so the first of them stands for all.
    """
    known = read_fingerprints(folder)
    alone = [result for result in results if result["student"] in (result.get("members") or [result["student"]])[:1]]
    graded = {result["student"]: result["notebook_sha256"] for result in alone if result["status"] == "graded"}
    marks = {
        student: known[student][1] for student, sha in graded.items() if known.get(student, NO_FINGERPRINTS)[0] == sha
    }
    return pairs_among(marks), [student for student in graded if student not in marks]


def pairs_among(marks: Mapping[str, Iterable[int]]) -> list[Pair]:
    """Return the pairs that share more fingerprints than independent work does. `marks` is by student."""
    from scipy.sparse import csr_array, triu  # slow to import, and grading does not need it

    students = sorted(marks)
    column: dict[int, int] = defaultdict(lambda: len(column))
    cells = [(row, column[mark]) for row, student in enumerate(students) for mark in set(marks[student])]
    if not cells:
        return []
    rows, columns = np.array(cells).T
    has_mark = csr_array((np.ones(len(cells)), (rows, columns)), shape=(len(students), len(column)))
    # Without the + 1, a fingerprint that all students share would weigh 0, and two equal submissions would go unseen.
    weights = np.log((len(students) + 1) / has_mark.sum(axis=0))
    weighted = has_mark * weights[None, :]
    totals = weighted.sum(axis=1)
    common = triu(weighted @ has_mark.T, 1).tocoo()
    shares = common.data / np.minimum(totals[common.row], totals[common.col])
    likely = shares >= SHARE
    ones, others, shares = common.row[likely], common.col[likely], shares[likely]
    counts = has_mark[ones].multiply(has_mark[others]).sum(axis=1)
    found = [
        Pair(students[one], students[other], float(share), int(count))
        for one, other, share, count in zip(ones, others, shares, counts, strict=True)
        if count >= LEAST
    ]
    return sorted(found, key=lambda pair: (-pair.share, -pair.shared, pair.one, pair.other))
