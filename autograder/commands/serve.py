"""`autograder serve`."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import Annotated, TextIO
from urllib.parse import urlsplit

import typer

from autograder.assignment import (
    UsageError,
    course_root,
    load,
    slugs,
)
from autograder.commands.terminal import (
    Jobs,
    console,
    usage_errors,
)
from autograder.runs import worker_count
from autograder.sandbox import Isolation, why_unavailable
from grader.send import complaint

Data = Annotated[Path, typer.Option("--data", help="Where submissions, ledgers and secrets are kept.")]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        envvar="AUTOGRADER_DATABASE",
        help="An SQLAlchemy URL; without it, SQLite in the data folder. In the environment, a password stays unseen.",
    ),
]


def serve(
    slug: Annotated[list[str] | None, typer.Argument(help="The assignments; without them, all.")] = None,
    *,
    data: Data,
    roster: Annotated[Path, typer.Option("--roster", help="CSV with student_id,email.")],
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 for any that is free.")] = 8000,
    url: Annotated[
        str | None, typer.Option("--url", help="How students reach it, such as https://grading.example.org.")
    ] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="Believe X-Forwarded-* of a proxy on this machine.")
    ] = False,
    per_hour: Annotated[int, typer.Option("--per-hour", min=1, help="Submissions a student may make an hour.")] = 20,
    regrade: Annotated[bool, typer.Option("--regrade", help="Grade again what other checks have graded.")] = False,
    database: Database = None,
    jobs: Jobs = 0,
    isolation: Annotated[Isolation, typer.Option(help="How student code is kept apart.")] = Isolation.strict,
) -> None:
    """Take submissions in over HTTP, grade them in the background and show the feedback. Stops at Ctrl-C or SIGTERM."""
    from autograder.assignment import write_private
    from autograder.service import (  # takes a second to import, which other commands need not wait for
        build_service,
        run_service,
    )

    os.umask(0o077)  # grades are nobody else's business
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a connection is a file, and so is each of a worker's
    with usage_errors():
        if why_unavailable(isolation):
            raise UsageError(why_unavailable(isolation))
        root = course_root()
        assignments = [load(root, name) for name in dict.fromkeys(slug or slugs(root))]
        if url is not None:
            url = students_url(url)
        elif complaint(f"http://{_written(host)}/"):
            raise UsageError(
                f"--host {host}: notebooks send their token over https, or to this machine itself: give the https "
                "address of the proxy before this service with --url."
            )
        listening = _listen(host, port)
        address = url or f"http://{_written(host)}:{listening.getsockname()[1]}"
        locked = _lock(data)
        service, instructor = build_service(
            assignments, roster, data, database, address, per_hour, worker_count(jobs), isolation, regrade
        )
        link = f"{address}/instruct/{instructor}"
        write_private(data / "instructor.link", link + "\n")
    console.print(f"serving {', '.join(a.slug for a in assignments)} at {address}", highlight=False, soft_wrap=True)
    console.print(f"instructor's page, for you alone: {link}", highlight=False, markup=False, soft_wrap=True)
    sys.stdout.flush()

    def end(*_: object) -> None:
        """uvicorn has stopped in good order and sends itself the signal again."""
        if service.grading.close(0):
            os._exit(0)  # what is still being graded ends with us, and is graded again
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    run_service(service, listening, behind_proxy)
    locked.close()


def students_url(url: str) -> str:
    """How students reach a service, checked as their notebooks do. Raises UsageError."""
    url = url.rstrip("/")
    if complaint(f"{url}/") or urlsplit(url)._replace(scheme="", netloc="").geturl():
        raise UsageError(f"--url {url}: expected an address without a path, such as https://grading.example.org.")
    return url


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as problem:
        raise UsageError(
            f"{host}, port {port}: can't listen there ({problem.strerror or problem}); choose another with --port."
        ) from None


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _lock(data: Path) -> TextIO:
    """Held as long as this process lives: two that grade the same submissions would both write the ledger."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (data / "service.lock").open("w", encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"{data}: submissions can't be kept here ({problem.strerror}).") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise UsageError(f"{data}: another service is running with this data; stop it first.") from None
    return file
