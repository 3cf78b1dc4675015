"""`autograder mark`."""

from __future__ import annotations

import contextlib
import socket
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

import autograder
from autograder.assignment import UsageError
from autograder.commands.report import ledger_of
from autograder.commands.terminal import console, usage_errors
from autograder.marking import questions_of


def mark(
    slug: Annotated[str, typer.Argument(help="The assignment.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the ledger: the --out of `grade`.")],
    marker: Annotated[
        str, typer.Option("--marker", help="The marker's name. Without it, the page asks for the name.")
    ] = "",
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Hide the students' names.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port. 0 means any free port.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
) -> None:
    """Mark the answers that no check can grade, such as derivations, on pages in a browser.

    Only this machine can open the pages of this command. The marks go into DIR/marks.jsonl. Several people may mark at
    the same time. Ctrl-C stops the pages.
    """
    from autograder.service import build_marking_server  # here, so that other commands do not wait a second

    with usage_errors():
        assignment = autograder.load(slug)
        graded, _ = ledger_of(folder)
        if graded.slug != slug:
            raise UsageError(f"{folder}: this ledger is of '{graded.slug}', not of '{slug}'.")
        if not questions_of(assignment):
            raise UsageError(f"{slug} has no question that is marked by hand: no cell with nbgrader's manual grade.")
        try:
            listening = socket.create_server(("127.0.0.1", port))
        except OSError as problem:
            raise UsageError(f"port {port}: can't listen there ({problem.strerror}). Choose another --port.") from None
        server, link = build_marking_server(assignment, folder, listening, " ".join(marker.split()), anonymous)
    console.print(f"marking {slug} at {link}", highlight=False, markup=False, soft_wrap=True)
    console.print("Ctrl-C stops the pages. Every mark is on the disk at once.", highlight=False)
    sys.stdout.flush()
    if browser:
        webbrowser.open(link)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn sends the signal again after it has shut down
        server.run(sockets=[listening])
