"""What is accepted, what is not, and what the learner is told."""

from __future__ import annotations

import base64
import contextlib
import copy
import dataclasses
import hashlib
import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.service import http, wire
from autograder.service.app import ENDPOINT
from autograder.service.intake import CHANGED, EXPIRED, WRONG, Intake, Rejected, iso
from autograder.service.store import Incoming, Store, Unavailable
from autograder.service.tokens import TOKEN_SECONDS, Generations, Tokens
from grader.key import load_key
from grader.submission import hand_in
from tests.service.running import PER_HOUR, Running, email, make_message

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def log_lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[str], list[Any]]]:
    """What the log says of an event, and of any if none is named."""
    with caplog.at_level("INFO", "autograder.service"):
        yield lambda event: [getattr(r, "fields", {}) for r in caplog.records if event in ("", r.message)]


def test_a_submission_is_stored_as_it_was_sent(running: Running, student: str, quick: bytes) -> None:
    answer = running.submit(running.message(student, quick))
    assert answer.status == 201
    [entry] = running.service.store.of_student(student)
    assert answer.json["receipt"] == entry.receipt
    assert running.service.store.notebook(entry.receipt) == quick
    assert str(entry.receipt) in answer.json["message"]


def test_the_same_submission_sent_again_is_counted_once(running: Running, student: str, quick: bytes) -> None:
    message = running.message(student, quick)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(running.submit, [message] * 8))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["receipt"] for answer in answers}) == 1
    assert len(running.service.store.of_student(student)) == 1


def test_another_submission_under_the_same_id_is_refused_and_the_first_one_stays(
    running: Running, student: str, quick: bytes
) -> None:
    message = running.message(student, quick)
    assert running.submit(message).status == 201
    parts = {"parts": {"e_step": {"output": [2.0]}}}
    for other in (message | parts, running.message(student, submissionId=message["submissionId"])):
        answer = running.submit(other)
        assert (answer.status, answer.learner) == (409, CHANGED)
    [entry] = running.service.store.of_student(student)
    assert running.service.store.notebook(entry.receipt) == quick


def test_two_students_may_have_the_same_id(running: Running, student: str) -> None:
    message = running.message(student)
    other = running.message(next(running.students), submissionId=message["submissionId"])
    assert running.submit(message).json["receipt"] != running.submit(other).json["receipt"]


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


def test_lateness_is_that_of_the_first_time(course: Assignment, file: Path) -> None:
    store, now = Store(f"sqlite:///{file}"), [1_800_000_000.0]
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


def test_the_real_client_hears_that_a_notebook_is_too_large(
    running: Running, student: str, course: Assignment, tmp_path: Path, log_lines: Callable[[str], list[Any]]
) -> None:
    (tmp_path / "large.ipynb").write_bytes(b"x" * (30 << 20))
    key = load_key(course.root / "release" / course.slug / "grader")
    url = f"http://127.0.0.1:{running.port}{ENDPOINT}"
    told: list[str] = []
    said = hand_in(
        key, {}, email(student), running.token(student), tmp_path / "large.ipynb", url, tmp_path, tell=told.append
    )
    assert said.startswith("Not accepted: This is too large: 20 MB at most.")
    assert told == []
    assert [line["status"] for line in log_lines("request")] == [413]


def test_the_real_client_is_told_the_receipt_and_where_the_feedback_will_be(
    running: Running, student: str, course: Assignment, tmp_path: Path, quick: bytes
) -> None:
    (tmp_path / course.notebook).write_bytes(quick)
    key = load_key(course.root / "release" / course.slug / "grader")
    url = f"http://127.0.0.1:{running.port}{ENDPOINT}"
    said = hand_in(key, {}, email(student), running.token(student), None, url, tmp_path)
    [entry] = running.service.store.of_student(student)
    where = f"http://127.0.0.1:{running.port}/submissions/{entry.receipt}"
    assert said.startswith(f"Accepted, receipt {entry.receipt}. Your feedback will be at {where} .")


