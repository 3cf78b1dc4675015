"""What the commands share: where they write, how they end for a mistake in their use, and two options."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from autograder.assignment import UsageError

# What is no terminal, such as a CI system's log, has no width of its own, and wraps by itself what is too long for it.
_WIDE = 120
console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDE)

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0 for one a core.")]


@contextmanager
def usage_errors() -> Iterator[None]:
    """A usage error is one sentence on stderr and exit code 2."""
    try:
        yield
    except UsageError as problem:
        Console(stderr=True, highlight=False).print(f"[red]autograder:[/] {escape(str(problem))}", soft_wrap=True)
        raise typer.Exit(2) from None


def counted(number: int, what: str) -> str:
    """So many of them: 1 folder, 2 folders."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def say(text: str, *, quiet: bool = False, where: Console | None = None) -> None:
    """Print one sentence as it is: nothing in it is markup, and the terminal wraps it."""
    if not quiet:
        (where or console).print(text, highlight=False, markup=False, soft_wrap=True)
