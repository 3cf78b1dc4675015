"""What proves who somebody is: personal links, tokens for one assignment, sessions. All signed, nothing kept."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadData, Signer, URLSafeSerializer

from autograder.submissions import email_key
from grader.send import ONCE

TOKEN_SECONDS = 30 * 60
SESSION_SECONDS = 12 * 3600
_MOST = 2000  # characters; none of ours is nearly as long


class Refused(Exception):
    """Something signed was not accepted. `why` is for the log: wrong, expired, foreign, reused or revoked."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Generations:
    """How often a student's tokens and links were revoked: what was signed under other numbers is void."""

    tokens: int = 0
    links: int = 0


@dataclass(frozen=True)
class Claims:
    """Who somebody says to be; an instructor has no name."""

    student: str | None
    links: int = 0


class Tokens:
    """Signs and checks. The clock can be given, so that a test need not wait."""

    def __init__(self, signing: str, instructor: str, clock: Callable[[], float] = time.time) -> None:
        self._signing = signing
        self._instructor = instructor
        self._clock = clock

    def token(self, email: str, slug: str, generations: Generations) -> str:
        """What a student pastes into `grader.submit`."""
        own = [email_key(email), slug, generations.tokens, generations.links, int(self._clock())]
        return ONCE + self._sign("token", own)  # by which the client knows that it may send again

    def check(self, token: str, email: str, slug: str, generations: Generations) -> None:
        """Raises Refused unless this token was made for this e-mail and this assignment, and still holds.

        A token with which nothing is wrong but its age is `expired`.

        `generations` are those of the student whose e-mail this is.
        """
        own, assignment, tokens, links, made = self._read("token", token.removeprefix(ONCE), 5)
        if assignment != slug:
            raise Refused("foreign")
        if own != email_key(email):
            raise Refused("reused")
        if (tokens, links) != (generations.tokens, generations.links):
            raise Refused("revoked")
        self._demand_recent(made, TOKEN_SECONDS)

    def link(self, student: str, links: int) -> str:
        """The secret part of a student's personal link; it holds until it is revoked."""
        return self._sign("link", [student, links])

    def open_link(self, link: str) -> Claims:
        """Whose link it is. Raises Refused."""
        student, links = self._read("link", link, 2)
        return Claims(student, links)

    def is_instructor(self, key: str) -> bool:
        """Whether this is the instructor's own key."""
        return hmac.compare_digest(key.encode("utf-8", "replace"), self._instructor.encode("utf-8", "replace"))

    def session(self, claims: Claims) -> str:
        """The value of a cookie."""
        return self._sign("session", [claims.student, claims.links, self._room(claims), int(self._clock())])

    def open_session(self, cookie: str) -> Claims:
        """Whose session it is. Raises Refused."""
        student, links, room, made = self._read("session", cookie, 4)
        claims = Claims(student, links)
        if not hmac.compare_digest(str(room), self._room(claims)):
            raise Refused("revoked")
        self._demand_recent(made, SESSION_SECONDS)
        return claims

    def form_key(self, cookie: str) -> str:
        """What the forms of a session carry, so that no other site can send them."""
        return Signer(self._signing, salt="form").get_signature(cookie).decode()

    def is_form_key(self, cookie: str, key: str) -> bool:
        """Whether a form comes from a page of this session."""
        return hmac.compare_digest(self.form_key(cookie).encode(), key.encode("utf-8", "replace"))

    def _room(self, claims: Claims) -> str:
        """Ties an instructor's session to the instructor's key: a new key ends it."""
        return "" if claims.student is not None else hashlib.sha256(self._instructor.encode()).hexdigest()[:16]

    def _sign(self, purpose: str, value: list[Any]) -> str:
        return URLSafeSerializer(self._signing, salt=purpose).dumps(value)

    def _read(self, purpose: str, text: str, length: int) -> list[Any]:
        if not text.isascii() or len(text) > _MOST:
            raise Refused("wrong")
        try:
            value = URLSafeSerializer(self._signing, salt=purpose).loads(text)
        except BadData:
            raise Refused("wrong") from None
        if not isinstance(value, list) or len(value) != length:  # signed by another version of the service
            raise Refused("wrong")
        return value

    def _demand_recent(self, made: float, seconds: float) -> None:
        """A clock that was put back must not make anything last for ever, nor void what was made a moment ago."""
        if abs(self._clock() - made) > seconds:
            raise Refused("expired")
