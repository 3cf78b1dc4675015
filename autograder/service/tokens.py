"""Proofs of identity: personal links, tokens for one assignment, and sessions. All are signed and none is stored.

A token expires after 30 minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadData, Signer, URLSafeSerializer

from autograder.submissions import email_key
from grader.send import COUNTED_ONCE_PREFIX

TOKEN_SECONDS = 30 * 60
SESSION_SECONDS = 12 * 3600
_MAX_CHARACTERS = 2000  # of a link, token or cookie; ours are far shorter


class Refused(Exception):
    """A link, token or session was not accepted. `why` is for the log, for example wrong, expired or revoked.

    `foreign` is a token for another assignment, and `reused` a token of another e-mail address.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Generations:
    """How many times a student's tokens and links were revoked. Those signed with other numbers are void."""

    tokens: int = 0
    links: int = 0


@dataclass(frozen=True)
class Claims:
    """The student whom a link or session was made for. `student` is None for the instructor."""

    student: str | None
    links: int = 0


class Tokens:
    """Makes and checks signed links, tokens and sessions. A test can give its own clock to avoid waiting."""

    def __init__(self, signing: str, instructor: str, clock: Callable[[], float] = time.time) -> None:
        self._signing = signing
        self._instructor = instructor
        self._clock = clock

    def make_token(self, email: str, slug: str, generations: Generations) -> str:
        """The token that a student pastes into `grader.submit`."""
        value = [email_key(email), slug, generations.tokens, generations.links, int(self._clock())]
        # The prefix tells the client that sending again is safe.
        return COUNTED_ONCE_PREFIX + self._sign("token", value)

    def check_token(self, token: str, email: str, slug: str, generations: Generations) -> None:
        """Raises Refused unless this token was made for this e-mail and assignment, and is still valid.

        `why` is `expired` only if nothing but the age is wrong. `generations` are those of the e-mail's student.
        """
        token_email, assignment, tokens, links, made = self._read("token", token.removeprefix(COUNTED_ONCE_PREFIX), 5)
        if assignment != slug:
            raise Refused("foreign")
        if token_email != email_key(email):
            raise Refused("reused")
        if (tokens, links) != (generations.tokens, generations.links):
            raise Refused("revoked")
        self._check_age(made, TOKEN_SECONDS)

    def make_link(self, student: str, links: int) -> str:
        """The secret part of a student's personal link. It is valid until it is revoked."""
        return self._sign("link", [student, links])

    def open_link(self, link: str) -> Claims:
        """The student whom a link was made for. Raises Refused."""
        student, links = self._read("link", link, 2)
        return Claims(student, links)

    def is_instructor(self, key: str) -> bool:
        """Whether this is the instructor's key."""
        return hmac.compare_digest(key.encode("utf-8", "replace"), self._instructor.encode("utf-8", "replace"))

    def make_session(self, claims: Claims) -> str:
        """The cookie value of a new session."""
        return self._sign("session", [claims.student, claims.links, self._instructor_mark(claims), int(self._clock())])

    def open_session(self, cookie: str) -> Claims:
        """The student or instructor whom a session was made for. Raises Refused."""
        student, links, key_mark, made = self._read("session", cookie, 4)
        claims = Claims(student, links)
        if not hmac.compare_digest(str(key_mark), self._instructor_mark(claims)):
            raise Refused("revoked")
        self._check_age(made, SESSION_SECONDS)
        return claims

    def form_key(self, cookie: str) -> str:
        """The secret in every form of a session. Without it, no other site can send a form."""
        return Signer(self._signing, salt="form").get_signature(cookie).decode()

    def is_form_key(self, cookie: str, key: str) -> bool:
        """Whether this key belongs to a form of this session."""
        return hmac.compare_digest(self.form_key(cookie).encode(), key.encode("utf-8", "replace"))

    def _instructor_mark(self, claims: Claims) -> str:
        """A hash of the instructor's key in each instructor session, so that a new key ends the session."""
        return "" if claims.student is not None else hashlib.sha256(self._instructor.encode()).hexdigest()[:16]

    def _sign(self, purpose: str, value: list[Any]) -> str:
        return URLSafeSerializer(self._signing, salt=purpose).dumps(value)

    def _read(self, purpose: str, text: str, length: int) -> list[Any]:
        if not text.isascii() or len(text) > _MAX_CHARACTERS:
            raise Refused("wrong")
        try:
            value = URLSafeSerializer(self._signing, salt=purpose).loads(text)
        except BadData:
            raise Refused("wrong") from None
        if not isinstance(value, list) or len(value) != length:  # signed by another version of the service
            raise Refused("wrong")
        return value

    def _check_age(self, made: float, seconds: float) -> None:
        """Raises Refused when the age is over `seconds` in either direction.

        A clock that was set back must not make a token valid for ever, nor void a token made a moment ago.
        """
        if abs(self._clock() - made) > seconds:
            raise Refused("expired")
