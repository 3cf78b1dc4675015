"""Who may submit what, and how often. What is accepted is stored before anybody hears of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from autograder.assignment import Assignment, UsageError
from autograder.service import wire
from autograder.service.log import log
from autograder.service.store import (
    Accepted,
    Changed,
    Incoming,
    Store,
    TooOften,
)
from autograder.service.tokens import Refused, Tokens
from autograder.submissions import email_key

# One sentence for every way in which a token can be wrong: who guesses learns nothing from it.
WRONG = (
    "This e-mail address and this token do not go together for this assignment: make a new token on your page of "
    "the submission service, and submit again with the address that stands there."
)
CHANGED = "Something else was submitted under this submission's id, and stays: submit again to have a new one."
EXPIRED = "Your token has expired: make a new one on your page of the submission service, and submit again."


class Rejected(Exception):
    """A submission that was not accepted, with the status and what the learner is told."""

    def __init__(self, status: int, code: str, learner: str, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.learner = learner
        self.retry_after = retry_after


@dataclass(frozen=True)
class Receipt:
    """`fresh` unless the same submission had been accepted before."""

    number: int
    student: str
    submission_id: str
    fresh: bool
    late: bool


class Intake:
    """Takes requests of `grader.submit` in. `students` is the roster, by e-mail."""

    def __init__(
        self,
        store: Store,
        tokens: Tokens,
        assignments: Mapping[str, Assignment],
        students: Mapping[str, str],
        per_hour: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._by_key = {assignment.key: assignment for assignment in assignments.values()}
        if len(self._by_key) < len(assignments):
            raise UsageError("two of the assignments have the same [submission] key: give each its own.")
        self._students = students
        self._per_hour = per_hour
        self._clock = clock

    def accept(self, raw: bytes) -> Receipt:
        """Store a submission. Raises Rejected, and Unavailable when nothing could be stored."""
        try:
            message = wire.read(raw)
            assignment = self._assignment(message.key)
            student, expired = self._student(message, assignment)
            accepted = (self._stored if expired else self._store_now)(message, assignment, student)
        except wire.Malformed as problem:
            raise Rejected(400, "malformed", str(problem)) from None
        except Changed:
            raise Rejected(409, "changed", CHANGED) from None
        except TooOften as problem:
            minutes = -(-problem.seconds // 60)
            said = f"You have submitted {self._per_hour} times within an hour: the next one is taken in {minutes} min."
            raise Rejected(429, "tooOften", said, problem.seconds) from None
        number, fresh, received = accepted
        log("accepted", receipt=number, assignment=assignment.slug, student=student, fresh=fresh)
        return Receipt(number, student, message.submission_id, fresh, is_late(assignment, received))

    def _stored(self, message: wire.Message, assignment: Assignment, student: str) -> Accepted:
        """What was stored before its token expired, and whose 201 was lost on the way: it is no less accepted."""
        sha256 = (message.notebook or {}).get("sha256", "").lower()
        same = Incoming(assignment.slug, student, message.submission_id, "", sha256, b"", message.parts)
        known = self._store.known(same)
        if known is None:
            log("token refused", why="expired", assignment=assignment.slug, student=student)
            raise Rejected(403, "tokenExpired", EXPIRED)
        return known

    def _store_now(self, message: wire.Message, assignment: Assignment, student: str) -> Accepted:
        name, notebook = wire.notebook(message.notebook)
        sha256 = (message.notebook or {})["sha256"].lower()
        incoming = Incoming(assignment.slug, student, message.submission_id, name, sha256, notebook, message.parts)
        return self._store.accept(incoming, self._clock(), self._per_hour)

    def _assignment(self, key: str) -> Assignment:
        if key not in self._by_key:
            said = "This service does not know your assignment: ask your course where to submit it."
            raise Rejected(404, "unknownAssignment", said)
        return self._by_key[key]

    def _student(self, message: wire.Message, assignment: Assignment) -> tuple[str, bool]:
        """The student whose submission it is, and whether the token has expired."""
        student = self._students.get(email_key(message.email))
        # The same work for an address that is not on the roster: nobody learns from the time it takes who is.
        generations = self._store.generations(student or "")
        try:
            try:
                self._tokens.check(message.token, message.email, assignment.slug, generations)
            except Refused as problem:
                if student is None or problem.why != "expired":
                    raise
                return student, True
            if student is None:
                raise Refused("wrong")
        except Refused as problem:
            why = "not on the roster" if student is None else problem.why
            # Never the address as it was sent: where one belongs, others paste a token.
            log("token refused", why=why, assignment=assignment.slug, student=student)
            raise Rejected(403, "token", WRONG) from None
        return student, False


def is_late(assignment: Assignment, received: float) -> bool:
    """Whether it came after the due date."""
    return bool(assignment.due) and received > datetime.fromisoformat(str(assignment.due)).timestamp()


def iso(received: float) -> str:
    """As ledgers have it."""
    return datetime.fromtimestamp(received, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
