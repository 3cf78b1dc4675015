"""Helpers for tests that use a running service."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

from autograder.assignment import Assignment
from autograder.service.app import ENDPOINT, Service
from autograder.service.tokens import Tokens
from tests.warm_commands import Started

STUDENTS = 120
PER_HOUR = 4


@dataclass
class Served:
    """A service in a process of its own, and what it prints: its output and its log."""

    process: Started
    output: IO[str]
    log: IO[str]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def student_message(self) -> str:
        return str(self.json["details"]["learnerMessage"])


@dataclass
class Clock:
    ahead: float = 0.0

    def __call__(self) -> float:
        return 1_800_000_000 + self.ahead


@dataclass
class Running:
    """A running service, with functions that send requests to it."""

    service: Service
    tokens: Tokens
    instructor: str
    port: int
    clock: Clock
    assignment: Assignment
    students: Iterator[str]
    cookies: dict[str | None, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def submit(self, request: dict[str, Any] | bytes) -> Answer:
        raw = request if isinstance(request, bytes) else json.dumps(request).encode()
        return self.ask("POST", ENDPOINT, raw, **{"Content-Type": "application/json"})

    def token(self, student: str) -> str:
        return self.tokens.make_token(email(student), self.assignment.slug, self.service.store.generations(student))

    def message(self, student: str, notebook: bytes | None = None, **changed: Any) -> dict[str, Any]:
        return make_message(self.assignment, student, self.token(student), notebook, **changed)

    def enter(self, student: str | None) -> str:
        """The cookie of a new session: the student's, or the instructor's if `student` is None."""
        path = f"/instruct/{self.instructor}"
        if student is not None:
            path = f"/enter/{self.tokens.make_link(student, self.service.store.generations(student).links)}"
        answer = self.ask("GET", path)
        assert answer.status == 303
        return answer.headers["set-cookie"].split(";")[0]

    def post(self, cookie: str, path: str, key: bool = True, **fields: str) -> Answer:
        value = cookie.partition("=")[2]
        form = fields | ({"form_key": self.tokens.form_key(value)} if key else {})
        kind = "application/x-www-form-urlencoded"
        return self.ask("POST", path, urlencode(form).encode(), **{"Cookie": cookie, "Content-Type": kind})


def email(student: str) -> str:
    return f"{student}@example.org"


def make_message(
    assignment: Assignment, student: str, token: str, notebook: bytes | None = None, **changed: Any
) -> dict[str, Any]:
    raw = b'{"nbformat": 4, "cells": []}' if notebook is None else notebook
    attached = {"name": assignment.notebook, "base64": base64.b64encode(raw).decode()}
    return {
        "assignmentKey": assignment.key,
        "submitterEmail": email(student),
        "secret": token,
        "parts": {"e_step": {"output": [1.0, None]}, "em": {}},
        "submissionId": uuid.uuid4().hex,
        "notebook": {**attached, "sha256": hashlib.sha256(raw).hexdigest()},
        **changed,
    }


def write_roster(path: Path, students: list[str]) -> Path:
    path.write_text("student_id,email\n" + "".join(f"{s},{email(s)}\n" for s in students))
    return path
