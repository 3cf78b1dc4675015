"""Sends a submission to a course's service: one POST of JSON that ends in time, whatever the server does."""

from __future__ import annotations

import contextlib
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
from typing import Any, Optional

SECONDS = 30.0  # for one attempt, from the name look-up to the last byte
_BYTES_A_SECOND = 250_000
PAUSES = (1.0, 3.0, 9.0)  # before each further attempt
MAX_BYTES = 65_536  # of an answer
_MOST = 600  # characters of a message that the service gives
_PASSING = (502, 503, 504)
# Every token of our own service begins so. Our service counts a submission once, however often it arrives. Any other
# service may count each arrival, and refuses such a token.
COUNTED_ONCE_PREFIX = "once."
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_Raw = tuple[int, bytes, Optional[str]]  # status, body, and how long to wait before the next attempt


@dataclass(frozen=True)
class Answer:
    """Whether the submission was accepted, what to tell the student, and whether another attempt can do no harm."""

    accepted: bool
    sentence: str
    again: bool = False


class _Unreachable(Exception):
    """No answer arrived; the text says why."""


class _Unsent(_Unreachable):
    """There was no connection, so nothing of the submission was sent."""


class Unable(Exception):
    """Nothing can be sent from here, as in a browser's Python. Another attempt would not change that."""


class _Untrusted(_Unreachable):
    """The service's certificate is not trusted. Another attempt would not change that."""


class _NoConnection(OSError):
    """What failed before the first byte was sent; `__cause__` says how."""


def send(
    endpoint: object,
    submission: Mapping[str, Any],
    seconds: float = SECONDS,
    pauses: Sequence[float] = PAUSES,
    *,
    report_delay: Callable[[str], None] = lambda _: None,
) -> Answer:
    """POST a submission. Try again if nothing was sent, or if the token's service counts a submission only once.

    Status 201 means accepted. Any other answer may explain itself in `details.learnerMessage`. Never raises for what
    the network or the other side does. An attempt takes at most `seconds` and one more for each 250 kB. Before
    the second attempt, `report_delay` gets a sentence that says why it takes longer.
    """
    wrong = why_unusable(endpoint)
    if wrong:
        return Answer(False, wrong)
    data = json.dumps(submission, allow_nan=False).encode()
    seconds += len(data) / _BYTES_A_SECOND
    request = urllib.request.Request(
        str(endpoint),
        data=data,
        headers={"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "grader"},
        method="POST",
    )
    token = str(submission.get("secret", ""))
    once = token.startswith(COUNTED_ONCE_PREFIX)
    why, told = "", False
    for pause in (*pauses, None):
        try:
            status, body, wait = _in_time(lambda: _post(request, seconds), seconds)
        except _Unreachable as problem:
            safe = isinstance(problem, _Unsent) or (once and not isinstance(problem, _Untrusted))
            why = f"No connection to {_host(endpoint)}: {problem}."
            if not isinstance(problem, (_Unsent, _Untrusted)):
                why = f"No answer from {_host(endpoint)}: {problem}. Whether your submission arrived is not known."
        else:
            safe = once and status in _PASSING
            answer = _reading(status, body, wait, token)
            if status not in _PASSING:
                return answer
            why = answer.sentence
        if not safe or pause is None:
            break
        if not told:
            report_delay(f"{why} Trying again ...")
            told = True
        time.sleep(pause)
    return Answer(False, why, safe)


def why_unusable(endpoint: object) -> str:
    """Say why this address cannot be used. The token must not travel where others can read it."""
    due = "its address begins with https:// (http:// is for this very machine) and has no spaces or accents"
    wrong = f"{str(endpoint)[:100]!r} can't be the course's service: {due}."
    try:
        parts = urllib.parse.urlsplit(endpoint) if isinstance(endpoint, str) else None
        host = parts.hostname if parts else None
        if not parts or not host or parts.username or parts.port == 0:
            return wrong
        host.encode("idna")  # the name look-up does this first, and fails with another error
        if not all(c.isascii() and c.isprintable() and c != " " for c in str(endpoint)):
            return wrong
    except ValueError:
        return wrong
    return "" if parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK) else wrong


def _host(endpoint: object) -> str:
    return urllib.parse.urlsplit(str(endpoint)).netloc


class _Connection(http.client.HTTPConnection):
    """Says what failed before anything was sent, and reads the answer of a server that stops reading halfway."""

    def connect(self) -> None:
        try:
            super().connect()
        except OSError as problem:
            raise _NoConnection from problem

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        # A server may reject a large submission before it has read all of it. Its answer is then already there.
        with contextlib.suppress(ConnectionError, ssl.SSLEOFError):
            super().send(data)


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same with TLS."""


class _Handler(urllib.request.HTTPSHandler, urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureConnection, req, context=ssl.create_default_context())


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follow no redirect, so that no other server gets the token."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _post(request: urllib.request.Request, seconds: float) -> _Raw:
    handlers: list[Any] = [_Handler, _NoRedirects]
    if urllib.parse.urlsplit(request.full_url).hostname in _LOOPBACK:
        handlers.append(urllib.request.ProxyHandler({}))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=seconds) as response:
            return response.status, response.read(MAX_BYTES), None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(MAX_BYTES), error.headers.get("Retry-After")
    except urllib.error.URLError as error:
        unsent = isinstance(error.reason, _NoConnection)
        reason = error.reason.__cause__ if isinstance(error.reason, _NoConnection) else error.reason
        kind = _Untrusted if isinstance(reason, ssl.SSLCertVerificationError) else _Unsent if unsent else _Unreachable
        raise kind(_why(reason)) from None
    except (OSError, http.client.HTTPException) as error:
        raise _Unreachable(_why(error)) from None


def _why(reason: object) -> str:
    return _plain(str(reason) or type(reason).__name__, 200).rstrip(".")


def _in_time(action: Callable[[], _Raw], seconds: float) -> _Raw:
    """Return what the action returns. Raise _Unreachable after so many seconds.

    In a thread of its own, because a time-out of a socket's counts anew with every byte that drips in, and looking up
    a name has none.
    """
    answers: queue.Queue[_Raw | Exception] = queue.Queue()

    def act() -> None:
        try:
            answers.put(action())
        except Exception as problem:  # noqa: BLE001 - raised again in the thread that waits for it
            answers.put(problem)

    try:
        threading.Thread(target=act, daemon=True).start()
    except RuntimeError:  # in a browser, or where no more threads are allowed
        raise Unable from None
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise _Unreachable(f"it took longer than {seconds:.3g} seconds") from None
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
        return Answer(True, f"Accepted{number}. {_shown(said.get('message'), token)}".strip())
    details = said.get("details")
    message = _shown(details.get("learnerMessage") if isinstance(details, dict) else None, token)
    if message:
        return Answer(False, f"Not accepted: {message}")
    why = f"the service answered with status {status} and no explanation."
    if status in (404, 405):  # a server answers, but not at this address
        why += " Use the line that your page shows, as it is."
    return Answer(False, f"Not accepted: {why}{_later(wait)}")


def _shown(message: object, token: str) -> str:
    """Return the service's message, or an empty text if there is none."""
    if not isinstance(message, str):
        return ""
    # The notebook is saved and handed in with what is shown, so no token may be in it.
    return _plain((message.replace(token, "...") if token else message).strip(), _MOST)


def _later(wait: str | None) -> str:
    """Return how long to wait. The standard also allows a date, which is ignored here."""
    return f" Come back in {int(wait)} seconds." if wait and re.fullmatch(r"[0-9]{1,6}", wait) else ""


def _plain(text: str, most: int) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:most])
