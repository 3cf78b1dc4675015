"""Says how late a submission is, by the deadline and the student's extension, and what that costs by the policy.

If the time of a submission is not known, the kit does not call it late. It says that the time is not known.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path

from autograder.assignment import Assignment, UsageError
from autograder.grading import Result, printable
from autograder.submissions import Roster, read_roster

EXTENSIONS_NAME = "extensions.csv"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY = timedelta(days=1)
MARKED = "late by the platform's own mark"


@dataclass(frozen=True)
class Lateness:
    """How late a student handed in.

    - `days` is the number of days late, where each day that has begun counts. It is 0 if the student was in time, and
      None if it is not known.
    - `is_late` is also true if only the platform's own mark says so. Then the number of days is not known.
    - `share` of the points is kept, from 0 to 1. `extension` is the student's own deadline, in UTC, if there is one.
    - `points` are taken off in addition: the penalty in nbgrader's gradebook, if the policy has no [late].
    - `text` says all of it in a few words, such as "2 days late, extension until 5 March 2026 12:00 UTC, 90 %". It is
      empty if there is nothing to say.
    """

    days: int | None = 0
    share: float = 1.0
    extension: datetime | None = None
    text: str = ""
    is_late: bool = False
    points: float = 0.0


class Extensions:
    """The extensions and late days of students.

    Both are columns of the roster, and of `extensions.csv` in a folder, if one is given. If a student has a value in
    both, that of the file counts. Raises UsageError if a value cannot be read.
    """

    def __init__(self, assignment: Assignment, folder: Path | None, roster: Roster) -> None:
        self._zone = assignment.zone
        path = folder / EXTENSIONS_NAME if folder else None
        own = read_extensions(path, self._zone) if path and path.is_file() else Roster()
        _demand_readable(roster, "the roster", self._zone)
        self._sources = (own, roster)

    def of(self, student: str) -> tuple[datetime | None, int | None]:
        """Return the student's own deadline in UTC and number of late days, each None if there is none."""
        until: datetime | None = None
        days: int | None = None
        for source in self._sources:
            row = source.row_of(student)
            until = _moment(_cell(row, "extension"), self._zone) if until is None else until
            days = _number(_cell(row, "late_days")) if days is None else days
        return until, days


def read_extensions(path: Path, zone: tzinfo) -> Roster:
    """Read a file of extensions: a CSV with student_id and with extension, late_days or both. Raises UsageError."""
    found = read_roster(path)
    if "student_id" not in found.columns or not {"extension", "late_days"} & set(map(_plain, found.columns)):
        raise UsageError(
            f"{path}: the first line must be student_id,extension,late_days, or without one of the last two."
        )
    _demand_readable(found, str(path), zone)
    return found


def keep_extensions(path: Path, folder: Path, assignment: Assignment) -> None:
    """Copy a file of extensions beside a ledger, where every grade of it reads them. Another one there is renamed.

    Raises UsageError if the file cannot be used, or not be written there.
    """
    read_extensions(path, assignment.zone)
    kept = folder / EXTENSIONS_NAME
    try:
        raw = path.read_bytes()
        folder.mkdir(parents=True, exist_ok=True)
        if kept.is_file() and kept.read_bytes() != raw:
            number = next(n for n in itertools.count(1) if not kept.with_name(f"extensions.{n}.csv").exists())
            kept.rename(kept.with_name(f"extensions.{number}.csv"))
        if not kept.is_file():
            part = kept.with_suffix(".part")
            part.write_bytes(raw)
            part.replace(kept)
    except OSError as problem:
        raise UsageError(f"{kept}: the extensions can't be kept here ({problem.strerror}).") from None


def unknown_students(folder: Path, zone: tzinfo, students: Sequence[str]) -> list[str]:
    """Return the students of the folder's extensions that are not among these, because a name may be mistyped."""
    path = folder / EXTENSIONS_NAME
    if not path.is_file():
        return []
    named = read_extensions(path, zone)
    known = {named.student(student) for student in students}
    return [student for student in named.students if student not in known]


def _demand_readable(roster: Roster, where: str, zone: tzinfo) -> None:
    for number, row in enumerate(roster.rows):
        line = roster.lines[number] if roster.lines else number + 2
        for column, read in (("extension", lambda text: _moment(text, zone)), ("late_days", _number)):
            text = _cell(row, column)
            try:
                read(text)
            except (ValueError, OverflowError):
                wanted = (
                    "a date such as 2027-03-05, or a date and a time such as 2027-03-05 12:00"
                    if column == "extension"
                    else "a whole number, zero or more"
                )
                raise UsageError(
                    f"{where}, line {line}: {column} must be {wanted}, not {printable(text, 40)}."
                ) from None


