"""Moodle: `Full name_777_assignsubmission_file_/homework.ipynb`, or all in one folder, as older downloads have it.

The number is the student's in this one assignment. In anonymous assignments the name is `Participant`, in the language
of the site. If a group handed in, name and number are those of the group. Students without a group are one group, which
has no number. Since Moodle 4.1 the folder does not end in an underscore. The zip has only the last attempt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.submissions.platforms.entry import Entries, Entry, Platform, TextOf, consistent, top_of

_PART = re.compile(
    r"(?P<name>.+?)(?:_(?P<id>[0-9]+))?_assign(?:submission|feedback)_[a-z]+(?:_(?P<own>.*))?", re.DOTALL
)


def _entry(name: str) -> Entry | None:
    top, rest = top_of(name)
    found = _PART.fullmatch(top)
    if not found or not (rest or found["own"]):
        return None
    number = found["id"] or ""
    own = "/".join(filter(None, (found["own"], rest)))
    student = f"{found['name']}_{number}" if number else found["name"]
    return Entry(number or found["name"], found["name"], student, own, top, own_folder=bool(rest))


def read(names: Sequence[str], _: TextOf) -> Entries:
    """Read the names of the folders or files."""
    entries = {name: entry for name in names if (entry := _entry(name))}
    if not consistent(entries.values()):
        return {}
    return {name: entry if "_assignsubmission_" in entry.file else None for name, entry in entries.items()}


MOODLE = Platform("Moodle", read)
