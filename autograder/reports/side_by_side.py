"""Puts the code of two students side by side, so that a person can see what is the same in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from autograder.runs import tokens_of

_MOST_LINES = 400  # of each student; comparing takes time that grows with their product
_LONGEST = 300  # letters of a line
_TELLING = 5  # tokens; a shorter line is the same in many notebooks


@dataclass(frozen=True)
class Line:
    """A line of code with its number. `kind` says where the other student has it.

    - "same": beside it, in the same words.
    - "alike": beside it, with other names, numbers, texts or comments.
    - "moved": elsewhere. Names, numbers, texts and comments may differ.
    - "given": it is a line of the release.
    - "own": nowhere.
    """

    number: int
    text: str
    kind: str


Row = tuple[Line | None, Line | None]


def side_by_side(one: Sequence[str], other: Sequence[str], given: frozenset[str]) -> list[Row]:
    """Return the rows of two students' code cells. Lines `given` by the release are kept, and blank lines left out.

    Lines are compared without names, numbers, texts and layout, as fingerprints are, so renaming hides nothing.
    """
    left, right = _lines(one), _lines(other)
    shapes = [_shape(text) for _, text in left], [_shape(text) for _, text in right]
    rows: list[Row] = []
    for _, i, i_end, k, k_end in SequenceMatcher(None, *shapes, autojunk=False).get_opcodes():
        for a, b in zip_longest(range(i, i_end), range(k, k_end)):
            rows.append((_line(left, a, right, b, shapes, given), _line(right, b, left, a, shapes[::-1], given)))
    return rows


def _lines(cells: Sequence[str]) -> list[tuple[int, str]]:
    """The lines with their numbers in all cells together, without blank ones."""
    lines = enumerate("\n".join(cells).splitlines(), 1)
    return [(number, line.rstrip()[:_LONGEST]) for number, line in lines if line.strip()][:_MOST_LINES]


def _shape(line: str) -> tuple[str, ...]:
    return tuple(tokens_of(line)) or (line.strip(),)  # a comment has no tokens, and then its words count


def _line(
    mine: Sequence[tuple[int, str]],
    at: int | None,
    theirs: Sequence[tuple[int, str]],
    beside: int | None,
    shapes: tuple[list[tuple[str, ...]], ...],
    given: frozenset[str],
) -> Line | None:
    if at is None:
        return None
    (number, text), shape = mine[at], shapes[0][at]
    if text.strip() in given:
        return Line(number, text, "given")
    if beside is not None and shape == shapes[1][beside]:
        return Line(number, text, "same" if text.split() == theirs[beside][1].split() else "alike")
    return Line(number, text, "moved" if len(shape) >= _TELLING and shape in shapes[1] else "own")
