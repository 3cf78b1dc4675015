"""The sentences of Python, NumPy and SciPy that may be shown of an exception, with holes for names and numbers.

They say nothing about a hidden case, except for what stands in the holes. `withheld_text` fills these in.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import NamedTuple

# In the file of sentences, `~` stands for a name, `#` for a whole number, `$` for a shape, `^` for an operator, and `@`
# for something that is never shown. After a backslash, each of these stands for itself. No sentence has more than four
# names or three shapes: docs/isolation.md counts on that. Lines that begin with `/` are comments.
_FILE = Path(__file__).with_name("known_sentences.txt")
_HOLES = {
    "~": r"([\w.<>]{1,80})",
    "#": r"(-?\d{1,9})",
    "$": r"(\((?:(?:\d{1,9}|newaxis)(?:, ?(?:\d{1,9}|newaxis)){0,3},?)?\))",
    "^": r"(\*\* or pow\(\)|divmod\(\)|\*\*=|\*\*|//=?|<<=?|>>=?|[-+*/%@&|<>^]=?)",
    "@": r"(.{1,100})",
}


class Part(NamedTuple):
    """A piece of a sentence, and the mark of the hole that it stands in. The sentence's own words have none."""

    text: str
    hole: str


def known_sentence(line: str) -> list[Part] | None:
    """Return the parts of a line that is one of the sentences. Return None if it is none of them."""
    for pieces in _sentences():
        if line.startswith(_own_text(pieces[0])) and (found := _pattern(pieces).fullmatch(line)):
            parts, end = [], 0
            for group, hole in enumerate((piece for piece in pieces if piece in _HOLES), 1):
                parts += [Part(line[end : found.start(group)], ""), Part(found[group], hole)]
                end = found.end(group)
            return [*parts, Part(line[end:], "")]
    return None


@functools.cache
def _sentences() -> tuple[tuple[str, ...], ...]:
    """Return each sentence in pieces. Every second piece is a hole, or a mark that stands for itself."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    split = tuple(tuple(re.split(r"(\\?[~#$^@])", line)) for line in lines if not line.startswith("/"))
    return split + tuple((sentence,) for sentence in _removed_names())


@functools.cache  # to compile all of them takes longer than to grade a submission
def _pattern(pieces: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("".join(_HOLES.get(piece) or re.escape(_own_text(piece)) for piece in pieces))


def _own_text(piece: str) -> str:
    return piece.removeprefix("\\")


def _removed_names() -> list[str]:
    """What NumPy says of the names that version 2 removed. It says what to use instead."""
    try:
        from numpy._expired_attrs_2_0 import __expired_attributes__ as advice
    except ImportError:  # NumPy 1 still has these names
        return []
    return [f"`np.{name}` was removed in the NumPy 2.0 release. {cure}".strip() for name, cure in advice.items()]
