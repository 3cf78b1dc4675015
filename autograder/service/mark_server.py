"""The server of `autograder mark`: the marking pages of one ledger, for this machine alone."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvicorn

from autograder.assignment import Assignment
from autograder.marking import Desk
from autograder.runs import LEDGER_NAME, latest_results, read_notebook, sentence_about_lost
from autograder.service.app import make_marking_app
from autograder.service.browser import Browser
from autograder.service.http import BodyReader
from autograder.service.marking import MarkingPages
from autograder.service.run import server_of
from autograder.service.tokens import Generations, Tokens


def desk_of(assignment: Assignment, folder: Path) -> Desk:
    """Return the answers and marks of a ledger. The notebooks are read where they were when they were graded."""
    ledger = folder / LEDGER_NAME
    read: tuple[object, list[Mapping[str, Any]]] = (None, [])

    def handed_in() -> list[Mapping[str, Any]]:
        nonlocal read
        status = ledger.stat()
        stamp = (status.st_size, status.st_mtime_ns)
        if read[0] != stamp:
            fields = ("student", "notebook_sha256", "status")
            results = latest_results(ledger)
            read = (stamp, [{name: results[student][name] for name in fields} for student in sorted(results)])
        return read[1]

    return Desk(
        assignment,
        folder,
        handed_in,
        lambda handed: read_notebook(folder, handed),
        lambda handed: sentence_about_lost(folder, str(handed["student"])),
    )


def build_marking_server(
    assignment: Assignment, folder: Path, listening: socket.socket, marker: str, anonymous: bool
) -> tuple[uvicorn.Server, str]:
    """Return a server of the marking pages, and the link to them. The link is valid as long as the server runs.

    `marker` is the name of the person who marks. If it is empty, the page asks for it. `anonymous` hides names.
    Raises UsageError if the assignment was never built, or if a line of marks.jsonl is broken.
    """
    host, port = listening.getsockname()[:2]
    url = f"http://{host}:{port}"
    key = secrets.token_urlsafe(24)
    tokens = Tokens(secrets.token_hex(32), key)
    # Browsers send a cookie to every port of a machine, so that two servers need two names.
    browser = Browser(
        lambda _: Generations(),
        tokens,
        {},
        BodyReader(),
        https=False,
        cookie=f"autograder-mark-{port}",
        first_page=f"/instructor/{assignment.slug}/mark",
    )
    desk = desk_of(assignment, folder)
    desk.finder, desk.file.marks()  # so that what is wrong with a file is said before the pages open
    pages = MarkingPages({assignment.slug: desk}, lambda visit: tokens.form_key(visit.cookie), marker, anonymous)
    return server_of(make_marking_app(pages, browser, url), behind_proxy=False), f"{url}/instruct/{key}"
