"""Blackboard: `Assignment_username_attempt_2026-02-28-09-00-00_homework.ipynb`, and a text for each attempt beside it.

The name of the assignment and the user's name may have underscores too. The text has the user's name in its first line.
Without the text, the words that all names begin with are the name of the assignment.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from autograder.submissions.platforms.entry import Entries, Entry, Platform, TextOf, time_in

_FILE = re.compile(
    r"(?P<head>.+)_attempt_(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})-(?P<time>[0-9]{2}-[0-9]{2}-[0-9]{2})"
    r"(?:_(?P<own>.+)|(?P<text>\.txt))",
    re.DOTALL,
)
_LOGIN = re.compile(r"\(([^()]+)\)\s*$")


def read(names: Sequence[str], text_of: TextOf) -> Entries:
    """Read the names of the files, and the texts of the attempts."""
    found = {name: match for name in names if "/" not in name and (match := _FILE.fullmatch(name))}
    told = _told(found, text_of)
    logins = _logins({match["head"] for match in found.values()}, told)
    if len({head.removesuffix(login) for head, login in logins.items()}) > 1:
        return {}  # an export is of one assignment
    attempts: dict[str, set[str]] = defaultdict(set)
    for match in found.values():
        attempts[match["head"]].add(match["day"] + match["time"])
    entries: dict[str, Entry | None] = {}
    for name, match in found.items():
        moment = time_in(f"{match['day']} {match['time'].replace('-', ':')}")
        if moment is None:
            continue
        when = match["day"] + match["time"]
        login, head = logins[match["head"]], match["head"]
        entries[name] = Entry(
            login,
            login,
            login,
            match["own"] or name,
            name,
            attempt=when,
            number=sorted(attempts[head]).index(when) + 1,
            own_folder=False,
            submitted_at=moment,
            logins=(login,) if head in told else _endings(head),
        )
    return entries


def _endings(head: str) -> tuple[str, ...]:
    """What may be the user's name: every end of the head that begins after an underscore, the shortest first."""
    words = head.split("_")
    return tuple("_".join(words[i:]) for i in range(len(words) - 1, 0, -1))


def _told(found: Mapping[str, re.Match[str]], text_of: TextOf) -> dict[str, str]:
    """The user's name in each head whose text says it."""
    told: dict[str, str] = {}
    for name, match in found.items():
        if match["text"] and match["head"] not in told:
            first = text_of(name).strip().partition("\n")[0]
            if (login := _LOGIN.search(first)) and match["head"].endswith(f"_{login[1]}"):
                told[match["head"]] = login[1]
    return told


def _logins(heads: Collection[str], told: Mapping[str, str]) -> dict[str, str]:
    """The user's name in each head. If no text has it, it is what follows the words that all heads begin with."""
    titles = [head.removesuffix(f"_{login}") for head, login in told.items()]
    alike = _shared_words(heads)
    logins = dict(told)
    for head in heads:
        title = next((title for title in titles if head.startswith(f"{title}_")), alike)
        logins.setdefault(head, head.removeprefix(f"{title}_"))
    return logins


def _shared_words(heads: Collection[str]) -> str:
    """The words that all heads begin with. The last word of each is never among them."""
    split = [head.split("_") for head in heads]
    shared: list[str] = []
    for words in zip(*(words[:-1] for words in split), strict=False):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    return "_".join(shared)


BLACKBOARD = Platform("Blackboard", read)
