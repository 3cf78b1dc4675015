"""The marks that people gave, as `marks.jsonl` beside the ledger says them. The file is only ever appended to."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from autograder.assignment import UsageError
from autograder.marking.lines import (
    READER,
    CommentLine,
    DoneLine,
    GiveLine,
    ItemLine,
    Line,
    RuleLine,
    is_later,
    subject,
)

MARKS_NAME = "marks.jsonl"


@dataclass(frozen=True)
class Item:
    """A marking item of a question: points, and a comment that every student with the item reads.

    If `points` are negative, they are taken off.
    """

    id: str
    points: float
    text: str


@dataclass(frozen=True)
class Mark:
    """What people said about one student's answer to a question.

    - `items` are given to the student. `comment` is for this student alone.
    - `is_marked` is false until an item is given or a marker says that the question is marked.
    - `marker` changed the mark last. `notebook_sha256` and `answer_sha256` are what this person saw. `answered` is
      false if this person saw no answer.
    """

    items: tuple[Item, ...] = ()
    comment: str = ""
    is_marked: bool = False
    marker: str = ""
    notebook_sha256: str = ""
    answer_sha256: str = ""
    answered: bool = True


class Marks:
    """The marks that a set of lines says. The order of the lines does not matter."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = tuple(lines)
        self._latest: dict[tuple[str, ...], Line] = {}
        for line in self.lines:
            found = self._latest.get(subject(line))
            if found is None or is_later(line, found):
                self._latest[subject(line)] = line

    def latest(self, what: tuple[str, ...]) -> Line | None:
        """Return the line that counts for a subject, or None."""
        return self._latest.get(what)

    def items(self, question: str) -> list[Item]:
        """Return the marking items of a question, the oldest first, without the deleted ones."""
        return list(self._items.get(question, {}).values())

    def counts_from(self, question: str) -> str:
        """Return "full" if items take points off the full points, or "zero" if they add up from zero."""
        rule = self._latest.get(("rule", question))
        return rule.counts_from if isinstance(rule, RuleLine) else "full"

    def mark(self, student: str, question: str) -> Mark:
        """Return the mark of a student's answer. If nobody has looked at it, the mark is empty."""
        lines = self._by_answer.get((question, student), ())
        if not lines:
            return Mark()
        items = self._items.get(question, {})
        given = {line.item for line in lines if isinstance(line, GiveLine) and line.given}
        has = tuple(item for item in items.values() if item.id in given)
        comment = next((line.text for line in lines if isinstance(line, CommentLine)), "")
        last = lines[0]
        for line in lines:
            last = line if is_later(line, last) else last
        done = any(line.done for line in lines if isinstance(line, DoneLine))
        seen = (last.marker, last.notebook_sha256, last.answer_sha256, last.answered)
        return Mark(has, comment, bool(has) or done, *seen)

    def points(self, student: str, question: str, max_score: float) -> float | None:
        """Return the points of an answer, between 0 and `max_score`, or None if it is not marked yet.

        If there is no answer, the points start at 0, so that nobody gets full points for a cell as it was released.
        """
        mark = self.mark(student, question)
        if not mark.is_marked:
            return None
        start = max_score if self.counts_from(question) == "full" and mark.answered else 0.0
        # Rounded, so that items of 0.1 points add up to the number that people expect.
        return min(max_score, max(0.0, round(start + sum(item.points for item in mark.items), 6)))

    def students_with(self, question: str, item: str) -> list[str]:
        """Return the students that have an item, sorted."""
        return sorted(
            line.student
            for lines in self._by_answer.values()
            for line in lines
            if isinstance(line, GiveLine) and line.given and (line.question, line.item) == (question, item)
        )

    @cached_property
    def _items(self) -> Mapping[str, Mapping[str, Item]]:
        first: dict[tuple[str, str], str] = {}
        for line in self.lines:
            if isinstance(line, ItemLine):
                key = (line.question, line.item)
                first[key] = min(line.time, first.get(key, line.time))
        found: dict[str, dict[str, Item]] = defaultdict(dict)
        for question, item in sorted(first, key=lambda key: (first[key], key)):
            line = self._latest["item", question, item]
            assert isinstance(line, ItemLine)
            if not line.deleted:
                found[question][item] = Item(item, line.points, line.text)
        return found

    @cached_property
    def _by_answer(self) -> Mapping[tuple[str, str], Sequence[GiveLine | CommentLine | DoneLine]]:
        """The lines that count about each student's answer to a question."""
        found: dict[tuple[str, str], list[GiveLine | CommentLine | DoneLine]] = defaultdict(list)
        for line in self._latest.values():
            if isinstance(line, GiveLine | CommentLine | DoneLine):
                found[line.question, line.student].append(line)
        return found


def read_marks(folder: Path) -> Marks | None:
    """Return the marks beside a ledger, or None if nobody has marked there yet.

    A last line without its end is still being written, so it is skipped. Raises UsageError for any other broken line.
    """
    path = folder / MARKS_NAME
    try:
        status = path.stat()
        return _marks_of(path, status.st_size, status.st_mtime_ns)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise UsageError(f"{path}: the marks can't be read ({problem.strerror}).") from None


@functools.lru_cache(maxsize=4)
def _marks_of(path: Path, size: int, changed: int) -> Marks:
    """The marks of a file. They are kept until it changes, because a page asks for the grade of each row."""
    return Marks(lines_of(path.read_bytes(), path))


def lines_of(raw: bytes, path: Path) -> list[Line]:
    """Return the lines of a file. `path` is for the message of the UsageError about a broken line."""
    lines = []
    for number, text in enumerate(raw.split(b"\n")[:-1], 1):
        if text.strip():
            try:
                lines.append(READER.validate_json(text))
            except ValidationError as problem:
                why = problem.errors()[0]
                where = ".".join(str(part) for part in why["loc"][1:])
                raise UsageError(
                    f"{path}: line {number} is no mark ({where + ': ' if where else ''}{why['msg']}). "
                    "Mend or delete the line."
                ) from None
    return lines
