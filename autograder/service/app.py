"""The web application: its routes, and its answers to errors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from autograder.service.browser import Browser, Endpoint
from autograder.service.grading import Grading
from autograder.service.http import BodyReader, HeadersAndLog
from autograder.service.intake import Intake, Rejected
from autograder.service.log import log
from autograder.service.marking import MarkingPages
from autograder.service.message_format import ENDPOINT, MAX_BYTES
from autograder.service.pages import Pages, message_page
from autograder.service.store import Store, Unavailable

_PARSING_THREADS = 4  # request bodies parsed at the same time; parsing needs several times a body's size in memory
_ERROR_TEXTS = {
    400: "The service does not understand this request.",
    403: "To see this page, open your personal link again. If that does not help, ask your course for a new one.",
    404: "This page does not exist, or you are not allowed to see it.",
    405: "This page does not accept this kind of request.",
    408: "Your request took too long to arrive. Try again, on a faster connection if you can.",
    413: f"This is too large: {MAX_BYTES >> 20} MB at most. Clear the notebook's outputs and submit again.",
    500: "Something is wrong on our side. The error is in our log. Every accepted submission is safe.",
    503: "The service is too busy at the moment. Try again in a minute.",
}
_FORM_TOO_LARGE = "The text in the form is too long. Go back and make it shorter."
_RETRY_AFTER = {"Retry-After": "5"}


@dataclass(frozen=True)
class Service:
    """The parts of a running service."""

    store: Store
    intake: Intake
    grading: Grading
    browser: Browser
    pages: Pages
    marking: MarkingPages
    body_reader: BodyReader
    url: str
    stop_seconds: float = 20.0  # how long a stopping service waits for submissions that are being graded
    regrade: bool = False


def routes(service: Service) -> list[Route]:
    """Every route. docs/service.md says who may use each, and tests/service/test_access.py checks it."""
    restrict_to, pages = service.browser.restrict_to, service.pages
    return [
        Route("/healthz", _healthz(service), methods=["GET"]),
        Route(ENDPOINT, _submit(service), methods=["POST"]),
        Route("/enter/{link}", service.browser.enter, methods=["GET"]),
        Route("/instruct/{key}", service.browser.enter_as_instructor, methods=["GET"]),
        Route("/", restrict_to("either", pages.home), methods=["GET"]),
        Route("/leave", restrict_to("either", service.browser.leave), methods=["POST"]),
        Route("/token", restrict_to("student", pages.make_token), methods=["POST"]),
        Route("/revoke", restrict_to("student", pages.revoke_tokens), methods=["POST"]),
        Route("/submissions/{receipt}", restrict_to("either", pages.submission), methods=["GET"]),
        Route("/instructor", restrict_to("instructor", pages.instructor), methods=["GET"]),
        Route("/instructor/revoke", restrict_to("instructor", pages.revoke_student), methods=["POST"]),
        Route("/instructor/{slug}/report", restrict_to("instructor", pages.report), methods=["GET"]),
        Route("/instructor/{slug}/feedback/{name}", restrict_to("instructor", pages.feedback), methods=["GET"]),
        Route("/instructor/{slug}/download/{format}", restrict_to("instructor", pages.download), methods=["GET"]),
        *service.marking.routes(service.browser),
    ]


def make_app(service: Service) -> ASGIApp:
    """The application, with security headers and a log line for every answer."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(service.grading.start, service.regrade)
        yield
        still_running = await run_in_threadpool(service.grading.close, service.stop_seconds)
        log("stopped", graded_again_at_the_next_start=still_running)

    return _wrapped(Starlette(routes=routes(service), exception_handlers=_handlers(), lifespan=lifespan), service.url)


def make_marking_app(marking: MarkingPages, browser: Browser, url: str) -> ASGIApp:
    """An application that has the marking pages only."""
    enter = Route("/instruct/{key}", browser.enter_as_instructor, methods=["GET"])
    return _wrapped(Starlette(routes=[enter, *marking.routes(browser)], exception_handlers=_handlers()), url)


def _handlers() -> Any:
    return {
        HTTPException: _http_error,
        Unavailable: _unavailable,
        ClientDisconnect: _client_disconnected,
        500: _internal_error,
    }


def _wrapped(app: Starlette, url: str) -> ASGIApp:
    app.router.redirect_slashes = False  # such a redirect would lead to the address in the client's Host header
    return HeadersAndLog(app, url.startswith("https:"))


def _submit(service: Service) -> Endpoint:
    threads = ThreadPoolExecutor(_PARSING_THREADS, "intake")

    async def submit(request: Request) -> Response:
        loop = asyncio.get_running_loop()
        try:
            async with service.body_reader.read(request, MAX_BYTES) as raw:
                receipt = await loop.run_in_executor(threads, service.intake.accept, raw)
        except Rejected as problem:
            headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else None
            return _json_error(problem.status, problem.code, problem.student_message, headers)
        if receipt.fresh:
            service.grading.add(receipt.number, receipt.student)
        late = "Your submission came after the due date and is marked as late. " if receipt.late else ""
        text = f"{late}Your feedback will be at {service.url}/submissions/{receipt.number} ."
        body = {"receipt": receipt.number, "submissionId": receipt.submission_id, "message": text}
        return JSONResponse(body, 201)

    return submit


def _healthz(service: Service) -> Endpoint:
    async def healthz(_: Request) -> Response:
        await run_in_threadpool(service.store.ping)
        if not service.grading.alive:
            raise HTTPException(503)
        return JSONResponse({"status": "ok"})

    return healthz


def _json_error(status: int, code: str, text: str, headers: dict[str, str] | None = None) -> Response:
    body = {"errorCode": code, "message": text, "details": {"learnerMessage": text}}
    return JSONResponse(body, status, headers)


def _error_response(request: Request, status: int, headers: dict[str, str] | None = None) -> Response:
    """The error as JSON under /api/, and as a page elsewhere."""
    text = _ERROR_TEXTS.get(status, _ERROR_TEXTS[400])
    if request.url.path.startswith("/api/"):
        return _json_error(status, f"http{status}", text, headers)
    text = _FORM_TOO_LARGE if status == 413 else text
    answer = message_page(status, "This did not work", text)
    answer.headers.update(headers or {})
    return answer


async def _http_error(request: Request, problem: HTTPException) -> Response:
    headers = dict(problem.headers or {}) | (_RETRY_AFTER if problem.status_code == 503 else {})
    return _error_response(request, problem.status_code, headers)


async def _unavailable(request: Request, problem: Unavailable) -> Response:
    log("database unavailable", problem=str(problem))
    return _error_response(request, 503, _RETRY_AFTER)


async def _client_disconnected(request: Request, _: ClientDisconnect) -> Response:
    return _error_response(request, 400)  # nobody reads this answer


async def _internal_error(request: Request, _: Exception) -> Response:
    return _error_response(request, 500)  # the traceback is in the log
