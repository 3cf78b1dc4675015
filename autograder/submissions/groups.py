"""Students who hand in together: each member gets a submission of the same file, and it is graded once.

Who is in a group comes from a file, from Gradescope's export, or from the groups in Moodle's grading worksheet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autograder.assignment import UsageError
from autograder.submissions.identity import same_name, without_capitals
from autograder.submissions.match import match_people
from autograder.submissions.people import name_key, role_of
from autograder.submissions.roster import Roster, read_table
from autograder.submissions.submission import HandedIn, Submission

Groups = Mapping[str, tuple[str, ...]]  # by the name of the group: its students, as the file names them

_GROUP = ("group", "groupname", "team")
_STUDENT = ("student_id", "login", "email", "number")


def read_groups(path: Path) -> Groups:
    """Read a CSV with the columns `group,student_id`, or the groups that Canvas exports.

    In place of `student_id` there may be a login or an e-mail address. Raises UsageError if a column is missing, or if
    a student is in two groups.
    """
    table = read_table(path, "groups")
    columns = [same_name(column) for column in table.columns]
    plain = [without_capitals(column).replace("_", "").replace(" ", "") for column in columns]
    group_at = next((i for i, column in enumerate(plain) if column in _GROUP or role_of(column) == "group"), None)
    roles = ["student_id" if column == "studentid" else role_of(column) for column in plain]
    student_at = next((roles.index(role) for role in _STUDENT if role in roles), None)
    if group_at is None or student_at is None:
        raise UsageError(f"{path}: the groups need the columns group,student_id; a login or an e-mail will do as well.")
    groups: dict[str, list[str]] = defaultdict(list)
    group_of: dict[str, str] = {}
    for cells in table.cells:
        padded = [*map(same_name, cells), *[""] * len(columns)]
        group, student = padded[group_at], padded[student_at]
        if group and student and group_of.setdefault(without_capitals(student), group) != group:
            raise UsageError(f"{path}: {student} is in two groups, {group_of[without_capitals(student)]} and {group}.")
        if group and student and student not in groups[group]:
            groups[group].append(student)
    return {group: tuple(students) for group, students in groups.items()}


def with_members(
    submissions: Sequence[Submission], groups: Groups, roster: Roster
) -> tuple[list[Submission], list[str]]:
    """Give each member of a group the group's submission. Return also the groups of the file that have none.

    A submission is a group's if it has the group's name or that of a member. Of several with known times the last one
    counts. Raises UsageError if it is not known which one counts, or if a student would get two.
    """
    named = {group: _names(members, roster) for group, members in groups.items()}
    for person in roster.people:
        if person.group and roster.platform == "moodle":
            named[person.group] = (*named.get(person.group, ()), person.student)
    group_of = {student: group for group, members in named.items() for student in members if group in groups}
    by_name = {name_key(group): group for group in named}
    handed_in: dict[str, list[Submission]] = defaultdict(list)
    result: list[Submission] = []
    for submission in submissions:
        if submission.handed_in and submission.handed_in.people:
            members = _submitters(submission.handed_in, roster)
            result += _for_each(submission, ", ".join(members), members)
            continue
        name = submission.handed_in.name if submission.handed_in else submission.student
        group = group_of.get(submission.student) or by_name.get(name_key(name))
        if group:
            handed_in[group].append(submission)
        else:
            result.append(submission)
    for group, several in handed_in.items():
        result += _for_each(_last(group, several), group, named[group])
    _demand_one_each(result)
    return sorted(result, key=lambda s: s.student), [group for group in groups if group not in handed_in]


def _names(members: Sequence[str], roster: Roster) -> tuple[str, ...]:
    """The students' names in the ledger."""
    known = {key: person.student for person in roster.people for key in (*person.logins, person.email) if key}
    return tuple(known.get(without_capitals(member), member) for member in members)


def _submitters(handed_in: HandedIn, roster: Roster) -> tuple[str, ...]:
    """The members that the platform itself names: with the roster's name, else the number, the address or the name."""
    each = [
        HandedIn(handed_in.platform, "", name, "", logins=(number,) if number else (), email=email)
        for name, number, email in handed_in.people
    ]
    found, _ = match_people(each, roster)
    return tuple(
        roster.people[found[i]].student if i in found else (one.logins[0] if one.logins else one.email or one.name)
        for i, one in enumerate(each)
    )


def _for_each(submission: Submission, group: str, members: Sequence[str]) -> list[Submission]:
    members = tuple(sorted(dict.fromkeys(members)))
    return [replace(submission, student=member, group=group, members=members) for member in members]


def _last(group: str, several: Sequence[Submission]) -> Submission:
    if len(several) == 1:
        return several[0]
    times = [submission.submitted_at for submission in several]
    if None in times or len(set(times)) < len(times):
        names = " and ".join(submission.student for submission in several)
        raise UsageError(f"the group {group} has {len(several)} submissions, of {names}: keep one.")
    *earlier, last = sorted(several, key=lambda submission: submission.submitted_at or "")
    return replace(last, before=(*last.before, *reversed(earlier)))


def _demand_one_each(submissions: Sequence[Submission]) -> None:
    found: dict[str, Submission] = {}
    for submission in submissions:
        other = found.setdefault(submission.student, submission)
        if other is not submission:
            one, two = other.group or other.path, submission.group or submission.path
            raise UsageError(f"two submissions of '{submission.student}': {one} and {two}.")
