"""Builds a service from its parts and runs it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from autograder.assignment import Assignment, UsageError, read_or_make_secret
from autograder.grading import load_spec, variants_of_class
from autograder.sandbox import Isolation
from autograder.service.app import Service, make_app
from autograder.service.browser import Browser
from autograder.service.grading import Grading
from autograder.service.http import CONNECTIONS, BodyReader, LimitedHTTP
from autograder.service.intake import Intake
from autograder.service.ledgers import Ledgers
from autograder.service.log import to_stderr
from autograder.service.marking import MarkingPages
from autograder.service.pages import Pages
from autograder.service.store import Store, Unavailable
from autograder.service.tokens import Tokens
from autograder.submissions import read_roster, students_by_email


def open_store(data: Path, database: str | None) -> Store:
    """The store in a service's data folder. Raises UsageError when the database can't be opened."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Store(database or f"sqlite:///{data / 'submissions.db'}")
    except (OSError, Unavailable) as problem:
        raise UsageError(f"{data}: the database can't be opened ({problem}).") from None


def open_tokens(data: Path, clock: Callable[[], float] = time.time) -> tuple[Tokens, str]:
    """The signer of tokens, and the instructor's key. Raises UsageError when a secret is not usable."""
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
    roster_rows = read_roster(roster)
    students = students_by_email(roster_rows)
    emails = {student: email for email, student in students.items()}
    by_slug = {assignment.slug: assignment for assignment in assignments}
    specs = {slug: load_spec(assignment) for slug, assignment in by_slug.items()}
    tokens, instructor = open_tokens(data, clock)
    store = open_store(data, database)
    https = url.startswith("https:")
    ledgers = Ledgers(store, data, by_slug, roster_rows)
    ledgers.check_readable()
    variants_by_slug = {
        slug: v for slug, assignment in by_slug.items() if (v := variants_of_class(assignment, list(emails)))
    }
    grading = Grading(store, specs, ledgers, jobs, isolation, variants=variants_by_slug)
    body_reader = BodyReader()
    browser = Browser(store.generations, tokens, emails, body_reader, https)
    pages = Pages(store, tokens, by_slug, emails, roster_rows, ledgers, grading, url)
    marking = MarkingPages(ledgers.desks(), pages.form_key, home="/instructor")
    intake = Intake(store, tokens, by_slug, students, per_hour, ledgers.deadlines, clock)
    return Service(store, intake, grading, browser, pages, marking, body_reader, url, regrade=regrade), instructor


def build_server(service: Service, behind_proxy: bool) -> uvicorn.Server:
    """A uvicorn server with our limits. Its own banner and its log of addresses are off."""
    return server_of(make_app(service), behind_proxy)


def server_of(app: ASGIApp, behind_proxy: bool) -> uvicorn.Server:
    """A uvicorn server of any application, with our limits."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=LimitedHTTP,
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
    """Serve until a signal stops the process."""
    to_stderr()
    build_server(service, behind_proxy).run(sockets=[listening])