def test_an_hour_has_a_limit_that_sending_at_once_does_not_pass(running: Running, student: str) -> None:
    messages = [running.message(student) for _ in range(PER_HOUR + 4)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(running.submit, messages))
    assert sorted(answer.status for answer in answers) == [201] * PER_HOUR + [429] * 4
    refused = next(answer for answer in answers if answer.status == 429)
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert f"{PER_HOUR} times" in refused.learner


def test_capitals_and_accents_of_an_address_do_not_matter(running: Running, student: str) -> None:
    assert running.submit(running.message(student, submitterEmail=f"  {email(student).upper()} ")).status == 201


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


def test_an_unknown_assignment_is_not_found(running: Running, student: str) -> None:
    assert running.submit(running.message(student, assignmentKey="em_gnn")).status == 404


def notebook(**changed: Any) -> Change:
    return lambda message: message | {"notebook": message["notebook"] | changed}


def attached(raw: bytes) -> Change:
    encoded = base64.b64encode(raw).decode()
    return notebook(base64=encoded, sha256=hashlib.sha256(raw).hexdigest())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _: b"", "no valid JSON"),
        (lambda _: b"\xff\xfe", "no valid JSON"),
        (lambda _: b"[" * 199_000, "no valid JSON"),
        (lambda _: b"[" + b"[]," * 6_000_000 + b"[]]", "more values than any answer"),
        (lambda _: b"[" + b"{}," * 100_000 + b"{}]", "more values than any answer"),
        (lambda message: json.dumps(message).replace("1.0", "NaN").encode(), "no valid JSON"),
        (lambda message: json.dumps(message).replace("1.0", "1" * 5000).encode(), "no valid JSON"),
        (lambda _: b"[]", "no object"),
        (lambda message: message | {"secret": ""}, "no secret"),
        (lambda message: message | {"submitterEmail": 7}, "no submitterEmail"),
        (lambda message: message | {"submissionId": "../x"}, "submissionId"),
        (lambda message: message | {"parts": [1]}, "parts"),
        (lambda message: message | {"parts": {"e_step": {"score": 100}}}, "parts"),
        (lambda message: message | {"notebook": None}, "notebook='...'"),
        (lambda message: {k: v for k, v in message.items() if k != "notebook"}, "notebook='...'"),
        (notebook(base64="%%%"), "base64"),
        (notebook(sha256="0" * 64), "checksum"),
        (notebook(name=3), "not as it should be"),
        (attached(b"no notebook"), "can't be graded"),
        (attached(b'{"nbformat": 3}'), "old format"),
        (attached(b'{"nbformat": 4, "cells": [' + b"[]," * 500_000 + b"[]]}"), "clear its outputs"),
    ],
)
def test_what_is_malformed_is_refused_with_a_sentence_and_not_stored(
    running: Running, student: str, change: Change, said: str
) -> None:
    answer = running.submit(change(running.message(student)))
    assert answer.status == 400
    assert said in answer.learner
    assert not running.service.store.of_student(student)


def test_names_that_no_database_or_page_should_see_do_no_harm(running: Running, student: str) -> None:
    message = copy.deepcopy(running.message(student))
    message["notebook"]["name"] = "<script>\x00\ud800\n" + "x" * 500
    message["parts"]["\ud800<b>"] = {"output": "\x00"}
    assert running.submit(message).status == 201
    page = running.ask("GET", "/", Cookie=running.enter(student))
    assert page.status == 200
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text


def test_what_is_too_large_is_refused_before_it_is_read(running: Running) -> None:
    head = f"POST {ENDPOINT} HTTP/1.1\r\nHost: x\r\nContent-Length: {100 << 20}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as client:
        client.sendall(head.encode())  # and nothing more
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"MB at most" in answer


