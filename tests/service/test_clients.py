"""Clients as they come: the real one, and those that send too much, too slowly, or never read."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.service import http, wire
from autograder.service.app import ENDPOINT
from grader.key import load_key
from grader.submission import hand_in
from tests.service.running import Running, email


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


def test_slow_clients_keep_nobody_waiting(running: Running, student: str) -> None:
    with contextlib.ExitStack() as held:
        slow = [held.enter_context(socket.create_connection(("127.0.0.1", running.port), 60)) for _ in range(50)]
        for client in slow:
            client.sendall(f"POST {ENDPOINT} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode())
        assert running.submit(running.message(student)).status == 201
        assert running.ask("GET", "/", Cookie=running.enter(student)).status == 200
        for client in slow:  # they are all still there, and have no answer
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)


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
