"""Tokens: for whom and how long they are valid, and what the log says about invalid tokens."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.service import Deadlines, Store, iso_time
from autograder.service.intake import CHANGED, EXPIRED_TOKEN, WRONG_TOKEN, Intake, Rejected
from autograder.service.tokens import TOKEN_SECONDS, Generations, Tokens
from tests.service.running import Running, email, make_message


def test_a_stored_submission_can_be_sent_again_after_its_token_has_expired(
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
    assert (other.status, other.student_message) == (403, EXPIRED_TOKEN)
    assert (changed.status, changed.student_message) == (409, CHANGED)
    assert len(running.service.store.entries_of_student(student)) == 1


def test_a_submission_sent_again_is_late_only_if_the_first_one_was(course: Assignment, tmp_path: Path) -> None:
    store, now = Store(f"sqlite:///{tmp_path / 'submissions.db'}"), [1_800_000_000.0]
    tokens = Tokens("s" * 40, "i" * 40, lambda: now[0])
    due = dataclasses.replace(course, due=iso_time(now[0] + 60))
    intake = Intake(store, tokens, {course.slug: due}, {email("oak"): "oak"}, 2, Deadlines(tmp_path), lambda: now[0])
    token = tokens.make_token(email("oak"), course.slug, Generations())
    raw = json.dumps(make_message(course, "oak", token)).encode()
    assert not intake.accept(raw).late
    now[0] += 120
    assert not intake.accept(raw).late
    assert intake.accept(json.dumps(make_message(course, "oak", token)).encode()).late
    store.close()


def token_for_another_assignment(running: Running, student: str) -> str:
    return running.tokens.make_token(email(student), "another_assignment", Generations())


def token_of_another_address(running: Running, student: str) -> str:
    return running.tokens.make_token("nobody@example.org", running.assignment.slug, Generations())


def token_with_another_signing_key(running: Running, student: str) -> str:
    return Tokens("x" * 40, "y" * 40).make_token(email(student), running.assignment.slug, Generations())


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda *_: "guess", "wrong"),
        (lambda *_: "gü\ud800ess", "wrong"),
        (lambda *_: "a" * 1999, "wrong"),
        (token_with_another_signing_key, "wrong"),
        (lambda running, student: running.tokens.make_link(student, 0), "wrong"),  # signed by us, for another purpose
        (token_for_another_assignment, "foreign"),
        (token_of_another_address, "reused"),
    ],
)
def test_invalid_tokens_get_the_same_message_and_the_log_has_the_reason(
    running: Running, student: str, make: Any, why: str, log_lines: Callable[[str], list[Any]]
) -> None:
    answer = running.submit(running.message(student, secret=make(running, student)))
    assert (answer.status, answer.student_message) == (403, WRONG_TOKEN)
    assert [(line["why"], line["student"]) for line in log_lines("token refused")] == [(why, student)]
    assert not running.service.store.entries_of_student(student)


def test_an_address_that_is_not_on_the_roster_gets_the_same_message(
    running: Running, student: str, log_lines: Callable[[str], list[Any]]
) -> None:
    valid_token = running.tokens.make_token("nobody@example.org", running.assignment.slug, Generations())
    for token in (valid_token, running.token(student)):
        answer = running.submit(running.message(student, submitterEmail="nobody@example.org", secret=token))
        assert (answer.status, answer.student_message) == (403, WRONG_TOKEN)
    assert [(line["why"], line["student"]) for line in log_lines("token refused")] == [("not on the roster", None)] * 2


def test_secrets_and_tokens_stay_out_of_the_log(
    running: Running, student: str, log_lines: Callable[[str], list[Any]]
) -> None:
    message, link = running.message(student), running.tokens.make_link(student, 0)
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
    assert (answer.status, answer.student_message) == (403, EXPIRED_TOKEN)
    assert [line["why"] for line in log_lines("token refused")] == ["expired"]
    assert running.submit(message).status == 201


def test_a_revoked_token_is_refused_and_a_new_one_is_accepted(
    running: Running, student: str, log_lines: Callable[[str], list[Any]]
) -> None:
    message = running.message(student)
    running.service.store.revoke(student)
    assert running.submit(message).student_message == WRONG_TOKEN
    assert [line["why"] for line in log_lines("token refused")] == ["revoked"]
    assert running.submit(running.message(student)).status == 201


def test_a_clock_that_is_set_back_locks_no_student_out_and_keeps_the_order(course: Assignment, tmp_path: Path) -> None:
    store, now = Store(f"sqlite:///{tmp_path / 'submissions.db'}"), [2_000_000_000.0]
    tokens = Tokens("s" * 40, "i" * 40, lambda: now[0])
    intake = Intake(store, tokens, {course.slug: course}, {email("oak"): "oak"}, 2, Deadlines(tmp_path), lambda: now[0])

    def submit() -> int:
        token = tokens.make_token(email("oak"), course.slug, Generations())
        return intake.accept(json.dumps(make_message(course, "oak", token)).encode()).number

    first = [submit(), submit()]
    with pytest.raises(Rejected, match="tooOften"):
        submit()
    token = tokens.make_token(email("oak"), course.slug, Generations())
    now[0] -= 60
    tokens.check_token(token, email("oak"), course.slug, Generations())  # a minute back: the token stays valid
    now[0] -= 86_400
    with pytest.raises(Exception, match="expired"):
        tokens.check_token(token, email("oak"), course.slug, Generations())
    second = [submit(), submit()]
    assert [entry.receipt for entry in store.entries_of_student("oak")] == first + second
    store.close()
