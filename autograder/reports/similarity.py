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
from autograder.reports.earlier import Earlier
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
    `shared` is the number of fingerprints that both have. `year` is the label of the other student's class if that is
    an earlier one, and empty otherwise.
    """

    one: str
    other: str
    share: float
    shared: int
    year: str = ""


def similar_pairs(
    folder: Path, results: Sequence[Result], earlier: Sequence[Earlier] = ()
) -> tuple[list[Pair], list[str]]:
    """Return the pairs to look at, the most alike first, and the graded students without usable fingerprints.

    The other student of a pair may be of an earlier class. Two students of earlier classes are no pair. Students who
    handed in together have the same notebook, so the first of them stands for all.
    """
    marks, uncompared = _marks(folder, results)
    return pairs_among(marks, {year.label: _marks(year.folder, year.results)[0] for year in earlier}), uncompared


def _marks(folder: Path, results: Sequence[Result]) -> tuple[dict[str, Iterable[int]], list[str]]:
    """The fingerprints of graded students, and the students whose notebook has none in the folder."""
    known = read_fingerprints(folder)
    alone = [result for result in results if result["student"] in (result.get("members") or [result["student"]])[:1]]
    graded = {result["student"]: result["notebook_sha256"] for result in alone if result["status"] == "graded"}
    marks: dict[str, Iterable[int]] = {
        student: known[student][1] for student, sha in graded.items() if known.get(student, NO_FINGERPRINTS)[0] == sha
    }
    return marks, [student for student in graded if student not in marks]


def pairs_among(
    marks: Mapping[str, Iterable[int]], earlier: Mapping[str, Mapping[str, Iterable[int]]] | None = None
) -> list[Pair]:
    """Return the pairs that share more fingerprints than independent work does.

    `marks` is by student, and `earlier` by the label of an earlier class and its student.
    """
    from scipy.sparse import csr_array, triu  # slow to import, and grading does not need it

    students = [("", student) for student in sorted(marks)]
    students += [(year, student) for year, theirs in (earlier or {}).items() for student in sorted(theirs)]
    given = [*(marks[student] for _, student in students[: len(marks)])]
    given += [(earlier or {})[year][student] for year, student in students[len(marks) :]]
    column: dict[int, int] = defaultdict(lambda: len(column))
    cells = [(row, column[mark]) for row, theirs in enumerate(given) for mark in set(theirs)]
    if not cells:
        return []
    rows, columns = np.array(cells).T
    has_mark = csr_array((np.ones(len(cells)), (rows, columns)), shape=(len(students), len(column)))
    # Without the + 1, a fingerprint that all students share would weigh 0, and two equal submissions would go unseen.
    weights = np.log((len(students) + 1) / has_mark.sum(axis=0))
    weighted = has_mark * weights[None, :]
    totals = weighted.sum(axis=1)
    common = triu(weighted[: len(marks)] @ has_mark.T, 1).tocoo()
    shares = common.data / np.minimum(totals[common.row], totals[common.col])
    likely = shares >= SHARE
    ones, others, shares = common.row[likely], common.col[likely], shares[likely]
    counts = has_mark[ones].multiply(has_mark[others]).sum(axis=1)
    found = [
        Pair(students[one][1], students[other][1], float(share), int(count), students[other][0])
        for one, other, share, count in zip(ones, others, shares, counts, strict=True)
        if count >= LEAST
    ]
    return sorted(found, key=lambda pair: (-pair.share, -pair.shared, pair.one, pair.year, pair.other))


@dataclass(frozen=True)
class Cluster:
    """Students who are connected through pairs. Two of them need not be a pair themselves.

    `members` has each student with the label of the class, which is empty for this one. `closest` has the pairs that
    connect all members, as few and as alike as possible.
    """

    members: tuple[tuple[str, str], ...]
    closest: tuple[Pair, ...]


def clusters_of(pairs: Sequence[Pair]) -> list[Cluster]:
    """Return the clusters of the pairs, the largest first, and then the most alike.

    A cluster is a component of the graph of the pairs, which is single linkage (Sneath, Journal of General Microbiology
    17, 1957). `closest` is its maximum spanning tree.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

    if not pairs:
        return []
    pairs = sorted(pairs, key=lambda pair: -pair.share)
    members = sorted({member for pair in pairs for member in (("", pair.one), (pair.year, pair.other))})
    place = {member: i for i, member in enumerate(members)}
    ends = np.array([(place["", pair.one], place[pair.year, pair.other]) for pair in pairs]).T
    # The tree takes the smallest numbers, which must not be 0. Numbers by rank are all different.
    graph = coo_array((np.arange(1, len(pairs) + 1), ends), shape=(len(members),) * 2).tocsr()
    tree = [pairs[int(rank) - 1] for rank in sorted(minimum_spanning_tree(graph).data)]
    _, component = connected_components(graph, directed=False)
    clusters = [
        Cluster(
            tuple(member for member, number in zip(members, component, strict=True) if number == which),
            tuple(pair for pair in tree if component[place["", pair.one]] == which),
        )
        for which in range(max(component) + 1)
    ]
    return sorted(clusters, key=lambda cluster: (-len(cluster.members), -cluster.closest[0].share, cluster.members))
