"""Brightspace: a folder `12-34 - Ada Lovelace - Feb 28, 2026 900 AM` for each attempt, and index.html.

The numbers are those of the user and of the assignment's folder. Some versions leave out the space before the date,
and some put the file in no folder: `12-34 - Ada Lovelace - Feb 28, 2026 900 AM - homework.ipynb`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from autograder.submissions.platforms.entry import Entries, Entry, Platform, TextOf, consistent, time_in, top_of

_DATE = r"(?P<date>[^/-]*[0-9]{4}[^/-]*|[0-9]{4}-[0-9]{2}-[0-9]{2}[^/-]*)"
_FOLDER = re.compile(rf"(?P<id>[0-9]+)-(?P<item>[0-9]+) - (?P<name>.+?)\s?- {_DATE}")
_FLAT = re.compile(rf"(?P<id>[0-9]+)-(?P<item>[0-9]+) - (?P<name>.+?)\s?- {_DATE} - (?P<own>.+)", re.DOTALL)
_MADE = ("index.html", "index.htm")
_HALVES = re.compile(r"\b([0-9]{1,2})([0-9]{2})(?=\s*[AP]\.?\s?M)", re.IGNORECASE)
_WHOLE = re.compile(r"(?<=[0-9]{4}[ ,])\s*([0-9]{1,2})([0-9]{2})\s*$")


def read(names: Sequence[str], _text_of: TextOf) -> Entries:
    """Read the names of the folders or files."""
    parsed: dict[str, tuple[re.Match[str], str, str]] = {}
    for name in names:
        top, rest = top_of(name)
        found = _FOLDER.fullmatch(top) if rest else _FLAT.fullmatch(top)
        if found:
            parsed[name] = found, top, rest or found["own"]
    if len({found["item"] for found, *_ in parsed.values()}) > 1:
        return {}  # an export is of one assignment
    moments = {found["date"]: time_in(_with_colon(found["date"])) for found, *_ in parsed.values()}
    order = {date: moment.isoformat() if moment else date for date, moment in moments.items()}
    attempts: dict[str, set[str]] = defaultdict(set)
    for found, *_ in parsed.values():
        attempts[found["id"]].add(order[found["date"]])
    entries: dict[str, Entry | None] = {name: None for name in names if name in _MADE and parsed}
    for name, (found, top, own) in parsed.items():
        when = order[found["date"]]
        entries[name] = Entry(
            found["id"],
            found["name"],
            f"{found['name']}_{found['id']}",
            own,
            top,
            attempt=when,
            number=sorted(attempts[found["id"]]).index(when) + 1,
            own_folder="/" in name,
            submitted_at=moments[found["date"]],
        )
    return entries if consistent(entry for entry in entries.values() if entry) else {}


def _with_colon(date: str) -> str:
    """`Feb 28, 2026 900 AM` as `Feb 28, 2026 9:00 AM`."""
    return _WHOLE.sub(r" \1:\2", _HALVES.sub(r"\1:\2", date))


BRIGHTSPACE = Platform("Brightspace", read)
