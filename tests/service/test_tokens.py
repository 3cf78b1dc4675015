"""Tokens: whose they are, how long they hold, and what the log says of those that are no good."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.service import Store
from autograder.service.intake import (
    CHANGED,
    EXPIRED,
    WRONG,
    Intake,
    Rejected,
    iso,
)
from autograder.service.tokens import TOKEN_SECONDS, Generations, Tokens
from tests.service.running import Running, email, make_message


def test_what_was_stored_while_its_token_held_is_accepted_when_it_is_sent_again_later(
    running: Running, student: str, log_lines: Callable[[str], list[Any]]
) -> None:
    message = running.message(student)
    receipt = running.submit(message).json["receipt"]
    running.clock.ahead += TOKEN_SECONDS + 1
    try:
        again, other = running.submit(message), running.submit(message | {"submissionId": "another"})
        changed = running.submit(message | {"parts": {}})
    finally:
        running.clock.ahead -= TOKEN_SECONDS + 1
    assert (again.status, again.json["receipt"]) == (201, receipt)
    assert (other.status, other.learner) == (403, EXPIRED)
    assert (changed.status, changed.learner) == (409, CHANGED)
    assert len(running.service.store.of_student(student)) == 1


def test_lateness_is_that_of_the_first_time(course: Assignment, tmp_path: Path) -> None:
    store, now = Store(f"sqlite:///{tmp_path / 'submissions.db'}"), [1_800_000_000.0]
    tokens = Tokens("s" * 40, "i" * 40, lambda: now[0])
    due = dataclasses.replace(course, due=iso(now[0] + 60))
    intake = Intake(store, tokens, {course.slug: due}, {email("oak"): "oak"}, 2, lambda: now[0])
    token = tokens.token(email("oak"), course.slug, Generations())
    raw = json.dumps(make_message(course, "oak", token)).encode()
    assert not intake.accept(raw).late
    now[0] += 120
    assert not intake.accept(raw).late
    assert intake.accept(json.dumps(make_message(course, "oak", token)).encode()).late
    store.close()


def foreign_token(running: Running, student: str) -> str:
    return running.tokens.token(email(student), "another_assignment", Generations())


def strangers_token(running: Running, student: str) -> str:
    return running.tokens.token("nobody@example.org", running.assignment.slug, Generations())


def other_secret(running: Running, student: str) -> str:
    return Tokens("x" * 40, "y" * 40).token(email(student), running.assignment.slug, Generations())


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda *_: "guess", "wrong"),
        (lambda *_: "gü\ud800ess", "wrong"),
        (lambda *_: "a" * 1999, "wrong"),
        (other_secret, "wrong"),
        (lambda running, student: running.tokens.link(student, 0), "wrong"),  # signed by us, for another purpose
        (foreign_token, "foreign"),
        (strangers_token, "reused"),
    ],
)
def test_tokens_that_are_no_good_are_told_apart_in_the_log_and_get_one_message(
    running: Running, student: str, make: Any, why: str, log_lines: Callable[[str], list[Any]]
) -> None:
    answer = running.submit(running.message(student, secret=make(running, student)))
    assert (answer.status, answer.learner) == (403, WRONG)
    assert [(line["why"], line["student"]) for line in log_lines("token refused")] == [(why, student)]
    assert not running.service.store.of_student(student)


def test_an_address_that_is_not_on_the_roster_gets_the_same_message(
    running: Running, student: str, log_lines: Callable[[str], list[Any]]
) -> None:
    own = running.tokens.token("nobody@example.org", running.assignment.slug, Generations())
    for token in (own, running.token(student)):
        answer = running.submit(running.message(student, submitterEmail="nobody@example.org", secret=token))
        assert (answer.status, answer.learner) == (403, WRONG)
    assert [(line["why"], line["student"]) for line in log_lines("token refused")] == [("not on the roster", None)] * 2


def test_secrets_and_tokens_stay_out_of_the_log(
    running: Running, student: str, log_lines: Callable[[str], list[Any]]
) -> None:
    message, link = running.message(student), running.tokens.link(student, 0)
    token = message["secret"]
    running.submit(message)
    running.submit(message | {"submitterEmail": token})  # pasted into the wrong place
    running.submit(message | {"submitterEmail": token, "secret": email(student)})
    running.submit(message | {"assignmentKey": token})
    running.submit(message | {"secret": token + "x"})
    cookie = running.enter(student)
    running.ask("GET", f"/enter/{link}")
    running.ask("GET", f"/enter/{link}x")
    running.ask("GET", f"/instruct/{running.instructor}")
    running.ask("GET", f"/submissions/{token}?{token}", Cookie=cookie)
    running.ask("GET", f"/{token}", Cookie=f"{cookie}x")
    running.post(cookie, "/token", assignment=token)
    text = json.dumps(log_lines(""))
    assert text.count('"route"') == 12
    secrets = (token, link, running.instructor, cookie.partition("=")[2], email(student))
    assert [secret for secret in secrets if secret in text] == []


def test_a_token_expires_after_half_an_hour_by_the_clock(
    running: Running, student: str, log_lines: Callable[[str], list[Any]]
) -> None:
    message = running.message(student)
    running.clock.ahead += TOKEN_SECONDS + 1
    try:
        answer = running.submit(message)
    finally:
        running.clock.ahead -= TOKEN_SECONDS + 1
    assert (answer.status, answer.learner) == (403, EXPIRED)
    assert [line["why"] for line in log_lines("token refused")] == ["expired"]
    assert running.submit(message).status == 201


def test_a_revoked_token_is_refused_and_the_next_one_taken(
    running: Running, student: str, log_lines: Callable[[str], list[Any]]
) -> None:
    message = running.message(student)
    running.service.store.revoke(student)
    assert running.submit(message).learner == WRONG
    assert [line["why"] for line in log_lines("token refused")] == ["revoked"]
    assert running.submit(running.message(student)).status == 201


def test_a_clock_that_is_put_back_shuts_nobody_out_and_does_not_change_the_order(
    course: Assignment, tmp_path: Path
) -> None:
    store, now = Store(f"sqlite:///{tmp_path / 'submissions.db'}"), [2_000_000_000.0]
    tokens = Tokens("s" * 40, "i" * 40, lambda: now[0])
    intake = Intake(store, tokens, {course.slug: course}, {email("oak"): "oak"}, 2, lambda: now[0])

    def submit() -> int:
        token = tokens.token(email("oak"), course.slug, Generations())
        return intake.accept(json.dumps(make_message(course, "oak", token)).encode()).number

    first = [submit(), submit()]
    with pytest.raises(Rejected, match="tooOften"):
        submit()
    token = tokens.token(email("oak"), course.slug, Generations())
    now[0] -= 60
    tokens.check(token, email("oak"), course.slug, Generations())  # by a minute: nobody notices
    now[0] -= 86_400
    with pytest.raises(Exception, match="expired"):
        tokens.check(token, email("oak"), course.slug, Generations())
    second = [submit(), submit()]
    assert [entry.receipt for entry in store.of_student("oak")] == first + second
    store.close()
