"""Canvas: `lovelaceada_LATE_12345_67890_homework-1.ipynb`, in one folder.

That is the sortable name without signs and capitals, the mark if it is late, the numbers of the student and of the
file, and the file's own name. Canvas adds `-1` if the student handed in a file of this name before. Anonymous
submissions have `anon_` and five signs in place of name and number. If a group handed in,
the name is that of the group, and the number is that of one member. The zip has only the last attempt.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from autograder.submissions.platforms.entry import Entries, Entry, Platform, TextOf, consistent

_NAMED = re.compile(
    r"(?P<name>[^/]*?)(?P<late>_LATE)?_(?P<id>[0-9]+)_(?:(?P<file>[0-9]+)_(?P<own>.+)|(?:text|link)\.html)",
    re.DOTALL,
)
_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?anon_(?P<id>[A-Za-z0-9]{5})_(?:(?P<file>[0-9]+)_(?P<own>.+)|(?:text|link)\.html)",
    re.DOTALL,
)
_AGAIN = re.compile(r"-[0-9]+(?=\.[^.]+$)")
_SHORTEST = 3  # digits of a file's number; a folder of `week_1_2_ada.ipynb` is no export


def _entry(name: str) -> Entry | None:
    if found := _ANONYMOUS.fullmatch(name):
        who = student = f"anon_{found['id']}"
    elif (found := _NAMED.fullmatch(name)) and _as_canvas_writes(found["name"]):
        who = found["name"]
        student = f"{who}_{found['id']}".strip("_")
    else:
        return None
    own = _AGAIN.sub("", found["own"]) if found["own"] else name
    number = int(found["file"] or 0)
    return Entry(found["id"], who, student, own, name, newer=number, own_folder=False, late=bool(found["late"]))


def _as_canvas_writes(name: str) -> bool:
    """Whether a name has no capitals, and no signs but underscores. Marks on letters stay."""
    kinds = {unicodedata.category(letter) for letter in name}
    return name == name.lower() and all(kind[0] in "LMN" or kind == "Pc" for kind in kinds)


def read(names: Sequence[str], _: TextOf) -> Entries:
    """Read the names of the files."""
    entries = {name: entry for name in names if "/" not in name and (entry := _entry(name))}
    return entries if consistent(entries.values()) else {}


def _is_sure(entries: Iterable[Entry]) -> bool:
    numbers = [entry.newer for entry in entries if entry.newer]
    return len(set(numbers)) == len(numbers) and all(len(str(number)) >= _SHORTEST for number in numbers)


CANVAS = Platform("Canvas", read, _is_sure)
