"""How late somebody is and what it costs: deadlines to the second, extensions, zones, and every line of [late]."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.assignment import Assignment, UsageError
from autograder.assignment.policy_model import Late
from autograder.grading import Result
from autograder.marking import Grade, grades_of
from autograder.marking.late import days_late
from autograder.submissions import Roster

BERLIN = ZoneInfo("Europe/Berlin")
DUE = "2026-03-02T12:00:00Z"
Grading = Callable[..., Grade]


@pytest.fixture
def grade(course: Assignment, tmp_path: Path) -> Grading:
    """The grade of ada, who has 80 of 100 points, by when she handed in and what the policy says."""

    def graded(
        submitted: str | None,
        late: dict[str, Any] | None = None,
        *,
        due: str | None = DUE,
        zone: tzinfo = UTC,
        mark: bool | None = None,
        nbgrader: dict[str, Any] | None = None,
        row: dict[str, str] | None = None,
        status: str = "graded",
    ) -> Grade:
        policy = None if late is None else Late(**late)
        assignment = dataclasses.replace(course, due=due, zone=zone, late=policy)
        roster = Roster(("student_id", *(row or {})), ({"student_id": "ada", **(row or {})},)) if row else Roster()
        result = {"student": "ada", "status": status, "score": 80, "max_score": 100, "submitted_at": submitted}
        result |= {"notebook_sha256": "", "late": mark, "nbgrader": nbgrader, "parts": []}
        return grades_of(assignment, tmp_path, [Result(result)], roster)["ada"]

    return graded


@pytest.mark.parametrize(
    ("submitted", "days"),
    [
        ("2026-03-01T00:00:00Z", 0),
        ("2026-03-02T12:00:00Z", 0),  # at the second of the deadline
        ("2026-03-02T12:00:01Z", 1),
        ("2026-03-03T12:00:00Z", 1),
        ("2026-03-03T12:00:01Z", 2),
        ("2026-03-12T12:00:00Z", 10),
        ("2026-03-12T12:00:01Z", 11),
    ],
)
def test_each_day_that_has_begun_counts_and_the_deadline_itself_is_in_time(
    submitted: str, days: int, grade: Grading
) -> None:
    found = grade(submitted, {"share_per_day": 0.05})
    assert found.lateness.days == days
    assert found.lateness.is_late == (days > 0)
    assert found.score == pytest.approx(80 * (1 - 0.05 * days))


@pytest.mark.parametrize(
    ("policy", "days", "share", "said"),
    [
        (None, 3, 1, "3 days late"),
        ({}, 3, 1, "3 days late, 100 %"),
        ({"share_per_day": 0.1}, 1, 0.9, "1 day late, 90 %"),
        ({"share_per_day": 0.1}, 3, 0.7, "3 days late, 70 %"),
        ({"share_per_day": 0.1}, 11, 0, "11 days late, 0 %"),
        ({"share_per_day": 1}, 1, 0, "1 day late, 0 %"),
        ({"free_days": 3}, 3, 1, "3 days late, 3 late days used, 100 %"),
        ({"free_days": 3}, 4, 0, "4 days late, 3 late days used, 0 %"),
        ({"free_days": 2, "share_per_day": 0.25}, 1, 1, "1 day late, 1 late day used, 100 %"),
        ({"free_days": 2, "share_per_day": 0.25}, 4, 0.5, "4 days late, 2 late days used, 50 %"),
        ({"last_day": 7}, 7, 1, "7 days late, 100 %"),
        ({"last_day": 7}, 8, 0, "8 days late, after the last day that counts, 0 %"),
        ({"share_per_day": 0.1, "last_day": 2}, 2, 0.8, "2 days late, 80 %"),
        ({"share_per_day": 0.1, "last_day": 2}, 3, 0, "3 days late, after the last day that counts, 0 %"),
        ({"last": datetime(2026, 3, 4, 12, tzinfo=UTC)}, 2, 1, "2 days late, 100 %"),
        ({"last": datetime(2026, 3, 4, 12, tzinfo=UTC)}, 3, 0, "3 days late, after the last day that counts, 0 %"),
    ],
)
def test_each_policy_keeps_its_share_and_says_so(
    policy: dict[str, Any] | None, days: int, share: float, said: str, grade: Grading
) -> None:
    submitted = datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(days=days)
    found = grade(submitted.strftime("%Y-%m-%dT%H:%M:%SZ"), policy)
    assert found.lateness.text == said
    assert (found.score, found.before_late) == (pytest.approx(80 * share), 80)
    assert found.late_penalty == pytest.approx(80 * (1 - share))
    assert found.max_score == 100


def test_an_extension_moves_the_deadline_and_is_named(grade: Grading) -> None:
    row = {"extension": "2026-03-05T12:00:00Z"}
    found = grade("2026-03-07T11:00:00Z", {"share_per_day": 0.05}, row=row)
    assert found.lateness.text == "2 days late, extension until 5 March 2026 12:00 UTC, 90 %"
    assert found.late_text.endswith("90 %: 8 points are taken off")
    assert grade("2026-03-05T12:00:00Z", {"share_per_day": 0.05}, row=row).lateness.text == (
        "in time, extension until 5 March 2026 12:00 UTC"
    )


def test_an_extension_before_the_deadline_changes_nothing(grade: Grading) -> None:
    found = grade("2026-03-02T11:00:00Z", {"share_per_day": 0.5}, row={"extension": "2026-02-01"})
    assert (found.score, found.lateness.text) == (80, "")


def test_a_later_extension_goes_before_the_last_moment_that_counts(grade: Grading) -> None:
    last = {"last": datetime(2026, 3, 4, tzinfo=UTC)}
    row = {"extension": "2026-03-10"}
    assert grade("2026-03-10T23:59:59Z", last, row=row).score == 80
    assert grade("2026-03-11T00:00:00Z", last, row=row).score == 0


@pytest.mark.parametrize(
    ("zone", "text", "in_time", "too_late"),
    [
        (UTC, "2026-03-05", "2026-03-05T23:59:59Z", "2026-03-06T00:00:00Z"),
        (timezone(timedelta(hours=1)), "2026-03-05", "2026-03-05T22:59:59Z", "2026-03-05T23:00:00Z"),
        (timezone(timedelta(hours=-8)), "2026-03-05", "2026-03-06T07:59:59Z", "2026-03-06T08:00:00Z"),
        (timezone(timedelta(hours=1)), "2026-03-05 18:00", "2026-03-05T17:00:00Z", "2026-03-05T17:00:01Z"),
        (UTC, "2026-03-05T18:00:00+02:00", "2026-03-05T16:00:00Z", "2026-03-05T16:00:01Z"),
        (BERLIN, "2026-03-05", "2026-03-05T22:59:59Z", "2026-03-05T23:00:00Z"),  # winter
        (BERLIN, "2026-04-05", "2026-04-05T21:59:59Z", "2026-04-05T22:00:00Z"),  # summer
    ],
)
def test_a_date_ends_with_its_day_in_the_zone_of_the_deadline(
    zone: tzinfo, text: str, in_time: str, too_late: str, grade: Grading
) -> None:
    assert grade(in_time, {"share_per_day": 1}, zone=zone, row={"extension": text}).score == 80
    assert grade(too_late, {"share_per_day": 1}, zone=zone, row={"extension": text}).score == 0


def test_a_day_is_a_day_of_the_calendar_when_the_clocks_change() -> None:
    due = datetime(2026, 3, 28, 23, 0, tzinfo=BERLIN)  # the next day has 23 hours
    assert days_late(datetime(2026, 3, 29, 23, 0, tzinfo=BERLIN), due, BERLIN) == 1
    assert days_late(datetime(2026, 3, 29, 23, 0, 1, tzinfo=BERLIN), due, BERLIN) == 2
    due = datetime(2026, 10, 24, 23, 0, tzinfo=BERLIN)  # the next day has 25 hours
    assert days_late(datetime(2026, 10, 25, 23, 0, tzinfo=BERLIN), due, BERLIN) == 1
    assert days_late(datetime(2026, 10, 25, 23, 0, tzinfo=BERLIN), due, UTC) == 2


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


@given(MOMENTS, MOMENTS, st.sampled_from([UTC, BERLIN, timezone(timedelta(hours=-8))]))
def test_the_days_late_are_the_least_number_of_days_that_the_deadline_has_to_move(
    submitted: datetime, deadline: datetime, zone: tzinfo
) -> None:
    days = days_late(submitted, deadline, zone)
    local = deadline.astimezone(zone)
    assert (local + timedelta(days=days)).astimezone(UTC) >= submitted
    assert days == 0 or (local + timedelta(days=days - 1)).astimezone(UTC) < submitted
    assert days_late(submitted + timedelta(days=1), deadline, zone) >= days


def test_the_students_own_late_days_replace_those_of_the_policy(grade: Grading) -> None:
    two_days_late = "2026-03-04T12:00:00Z"
    assert grade(two_days_late, {"free_days": 3}, row={"late_days": "1"}).score == 0
    assert grade(two_days_late, {"share_per_day": 0.5}, row={"late_days": "1"}).score == 40
    assert grade(two_days_late, {"free_days": 1}, row={"late_days": ""}).score == 0
    assert grade(two_days_late, {"free_days": 0}, row={"late_days": "1"}).score == 0
    assert grade(two_days_late, {"last_day": 7}, row={"late_days": "1"}).score == 80  # those days cost nobody anything
    assert grade(two_days_late, {"free_days": 1}, row={"late_days": "2"}).score == 80


@pytest.mark.parametrize("policy", [None, {"share_per_day": 1}, {"last_day": 1}])
def test_nobody_is_called_late_if_the_time_is_not_known(policy: dict[str, Any] | None, grade: Grading) -> None:
    found = grade(None, policy)
    assert (found.score, found.lateness.days, found.lateness.is_late) == (80, None, False)
    assert found.lateness.text == (
        "the time of submission is not known, so nothing is taken off for lateness" if policy else ""
    )


def test_the_platforms_own_mark_is_said_and_costs_nothing_because_it_knows_no_days(grade: Grading) -> None:
    found = grade(None, {"share_per_day": 1}, mark=True)
    assert found.score == 80
    assert found.lateness.is_late
    assert found.lateness.text == (
        "late by the platform's own mark, the number of days is not known, so nothing is taken off"
    )
    assert grade(None, {"share_per_day": 1}, mark=False).lateness.text == ""
    assert grade("2026-03-02T11:00:00Z", {"share_per_day": 1}, mark=True).score == 80  # the policy's deadline decides
    assert grade("2026-09-01T00:00:00Z", None, due=None, mark=True).lateness.text == "late by the platform's own mark"


def test_the_deadline_and_the_penalty_of_nbgraders_gradebook_count_if_the_policy_has_none(grade: Grading) -> None:
    own = {"due": "2026-03-02T12:00:00Z", "penalty": 30.0}
    found = grade("2026-03-04T00:00:00Z", due=None, nbgrader=own)
    assert (found.score, found.late_penalty, found.lateness.days) == (50, 30, 2)
    assert found.late_text == "2 days late, nbgrader's own penalty: 30 points are taken off"
    assert grade("2026-03-04T00:00:00Z", {"share_per_day": 0.1}, nbgrader=own).score == 64
    assert grade("2026-03-01T00:00:00Z", due=None, nbgrader=own).score == 80
    assert grade("2026-03-04T00:00:00Z", due=None, nbgrader={"due": None, "penalty": 0.0}).score == 80


def test_without_a_deadline_nobody_is_late(grade: Grading) -> None:
    found = grade("2026-09-01T00:00:00Z", None, due=None)
    assert (found.score, found.lateness.is_late, found.lateness.text) == (80, False, "")


def test_an_error_of_the_grader_stays_no_grade(grade: Grading) -> None:
    found = grade("2026-03-04T12:00:00Z", {"share_per_day": 0.1}, status="error")
    assert (found.score, found.so_far, found.late_penalty) == (None, None, 0)


def test_the_file_beside_the_ledger_is_read_by_itself_and_goes_before_the_roster(
    grade: Grading, tmp_path: Path
) -> None:
    (tmp_path / "extensions.csv").write_text("student_id;Extension;Late days\nAda;2026-03-04;\n", encoding="utf-8-sig")
    found = grade("2026-03-05T10:00:00Z", {"share_per_day": 0.5}, row={"extension": "2026-03-20", "late_days": "1"})
    assert found.lateness.text == "1 day late, extension until 4 March 2026 23:59 UTC, 1 late day used, 100 %"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("student_id,extension\nada,05.03.2026\n", "line 2: extension must be a date such as"),
        ("student_id,extension\noak,2026-03-05\nada,2026-02-30\n", "line 3: extension must be a date such as"),
        ("student_id,extension\nada,9999-12-31T23:59:59-12:00\n", "line 2: extension must be a date such as"),
        ("student_id,late_days\nada,-1\n", "line 2: late_days must be a whole number"),
        ("student_id,late_days\nada,two\n", "line 2: late_days must be a whole number"),
        ("student_id,until\nada,2026-03-05\n", "the first line must be student_id,extension"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_with_its_line(
    text: str, said: str, grade: Grading, tmp_path: Path
) -> None:
    (tmp_path / "extensions.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        grade("2026-03-05T10:00:00Z", {"share_per_day": 0.5})


def test_a_roster_with_an_extension_that_cannot_be_understood_is_refused(grade: Grading) -> None:
    with pytest.raises(UsageError, match="the roster, line 2: extension must be a date such as"):
        grade("2026-03-05T10:00:00Z", row={"extension": "next week"})


def test_a_deadline_at_a_second_is_shown_with_its_second(grade: Grading) -> None:
    found = grade("2026-03-06T10:00:00Z", {"share_per_day": 0}, row={"extension": "2026-03-05 10:00:30"}, zone=BERLIN)
    assert found.lateness.text == "2 days late, extension until 5 March 2026 10:00:30 CET, 100 %"
