"""Keeps every submission and its result in a database: SQLite, or any other with an SQLAlchemy URL."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from autograder.assignment import UsageError
from autograder.grading import Result
from autograder.service.tokens import Generations

HOUR_SECONDS = 3600
_tables = sa.MetaData()
# Results and parts are JSON as bytes, because in some databases a text column is too short for a result.
_submissions = sa.Table(
    "submissions",
    _tables,
    sa.Column("receipt", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("assignment", sa.String(100), nullable=False),
    sa.Column("student", sa.String(100), nullable=False),
    sa.Column("submission_id", sa.String(64), nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False),  # seconds since 1970, UTC
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("notebook", sa.LargeBinary(1 << 26), nullable=False),
    sa.Column("parts", sa.LargeBinary(1 << 26), nullable=False),
    sa.Column("status", sa.String(20)),  # NULL until the submission is graded
    sa.Column("score", sa.Float),
    sa.Column("spec_sha256", sa.String(64)),  # for people who read the database; it is in the result, too
    sa.Column("result", sa.LargeBinary(1 << 26)),
    sa.UniqueConstraint("assignment", "student", "submission_id"),
    sqlite_autoincrement=True,  # a receipt is never used twice
)
_generations = sa.Table(
    "generations",
    _tables,
    sa.Column("student", sa.String(100), primary_key=True),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Column("links", sa.Integer, nullable=False),
)
_LISTED = [_submissions.c[name] for name in ("receipt", "assignment", "student", "received", "name", "sha256")]
_LISTED += [_submissions.c[name] for name in ("status", "score")]


class Accepted(NamedTuple):
    """The receipt of a submission, whether it is a new one, and when it was received."""

    receipt: int
    fresh: bool
    received: int


class ContentDiffers(Exception):
    """A submission with other content is already stored under this submission id."""


class Unavailable(Exception):
    """The database is locked, full or not reachable. Nothing was stored."""


class TooOften(Exception):
    """A student has reached the hourly limit, and can submit again in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class Incoming:
    """A checked submission, ready to be stored."""

    assignment: str
    student: str
    submission_id: str
    name: str
    sha256: str
    notebook: bytes
    parts: bytes


@dataclass(frozen=True)
class Entry:
    """A stored submission without its notebook and result. `status` is None until it is graded."""

    receipt: int
    assignment: str
    student: str
    received: int
    name: str
    sha256: str
    status: str | None
    score: float | None


