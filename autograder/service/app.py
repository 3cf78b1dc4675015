"""The application: which address does what, and what is said when something is wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from autograder.service.browser import Browser, Endpoint
from autograder.service.grading import Grading
from autograder.service.http import Bodies, Guard
from autograder.service.intake import Intake, Rejected
from autograder.service.log import log
from autograder.service.pages import Pages, message
from autograder.service.store import Store, Unavailable
from autograder.service.wire import ENDPOINT, MAX_BYTES

_AT_ONCE = 4  # bodies that are parsed at the same time; each takes some times its size
_SAYS = {
    400: "This is no request that the service understands.",
    403: "To see this page, open your personal link again. If that does not help, ask your course for a new one.",
    404: "There is no such page, or it is not yours to see.",
    405: "This page can't be used like that.",
    408: "This took too long to arrive: try again, on a faster line if you can.",
    413: f"This is too large: {MAX_BYTES >> 20} MB at most. Clear the notebook's outputs and submit again.",
    500: "Something is wrong on our side, and has been noted. Nothing that was accepted is lost.",
    503: "The service can't take this at the moment. Try again in a minute.",
}
_FORM_TOO_LARGE = "What was filled in is too long: go back, and make it shorter."
_RETRY_AFTER = {"Retry-After": "5"}


@dataclass(frozen=True)
class Service:
    """The parts of a service that are put together at its start."""

    store: Store
    intake: Intake
    grading: Grading
    browser: Browser
    pages: Pages
    bodies: Bodies
    url: str
    grace: float = 20.0  # seconds for what is being graded when the service is stopped
    regrade: bool = False


def routes(service: Service) -> list[Route]:
    """Every address. Who may use it is in docs/service.md, and tests/service/test_access.py holds it to that."""
    only, pages = service.browser.only, service.pages
    return [
        Route("/healthz", _healthz(service), methods=["GET"]),
        Route(ENDPOINT, _submit(service), methods=["POST"]),
        Route("/enter/{link}", service.browser.enter, methods=["GET"]),
        Route("/instruct/{key}", service.browser.enter_as_instructor, methods=["GET"]),
        Route("/", only("either", pages.home), methods=["GET"]),
        Route("/leave", only("either", service.browser.leave), methods=["POST"]),
        Route("/token", only("student", pages.make_token), methods=["POST"]),
        Route("/revoke", only("student", pages.revoke_tokens), methods=["POST"]),
        Route("/submissions/{receipt}", only("either", pages.submission), methods=["GET"]),
        Route("/instructor", only("instructor", pages.instructor), methods=["GET"]),
        Route("/instructor/revoke", only("instructor", pages.revoke_student), methods=["POST"]),
        Route("/instructor/{slug}/report", only("instructor", pages.report), methods=["GET"]),
        Route("/instructor/{slug}/feedback/{name}", only("instructor", pages.feedback), methods=["GET"]),
        Route("/instructor/{slug}/download/{format}", only("instructor", pages.download), methods=["GET"]),
    ]


def make_app(service: Service) -> ASGIApp:
    """The application with everything around it."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(service.grading.start, service.regrade)
        yield
        left = await run_in_threadpool(service.grading.close, service.grace)
        log("stopped", graded_again_at_the_next_start=left)

    handlers = {HTTPException: _http, Unavailable: _unavailable, ClientDisconnect: _gone, 500: _broken}
    app = Starlette(routes=routes(service), exception_handlers=handlers, lifespan=lifespan)  # type: ignore[arg-type]
    app.router.redirect_slashes = False  # to an address that the client's Host header gives
    return Guard(app, service.url.startswith("https:"))


def _submit(service: Service) -> Endpoint:
    threads = ThreadPoolExecutor(_AT_ONCE, "intake")

    async def submit(request: Request) -> Response:
        loop = asyncio.get_running_loop()
        try:
            async with service.bodies.read(request, MAX_BYTES) as raw:
                receipt = await loop.run_in_executor(threads, service.intake.accept, raw)
        except Rejected as problem:
            headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else None
            return _refusal(problem.status, problem.code, problem.learner, headers)
        if receipt.fresh:
            service.grading.add(receipt.number, receipt.student)
        late = "It came after the due date and is marked as late. " if receipt.late else ""
        said = f"{late}Your feedback will be at {service.url}/submissions/{receipt.number} ."
        body = {"receipt": receipt.number, "submissionId": receipt.submission_id, "message": said}
        return JSONResponse(body, 201)

    return submit


def _healthz(service: Service) -> Endpoint:
    async def healthz(_: Request) -> Response:
        await run_in_threadpool(service.store.ping)
        if not service.grading.alive:
            raise HTTPException(503)
        return JSONResponse({"status": "ok"})

    return healthz


def _refusal(status: int, code: str, learner: str, headers: dict[str, str] | None = None) -> Response:
    body = {"errorCode": code, "message": learner, "details": {"learnerMessage": learner}}
    return JSONResponse(body, status, headers)


def _say(request: Request, status: int, headers: dict[str, str] | None = None) -> Response:
    """The same sentence for a program and for a person."""
    said = _SAYS.get(status, _SAYS[400])
    if request.url.path.startswith("/api/"):
        return _refusal(status, f"http{status}", said, headers)
    said = _FORM_TOO_LARGE if status == 413 else said
    answer = message(status, "This did not work", said)
    answer.headers.update(headers or {})
    return answer


async def _http(request: Request, problem: HTTPException) -> Response:
    headers = dict(problem.headers or {}) | (_RETRY_AFTER if problem.status_code == 503 else {})
    return _say(request, problem.status_code, headers)


async def _unavailable(request: Request, problem: Unavailable) -> Response:
    log("database unavailable", problem=str(problem))
    return _say(request, 503, _RETRY_AFTER)


async def _gone(request: Request, _: ClientDisconnect) -> Response:
    return _say(request, 400)  # nobody reads it


async def _broken(request: Request, _: Exception) -> Response:
    return _say(request, 500)  # the log has the traceback
