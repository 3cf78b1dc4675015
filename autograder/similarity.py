"""Finds submissions whose code is nearly the same: a list for a person to look at, never a verdict.

Winnowing (Schleimer, Wilkerson, Aiken: Winnowing: local algorithms for document fingerprinting, SIGMOD 2003) over
tokens without names, comments and layout. The release's own lines do not count, and the more students share a
fingerprint the less it counts.
"""

from __future__ import annotations

import hashlib
import json
import keyword
import re
import zlib
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autograder.assignment import Assignment
from autograder.ledger import Result
from autograder.notebook import Unreadable, code_to_run, read_cells
from autograder.submissions import Submission

NAME = "fingerprints.jsonl"
GRAM = 12  # tokens; a shorter match is what two people write by chance
WINDOW = 6
MAX_CHARACTERS = 200_000
LEAST = 25  # fingerprints that a listed pair has in common; a submission of the evidence has about 250
# Of classes made from the alternatives, independent pairs share at most 0.40; copies with other names, comments and
# order of functions at least 0.72.
SHARE = 0.5

Marks = tuple[str, "array[int]"]  # a notebook's sha256 and its fingerprints, a tenth of a list's size
_NONE: Marks = ("", array("I"))

_TOKEN = re.compile(
    r"(?P<space>\s+|#[^\n]*|\\\n)"
    r"|(?P<text>[rRbBuUfF]{0,2}(?:'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z)|'(?:\\.|[^'\\\n])*+'?|\"(?:\\.|[^\"\\\n])*+\"?))"
    r"|(?P<number>\d[\w.]*(?:[eE][+-]?\d+)?|\.\d+)"
    r"|(?P<member>\.\s*[^\W\d]\w*)|(?P<name>[^\W\d]\w*)|(?P<sign>.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Pair:
    """Two students, how much of the smaller one's fingerprints both have, rare ones counting more, and how many."""

    one: str
    other: str
    share: float
    shared: int


def fingerprints(cells: Iterable[str], given: frozenset[str]) -> list[int]:
    """The fingerprints of code cells, sorted; lines that are `given` do not count."""
    code = "\n".join(cells)[:MAX_CHARACTERS]
    kept = "\n".join(line for line in code.splitlines() if line.strip() not in given)
    tokens = _tokens(kept)
    grams = [
        zlib.crc32(" ".join(tokens[i : i + GRAM]).encode("utf-8", "replace")) for i in range(len(tokens) - GRAM + 1)
    ]
    windows = (grams[i : i + WINDOW] for i in range(max(1, len(grams) - WINDOW + 1)))
    return sorted({min(window) for window in windows if window})


def _tokens(code: str) -> list[str]:
    """Keywords, signs and the names of members as they are; every other name, number and text is one of its kind."""
    tokens = []
    for found in _TOKEN.finditer(code):
        kind, text = str(found.lastgroup), found[0]
        if kind == "name" and not keyword.iskeyword(text):
            text = "name"
        elif kind in ("number", "text"):
            text = kind
        if kind != "space":
            tokens.append(text)
    return tokens


def record(folder: Path, assignment: Assignment, submissions: Sequence[Submission], results: Sequence[Result]) -> str:
    """Keep the fingerprints of these submissions beside the ledger; what failed in that, empty when nothing did.

    What is there for the same notebook stays, and so do students who are not among these.
    """
    try:
        kept = _read(folder)
        before = dict(kept)
        hashes = {result["student"]: result["notebook_sha256"] for result in results if result["status"] == "graded"}
        due = [s for s in submissions if s.student in hashes and kept.get(s.student, _NONE)[0] != hashes[s.student]]
        given = _given(assignment) if due else frozenset()
        for submission in due:
            try:
                raw = submission.read()
                marks = fingerprints(code_to_run(raw, assignment), given)
            except (Unreadable, OSError):
                continue  # it has changed since it was graded
            kept[submission.student] = (hashlib.sha256(raw).hexdigest(), array("I", marks))
        if kept != before:
            _write(folder, kept)
    except (OSError, Unreadable) as problem:
        return f"code can't be compared, and grades do not depend on it: {problem}"
    return ""


def _given(assignment: Assignment) -> frozenset[str]:
    """The lines of the release's code cells. Raises OSError and Unreadable."""
    cells = read_cells((assignment.release / assignment.notebook).read_bytes())
    return frozenset(
        line.strip() for cell in cells if cell.get("cell_type") == "code" for line in cell["source"].splitlines()
    )


def _write(folder: Path, kept: Mapping[str, Marks]) -> None:
    part = folder / f"{NAME}.part"  # whoever is interrupted here keeps the old file whole
    with part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        for student, (sha, marks) in sorted(kept.items()):
            line = {"student": student, "notebook_sha256": sha, "fingerprints": marks.tolist()}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    part.replace(folder / NAME)


def _read(folder: Path) -> dict[str, Marks]:
    """What is kept, by student. A broken line is left out, and made again when its notebook is seen."""
    path = folder / NAME
    kept: dict[str, Marks] = {}
    if path.is_file():
        with path.open("rb") as file:
            for text in file:
                try:
                    line = json.loads(text)
                    kept[str(line["student"])] = str(line["notebook_sha256"]), array("I", line["fingerprints"])
                except (ValueError, KeyError, TypeError, OverflowError):
                    continue
    return kept


def alike(folder: Path, results: Sequence[Result]) -> tuple[list[Pair], list[str]]:
    """The pairs to look at, the most alike first, and the graded students who could not be compared."""
    known = _read(folder)
    graded = {result["student"]: result["notebook_sha256"] for result in results if result["status"] == "graded"}
    marks = {student: known[student][1] for student, sha in graded.items() if known.get(student, _NONE)[0] == sha}
    return pairs(marks), [student for student in graded if student not in marks]


def pairs(marks: Mapping[str, Iterable[int]]) -> list[Pair]:
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
