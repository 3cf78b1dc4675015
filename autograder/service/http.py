"""What any client may do to us: bounds on size, time and memory, and the headers that bound what a page may do."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from autograder.service.log import log

BODY_SECONDS = 60.0  # for a whole body; 20 MB on a slow line
HEAD_SECONDS = 20.0  # for a connection to begin a request
DEAF_SECONDS = 60.0  # for a client to go on reading what it asked for
BUDGET = 256 << 20  # bytes of all bodies that are being read or parsed
CONNECTIONS = 800  # more are told to come back later
_SPARE = 100  # and still more are cut off: below the 1024 files that a process may usually have open
# What still comes in after a refusal is thrown away for a while: who is sending when the connection closes may never
# read why.
_DRAIN_SECONDS = 2.0
_DRAIN_BYTES = 8 << 20

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# A page made from a ledger, with a script of ours in it: it has no cookies, and asks nobody for anything.
SANDBOX = f"{POLICY}; script-src 'unsafe-inline'; sandbox allow-scripts allow-downloads"
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Bodies:
    """Reads bodies, none larger, slower or in sum more than there is room for."""

    def __init__(self, budget: int = BUDGET, seconds: float = BODY_SECONDS) -> None:
        self._left = budget
        self._seconds = seconds

    @contextlib.asynccontextmanager
    async def read(self, request: Request, most: int) -> AsyncIterator[bytes]:
        """The body, which has its share of the budget until the caller is done with it.

        Raises HTTPException with 400, 408, 413 or 503, before more is read than needed to know.
        """
        claimed = request.headers.get("content-length", "0")
        if not claimed.isdecimal():
            raise HTTPException(400)
        if int(claimed) > most:
            raise HTTPException(413)
        chunks: list[bytes] = []
        held = 0
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    async for chunk in request.stream():
                        if held + len(chunk) > most:
                            raise HTTPException(413)
                        if len(chunk) > self._left:
                            raise HTTPException(503)
                        self._left -= len(chunk)
                        held += len(chunk)
                        chunks.append(chunk)
            except TimeoutError:
                raise HTTPException(408) from None
            body = b"".join(chunks)
            chunks.clear()
            yield body
        finally:
            self._left += held


class Guard:
    """Around the whole application: headers on every answer, and a line in the log for each."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        refused = False

        async def guarded(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._https or scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
                if message["status"] in (408, 413):
                    headers["Connection"] = "close"  # what else is on its way is no request
                refused = message["status"] == 413
                self._log(scope, message["status"], started)
            elif refused and not message.get("more_body"):
                await send({**message, "more_body": True})
                await _drain(receive)
                message = {"type": "http.response.body"}
            await send(message)

        await self._app(scope, receive, guarded)

    @staticmethod
    def _log(scope: Scope, status: int, started: float) -> None:
        """The route, not the address: that may hold a secret."""
        route = getattr(scope.get("route"), "path", None)
        client = (scope.get("client") or ("",))[0]
        milliseconds = round(1000 * (time.monotonic() - started), 1)
        log("request", method=scope["method"][:10], route=route, status=status, ms=milliseconds, client=client)


async def _drain(receive: Receive) -> None:
    read = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while read < _DRAIN_BYTES:
                message = await receive()
                if not message.get("more_body"):
                    break
                read += len(message["body"])


class Impatient(H11Protocol):
    """uvicorn's HTTP with bounds on connections, and on how long one may begin no request or read no answer.

    uvicorn itself waits no longer than a while for a request after the first, and for ever for all else.
    """

    def connection_made(self, transport: Any) -> None:
        """A client came."""
        self._deaf: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS + _SPARE:
            transport.abort()
            return
        self._expect_request(self.cycle)

    def connection_lost(self, exc: Exception | None) -> None:
        """A client went."""
        self._hears()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """So much was said that the client has not read that no more is written."""
        super().pause_writing()
        self._hears()
        self._deaf = self.loop.call_later(DEAF_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads on."""
        super().resume_writing()
        self._hears()

    def _hears(self) -> None:
        if self._deaf is not None:
            self._deaf.cancel()
            self._deaf = None

    def on_response_complete(self) -> None:
        """An answer went out; a body that nobody wanted may still be coming in."""
        last = self.cycle
        super().on_response_complete()
        self._expect_request(last)

    def _expect_request(self, last: Any) -> None:
        self.loop.call_later(HEAD_SECONDS, self._cut_off_unless_new, last)

    def _cut_off_unless_new(self, last: Any) -> None:
        if self.cycle is last and not self.transport.is_closing():
            self.transport.abort()
