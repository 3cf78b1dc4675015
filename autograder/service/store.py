"""Every submission and its result, in a database: SQLite, or whatever SQLAlchemy has a URL for."""

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

HOUR = 3600
_tables = sa.MetaData()
# Results and parts are JSON as bytes: some databases have no text as long as a result may be.
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
    sa.Column("status", sa.String(20)),  # none until it is graded
    sa.Column("score", sa.Float),
    sa.Column("spec_sha256", sa.String(64)),  # for who looks into the database: the result has it too
    sa.Column("result", sa.LargeBinary(1 << 26)),
    sa.UniqueConstraint("assignment", "student", "submission_id"),
    sqlite_autoincrement=True,  # a receipt is never given twice
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


class Changed(Exception):
    """Something else was stored under this submission id."""


class Unavailable(Exception):
    """The database did not do what it was asked, and nothing was stored: locked, full or out of reach."""


class TooOften(Exception):
    """A student has used up the hour's submissions; `seconds` until the next one."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class Incoming:
    """A submission that may be stored."""

    assignment: str
    student: str
    submission_id: str
    name: str
    sha256: str
    notebook: bytes
    parts: bytes


@dataclass(frozen=True)
class Entry:
    """A line of the list of submissions. `status` is None until it is graded."""

    receipt: int
    assignment: str
    student: str
    received: int
    name: str
    sha256: str
    status: str | None
    score: float | None


class Store:
    """One process writes at a time. `patience` is how many seconds to wait for a lock that somebody else holds."""

    def __init__(self, url: str, patience: float = 15.0) -> None:
        try:
            sqlite = sa.make_url(url).get_backend_name() == "sqlite"
            self._engine = sa.create_engine(
                url, connect_args={"timeout": patience} if sqlite else {}, hide_parameters=True
            )
        except (SQLAlchemyError, ImportError) as problem:
            raise UsageError(f"--database: this URL can't be used ({problem}).") from None
        if sqlite:
            sa.event.listen(self._engine, "connect", _careful)
        self._patience = patience
        self._turn = threading.Lock()
        with self._connected() as connection:
            _tables.create_all(connection)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except SQLAlchemyError as problem:
            raise Unavailable(str(getattr(problem, "orig", None) or problem)) from None

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        if not self._turn.acquire(timeout=self._patience):
            raise Unavailable("others have been waiting for the database for long")
        try:
            with self._connected() as connection:
                yield connection
        finally:
            self._turn.release()

    def ping(self) -> None:
        """Raises Unavailable when the database does not answer."""
        with self._connected() as connection:
            connection.execute(sa.select(sa.literal(1)))

    def known(self, incoming: Incoming) -> Accepted | None:
        """The same submission where it is stored already. Raises Changed and Unavailable."""
        with self._connected() as connection:
            return _known(connection, incoming)

    def accept(self, incoming: Incoming, now: float, per_hour: int) -> Accepted:
        """Who sends the same again gets the first one's receipt.

        The submission is on disk when this returns. Raises Changed, TooOften and Unavailable.
        """
        table = _submissions.c
        own = (table.assignment == incoming.assignment) & (table.student == incoming.student)
        with self._writing() as connection:  # the limit holds for whoever sends twenty at once, too
            known = _known(connection, incoming)
            if known is not None:
                return known
            # What seems to come from the future was stored before the clock was put back.
            recent = own & (table.received > int(now) - HOUR) & (table.received <= int(now))
            count, oldest = connection.execute(
                sa.select(sa.func.count(), sa.func.min(table.received)).where(recent)
            ).one()
            if count >= per_hour:
                raise TooOften(max(1, int(oldest) + HOUR - int(now)))
            values = {**vars(incoming), "received": int(now)}
            inserted = connection.execute(_submissions.insert().values(values))
            assert inserted.inserted_primary_key is not None
            receipt = int(inserted.inserted_primary_key[0])
        return Accepted(receipt, True, int(now))

    def entry(self, receipt: int) -> Entry | None:
        """One line of the list."""
        if receipt >= 1 << 31:  # more than some databases can be asked for
            return None
        return next(iter(self.entries(_submissions.c.receipt == receipt)), None)

    def entries(self, *conditions: sa.ColumnElement[bool]) -> list[Entry]:
        """The list of submissions in the order of their receipts, whatever the clock said."""
        wanted = sa.select(*_LISTED).where(*conditions).order_by(_submissions.c.receipt)
        with self._connected() as connection:
            return [Entry(**row) for row in connection.execute(wanted).mappings()]

    def of_student(self, student: str, assignment: str | None = None) -> list[Entry]:
        """What a student handed in."""
        which = [] if assignment is None else [_submissions.c.assignment == assignment]
        return self.entries(_submissions.c.student == student, *which)

    def of_assignment(self, assignment: str) -> list[Entry]:
        """What was handed in for an assignment."""
        return self.entries(_submissions.c.assignment == assignment)

    def due(self, assignment: str, stands: Callable[[Result], bool] | None = None) -> dict[int, str]:
        """The receipts to grade, each with its student: those with no grade, or with one that does not stand."""
        table = _submissions.c
        none = table.status.is_(None) | (table.status == "error")
        with self._connected() as connection:
            wanted = sa.select(table.receipt, table.student).where(table.assignment == assignment, none)
            due = {int(row.receipt): str(row.student) for row in connection.execute(wanted)}
            if stands is not None:
                wanted = sa.select(table.receipt, table.student, table.result)
                for row in connection.execute(wanted.where(table.assignment == assignment, ~none)):
                    if not stands(json.loads(row.result)):
                        due[int(row.receipt)] = str(row.student)
        return dict(sorted(due.items()))

    def notebook(self, receipt: int) -> bytes:
        """The notebook as it was handed in."""
        with self._connected() as connection:
            found = connection.scalar(sa.select(_submissions.c.notebook).where(_submissions.c.receipt == receipt))
        return bytes(found or b"")

    def result(self, receipt: int) -> Result | None:
        """What the grader said; None until it has."""
        with self._connected() as connection:
            raw = connection.scalar(sa.select(_submissions.c.result).where(_submissions.c.receipt == receipt))
        return json.loads(raw) if raw is not None else None

    def settle(self, receipt: int, result: Result) -> None:
        """Keep a result in place of an earlier one."""
        values: dict[str, Any] = {name: result[name] for name in ("status", "score", "spec_sha256")}
        values["result"] = json.dumps(result, allow_nan=False).encode()
        with self._writing() as connection:
            connection.execute(_submissions.update().where(_submissions.c.receipt == receipt).values(values))

    def generations(self, student: str) -> Generations:
        """How often this student's tokens and links were revoked."""
        table = _generations.c
        with self._connected() as connection:
            row = connection.execute(sa.select(table.tokens, table.links).where(table.student == student)).one_or_none()
        return Generations(*row) if row else Generations()

    def revoke(self, student: str, link: bool = False) -> None:
        """Void all tokens that the student has, and with `link` the personal link and every session too."""
        with self._writing() as connection:
            table = _generations.c
            if connection.scalar(sa.select(table.tokens).where(table.student == student)) is None:
                connection.execute(_generations.insert().values(student=student, tokens=0, links=0))
            more = {"tokens": table.tokens + 1, "links": table.links + int(link)}
            connection.execute(_generations.update().where(table.student == student).values(more))


def _known(connection: sa.Connection, incoming: Incoming) -> Accepted | None:
    table = _submissions.c
    same = (table.assignment == incoming.assignment) & (table.student == incoming.student)
    same &= table.submission_id == incoming.submission_id
    wanted = sa.select(table.receipt, table.received, table.sha256, table.parts).where(same)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    if (row.sha256, bytes(row.parts)) != (incoming.sha256, incoming.parts):
        raise Changed
    return Accepted(int(row.receipt), False, int(row.received))


def _careful(connection: Any, _: object) -> None:
    """Readers need not wait for a writer, and what is committed is on disk."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
