"""Gives submissions the names of the students who handed them in: from the roster and from the groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo

from autograder.submissions.groups import Groups, with_members
from autograder.submissions.match import Matched, match_roster
from autograder.submissions.people import worksheet_columns
from autograder.submissions.platforms.entry import time_in, utc_text
from autograder.submissions.roster import Roster
from autograder.submissions.submission import Submission


def name_students(
    submissions: Sequence[Submission], roster: Roster, groups: Groups, zone: tzinfo = UTC
) -> tuple[list[Submission], list[tuple[str, Sequence[str]]]]:
    """Return the submissions, one for each student, and notes: what is the case, and the names of which it is.

    Raises UsageError if a student would have two.
    """
    names = {*groups, *(person.group for person in roster.people if person.group)}
    matched = match_roster(submissions, roster, names)
    named, empty = with_members(_with_times(matched.submissions, roster, zone), groups, roster)
    others = {(s.path, s.member): f"{s.student} ({', '.join(s.not_graded)})" for s in named if s.not_graded}
    return named, [
        ("Not graded, because a notebook beside it has the assignment's name", list(others.values())),
        *_notes(matched, named, roster),
        ("Groups without a submission", empty),
    ]


def _notes(matched: Matched, named: Sequence[Submission], roster: Roster) -> Iterator[tuple[str, Sequence[str]]]:
    if not roster.people or not any(submission.handed_in for submission in named):
        return
    if matched.doubtful:
        yield "In doubt, because the roster does not say which student it is", matched.doubtful
    if matched.renamed:
        yield (
            "Another name in the export than on the roster. If these are groups, give their members with --groups",
            matched.renamed,
        )
    if roster.platform:  # the kit's own roster is compared with every submission, also of folders
        present = {submission.student for submission in named}
        grouped = {submission.student for submission in named if submission.members}
        strangers = [name for name in matched.strangers if name in present and name not in grouped]
        absent = [person.student for person in roster.people if person.student not in present]
        yield "On the roster, but no submission", absent
        yield "Submitted, but not on the roster", strangers


def _with_times(submissions: Sequence[Submission], roster: Roster, zone: tzinfo) -> list[Submission]:
    """Take the times of submission from Moodle's grading worksheet, because its export has none."""
    place = _time_column(roster) if roster.platform == "moodle" else None
    if place is None:
        return list(submissions)
    row_of = {person.student: roster.table.cells[person.row] for person in roster.people}
    row_of_group = {person.group: roster.table.cells[person.row] for person in roster.people if person.group}
    result = []
    for submission in submissions:
        handed_in = submission.handed_in
        if handed_in and handed_in.platform == "moodle" and submission.submitted_at is None:
            row = row_of.get(submission.student) or row_of_group.get(handed_in.name) or ()
            when = utc_text(time_in(row[place]), zone) if place < len(row) else None
            submission = replace(submission, submitted_at=when)  # noqa: PLW2901
        result.append(submission)
    return result


def _time_column(roster: Roster) -> int | None:
    """The first of two columns of times behind the grade: when it was handed in, and when it was graded."""
    found = worksheet_columns(roster.table.columns, roster.table.cells)
    if not found:
        return None
    times = []
    for place in range(found[1] + 1, len(roster.table.columns)):
        texts = {row[place].strip() if place < len(row) else "" for row in roster.table.cells} - {"", "-"}
        if all(any(letter.isdigit() for letter in text) and time_in(text) for text in texts):
            times.append((place, bool(texts)))
    return times[0][0] if len(times) >= 2 and times[0][1] else None
