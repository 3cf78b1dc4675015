"""Keeps the fingerprints of each submission's code beside the ledger, so that submissions can be compared later.

Winnowing (Schleimer, Wilkerson, Aiken: Winnowing: local algorithms for document fingerprinting, SIGMOD 2003) over
tokens without names, comments and layout. Lines of the release do not count.
"""

from __future__ import annotations

import hashlib
import json
import keyword
import re
import zlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from autograder.assignment import Assignment, Unreadable, code_to_run, read_cells
from autograder.grading import Result
from autograder.submissions import Submission

FINGERPRINTS_NAME = "fingerprints.jsonl"
GRAM = 12  # tokens; shorter matches happen by chance
WINDOW = 6
MAX_CHARACTERS = 200_000

# A notebook's sha256 and its fingerprints. An array takes a tenth of a list's memory.
Fingerprints = tuple[str, "array[int]"]
NO_FINGERPRINTS: Fingerprints = ("", array("I"))

_TOKEN = re.compile(
    r"(?P<space>\s+|#[^\n]*|\\\n)"
    r"|(?P<text>[rRbBuUfF]{0,2}(?:'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z)|'(?:\\.|[^'\\\n])*+'?|\"(?:\\.|[^\"\\\n])*+\"?))"
    r"|(?P<number>\d[\w.]*(?:[eE][+-]?\d+)?|\.\d+)"
    r"|(?P<member>\.\s*[^\W\d]\w*)|(?P<name>[^\W\d]\w*)|(?P<sign>.)",
    re.DOTALL,
)


def fingerprints(cells: Iterable[str], given: frozenset[str]) -> list[int]:
    """Return the fingerprints of code cells, sorted. Lines that are `given` do not count."""
    code = "\n".join(cells)[:MAX_CHARACTERS]
    kept = "\n".join(line for line in code.splitlines() if line.strip() not in given)
    tokens = tokens_of(kept)
    grams = [
        zlib.crc32(" ".join(tokens[i : i + GRAM]).encode("utf-8", "replace")) for i in range(len(tokens) - GRAM + 1)
    ]
    windows = (grams[i : i + WINDOW] for i in range(max(1, len(grams) - WINDOW + 1)))
    return sorted({min(window) for window in windows if window})


def tokens_of(code: str) -> list[str]:
    """Return the tokens. Keywords, signs and member names stay. Any other token is replaced by the name of its kind."""
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


def record_fingerprints(
    folder: Path, assignment: Assignment, submissions: Sequence[Submission], results: Sequence[Result]
) -> str:
    """Store the fingerprints of these submissions beside the ledger. Return what failed, or an empty text.

    The fingerprints of an unchanged notebook stay as they are. So do those of other students.
    """
    try:
        kept = read_fingerprints(folder)
        before = dict(kept)
        hashes = {result["student"]: result["notebook_sha256"] for result in results if result["status"] == "graded"}
        due = [
            s
            for s in submissions
            if s.student in hashes and kept.get(s.student, NO_FINGERPRINTS)[0] != hashes[s.student]
        ]
        given = given_lines(assignment) if due else frozenset()
        for submission in due:
            try:
                raw = submission.read()
                marks = fingerprints(code_to_run(raw, assignment), given)
            except (Unreadable, OSError):
                continue  # the file has changed since it was graded
            kept[submission.student] = (hashlib.sha256(raw).hexdigest(), array("I", marks))
        if kept != before:
            _write(folder, kept)
    except (OSError, Unreadable) as problem:
        return f"code can't be compared: {problem} No grade depends on it."
    return ""


def given_lines(assignment: Assignment) -> frozenset[str]:
    """Return the lines of the release's code cells. Raises OSError and Unreadable."""
    cells = read_cells((assignment.release / assignment.notebook).read_bytes())
    return frozenset(
        line.strip() for cell in cells if cell.get("cell_type") == "code" for line in cell["source"].splitlines()
    )


def _write(folder: Path, kept: Mapping[str, Fingerprints]) -> None:
    part = folder / f"{FINGERPRINTS_NAME}.part"  # if the run is interrupted here, the old file stays
    with part.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        for student, (sha, marks) in sorted(kept.items()):
            line = {"student": student, "notebook_sha256": sha, "fingerprints": marks.tolist()}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    part.replace(folder / FINGERPRINTS_NAME)


def read_fingerprints(folder: Path) -> dict[str, Fingerprints]:
    """Return the stored fingerprints by student. A broken line is skipped. The next run makes it again."""
    path = folder / FINGERPRINTS_NAME
    kept: dict[str, Fingerprints] = {}
    if path.is_file():
        with path.open("rb") as file:
            for text in file:
                try:
                    line = json.loads(text)
                    kept[str(line["student"])] = str(line["notebook_sha256"]), array("I", line["fingerprints"])
                except (ValueError, KeyError, TypeError, OverflowError):
                    continue
    return kept
