"""`autograder serve`: checks the options, starts the service, and handles Ctrl-C and SIGTERM."""

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

from autograder.assignment import UsageError, course_root, load, slugs
from autograder.commands.terminal import Jobs, console, usage_errors
from autograder.runs import worker_count
from autograder.sandbox import Isolation, why_unavailable
from grader.send import why_unusable

Data = Annotated[Path, typer.Option("--data", help="The folder for submissions, ledgers and secrets.")]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        envvar="AUTOGRADER_DATABASE",
        help="The SQLAlchemy URL of a database. The default is SQLite in the data folder. "
        "If the URL has a password, use the environment variable to keep it out of the process list.",
    ),
]


def serve(
    slug: Annotated[list[str] | None, typer.Argument(help="The assignments. The default is all.")] = None,
    *,
    data: Data,
    roster: Annotated[Path, typer.Option("--roster", help="A CSV with the columns student_id,email.")],
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port. 0 means any free port.")] = 8000,
    url: Annotated[
        str | None, typer.Option("--url", help="The address that students use, such as https://grading.example.org.")
    ] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="Trust X-Forwarded-* from a proxy on this machine.")
    ] = False,
    per_hour: Annotated[
        int,
        typer.Option(
            "--per-hour", min=1, help="The number of submissions a student can make in an hour for each assignment."
        ),
    ] = 20,
    regrade: Annotated[
        bool, typer.Option("--regrade", help="Grade stored submissions again if checks or data changed.")
    ] = False,
    database: Database = None,
    jobs: Jobs = 0,
    isolation: Annotated[Isolation, typer.Option(help="The isolation level of student code.")] = Isolation.strict,
) -> None:
    """Receive submissions over HTTP, grade them in the background and show the feedback.

    Ctrl-C or SIGTERM stops the service.
    """
    from autograder.assignment import write_private
    from autograder.service import build_service, run_service  # here, so that other commands do not wait a second

    os.umask(0o077)  # only the owner can read the files, because they contain grades
    max_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max_files, max_files))  # each connection and worker pipe is a file
    with usage_errors():
        root = course_root()
        assignments = [load(root, name) for name in dict.fromkeys(slug or slugs(root))]
        for assignment in assignments:
            if why := why_unavailable(isolation, assignment.limits):
                raise UsageError(why)
        if url is not None:
            url = students_url(url)
        elif why_unusable(f"http://{_host_in_url(host)}/"):
            raise UsageError(
                f"--host {host}: notebooks send a token only over https or to this machine. Give the https address of "
                "the proxy in front of this service with --url."
            )
        listening_socket = _listen(host, port)
        address = url or f"http://{_host_in_url(host)}:{listening_socket.getsockname()[1]}"
        lock_file = _lock(data)
        service, instructor = build_service(
            assignments, roster, data, database, address, per_hour, worker_count(jobs), isolation, regrade
        )
        link = f"{address}/instruct/{instructor}"
        write_private(data / "instructor.link", link + "\n")
    console.print(f"serving {', '.join(a.slug for a in assignments)} at {address}", highlight=False, soft_wrap=True)
    console.print(f"instructor's page (keep this link secret): {link}", highlight=False, markup=False, soft_wrap=True)
    sys.stdout.flush()

    def exit_process(*_: object) -> None:
        """Ends this process. uvicorn sends the signal of Ctrl-C or SIGTERM again after it has shut down."""
        if service.grading.close(0):
            os._exit(0)  # running submissions are abandoned, and the next start grades them again
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, exit_process)
    run_service(service, listening_socket, behind_proxy)
    lock_file.close()


def students_url(url: str) -> str:
    """The address for students, without a final slash. Raises UsageError if notebooks would not send to it."""
    url = url.rstrip("/")
    if why_unusable(f"{url}/") or urlsplit(url)._replace(scheme="", netloc="").geturl():
        raise UsageError(f"--url {url}: expected an address without a path, such as https://grading.example.org.")
    return url


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as problem:
        raise UsageError(
            f"{host}, port {port}: can't listen there ({problem.strerror or problem}). Choose another port with --port."
        ) from None


def _host_in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _lock(data: Path) -> TextIO:
    """Lock the data folder until this process ends, because two services would both write the ledger."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (data / "service.lock").open("w", encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"{data}: submissions can't be stored here ({problem.strerror}).") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise UsageError(f"{data}: another service is running with this data. Stop it first.") from None
    except OSError as problem:  # the database needs locks too
        file.close()
        raise UsageError(
            f"{data}: its disk can't lock files ({problem.strerror}). Choose a --data on a disk of this machine."
        ) from None
    return file
