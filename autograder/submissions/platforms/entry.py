"""What a platform's export says of one of its files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil import parser


@dataclass(frozen=True)
class Entry:
    """A file that somebody handed in.

    - `id`: what the platform calls the student, or the group. All files of one student have the same.
    - `name`: how the export writes the student's name.
    - `student`: the student's name in the ledger, if no roster gives a better one.
    - `own`: the path that the student gave the file.
    - `file`: the name of the file or folder in the export.
    - `attempt`: sorts the attempts of a student, and `number` counts them, if the platform does.
    - `newer`: if two files of an attempt have the same `own`, the one with the larger number is the later one.
    - `own_folder`: whether the export kept the student's folder as it was.
    - `submitted_at`: the time. It has no zone if the platform does not say one.
    - `logins`, `email`, `people`: see `HandedIn`.
    """

    id: str
    name: str
    student: str
    own: str
    file: str
    attempt: str = ""
    number: int | None = None
    newer: int = 0
    own_folder: bool = True
    submitted_at: datetime | None = None
    late: bool | None = None
    logins: tuple[str, ...] = ()
    email: str = ""
    people: tuple[tuple[str, str, str], ...] = ()


TextOf = Callable[[str], str]  # the text of a file of the export; empty if it can't be read
# By the name of a file: its entry, or None if the platform itself made the file. Names that do not fit are left out.
Entries = Mapping[str, Entry | None]


class Platform(NamedTuple):
    """A platform: its title, and what reads the names of its export.

    `is_sure` says whether names that fit can hardly be those of an ordinary folder.
    """

    title: str
    read: Callable[[Sequence[str], TextOf], Entries]
    is_sure: Callable[[Iterable[Entry]], bool] = lambda _: True

    @property
    def export(self) -> str:
        """What to call its export in a sentence: "Moodle's export"."""
        return f"{self.title}'{'' if self.title.endswith(('s', 'S')) else 's'} export"


def consistent(entries: Iterable[Entry]) -> bool:
    """Whether each id has one name, as the students of a platform have."""
    names: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        names[entry.id].add(entry.name)
    return all(len(found) == 1 for found in names.values())


# How months begin in Danish, Dutch, French, German, Italian, Norwegian, Portuguese, Spanish and Swedish.
_MONTHS = {
    **{"janv": 1, "jän": 1, "ene": 1, "gen": 1, "févr": 2, "fév": 2, "fev": 2, "mär": 3, "mrz": 3, "mars": 3},
    **{"maart": 3, "mrt": 3, "març": 3, "avr": 4, "abr": 4, "mai": 5, "maj": 5, "mei": 5, "mag": 5, "giu": 6},
    **{"juin": 6, "juil": 7, "lug": 7, "aoû": 8, "ago": 8, "set": 9, "okt": 10, "out": 10, "ott": 10, "dez": 12},
    **{"déc": 12, "dic": 12, "des": 12},
}
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def time_in(text: str) -> datetime | None:
    """Return the time that a text says, mostly without a zone. None if the text is no time.

    The month may be a name, and the day of the week may be there: `Samstag, 28. Februar 2026, 09:00`.
    """
    try:
        return parser.parse(_WORD.sub(_in_english, text))
    except (ValueError, OverflowError):
        return None


def utc_text(moment: datetime | None, zone: tzinfo) -> str | None:
    """Return a time in UTC as text. One without a zone is read in `zone`, if the policy names one.

    An offset is no name of a zone: it is that of the deadline, and may not hold on another day. Then, the zone of this
    machine counts. None for no time.
    """
    if moment is None:
        return None
    try:
        if moment.tzinfo is None and isinstance(zone, ZoneInfo):
            moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None


_WORD = re.compile(r"[^\W\d_]{2,}\.?")


def _in_english(found: re.Match[str]) -> str:
    """A month as English writes it, AM and PM as they are, and nothing in place of any other word."""
    word = found[0].lower().rstrip(".")
    if word in ("am", "pm"):
        return word
    number = next((n for begins, n in _MONTHS.items() if word.startswith(begins)), 0)
    known = _ENGLISH[number - 1] if number else next((name for name in _ENGLISH if word.startswith(name.lower())), "")
    return known


def utc_of(moment: object) -> datetime | None:
    """Return a time that a platform gives with its zone, or in UTC without one. None if it is no time."""
    try:
        found = moment if isinstance(moment, datetime) else parser.parse(str(moment))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def top_of(name: str) -> tuple[str, str]:
    """The first part of a path, and the rest."""
    top, _, rest = name.partition("/")
    return top, rest


def is_number(text: str) -> bool:
    """Whether it is a number as platforms write their ids."""
    return re.fullmatch(r"[0-9]+", text) is not None
