"""The real client, and clients that send too much, send too slowly, or never read their answer."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.service import http, message_format
from autograder.service.app import ENDPOINT
from grader.key import load_key
from grader.submission import hand_in
from tests.service.running import Running, email


def test_the_real_client_says_that_a_notebook_is_too_large(
    running: Running, student: str, course: Assignment, tmp_path: Path, log_lines: Callable[[str], list[Any]]
) -> None:
    (tmp_path / "large.ipynb").write_bytes(b"x" * (30 << 20))
    key = load_key(course.root / "release" / course.slug / "grader")
    url = f"http://127.0.0.1:{running.port}{ENDPOINT}"
    progress: list[str] = []
    notebook = tmp_path / "large.ipynb"
    answer = hand_in(
        key, {}, email(student), running.token(student), notebook, url, tmp_path, report_delay=progress.append
    )
    assert answer.startswith("Not accepted: This is too large: 20 MB at most.")
    assert progress == []
    assert [line["status"] for line in log_lines("request")] == [413]


def test_the_real_client_shows_the_receipt_and_the_address_of_the_feedback(
    running: Running, student: str, course: Assignment, tmp_path: Path, quick: bytes
) -> None:
    (tmp_path / course.notebook).write_bytes(quick)
    key = load_key(course.root / "release" / course.slug / "grader")
    url = f"http://127.0.0.1:{running.port}{ENDPOINT}"
    answer = hand_in(key, {}, email(student), running.token(student), None, url, tmp_path)
    [entry] = running.service.store.entries_of_student(student)
    where = f"http://127.0.0.1:{running.port}/submissions/{entry.receipt}"
    assert answer.startswith(f"Accepted, receipt {entry.receipt}. Your feedback will be at {where} .")


def test_a_request_that_is_too_large_is_refused_before_it_is_read(running: Running) -> None:
    head = f"POST {ENDPOINT} HTTP/1.1\r\nHost: x\r\nContent-Length: {100 << 20}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as client:
        client.sendall(head.encode())  # the head only, without a body
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"MB at most" in answer


def test_a_request_of_unknown_length_is_refused_when_it_becomes_too_large(running: Running) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as client:
        client.sendall(f"POST {ENDPOINT} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        piece = b"%x\r\n%s\r\n" % (1 << 20, b" " * (1 << 20))
        sent = 0
        with contextlib.suppress(OSError):  # cut off
            for _ in range(4 * message_format.MAX_BYTES >> 20):
                client.sendall(piece)
                sent += 1
        assert sent < 4 * message_format.MAX_BYTES >> 20
        assert client.recv(4096).startswith(b"HTTP/1.1 413")
    assert running.ask("GET", "/healthz").status == 200


def test_a_slow_client_gets_an_error_and_a_silent_client_is_cut_off(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.service.body_reader, "_seconds", 0.1)
    monkeypatch.setattr(http, "REQUEST_START_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as slow:
        slow.sendall(f"POST {ENDPOINT} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode())
        assert slow.recv(4096).startswith(b"HTTP/1.1 408")
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as silent:
        silent.sendall(b"POST / HT")
        with contextlib.suppress(ConnectionResetError):
            assert silent.recv(4096) == b""


def test_slow_clients_do_not_delay_the_others(running: Running, student: str) -> None:
    with contextlib.ExitStack() as connections:
        slow = [connections.enter_context(socket.create_connection(("127.0.0.1", running.port), 60)) for _ in range(50)]
        for client in slow:
            client.sendall(f"POST {ENDPOINT} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{{".encode())
        assert running.submit(running.message(student)).status == 201
        assert running.ask("GET", "/", Cookie=running.enter(student)).status == 200
        for client in slow:  # all are still connected, without an answer
            client.setblocking(False)
            with pytest.raises(BlockingIOError):
                client.recv(1)


def test_a_client_that_never_reads_its_answer_is_cut_off(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "RESPONSE_READ_SECONDS", 0.1)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # small, so that few requests fill it
        client.settimeout(60)
        client.connect(("127.0.0.1", running.port))
        requests = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 200_000
        with pytest.raises(ConnectionError):  # without the time limit, sending would wait for ever
            client.sendall(requests)
    assert running.ask("GET", "/healthz").status == 200


def test_connections_above_the_limit_are_cut_off(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECTIONS", 0)
    monkeypatch.setattr(http, "_SPARE", 3)
    monkeypatch.setattr(http, "REQUEST_START_SECONDS", 600)
    with contextlib.ExitStack() as connections:
        clients = [
            connections.enter_context(socket.create_connection(("127.0.0.1", running.port), 60)) for _ in range(8)
        ]
        assert clients[-1].recv(1) == b""


def test_a_body_counts_towards_the_memory_budget_until_it_is_stored(
    running: Running, student: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = json.dumps(running.message(student)).encode()
    body_reader, free_before = running.service.body_reader, running.service.body_reader._free_bytes
    free_bytes: list[int] = []
    accept = running.service.store.accept

    def accept_and_record(*arguments: Any) -> Any:
        free_bytes.append(body_reader._free_bytes)
        return accept(*arguments)

    monkeypatch.setattr(running.service.store, "accept", accept_and_record)
    assert running.submit(message).status == 201
    assert free_bytes == [free_before - len(message)]
    assert body_reader._free_bytes == free_before


def test_a_refused_body_frees_its_part_of_the_memory_budget(running: Running, student: str) -> None:
    body_reader, free_before = running.service.body_reader, running.service.body_reader._free_bytes
    body_reader._free_bytes = 10
    answer = running.submit(running.message(student))
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert body_reader._free_bytes == 10
    body_reader._free_bytes = free_before
    assert running.submit(running.message(student)).status == 201
    assert body_reader._free_bytes == free_before