class Store:
    """The database. One thread writes at a time, and waits at most `lock_seconds` for a lock."""

    def __init__(self, url: str, lock_seconds: float = 15.0) -> None:
        try:
            sqlite = sa.make_url(url).get_backend_name() == "sqlite"
            self._engine = sa.create_engine(
                url, connect_args={"timeout": lock_seconds} if sqlite else {}, hide_parameters=True
            )
        except (SQLAlchemyError, ImportError) as problem:
            raise UsageError(f"--database: this URL can't be used ({problem}).") from None
        if sqlite:
            sa.event.listen(self._engine, "connect", _set_sqlite_options)
        self._lock_seconds = lock_seconds
        self._write_lock = threading.Lock()
        with self._transaction() as connection:
            _tables.create_all(connection)

    def close(self) -> None:
        """Close the connections to the database."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as problem:
            raise Unavailable(str(getattr(problem, "orig", None) or problem)) from None

    @contextlib.contextmanager
    def _write_transaction(self) -> Iterator[sa.Connection]:
        if not self._write_lock.acquire(timeout=self._lock_seconds):
            raise Unavailable("too many threads are waiting to write")
        try:
            with self._transaction() as connection:
                yield connection
        finally:
            self._write_lock.release()

    def ping(self) -> None:
        """Raises Unavailable when the database does not answer."""
        with self._transaction() as connection:
            connection.execute(sa.select(sa.literal(1)))

    def find_stored(self, incoming: Incoming) -> Accepted | None:
        """The same submission, if it is already stored. Raises ContentDiffers and Unavailable."""
        with self._transaction() as connection:
            return _find_stored(connection, incoming)

    def accept(self, incoming: Incoming, now: float, per_hour: int) -> Accepted:
        """Store a submission. If the same submission is already stored, returns its receipt.

        The submission is on disk when this returns. Raises ContentDiffers, TooOften and Unavailable.
        """
        table = _submissions.c
        own = (table.assignment == incoming.assignment) & (table.student == incoming.student)
        # Counting and storing are one transaction, so that requests sent at the same time can't exceed the limit.
        with self._write_transaction() as connection:
            stored = _find_stored(connection, incoming)
            if stored is not None:
                return stored
            # If a time of receipt is in the future, the clock was set back since. Such submissions do not count here.
            recent = own & (table.received > int(now) - HOUR_SECONDS) & (table.received <= int(now))
            count, oldest = connection.execute(
                sa.select(sa.func.count(), sa.func.min(table.received)).where(recent)
            ).one()
            if count >= per_hour:
                raise TooOften(max(1, int(oldest) + HOUR_SECONDS - int(now)))
            values = {**vars(incoming), "received": int(now)}
            inserted = connection.execute(_submissions.insert().values(values))
            assert inserted.inserted_primary_key is not None
            receipt = int(inserted.inserted_primary_key[0])
        return Accepted(receipt, True, int(now))

    def entry(self, receipt: int) -> Entry | None:
        """The submission with this receipt, or None."""
        if receipt >= 1 << 31:  # some databases reject a larger number
            return None
        return next(iter(self.entries(_submissions.c.receipt == receipt)), None)

    def entries(self, *conditions: sa.ColumnElement[bool]) -> list[Entry]:
        """The submissions that meet all conditions, in the order of their receipts and not of the clock."""
        wanted = sa.select(*_LISTED).where(*conditions).order_by(_submissions.c.receipt)
        with self._transaction() as connection:
            return [Entry(**row) for row in connection.execute(wanted).mappings()]

    def entries_of_student(self, student: str, assignment: str | None = None) -> list[Entry]:
        """All submissions of a student, or those for one assignment."""
        conditions = [] if assignment is None else [_submissions.c.assignment == assignment]
        return self.entries(_submissions.c.student == student, *conditions)

    def entries_of_assignment(self, assignment: str) -> list[Entry]:
        """All submissions for an assignment."""
        return self.entries(_submissions.c.assignment == assignment)

    def receipts_to_grade(
        self, assignment: str, is_up_to_date: Callable[[Result], bool] | None = None
    ) -> dict[int, str]:
        """The receipts to grade, each with its student.

        These are the submissions without a grade and, if `is_up_to_date` is given, those whose result fails it.
        """
        table = _submissions.c
        no_grade = table.status.is_(None) | (table.status == "error")
        with self._transaction() as connection:
            wanted = sa.select(table.receipt, table.student).where(table.assignment == assignment, no_grade)
            to_grade = {int(row.receipt): str(row.student) for row in connection.execute(wanted)}
            if is_up_to_date is not None:
                wanted = sa.select(table.receipt, table.student, table.result)
                for row in connection.execute(wanted.where(table.assignment == assignment, ~no_grade)):
                    if not is_up_to_date(json.loads(row.result)):
                        to_grade[int(row.receipt)] = str(row.student)
        return dict(sorted(to_grade.items()))

    def notebook(self, receipt: int) -> bytes:
        """The bytes of the submitted notebook."""
        with self._transaction() as connection:
            found = connection.scalar(sa.select(_submissions.c.notebook).where(_submissions.c.receipt == receipt))
        return bytes(found or b"")

    def result(self, receipt: int) -> Result | None:
        """The result of a submission, or None until it is graded."""
        with self._transaction() as connection:
            raw = connection.scalar(sa.select(_submissions.c.result).where(_submissions.c.receipt == receipt))
        return Result(json.loads(raw)) if raw is not None else None

    def save_result(self, receipt: int, result: Result) -> None:
        """Save the result of a submission. It replaces an earlier result."""
        values: dict[str, Any] = {name: result[name] for name in ("status", "score", "spec_sha256")}
        values["result"] = json.dumps(result, allow_nan=False).encode()
        with self._write_transaction() as connection:
            connection.execute(_submissions.update().where(_submissions.c.receipt == receipt).values(values))

    def generations(self, student: str) -> Generations:
        """How many times this student's tokens and links were revoked."""
        table = _generations.c
        with self._transaction() as connection:
            row = connection.execute(sa.select(table.tokens, table.links).where(table.student == student)).one_or_none()
        return Generations(*row) if row else Generations()

    def revoke(self, student: str, link: bool = False) -> None:
        """Void all tokens of the student. With `link`, also void the personal link and every session."""
        with self._write_transaction() as connection:
            table = _generations.c
            if connection.scalar(sa.select(table.tokens).where(table.student == student)) is None:
                connection.execute(_generations.insert().values(student=student, tokens=0, links=0))
            more = {"tokens": table.tokens + 1, "links": table.links + int(link)}
            connection.execute(_generations.update().where(table.student == student).values(more))


def _find_stored(connection: sa.Connection, incoming: Incoming) -> Accepted | None:
    table = _submissions.c
    same = (table.assignment == incoming.assignment) & (table.student == incoming.student)
    same &= table.submission_id == incoming.submission_id
    wanted = sa.select(table.receipt, table.received, table.sha256, table.parts).where(same)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    if (row.sha256, bytes(row.parts)) != (incoming.sha256, incoming.parts):
        raise ContentDiffers
    return Accepted(int(row.receipt), False, int(row.received))


def _set_sqlite_options(connection: Any, _: object) -> None:
    """With these options, readers do not wait for a writer, and a committed submission is on disk."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
