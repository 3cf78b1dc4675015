"""ILIAS: `Lovelace_Ada_ada_12345/homework.ipynb`: last name, first name, login and number, in ASCII.

Above it may be the folders of the assignment, of its submissions and of the team, `Team 7`. A spreadsheet may lie
beside them. The name of a late file begins with `Late submission - `, or with the same in German.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from autograder.submissions.platforms.entry import Entries, Entry, Platform, TextOf, consistent

_STUDENT = re.compile(r"(?P<name>[^\W\d_][^/]*?_[^\W\d_][^/]*?)_(?P<login>[^_/]+)_(?P<id>[0-9]+)", re.ASCII)
_LATE = re.compile(r"(?:late[ _]submission|versp(?:ae|a)tete[ _]abgabe)[ _]-[ _](?P<own>.+)", re.IGNORECASE)
_MOST_ABOVE = 3
_SHORTEST = 3  # digits of the number; a folder `lab_1_group_7` is no export


def _entry(name: str) -> Entry | None:
    parts = name.split("/")
    for i, part in enumerate(parts[:-1][: _MOST_ABOVE + 1]):
        if found := _STUDENT.fullmatch(part):
            *folders, file = parts[i + 1 :]
            late = _LATE.fullmatch(file)
            own = "/".join([*folders, late["own"] if late else file])
            words = f"{found['name']}_{found['login']}".split("_")
            logins = tuple("_".join(words[j:]) for j in range(len(words) - 1, 1, -1))
            login = found["login"]
            folder = "/".join(parts[: i + 1])
            return Entry(found["id"], found["name"], login, own, folder, late=bool(late), logins=logins)
    return None


def read(names: Sequence[str], _: TextOf) -> Entries:
    """Read the names of the folders."""
    entries: dict[str, Entry | None] = {name: entry for name in names if (entry := _entry(name))}
    if not entries or not consistent(entry for entry in entries.values() if entry):
        return {}
    return entries | {name: None for name in names if name not in entries and name.lower().endswith((".xlsx", ".xls"))}


def _is_sure(entries: Iterable[Entry]) -> bool:
    ids: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        ids[entry.student].add(entry.id)
        if len(entry.id) < _SHORTEST or re.match(r"[^/]+/[^/]+\.ipynb", entry.own):
            return False  # a folder for each assignment in that of the student is nbgrader's
    return all(len(found) == 1 for found in ids.values())


ILIAS = Platform("ILIAS", read, _is_sure)
