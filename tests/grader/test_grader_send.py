"""Handing in over the network: a real server on loopback that accepts, refuses, breaks off and dawdles."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from grader import Grader, send
from grader.key import load_key
from grader.submission import hand_in as hand_in_at
from tests.grader.stub_service import OURS, TOKEN, Reply, Service, break_off, reply
from tests.grader.test_grader_session import PI, write_key


def test_an_accepted_submission_is_told_with_its_receipt_and_leaves_no_file(
    served: Callable[..., Service], hand_in: Callable[..., str]
) -> None:
    service = served(reply(201, {"receipt": 17}))
    said = hand_in(service.url)
    assert "Accepted, receipt 17." in said
    assert "It has small.ipynb as last saved" in said
    assert os.listdir() == ["small.ipynb"]


def test_the_wire_is_that_of_script_submissions(served: Callable[..., Service], hand_in: Callable[..., str]) -> None:
    service = served(reply(201))
    assert "Accepted." in hand_in(service.url)
    (asked,) = service.asked
    assert {key: asked[key] for key in ("assignmentKey", "submitterEmail", "secret")} == {
        "assignmentKey": "small-key",
        "submitterEmail": "ada@example.org",
        "secret": TOKEN,
    }
    nothing = [[None, None], [None, None]]
    assert asked["parts"] == {"step.pi": {"output": PI.tolist()}, "step.mu": {"output": nothing}, "bound": {}}
    assert base64.b64decode(asked["notebook"]["base64"]) == b'{"cells": []}'


def test_an_outside_platform_gets_its_own_names_of_the_parts(
    served: Callable[..., Service], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_key(tmp_path / "key")
    service = served(reply(201))
    key = json.loads((folder / "key.json").read_text())
    key["parts"][2]["wire_id"] = "xYz12"
    key["endpoint"] = service.url
    (folder / "key.json").write_text(json.dumps(key))
    monkeypatch.chdir(tmp_path)
    grader = Grader(folder)
    grader.submit_bound(-7.5)  # type: ignore[attr-defined]
    grader.submit("ada@example.org", TOKEN)
    assert service.asked[0]["parts"]["xYz12"] == {"output": -7.5}
    assert load_key(folder).parts[2].id == "bound"


@pytest.mark.parametrize("status", [400, 403, 404, 413, 429, 500])
def test_the_services_own_message_is_shown_and_the_answers_are_kept(
    served: Callable[..., Service], hand_in: Callable[..., str], status: int
) -> None:
    service = served(reply(status, {"details": {"learnerMessage": "Your token has expired."}}))
    said = hand_in(service.url)
    assert "Not accepted: Your token has expired." in said
    assert "Your answers are kept" in said
    assert len(service.asked) == 1
    assert json.loads(Path("small-submission.json").read_text())["parts"]["step.pi"] == {"output": PI.tolist()}


@pytest.mark.parametrize("body", [b"", b"<h1>Oops</h1>", b"[]", b"null", b'{"details": 3}', b"[" * 50_000, b"\xff"])
def test_an_answer_that_explains_nothing_is_told_by_its_status(
    served: Callable[..., Service], hand_in: Callable[..., str], body: bytes
) -> None:
    assert "the service answered with status 500" in hand_in(served(reply(500, body)).url)


@pytest.mark.parametrize("first", [break_off, reply(502), reply(503, b"busy"), reply(504)])
def test_what_nobody_can_have_counted_is_tried_again_under_the_same_id(
    served: Callable[..., Service], hand_in: Callable[..., str], first: Reply
) -> None:
    service = served(first, reply(201, {"receipt": 2}))
    said = hand_in(service.url, OURS)
    assert "receipt 2" in said
    assert said.count("Trying again ...") == 1
    one, other = service.asked
    assert one == other
    assert len(one["submissionId"]) == 32


@pytest.mark.parametrize("first", [break_off, reply(502), reply(503, b"busy"), reply(504)])
def test_what_an_outside_platform_may_count_twice_is_sent_once(
    served: Callable[..., Service], hand_in: Callable[..., str], first: Reply
) -> None:
    service = served(first, reply(201))
    assert "Your answers are kept" in hand_in(service.url)
    assert len(service.asked) == 1


def test_what_was_not_sent_is_tried_again_whoever_the_other_side_is(
    served: Callable[..., Service], hand_in: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = served(reply(201))
    connect, refused = http.client.HTTPConnection.connect, [2]

    def busy(connection: http.client.HTTPConnection) -> None:
        refused[0] -= 1
        if refused[0] >= 0:
            raise ConnectionRefusedError("Connection refused")
        connect(connection)

    monkeypatch.setattr(http.client.HTTPConnection, "connect", busy)
    said = hand_in(service.url)
    assert "Accepted" in said
    assert said.count("Connection refused. Trying again ...") == 1


def test_what_the_service_says_of_an_accepted_submission_is_shown(
    served: Callable[..., Service], hand_in: Callable[..., str]
) -> None:
    message = f"It is late. Your feedback will be at {TOKEN}."
    said = hand_in(served(reply(201, {"receipt": 3, "message": message})).url)
    assert "Accepted, receipt 3. It is late. Your feedback will be at .... " in said


def test_who_refuses_before_the_end_is_heard_and_not_asked_again(hand_in: Callable[..., str]) -> None:
    """It answers after the head and closes, so that the rest can't be sent; what it said must not be lost."""
    Path("small.ipynb").write_bytes(b"x" * (30 << 20))
    body = b'{"details": {"learnerMessage": "This is too large."}}'
    heads: list[bytes] = []

    def refuse() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    heads.append(connection.recv(1000))
                    connection.sendall(b"HTTP/1.1 413 No\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=refuse, daemon=True).start()
        said = hand_in(f"http://127.0.0.1:{listener.getsockname()[1]}/api", OURS)
        listener.shutdown(socket.SHUT_RDWR)
    assert "Not accepted: This is too large." in said
    assert len(heads) == 1


def test_the_notebook_is_found_beside_the_grader_too(tmp_path: Path) -> None:
    key, beside = load_key(write_key(tmp_path / "key")), tmp_path / "course"
    beside.mkdir()
    (tmp_path / "work").mkdir()

    def found() -> Any:
        hand_in_at(key, {"bound": 1.0}, "ada@example.org", "", folder=tmp_path / "work", beside=beside)
        attached = json.loads((tmp_path / "work/small-submission.json").read_text())["notebook"]
        return attached and base64.b64decode(attached["base64"])

    assert found() is None
    (beside / "my own.ipynb").write_bytes(b"the only one")
    assert found() == b"the only one"
    (beside / "another.ipynb").write_bytes(b"but which")
    assert found() is None
    (beside / "small.ipynb").write_bytes(b"as it came")
    assert found() == b"as it came"
    (tmp_path / "work/small.ipynb").write_bytes(b"where one works")
    assert found() == b"where one works"


def test_two_submissions_have_two_ids(served: Callable[..., Service], hand_in: Callable[..., str]) -> None:
    service = served(reply(201))
    hand_in(service.url)
    hand_in(service.url)
    assert service.asked[0]["submissionId"] != service.asked[1]["submissionId"]


def test_trying_again_has_an_end(served: Callable[..., Service], hand_in: Callable[..., str]) -> None:
    service = served(reply(503, {"details": {"learnerMessage": "Full. Try later."}}))
    said = hand_in(service.url, OURS)
    assert "Full. Try later." in said
    assert "Your answers are kept" in said
    assert len(service.asked) == 3


def test_without_a_connection_the_file_is_there(hand_in: Callable[..., str]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        said = hand_in(f"http://127.0.0.1:{nobody.getsockname()[1]}/api")
    assert "No connection to 127.0.0.1" in said
    assert "small-submission.json. Run this cell again later. If that does not help, hand in this file" in said
    assert Path("small-submission.json").is_file()


def test_a_service_that_drips_is_left_in_time(served: Callable[..., Service]) -> None:
    """The bytes come in one by one, so no time-out of the socket's own ever ends it; the test itself would not end."""
    gone = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(201)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not gone.wait(0.02):
            handler.wfile.write(b" ")

    service = served(drip)
    answer = send.send(service.url, {}, seconds=0.3, pauses=())
    gone.set()
    assert not answer.accepted
    assert "longer than 0.3 seconds. Whether your submission arrived is not known" in answer.sentence
