"""What the commands share: the console, the handling of usage errors and of Ctrl-C, and two options."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from autograder.assignment import Findings, UsageError
from autograder.runs import end_workers, progress_bar

# Output that is not a terminal, such as the log of a CI system, has no width. It wraps long lines itself.
_WIDE = 120
_HAS_WIDTH = "COLUMNS" in os.environ or (sys.stdout is not None and sys.stdout.isatty())  # it is None if it is closed
console = Console(width=None if _HAS_WIDTH else _WIDE)

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=0, help="The number of workers. 0 means one for each core.")]


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turns a UsageError into one sentence on stderr and exit code 2. Findings are a sentence on each line."""
    try:
        yield
    except Findings as problem:
        say(str(problem), where=Console(stderr=True))
        raise typer.Exit(2) from None
    except UsageError as problem:
        Console(stderr=True, highlight=False).print(f"[red]autograder:[/] {escape(str(problem))}", soft_wrap=True)
        raise typer.Exit(2) from None


@contextmanager
def interruptible(what_stays: str) -> Iterator[None]:
    """Makes the first Ctrl-C end the command's workers at once, and then the command, with exit code 130.

    Prints `what_stays`. A further Ctrl-C changes nothing.
    """

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_workers()  # first, because the command would wait for them on its way out
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        end_workers()
        say(f"Interrupted. {what_stays}", where=Console(stderr=True))
        raise typer.Exit(130) from None
    finally:
        if signal.getsignal(signal.SIGINT) is interrupt:  # there was no Ctrl-C
            signal.signal(signal.SIGINT, before)


def counted(number: int, what: str) -> str:
    """The number with its noun: 1 folder, 2 folders."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def tell(step: str, *, quiet: bool = False) -> None:
    """Print a step of a long command to stderr where no terminal shows it as it goes on, such as in a CI system."""
    if not quiet and not console.is_terminal:
        with contextlib.suppress(OSError, ValueError):  # stderr may be closed or full
            print(step, file=sys.stderr, flush=True)


@contextmanager
def steps(what: str, total: int, quiet: bool) -> Iterator[Callable[[object], None]]:
    """Show a bar. Where no terminal shows it, tell of every tenth. The function that it yields counts one more."""
    done = itertools.count(1)

    def count(_: object) -> None:
        number = next(done)
        if number * 10 // max(1, total) > (number - 1) * 10 // max(1, total):
            tell(f"{what}: {number} of {total}", quiet=quiet)

    if console.is_terminal:
        with progress_bar(console, what, total, quiet) as step:
            yield step
    else:
        tell(f"{what}: 0 of {total}", quiet=quiet)
        yield count


def say(text: str, *, quiet: bool = False, where: Console | None = None) -> None:
    """Print a text as it is. Brackets in it are not markup. The terminal wraps long lines."""
    if not quiet:
        (where or console).print(text, highlight=False, markup=False, soft_wrap=True)
