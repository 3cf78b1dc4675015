"""Gradescope: `submission_metadata.yml`, and a folder `submission_123` for each submission that it names.

The file says who handed in, alone or together, and when. The zip has only the last submission.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.submissions.platforms.entry import Entries, Entry, Platform, TextOf, top_of, utc_of

_MADE = "submission_metadata.yml"


def read(names: Sequence[str], text_of: TextOf) -> Entries:
    """Read the file that says who handed in what."""
    if _MADE not in names:
        return {}
    import yaml  # only here, because no other platform needs it

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Reads plain values. Objects of Ruby, which Gradescope is written in, become None."""

    Loader.add_multi_constructor("!ruby/", lambda *_: None)
    try:
        told = yaml.load(text_of(_MADE), Loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    entries: dict[str, Entry | None] = {_MADE: None}
    for name in names:
        top, own = top_of(name)
        if own and isinstance(told.get(top), dict):
            entries[name] = _entry(top, own, told[top])
    return entries


def _entry(folder: str, own: str, told: Mapping[str, Any]) -> Entry:
    submitters = told.get(":submitters")
    people = tuple(_person(one) for one in submitters if isinstance(one, dict)) if isinstance(submitters, list) else ()
    history = told.get(":history")
    submitted_at = utc_of(told[":created_at"]) if told.get(":created_at") else None
    name, number, email = people[0] if len(people) == 1 else ("", "", "")
    student = number or email
    return Entry(
        student or folder,
        ", ".join(person[0] or person[2] for person in people) or folder,
        student or (f"{name}_{folder.rpartition('_')[2]}" if name else folder),
        own,
        folder,
        attempt=submitted_at.isoformat() if submitted_at else "",
        number=len(history) + 1 if isinstance(history, list) else None,
        submitted_at=submitted_at,
        logins=(number,) if number else (),
        email=email,
        people=people if len(people) > 1 else (),
    )


def _person(told: Mapping[str, Any]) -> tuple[str, str, str]:
    name, number, email = (str(told.get(key) or "").strip() for key in (":name", ":sid", ":email"))
    return name, number, email


GRADESCOPE = Platform("Gradescope", read)
