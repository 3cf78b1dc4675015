"""Finds the line of a value in a TOML file. Python's own parser does not tell it."""

from __future__ import annotations

import re
from collections.abc import Sequence

Path = tuple[str | int, ...]  # the keys that lead to a value; a number counts the entries of a list from 0

_KEY = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
_HEAD = re.compile(rf"\s*(\[\[?)\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*\]\]?\s*(?:#.*)?$")
_ENTRY = re.compile(rf"\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*=")


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The number of the line on which the value at this path stands, counted from 1.

    If the value is missing, it is the line of what should contain it. 0 if nothing on the path is in the file.
    """
    wanted = tuple(path)
    best, found, entries = 0, 0, 0
    for number, (place, line) in enumerate(_places(text), 1):
        common = _common(place, wanted)
        if common > best:
            best, found, entries = common, number, 0
        if common == best == len(place) and best < len(wanted) and isinstance(wanted[best], int):
            # The rest of the path lies inside a list that is written in one value: count its tables.
            entries += line.count("{")
            if entries > int(wanted[best]):
                return number
    return found


def _places(text: str) -> list[tuple[Path, str]]:
    """For each line, the path of the value that it belongs to, and the line."""
    places: list[tuple[Path, str]] = []
    table: Path = ()
    counts: dict[Path, int] = {}
    here: Path = ()
    depth = 0  # of brackets that a value has left open
    for line in text.splitlines():
        bare = re.sub(r"""("[^"]*"|'[^']*')""", '""', line).split("#")[0]
        if depth <= 0 and (head := _HEAD.match(line)):
            keys = tuple(_keys(head[2]))
            if head[1] == "[[":
                counts[keys] = counts.get(keys, -1) + 1
                table = (*keys, counts[keys])
            else:
                table = keys
            here = table
        else:
            if depth <= 0 and (entry := _ENTRY.match(line)):
                here = (*table, *_keys(entry[1]))
                bare = bare.split("=", 1)[1]
            elif depth <= 0:
                here = ()
            depth = max(0, depth) + sum(bare.count(mark) for mark in "[{") - sum(bare.count(mark) for mark in "]}")
        places.append((here, line))
    return places


def _keys(dotted: str) -> list[str]:
    return [key.strip("\"'") for key in re.findall(_KEY, dotted)]


def _common(place: Path, wanted: Path) -> int:
    """How many keys two paths share from the start. 0 if the place lies elsewhere below them."""
    if place[: len(wanted)] == wanted:
        return len(wanted)
    return len(place) if place and wanted[: len(place)] == place else 0
