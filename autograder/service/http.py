"""Limits on the size, time and memory of every request, and the security headers of every answer."""

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

BODY_SECONDS = 60.0  # for a whole body: 20 MB over a slow connection
REQUEST_START_SECONDS = 20.0  # for a connection to begin a request
RESPONSE_READ_SECONDS = 60.0  # for a client to continue reading its answer
BUDGET = 256 << 20  # bytes of all bodies that are being read or parsed
CONNECTIONS = 800  # a request on a further connection is answered with 503
_SPARE = 100  # connections above that, which still get the 503; a process can usually have 1024 files open
# After a rejection, the service reads and discards the rest of the request for a while. If the connection closed while
# the client is still sending, the client might never read the reason.
_DRAIN_SECONDS = 2.0
_DRAIN_BYTES = 8 << 20

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# For a page made from a ledger, with our own script in it. The page has no cookies and can't send any request.
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


class BodyReader:
    """Reads request bodies within limits on the size and time of each, and on the memory of all together."""

    def __init__(self, budget: int = BUDGET, seconds: float = BODY_SECONDS) -> None:
        self._free_bytes = budget
        self._seconds = seconds

    @contextlib.asynccontextmanager
    async def read(self, request: Request, max_bytes: int) -> AsyncIterator[bytes]:
        """The body of a request. It counts towards the memory budget until the caller leaves the `with` block.

        Raises HTTPException with 400, 408, 413 or 503 as soon as the problem is known, without reading the rest.
        """
        content_length = request.headers.get("content-length", "0")
        if not content_length.isdecimal():
            raise HTTPException(400)
        if int(content_length) > max_bytes:
            raise HTTPException(413)
        chunks: list[bytes] = []
        bytes_read = 0
        try:
            try:
                async with asyncio.timeout(self._seconds):
                    async for chunk in request.stream():
                        if bytes_read + len(chunk) > max_bytes:
                            raise HTTPException(413)
                        if len(chunk) > self._free_bytes:
                            raise HTTPException(503)
                        self._free_bytes -= len(chunk)
                        bytes_read += len(chunk)
                        chunks.append(chunk)
            except TimeoutError:
                raise HTTPException(408) from None
            body = b"".join(chunks)
            chunks.clear()
            yield body
        finally:
            self._free_bytes += bytes_read


class HeadersAndLog:
    """Wraps the application: adds security headers to every answer and writes a log line for each."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        too_large = False

        async def send_with_headers(message: Message) -> None:
            nonlocal too_large
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._https or scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
                if message["status"] in (408, 413):
                    headers["Connection"] = "close"  # the rest of the body must not be read as a new request
                too_large = message["status"] == 413
                self._log(scope, message["status"], started)
            elif too_large and not message.get("more_body"):
                await send({**message, "more_body": True})
                await _drain(receive)
                message = {"type": "http.response.body"}
            await send(message)

        await self._app(scope, receive, send_with_headers)

    @staticmethod
    def _log(scope: Scope, status: int, started: float) -> None:
        """Log the route and not the address, because an address may contain a secret."""
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


class LimitedHTTP(H11Protocol):
    """uvicorn's HTTP protocol with limits on connections, and on the time to begin a request or read an answer.

    uvicorn itself limits only the wait for a further request on a connection. It waits for all else without limit.
    """

    def connection_made(self, transport: Any) -> None:
        """Accept a new connection, or cut it off if there are too many."""
        self._read_timeout: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS + _SPARE:
            transport.abort()
            return
        self._expect_request(self.cycle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Clean up after a closed connection."""
        self._cancel_read_timeout()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Give the client a time limit, because it has not read its answer and the buffer is full."""
        super().pause_writing()
        self._cancel_read_timeout()
        self._read_timeout = self.loop.call_later(RESPONSE_READ_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Cancel the time limit, because the client is reading again."""
        super().resume_writing()
        self._cancel_read_timeout()

    def _cancel_read_timeout(self) -> None:
        if self._read_timeout is not None:
            self._read_timeout.cancel()
            self._read_timeout = None

    def on_response_complete(self) -> None:
        """Wait for the next request after an answer. The rest of an unread body may still be arriving."""
        last_cycle = self.cycle
        super().on_response_complete()
        self._expect_request(last_cycle)

    def _expect_request(self, last_cycle: Any) -> None:
        self.loop.call_later(REQUEST_START_SECONDS, self._abort_without_new_request, last_cycle)

    def _abort_without_new_request(self, last_cycle: Any) -> None:
        if self.cycle is last_cycle and not self.transport.is_closing():
            self.transport.abort()
