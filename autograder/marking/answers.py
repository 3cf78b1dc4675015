"""Finds a student's answers in the notebook, and answers that are the same or nearly the same."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from autograder.assignment import Assignment, Unreadable, find_cells, grade_id, normalized, read_cells

ALIKE = 0.92  # if two answers have at least this share of words in common, in order, they are nearly the same
_MOST_COMPARED = 20_000  # letters of an answer
_WORD = re.compile(r"\\?\w+|[^\w\s]")
_MACRO = re.compile(r"\\(re)?newcommand|\\def\b|\\DeclareMathOperator")


@dataclass(frozen=True)
class AnswerCell:
    """A cell of an answer. `attachments` are its pictures as the notebook has them: by name, then by media type."""

    is_code: bool
    text: str
    attachments: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Answer:
    """A student's answer to a question.

    - `state` is "answered", "empty" (the cell is as it was released, or empty), "missing" (the cell is not there) or
      "unreadable" (there is no notebook).
    - `cells` are the answer's cell and the cells that the student added around it.
    - `sha256` is the digest of what the student wrote, without spaces at the ends of lines.
    - `macros` are the cells before the answer that define TeX macros. Jupyter uses these macros in the answer.
    """

    state: Literal["answered", "empty", "missing", "unreadable"]
    cells: tuple[AnswerCell, ...] = ()
    sha256: str = ""
    macros: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return the text of all cells."""
        return "\n\n".join(cell.text for cell in self.cells)

    def light(self) -> Answer:
        """Return the answer without the content of its pictures, and with the beginning of a long text.

        It is enough to compare answers. The pictures of a whole class would not fit into memory.
        """
        cells = (
            AnswerCell(cell.is_code, cell.text[:_MOST_COMPARED], {name: {} for name in cell.attachments})
            for cell in self.cells
        )
        return Answer(self.state, tuple(cells), self.sha256)


class AnswerFinder:
    """Finds the answers to the questions of an assignment. Raises Unreadable if the release is no notebook."""

    def __init__(self, assignment: Assignment, questions: Sequence[str]) -> None:
        self._release = read_cells((assignment.release / assignment.notebook).read_bytes())
        self._functions = {part.cell: part.function for part in assignment.parts}
        self._known = {normalized(cell["source"]) for cell in self._release}
        self._numbers = {grade_id(cell): i for i, cell in enumerate(self._release) if grade_id(cell) in questions}

    def answers(self, raw: bytes | None) -> dict[str, Answer]:
        """Return the answer to each question, by its id. `raw` is the notebook, or None if there is none."""
        try:
            cells = read_cells(raw) if raw is not None else None
        except Unreadable:
            cells = None
        if cells is None:
            return dict.fromkeys(self._numbers, Answer("unreadable"))
        found = find_cells(cells, self._release, self._functions)
        return {id: self._answer(cells, number, found) for id, number in self._numbers.items()}

    def _answer(self, cells: Sequence[dict[str, Any]], number: int, found: Mapping[int, int]) -> Answer:
        if number not in found:
            return Answer("missing")
        own = found[number]
        taken = set(found.values()) - {own}

        def is_added(i: int) -> bool:
            return 0 <= i < len(cells) and i not in taken and normalized(cells[i]["source"]) not in self._known

        first = last = own
        while is_added(first - 1):
            first -= 1
        while is_added(last + 1):
            last += 1
        released = normalized(self._release[number]["source"])
        written = [
            cell
            for i, cell in enumerate(cells[first : last + 1], first)
            if normalized(cell["source"]) != (released if i == own else "")
            and (normalized(cell["source"]) or cell.get("attachments"))
        ]
        if not written:
            return Answer("empty")
        answer = tuple(_cell(cell) for cell in written)
        content = json.dumps([[c.is_code, normalized(c.text), c.attachments] for c in answer], sort_keys=True)
        digest = hashlib.sha256(content.encode("utf-8", "backslashreplace")).hexdigest()
        before = tuple(
            cell["source"]
            for cell in cells[:first]
            if cell.get("cell_type") == "markdown" and _MACRO.search(cell["source"])
        )
        return Answer("answered", answer, digest, before)


def _cell(cell: Mapping[str, Any]) -> AnswerCell:
    found = cell.get("attachments")
    pictures = {
        str(name): {str(kind): data for kind, data in kinds.items() if isinstance(data, str)}
        for name, kinds in (found.items() if isinstance(found, dict) else ())
        if isinstance(kinds, dict)
    }
    return AnswerCell(cell.get("cell_type") == "code", cell["source"], pictures)


def groups_of_answers(answers: Mapping[str, Answer]) -> list[list[str]]:
    """Return the keys in groups: each group is an answer and those that are the same or nearly the same.

    The groups and the keys in them stay in the order of `answers`. An answer with pictures is never nearly the same as
    another one. All keys without an answer are one group, the last.
    """
    groups: list[tuple[list[str], list[str]]] = []
    by_digest: dict[str, list[str]] = {}
    nothing = []
    for key, answer in answers.items():
        if answer.state != "answered":
            nothing.append(key)
            continue
        if answer.sha256 in by_digest:
            by_digest[answer.sha256].append(key)
            continue
        words = _compared(answer)
        group = next((keys for other, keys in groups if words and other and _is_alike(words, other)), None)
        if group is None:
            group = []
            groups.append((words, group))
        group.append(key)
        by_digest[answer.sha256] = group
    return [keys for _, keys in groups] + ([nothing] if nothing else [])


def differences(one: str, other: str, most: int = 12) -> list[tuple[str, str]]:
    """Return what stands in `one` and what stands in `other` instead, at most `most` places. Layout does not count."""
    from rapidfuzz.distance import Indel

    words, others = _words(one), _words(other)
    changed: list[tuple[list[str], list[str]]] = []
    equal = True
    for step in Indel.opcodes(words, others):
        if step.tag != "equal":
            if equal:
                changed.append(([], []))
            changed[-1][0].extend(words[step.src_start : step.src_end])
            changed[-1][1].extend(others[step.dest_start : step.dest_end])
        equal = step.tag == "equal"
    return [(" ".join(before), " ".join(after)) for before, after in changed[:most]]


def _is_alike(one: Sequence[str], other: Sequence[str]) -> bool:
    # difflib would need minutes for an answer that repeats a word ten thousand times.
    from rapidfuzz.distance import Indel

    small, large = sorted((len(one), len(other)))
    if 2 * small < ALIKE * (small + large):
        return False
    return bool(Indel.normalized_similarity(one, other, score_cutoff=ALIKE) >= ALIKE)


def _compared(answer: Answer) -> list[str]:
    """The words by which an answer is compared. Empty for an answer with pictures, because its text says little."""
    return [] if any(cell.attachments for cell in answer.cells) else _words(answer.text)


def _words(text: str) -> list[str]:
    return _WORD.findall(text[:_MOST_COMPARED])
