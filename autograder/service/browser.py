"""Access to the pages: sessions in a cookie, and forms that only our own pages can send."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.service.http import BodyReader
from autograder.service.log import log
from autograder.service.tokens import SESSION_SECONDS, Claims, Generations, Refused, Tokens

_COOKIE = "autograder"
_FORM_BYTES = 10_000
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Visit:
    """A request from a student or the instructor, whose identity has been checked."""

    request: Request
    claims: Claims
    cookie: str
    form: Mapping[str, str]

    @property
    def student(self) -> str:
        """The student's id. Raises HTTPException with 403 for the instructor."""
        if self.claims.student is None:
            raise HTTPException(403)
        return self.claims.student


class Page(Protocol):
    """A function that makes a page. It runs in a thread, so it may wait for the database."""

    def __call__(self, visit: Visit) -> Response: ...


class Browser:
    """Gives students access to their own pages, and the instructor access to the others.

    `generations` says how often a student's links and tokens were revoked.
    """

    def __init__(
        self,
        generations: Callable[[str], Generations],
        tokens: Tokens,
        emails: Mapping[str, str],
        body_reader: BodyReader,
        https: bool,
        cookie: str = _COOKIE,
        first_page: str = "/instructor",
    ) -> None:
        self._first_page = first_page
        self._generations = generations
        self._tokens = tokens
        self._emails = emails
        self._body_reader = body_reader
        self._https = https
        # With this prefix, no other host of the same domain can set the cookie, and browsers accept it over https only.
        self.cookie = f"__Host-{cookie}" if https else cookie

    def restrict_to(self, allowed: str, page: Page, form_bytes: int = _FORM_BYTES) -> Endpoint:
        """The page, for `student`, `instructor` or `either` only. A POST must come from a page of the same session.

        A form may have `form_bytes`.
        """

        async def endpoint(request: Request) -> Response:
            cookie = request.cookies.get(self.cookie, "")
            claims = await run_in_threadpool(self._read_session, cookie)
            role = "instructor" if claims.student is None else "student"
            if allowed not in (role, "either"):
                raise HTTPException(403)
            form: Mapping[str, str] = {}
            if request.method == "POST":
                form = await self._read_form(request, form_bytes)
                if not self._tokens.is_form_key(cookie, form.get("form_key", "")):
                    log("form refused")
                    raise HTTPException(403)
            return await run_in_threadpool(page, Visit(request, claims, cookie, form))

        return endpoint

    def enter(self, request: Request) -> Response:
        """Open a session with a student's personal link. The redirect removes the secret from the address."""
        try:
            claims = self._tokens.open_link(request.path_params["link"])
            self._check_still_valid(claims)
        except Refused as problem:
            log("link refused", why=problem.why)
            raise HTTPException(403) from None
        return self._start_session(request, claims, "/")

    def enter_as_instructor(self, request: Request) -> Response:
        """Open a session with the instructor's link. It leads to the instructor's first page."""
        if not self._tokens.is_instructor(request.path_params["key"]):
            log("instructor's link refused", why="wrong")
            raise HTTPException(403)
        return self._start_session(request, Claims(None), self._first_page)

    def leave(self, visit: Visit) -> Response:
        """End the session in this browser."""
        response = RedirectResponse("/", 303)
        response.delete_cookie(self.cookie, secure=self._https, httponly=True)
        return response

    def _start_session(self, request: Request, claims: Claims, path: str) -> Response:
        response = RedirectResponse(path, 303)
        secure = self._https or request.url.scheme == "https"
        # Lax, not Strict: the student opens the link from an e-mail, and the page after it needs the cookie.
        response.set_cookie(
            self.cookie,
            self._tokens.make_session(claims),
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="lax",
            secure=secure,
        )
        return response

    def _read_session(self, cookie: str) -> Claims:
        try:
            claims = self._tokens.open_session(cookie)
            self._check_still_valid(claims)
        except Refused as problem:
            if cookie:
                log("session refused", why=problem.why)
            raise HTTPException(403) from None
        return claims

    def _check_still_valid(self, claims: Claims) -> None:
        if claims.student is None:
            return
        if claims.student not in self._emails:
            raise Refused("not on the roster")
        if self._generations(claims.student).links != claims.links:
            raise Refused("revoked")

    async def _read_form(self, request: Request, form_bytes: int) -> dict[str, str]:
        async with self._body_reader.read(request, form_bytes) as raw:
            try:
                fields = parse_qs(raw.decode("ascii"), strict_parsing=True, max_num_fields=20)
            except ValueError:
                raise HTTPException(400) from None
        return {name: values[0] for name, values in fields.items()}