def test_what_grows_too_large_is_refused_when_it_does(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as client:
        client.sendall(f"POST {ENDPOINT} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        piece = b"%x\r\n%s\r\n" % (1 << 20, b" " * (1 << 20))
        sent = 0
        with contextlib.suppress(OSError):  # cut off
            for _ in range(4 * wire.MAX_BYTES >> 20):
                client.sendall(piece)
                sent += 1
        assert sent < 4 * wire.MAX_BYTES >> 20
        assert client.recv(4096).startswith(b"HTTP/1.1 413")
    assert running.ask("GET", "/healthz").status == 200


def test_a_client_that_sends_slowly_is_told_so_and_one_that_says_nothing_is_cut_off(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.service.bodies, "_seconds", 0.1)
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as slow:
        slow.sendall(f"POST {ENDPOINT} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode())
        assert slow.recv(4096).startswith(b"HTTP/1.1 408")
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as mute:
        mute.sendall(b"POST / HT")
        with contextlib.suppress(ConnectionResetError):
            assert mute.recv(4096) == b""


def test_a_client_that_asks_and_never_reads_is_cut_off(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "DEAF_SECONDS", 0.1)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that little has to be asked for
        deaf.settimeout(60)
        deaf.connect(("127.0.0.1", running.port))
        asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 200_000
        with pytest.raises(ConnectionError):  # it is reset; while it is held, sending waits for ever
            deaf.sendall(asked)
    assert running.ask("GET", "/healthz").status == 200


def test_clients_that_say_nothing_take_no_file_from_the_others(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "CONNECTIONS", 0)
    monkeypatch.setattr(http, "_SPARE", 3)
    monkeypatch.setattr(http, "HEAD_SECONDS", 600)
    with contextlib.ExitStack() as idle:
        clients = [idle.enter_context(socket.create_connection(("127.0.0.1", running.port), 60)) for _ in range(8)]
        assert clients[-1].recv(1) == b""


def test_a_body_has_its_share_of_the_budget_until_it_is_stored(
    running: Running, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = json.dumps(running.message(student)).encode()
    bodies, before = running.service.bodies, running.service.bodies._left
    left: list[int] = []
    accept = running.service.store.accept

    def look(*words: Any) -> Any:
        left.append(bodies._left)
        return accept(*words)

    monkeypatch.setattr(running.service.store, "accept", look)
    assert running.submit(message).status == 201
    assert left == [before - len(message)]
    assert bodies._left == before


def test_bodies_have_a_budget_that_is_given_back(running: Running, student: str) -> None:
    bodies, before = running.service.bodies, running.service.bodies._left
    bodies._left = 10
    answer = running.submit(running.message(student))
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert bodies._left == 10
    bodies._left = before
    assert running.submit(running.message(student)).status == 201
    assert bodies._left == before


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "submissions.db"


def incoming(notebook: bytes = b"x", submission_id: str = "1") -> Incoming:
    return Incoming("em_gmm", "oak", submission_id, "n.ipynb", "0" * 64, notebook, b"{}")


def test_a_database_that_stays_locked_is_waited_for_and_then_unavailable_and_nothing_is_stored(file: Path) -> None:
    store, patient = Store(f"sqlite:///{file}", patience=0.2), Store(f"sqlite:///{file}", patience=60)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable, match="locked"):
        store.accept(incoming(), 0, 5)
    assert not store.of_student("oak")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(patient.accept, incoming(), 0, 5)
        other.execute("ROLLBACK")
        assert waiting.result()[:2] == (1, True)
    for opened in (other, store, patient):
        opened.close()


def test_a_full_disk_loses_and_halves_no_submission(file: Path) -> None:
    store = Store(f"sqlite:///{file}")
    store.accept(incoming(b"first"), 0, 5)
    with store._connected() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(Unavailable, match="full"):
        store.accept(incoming(b"x" * 100_000, "2"), 0, 5)
    assert [store.notebook(entry.receipt) for entry in store.of_student("oak")] == [b"first"]
    store.close()


def test_what_the_database_can_not_take_is_to_be_sent_again(
    running: Running, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise Unavailable("database or disk is full")

    monkeypatch.setattr(running.service.store, "accept", full)
    answer = running.submit(running.message(student))
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "disk" not in answer.text


def test_a_mistake_of_ours_is_no_stack_trace_for_a_client(
    running: Running, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("in the engine room")

    monkeypatch.setattr(running.service.store, "accept", broken)
    answer = running.submit(running.message(student))
    assert answer.status == 500
    assert "engine room" not in answer.text
    assert "wrong on our side" in answer.learner
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_clock_that_is_put_back_shuts_nobody_out_and_does_not_change_the_order(
    course: Assignment, file: Path
) -> None:
    store, now = Store(f"sqlite:///{file}"), [2_000_000_000.0]
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
