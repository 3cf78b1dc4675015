"""Sends a submission to a course's service: one POST of JSON, which ends in time whatever the other side does."""

from __future__ import annotations

import http.client
import json
import queue
import re
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SECONDS = 30.0  # for one attempt, from the name look-up to the last byte
PAUSES = (1.0, 3.0, 9.0)  # before each further attempt
MAX_BYTES = 65_536  # of an answer
_MOST = 600  # characters of a message that the service gives
_PASSING = (502, 503, 504)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_Raw = tuple[int, bytes, str | None]  # status, body, and how long to wait before coming back


@dataclass(frozen=True)
class Answer:
    """Whether the submission was accepted, and what to tell the student."""

    accepted: bool
    sentence: str


class _Unreachable(Exception):
    """No answer arrived; the text says why."""


class _Untrusted(_Unreachable):
    """Nobody vouches for the service's certificate, and in nine seconds nobody will."""


def send(
    endpoint: object, submission: Mapping[str, Any], seconds: float = SECONDS, pauses: Sequence[float] = PAUSES
) -> Answer:
    """POST a submission; try again where nobody can have counted it, or where its id keeps it from counting twice.

    Status 201 means accepted. Any other answer may explain itself in `details.learnerMessage`. Never raises for what
    the network or the other side does, and takes at most (1 + len(pauses)) * seconds + sum(pauses).
    """
    complaint = _complaint(endpoint)
    if complaint:
        return Answer(False, complaint)
    request = urllib.request.Request(
        str(endpoint),
        data=json.dumps(submission, allow_nan=False).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "grader"},
        method="POST",
    )
    token = str(submission.get("secret", ""))
    why = ""
    for pause in (*pauses, None):
        try:
            status, body, wait = _in_time(lambda: _post(request, seconds), seconds)
        except _Unreachable as problem:
            why = f"No connection to {_host(endpoint)}: {problem}."
            if isinstance(problem, _Untrusted):
                break
        else:
            if status not in _PASSING:
                return _reading(status, body, wait, token)
            why = _reading(status, body, wait, token).sentence
        if pause is not None:
            time.sleep(pause)
    return Answer(False, why)


def _complaint(endpoint: object) -> str:
    """Why this can be no endpoint; the token must not travel where others read along."""
    due = "its address begins with https:// and has no spaces or accents"
    wrong = f"{str(endpoint)[:100]!r} can't be the course's service: {due}."
    try:
        parts = urllib.parse.urlsplit(endpoint) if isinstance(endpoint, str) else None
        host = parts.hostname if parts else None
        if not parts or not host or parts.username or parts.port == 0:
            return wrong
        host.encode("idna")  # what the name look-up does first, and fails at with an error of its own
        if not all(c.isascii() and c.isprintable() and c != " " for c in str(endpoint)):
            return wrong
    except ValueError:
        return wrong
    return "" if parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK) else wrong


def _host(endpoint: object) -> str:
    return urllib.parse.urlsplit(str(endpoint)).netloc


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Nobody else is to get the token."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _post(request: urllib.request.Request, seconds: float) -> _Raw:
    handlers: list[Any] = [_NoRedirects]
    if urllib.parse.urlsplit(request.full_url).hostname in _LOOPBACK:
        handlers.append(urllib.request.ProxyHandler({}))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=seconds) as response:
            return response.status, response.read(MAX_BYTES), None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(MAX_BYTES), error.headers.get("Retry-After")
    except urllib.error.URLError as error:
        kind = _Untrusted if isinstance(error.reason, ssl.SSLCertVerificationError) else _Unreachable
        raise kind(_plain(str(error.reason), 200).rstrip(".")) from None
    except (OSError, http.client.HTTPException) as error:
        raise _Unreachable(_plain(str(error) or type(error).__name__, 200).rstrip(".")) from None


def _in_time(action: Callable[[], _Raw], seconds: float) -> _Raw:
    """What the action gives, or _Unreachable after so many seconds.

    In a thread of its own, because a time-out of a socket's counts anew with every byte that drips in, and looking up
    a name has none.
    """
    answers: queue.Queue[_Raw | Exception] = queue.Queue()

    def act() -> None:
        try:
            answers.put(action())
        except Exception as problem:  # noqa: BLE001 - raised again where it is waited for
            answers.put(problem)

    threading.Thread(target=act, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise _Unreachable(f"no answer within {seconds:g} seconds") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _reading(status: int, body: bytes, wait: str | None, token: str) -> Answer:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    said = said if isinstance(said, dict) else {}
    if status == 201:
        receipt = said.get("receipt")
        number = f", receipt {receipt}" if type(receipt) is int else ""
        return Answer(True, f"Accepted{number}.")
    details = said.get("details")
    message = details.get("learnerMessage") if isinstance(details, dict) else None
    if isinstance(message, str) and message.strip():
        # What is shown is saved with the notebook, which is handed in and passed around: no token in it.
        message = message.replace(token, "...") if token else message
        return Answer(False, f"Not accepted: {_plain(message.strip(), _MOST)}")
    why = f"the service answered with status {status} and no explanation."
    return Answer(False, f"Not accepted: {why}{_later(wait)}")


def _later(wait: str | None) -> str:
    """When to come back; a date instead of seconds, which the standard allows too, is left out."""
    return f" Come back in {int(wait)} seconds." if wait and re.fullmatch(r"[0-9]{1,6}", wait) else ""


def _plain(text: str, most: int) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:most])
