"""Which submissions are accepted or refused, and the messages for the student."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autograder.service import Store, Unavailable
from autograder.service.intake import CHANGED
from autograder.service.store import Incoming
from tests.service.running import PER_HOUR, Running, email

Change = Callable[[dict[str, Any]], Any]


def test_a_submission_is_stored_as_it_was_sent(running: Running, student: str, quick: bytes) -> None:
    answer = running.submit(running.message(student, quick))
    assert answer.status == 201
    [entry] = running.service.store.entries_of_student(student)
    assert answer.json["receipt"] == entry.receipt
    assert running.service.store.notebook(entry.receipt) == quick
    assert str(entry.receipt) in answer.json["message"]


def test_the_same_submission_sent_again_is_counted_once(running: Running, student: str, quick: bytes) -> None:
    message = running.message(student, quick)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(running.submit, [message] * 8))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["receipt"] for answer in answers}) == 1
    assert len(running.service.store.entries_of_student(student)) == 1


def test_a_different_submission_under_the_same_id_is_refused_and_the_first_stays(
    running: Running, student: str, quick: bytes
) -> None:
    message = running.message(student, quick)
    assert running.submit(message).status == 201
    parts = {"parts": {"e_step": {"output": [2.0]}}}
    for other in (message | parts, running.message(student, submissionId=message["submissionId"])):
        answer = running.submit(other)
        assert (answer.status, answer.student_message) == (409, CHANGED)
    [entry] = running.service.store.entries_of_student(student)
    assert running.service.store.notebook(entry.receipt) == quick


def test_two_students_can_use_the_same_submission_id(running: Running, student: str) -> None:
    message = running.message(student)
    other = running.message(next(running.students), submissionId=message["submissionId"])
    assert running.submit(message).json["receipt"] != running.submit(other).json["receipt"]


def test_requests_sent_at_once_cannot_exceed_the_hourly_limit(running: Running, student: str) -> None:
    messages = [running.message(student) for _ in range(PER_HOUR + 4)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(running.submit, messages))
    assert sorted(answer.status for answer in answers) == [201] * PER_HOUR + [429] * 4
    refused = next(answer for answer in answers if answer.status == 429)
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert f"{PER_HOUR} times" in refused.student_message


def test_capitals_and_accents_of_an_address_do_not_matter(running: Running, student: str) -> None:
    assert running.submit(running.message(student, submitterEmail=f"  {email(student).upper()} ")).status == 201


def test_an_unknown_assignment_is_not_found(running: Running, student: str) -> None:
    assert running.submit(running.message(student, assignmentKey="em_gnn")).status == 404


def notebook(**changed: Any) -> Change:
    return lambda message: message | {"notebook": message["notebook"] | changed}


def attached(raw: bytes) -> Change:
    encoded = base64.b64encode(raw).decode()
    return notebook(base64=encoded, sha256=hashlib.sha256(raw).hexdigest())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda _: b"", "not valid JSON"),
        (lambda _: b"\xff\xfe", "not valid JSON"),
        (lambda _: b"[" * 199_000, "not valid JSON"),
        (lambda _: b"[" + b"[]," * 6_000_000 + b"[]]", "more values than any answer"),
        (lambda _: b"[" + b"{}," * 100_000 + b"{}]", "more values than any answer"),
        (lambda message: json.dumps(message).replace("1.0", "NaN").encode(), "not valid JSON"),
        (lambda message: json.dumps(message).replace("1.0", "1" * 5000).encode(), "not valid JSON"),
        (lambda _: b"[]", "not an object"),
        (lambda message: message | {"secret": ""}, "no secret"),
        (lambda message: message | {"submitterEmail": 7}, "no submitterEmail"),
        (lambda message: message | {"submissionId": "../x"}, "submissionId"),
        (lambda message: message | {"parts": [1]}, "parts"),
        (lambda message: message | {"parts": {"e_step": {"score": 100}}}, "parts"),
        (lambda message: message | {"notebook": None}, "notebook='...'"),
        (lambda message: {k: v for k, v in message.items() if k != "notebook"}, "notebook='...'"),
        (notebook(base64="%%%"), "base64"),
        (notebook(sha256="0" * 64), "checksum"),
        (notebook(name=3), "notebook has the wrong format"),
        (attached(b"no notebook"), "can't be graded"),
        (attached(b'{"nbformat": 3}'), "old format"),
        (attached(b'{"nbformat": 4, "cells": [' + b"[]," * 500_000 + b"[]]}"), "clear its outputs"),
    ],
)
def test_a_malformed_submission_is_refused_with_a_message_and_not_stored(
    running: Running, student: str, change: Change, expected: str
) -> None:
    answer = running.submit(change(running.message(student)))
    assert answer.status == 400
    assert expected in answer.student_message
    assert not running.service.store.entries_of_student(student)


def test_hostile_names_do_no_harm_in_the_database_or_on_a_page(running: Running, student: str) -> None:
    message = copy.deepcopy(running.message(student))
    message["notebook"]["name"] = "<script>\x00\ud800\n" + "x" * 500
    message["parts"]["\ud800<b>"] = {"output": "\x00"}
    assert running.submit(message).status == 201
    page = running.ask("GET", "/", Cookie=running.enter(student))
    assert page.status == 200
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "submissions.db"


def incoming(notebook: bytes = b"x", submission_id: str = "1") -> Incoming:
    return Incoming("em_gmm", "oak", submission_id, "n.ipynb", "0" * 64, notebook, b"{}")


def test_a_store_waits_for_a_locked_database_and_then_gives_up_and_stores_nothing(file: Path) -> None:
    store, patient = Store(f"sqlite:///{file}", lock_seconds=0.2), Store(f"sqlite:///{file}", lock_seconds=60)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable, match="locked"):
        store.accept(incoming(), 0, 5)
    assert not store.entries_of_student("oak")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(patient.accept, incoming(), 0, 5)
        other.execute("ROLLBACK")
        assert waiting.result()[:2] == (1, True)
    for opened in (other, store, patient):
        opened.close()


def test_a_full_database_loses_no_submission_and_stores_none_in_part(file: Path) -> None:
    store = Store(f"sqlite:///{file}")
    store.accept(incoming(b"first"), 0, 5)
    with store._transaction() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(Unavailable, match="full"):
        store.accept(incoming(b"x" * 100_000, "2"), 0, 5)
    assert [store.notebook(entry.receipt) for entry in store.entries_of_student("oak")] == [b"first"]
    store.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk that is small."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", folder], capture_output=True)  # noqa: PLW1510
    if mounted.returncode:
        pytest.skip("only root may make a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_loses_no_submission_and_the_service_resumes_when_there_is_room(disk: Path) -> None:
    store = Store(f"sqlite:///{disk / 'submissions.db'}")
    store.accept(incoming(b"first"), 0, 5)
    ballast = disk / "ballast"
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(b"x" * (1 << 20))
    with pytest.raises(Unavailable, match=r"full|disk I/O error"):
        store.accept(incoming(b"x" * 100_000, "2"), 0, 5)
    assert [store.notebook(entry.receipt) for entry in store.entries_of_student("oak")] == [b"first"]
    ballast.unlink()
    assert store.accept(incoming(b"x" * 100_000, "2"), 0, 5).fresh
    assert len(store.entries_of_student("oak")) == 2
    store.close()


def test_while_the_database_is_locked_the_client_is_asked_to_send_again(
    running: Running, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database_url = running.service.store._engine.url
    impatient = Store(database_url.render_as_string(), lock_seconds=0.2)
    monkeypatch.setattr(running.service.intake, "_store", impatient)
    message = running.message(student)
    other = sqlite3.connect(str(database_url.database), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    answer = running.submit(message)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "in a minute" in answer.student_message
    assert "locked" not in answer.text
    other.execute("ROLLBACK")
    assert running.submit(message).status == 201
    other.close()
    impatient.close()


def test_an_internal_error_shows_the_client_no_stack_trace(
    running: Running, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("in the engine room")

    monkeypatch.setattr(running.service.store, "accept", broken)
    answer = running.submit(running.message(student))
    assert answer.status == 500
    assert "engine room" not in answer.text
    assert "wrong on our side" in answer.student_message
    assert answer.headers["x-content-type-options"] == "nosniff"
