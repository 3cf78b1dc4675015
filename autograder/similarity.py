"""Finds submissions whose code is nearly the same: a list for a person to look at, never a verdict.

Winnowing (Schleimer, Wilkerson, Aiken: Winnowing: local algorithms for document fingerprinting, SIGMOD 2003) over
tokens without names, comments and layout. What the release gives away and what much of the class shares says nothing
and is left out.
"""

from __future__ import annotations

import itertools
import json
import keyword
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import Assignment
from autograder.ledger import Result
from autograder.notebook import Unreadable, code_to_run, read_cells
from autograder.submissions import Submission

NAME = "fingerprints.jsonl"
GRAM = 12  # tokens; a shorter match is what two people write by chance
WINDOW = 6
MAX_CHARACTERS = 200_000
COMMON = 0.2  # of the class; what more of them share is the assignment's doing
LEAST = 25  # fingerprints that two submissions must have, and share by SHARE, to be listed
SHARE = 0.7  # independent solutions of the evidence share at most 0.57, renamed copies at least 0.94

_TOKEN = re.compile(
    r"(?P<space>\s+|#[^\n]*|\\\n)"
    r"|(?P<text>[rRbBuUfF]{0,2}(?:'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"))"
    r"|(?P<number>\d[\w.]*(?:[eE][+-]?\d+)?|\.\d+)"
    r"|(?P<member>\.\s*[^\W\d]\w*)|(?P<name>[^\W\d]\w*)|(?P<sign>.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Pair:
    """Two students, the share of the smaller one's fingerprints that both have, and how many these are."""

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


def record(folder: Path, assignment: Assignment, submissions: Sequence[Submission], results: Sequence[Result]) -> None:
    """Keep the fingerprints of these submissions beside the ledger. What is there for the same notebook stays."""
    known = _read(folder)
    given = _given(assignment)
    hashes = {result["student"]: result["notebook_sha256"] for result in results if result["status"] == "graded"}
    lines = []
    for submission in submissions:
        sha = hashes.get(submission.student)
        marks = known.get(submission.student, {}).get(sha or "")
        if sha and marks is None:
            try:
                marks = fingerprints(code_to_run(submission.read(), assignment), given)
            except Unreadable:
                continue
        if sha and marks is not None:
            line = {"student": submission.student, "notebook_sha256": sha, "fingerprints": marks}
            lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    (folder / NAME).write_text("".join(lines), encoding="utf-8", errors="backslashreplace", newline="\n")


def _given(assignment: Assignment) -> frozenset[str]:
    """The lines of the release's code cells, without those that any code may have."""
    cells = read_cells((assignment.release / assignment.notebook).read_bytes())
    lines = {line.strip() for cell in cells if cell["cell_type"] == "code" for line in cell["source"].splitlines()}
    return frozenset(lines)


def _read(folder: Path) -> dict[str, dict[str, list[int]]]:
    path = folder / NAME
    kept: dict[str, dict[str, list[int]]] = {}
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            for text in file:
                try:
                    line = json.loads(text)
                    kept[line["student"]] = {line["notebook_sha256"]: line["fingerprints"]}
                except (ValueError, KeyError, TypeError):
                    continue  # it is made again from the notebook
    return kept


def alike(folder: Path, results: Sequence[Result]) -> tuple[list[Pair], list[str]]:
    """The pairs to look at, the most alike first, and the graded students who could not be compared."""
    known = _read(folder)
    graded = [result for result in results if result["status"] == "graded"]
    marks = {r["student"]: known.get(r["student"], {}).get(r["notebook_sha256"]) for r in graded}
    return pairs({s: m for s, m in marks.items() if m is not None}), [s for s, m in marks.items() if m is None]


def pairs(marks: Mapping[str, Iterable[int]]) -> list[Pair]:
    """The pairs among students whose fingerprints these are that share more than independent work does."""
    held: dict[int, list[str]] = defaultdict(list)
    for student, own in marks.items():
        for mark in set(own):
            held[mark].append(student)
    most = max(2, COMMON * len(marks))
    rare = {mark: students for mark, students in held.items() if len(students) <= most}
    sizes = Counter(student for students in rare.values() for student in students)
    shared = Counter(pair for students in rare.values() for pair in itertools.combinations(sorted(students), 2))
    found = [Pair(a, b, count / min(sizes[a], sizes[b]), count) for (a, b), count in shared.items()]
    return sorted(
        (p for p in found if p.shared >= LEAST and p.share >= SHARE), key=lambda p: (-p.share, -p.shared, p.one)
    )
