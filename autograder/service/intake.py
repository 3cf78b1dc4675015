"""Checks a submission and its limits. An accepted submission is stored before the client gets its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from autograder.assignment import Assignment, UsageError
from autograder.service import message_format
from autograder.service.deadlines import Deadlines
from autograder.service.log import log
from autograder.service.store import Accepted, ContentDiffers, Incoming, Store, TooOften
from autograder.service.tokens import Refused, Tokens
from autograder.submissions import email_key

# The same text for every kind of wrong token, so that a client that guesses tokens learns nothing from it.
WRONG_TOKEN = (
    "This token is not valid for this e-mail address and this assignment. Make a new token on your page of the "
    "submission service, and submit again with the e-mail address shown there."
)
CHANGED = "A different submission was already accepted under this id, and it stays. Submit again to get a new id."
EXPIRED_TOKEN = "Your token has expired. Make a new token on your page of the submission service, and submit again."


class Rejected(Exception):
    """A submission that was not accepted, with the HTTP status and the message for the student."""

    def __init__(self, status: int, code: str, student_message: str, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.student_message = student_message
        self.retry_after = retry_after


@dataclass(frozen=True)
class Receipt:
    """An accepted submission. `fresh` is False when the same submission had been accepted before."""

    number: int
    student: str
    submission_id: str
    fresh: bool
    late: bool


class Intake:
    """Accepts or rejects the requests of `grader.submit`. `students` maps each e-mail on the roster to the student."""

    def __init__(
        self,
        store: Store,
        tokens: Tokens,
        assignments: Mapping[str, Assignment],
        students: Mapping[str, str],
        per_hour: int,
        deadlines: Deadlines,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._by_key = {assignment.key: assignment for assignment in assignments.values()}
        if len(self._by_key) < len(assignments):
            raise UsageError("two of the assignments have the same [submission] key: give each its own.")
        self._students = students
        self._per_hour = per_hour
        self._deadlines = deadlines
        self._clock = clock

    def accept(self, raw: bytes) -> Receipt:
        """Check and store a submission. Raises Rejected, and Unavailable when the database can't store it."""
        try:
            message = message_format.parse_message(raw)
            assignment = self._find_assignment(message.key)
            student, expired = self._check_student(message, assignment)
            accepted = (self._find_stored if expired else self._store_now)(message, assignment, student)
        except message_format.Malformed as problem:
            raise Rejected(400, "malformed", str(problem)) from None
        except ContentDiffers:
            raise Rejected(409, "changed", CHANGED) from None
        except TooOften as problem:
            minutes = -(-problem.seconds // 60)
            text = f"You have submitted {self._per_hour} times within an hour. You can submit again in {minutes} min."
            raise Rejected(429, "tooOften", text, problem.seconds) from None
        number, fresh, received = accepted
        log("accepted", receipt=number, assignment=assignment.slug, student=student, fresh=fresh)
        is_late = self._deadlines.lateness(assignment, student, received).is_late
        return Receipt(number, student, message.submission_id, fresh, is_late)

    def _find_stored(self, message: message_format.Message, assignment: Assignment, student: str) -> Accepted:
        """The same submission, stored before its token expired. The client sends it again if the 201 was lost."""
        sha256 = (message.notebook or {}).get("sha256", "").lower()
        same = Incoming(assignment.slug, student, message.submission_id, "", sha256, b"", message.parts)
        stored = self._store.find_stored(same)
        if stored is None:
            log("token refused", why="expired", assignment=assignment.slug, student=student)
            raise Rejected(403, "tokenExpired", EXPIRED_TOKEN)
        return stored

    def _store_now(self, message: message_format.Message, assignment: Assignment, student: str) -> Accepted:
        name, notebook = message_format.decode_notebook(message.notebook)
        sha256 = (message.notebook or {})["sha256"].lower()
        incoming = Incoming(assignment.slug, student, message.submission_id, name, sha256, notebook, message.parts)
        return self._store.accept(incoming, self._clock(), self._per_hour)

    def _find_assignment(self, key: str) -> Assignment:
        if key not in self._by_key:
            text = "This service does not accept your assignment. Ask your course where to submit it."
            raise Rejected(404, "unknownAssignment", text)
        return self._by_key[key]

    def _check_student(self, message: message_format.Message, assignment: Assignment) -> tuple[str, bool]:
        """The student of a submission, and whether the token has expired."""
        student = self._students.get(email_key(message.email))
        # An address that is not on the roster causes the same work, so that the time taken does not reveal the roster.
        generations = self._store.generations(student or "")
        try:
            try:
                self._tokens.check_token(message.token, message.email, assignment.slug, generations)
            except Refused as problem:
                if student is None or problem.why != "expired":
                    raise
                return student, True
            if student is None:
                raise Refused("wrong")
        except Refused as problem:
            why = "not on the roster" if student is None else problem.why
            # Never log the address as sent: some students paste their token in its place.
            log("token refused", why=why, assignment=assignment.slug, student=student)
            raise Rejected(403, "token", WRONG_TOKEN) from None
        return student, False
