"""Puts a service together and runs it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn

from autograder.assignment import Assignment, UsageError, read_or_make_secret
from autograder.grading import load_spec, variants_of_class
from autograder.sandbox import Isolation
from autograder.service.app import Service, make_app
from autograder.service.browser import Browser
from autograder.service.grading import Grading
from autograder.service.http import CONNECTIONS, Bodies, Impatient
from autograder.service.intake import Intake
from autograder.service.ledgers import Ledgers
from autograder.service.log import to_stderr
from autograder.service.pages import Pages
from autograder.service.store import Store, Unavailable
from autograder.service.tokens import Tokens
from autograder.submissions import read_roster, students_by_email


def open_store(data: Path, database: str | None) -> Store:
    """The store of a service's data folder. Raises UsageError."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Store(database or f"sqlite:///{data / 'submissions.db'}")
    except (OSError, Unavailable) as problem:
        raise UsageError(f"{data}: the database can't be opened ({problem}).") from None


def open_tokens(data: Path, clock: Callable[[], float] = time.time) -> tuple[Tokens, str]:
    """What signs, and the instructor's key. Raises UsageError."""
    instructor = read_or_make_secret(data, "instructor")
    return Tokens(read_or_make_secret(data, "signing"), instructor, clock), instructor


def build_service(
    assignments: Sequence[Assignment],
    roster: Path,
    data: Path,
    database: str | None,
    url: str,
    per_hour: int,
    jobs: int,
    isolation: Isolation,
    regrade: bool = False,
    clock: Callable[[], float] = time.time,
) -> tuple[Service, str]:
    """A service that is ready to run, and the instructor's key. Raises UsageError."""
    people = read_roster(roster)
    students = students_by_email(people)
    emails = {student: email for email, student in students.items()}
    by_slug = {assignment.slug: assignment for assignment in assignments}
    specs = {slug: load_spec(assignment) for slug, assignment in by_slug.items()}
    tokens, instructor = open_tokens(data, clock)
    store = open_store(data, database)
    https = url.startswith("https:")
    ledgers = Ledgers(store, data, by_slug)
    ledgers.demand_sound()
    own = {slug: v for slug, assignment in by_slug.items() if (v := variants_of_class(assignment, list(emails)))}
    grading = Grading(store, specs, ledgers, jobs, isolation, variants=own)
    bodies = Bodies()
    browser = Browser(store, tokens, emails, bodies, https)
    pages = Pages(store, tokens, by_slug, emails, people, ledgers, grading, url)
    intake = Intake(store, tokens, by_slug, students, per_hour, clock)
    return Service(store, intake, grading, browser, pages, bodies, url, regrade=regrade), instructor


def server(service: Service, behind_proxy: bool) -> uvicorn.Server:
    """uvicorn with our bounds; without its own banner and its log of addresses."""
    return uvicorn.Server(
        uvicorn.Config(
            make_app(service),
            http=Impatient,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=behind_proxy,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=10,
        )
    )


def run_service(service: Service, listening: socket.socket, behind_proxy: bool) -> None:
    """Serve until a signal comes."""
    to_stderr()
    server(service, behind_proxy).run(sockets=[listening])