def _cell(row: Mapping[str, str], column: str) -> str:
    """The text in a column, whose name may be written with capitals, spaces or hyphens: `Late days`."""
    return next((text for name, text in row.items() if _plain(name) == column), "")


def _plain(column: str) -> str:
    return re.sub(r"[ -]", "_", column.strip().lower())


def _moment(text: str, zone: tzinfo) -> datetime | None:
    """Return a time in UTC. A date alone means the end of that day. Raises ValueError if the text is neither."""
    text = text.strip()
    if not text:
        return None
    if _DATE.fullmatch(text):
        local = datetime.combine(date.fromisoformat(text), time(23, 59, 59))
    elif _DATE.match(text):
        local = datetime.fromisoformat(text)
    else:
        raise ValueError(text)
    return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)


def _number(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)


def lateness_of(assignment: Assignment, result: Result, extensions: Extensions) -> Lateness:
    """Return how late a result's notebook was handed in, and the share of the points that it keeps."""
    mark = result.get("late")  # the platform's own, which does not say how many days
    in_gradebook = result.get("nbgrader") or {}
    points = 0.0 if assignment.late else float(in_gradebook.get("penalty") or 0)
    deadline_text = assignment.due or in_gradebook.get("due")
    if deadline_text is None:
        return Lateness(None, text=MARKED, is_late=True) if mark else Lateness(0 if mark is False else None)
    due = datetime.fromisoformat(deadline_text)
    until, own_days = extensions.of(result["student"])
    extension = until if until and until > due else None  # the extension of an earlier assignment changes nothing
    deadline = extension or due
    said = f"extension until {shown_time(deadline, assignment.zone)}" if extension else ""
    if not result.get("submitted_at"):
        return _not_known(assignment, mark, extension, said)
    submitted = datetime.fromisoformat(result["submitted_at"])
    days = days_late(submitted, deadline, assignment.zone)
    if not days:
        return Lateness(0, extension=extension, text=f"in time, {said}" if said else "")
    share, why = _kept(assignment, days, submitted, own_days)
    words = [f"{days} day{'s' if days > 1 else ''} late", said, why, _percent(share) if assignment.late else ""]
    words += ["nbgrader's own penalty"] if points else []
    return Lateness(days, share, extension, ", ".join(filter(None, words)), is_late=True, points=points)


def _not_known(assignment: Assignment, mark: bool | None, extension: datetime | None, said: str) -> Lateness:
    """What is said if the time of submission is not known. It costs nothing."""
    if mark is False:
        return Lateness(0, extension=extension)
    if mark:
        words = [MARKED, said, "the number of days is not known, so nothing is taken off" if assignment.late else ""]
        return Lateness(None, extension=extension, text=", ".join(filter(None, words)), is_late=True)
    said = "the time of submission is not known, so nothing is taken off for lateness" if assignment.late else ""
    return Lateness(None, extension=extension, text=said)


def days_late(submitted: datetime, deadline: datetime, zone: tzinfo) -> int:
    """Return how many days after the deadline something was handed in. Each day that has begun counts.

    A notebook at the deadline is in time. A day ends at the deadline's time of day in this zone, so on a
    day when clocks change, it has 23 or 25 hours.
    """
    if submitted <= deadline:
        return 0
    local = deadline.astimezone(zone)
    days = max(0, (submitted - deadline) // _DAY - 1)
    while (local + days * _DAY).astimezone(UTC) < submitted:
        days += 1
    return days


def _kept(assignment: Assignment, days: int, submitted: datetime, own_days: int | None) -> tuple[float, str]:
    """Return the share of the points that is kept, and the reason in a few words if the number of days does not say it.

    First the last day: after it the share is 0. Then free days are subtracted. Each remaining day takes its share.
    """
    late = assignment.late
    if late is None:
        return 1.0, ""
    is_over = late.last_day is not None and days > late.last_day
    if is_over or (late.last is not None and submitted > late.last):
        return 0.0, "after the last day that counts"
    free = late.free_days if own_days is None else own_days
    per_day = late.share_per_day
    if per_day is None:
        per_day = 1 if "free_days" in late.model_fields_set else 0
    # Rounded, because 1 - 3 * 0.1 is 0.7000000000000001 otherwise.
    share = max(0.0, round(1 - per_day * max(0, days - free), 9))
    used = min(days, free)
    return share, f"{used} late day{'s' if used > 1 else ''} used" if used else ""


def _percent(share: float) -> str:
    return f"{round(share * 100, 2):g} %"


def shown_time(moment: datetime, zone: tzinfo) -> str:
    """Return a time as pages show it, in this zone: "5 March 2026 12:00 CET". A second of 0 or 59 is left out."""
    local = moment.astimezone(zone)
    seconds = ":%S" if local.second not in (0, 59) else ""
    return f"{local.day} {local:%B %Y %H:%M{seconds} %Z}"
