"""The one rule for when two names mean the same student.

Names are compared in the Unicode form NFC: a Mac stores an accent and its letter apart, most other systems store them
as one character. Spaces and invisible marks at the ends do not count, because spreadsheets add them. Capitals stay as
they came. A name on a roster is found with other capitals too, if that leaves no doubt.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping

# Marks without width that editors, spreadsheets and chats leave around a text.
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_AROUND = "".join(map(chr, (*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))


def same_name(name: str) -> str:
    """The name in the form in which it is stored and compared. Two names of one student give the same text."""
    return unicodedata.normalize("NFC", name).strip(_INVISIBLE + _AROUND)


def without_capitals(name: str) -> str:
    """The name in a form that does not depend on capitals either."""
    return unicodedata.normalize("NFC", same_name(name).casefold())


def by_any_capitals(students: Iterable[str]) -> Mapping[str, list[str]]:
    """The students by their name without capitals. More than one student for a name means that there is doubt."""
    found: dict[str, list[str]] = defaultdict(list)
    for student in dict.fromkeys(students):
        found[without_capitals(student)].append(student)
    return dict(found)
