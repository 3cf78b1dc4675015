"""`autograder rescore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.assignment import Assignment, UsageError
from autograder.commands.report import ledger_of
from autograder.commands.terminal import Quiet, say, usage_errors
from autograder.grading import Result, demand_known_mistakes, printable, rubric
from autograder.runs import Ledger, locked, rescore


def rescore_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the ledger: the --out of `grade`.")],
    quiet: Quiet = False,
) -> None:
    """Apply a changed rubric to a ledger, without grading again. Print old score, new score and reason."""
    with usage_errors():
        assignment, _ = ledger_of(folder)
        demand_known_mistakes(assignment)
        with locked(folder, say):
            try:
                changed = rescore(Ledger(folder), rubric(assignment))
            except OSError as problem:
                raise UsageError(f"{folder}: the ledger can't be written ({problem.strerror}).") from None
        if quiet:
            return
        if changed:
            _print_changes(assignment, changed)
        count = f"{len(changed)} student{'' if len(changed) == 1 else 's'}"
        say(f"The rubric changed the score of {count}." if changed else "The rubric changes no score.")


def _print_changes(assignment: Assignment, changed: list[tuple[Result, Result]]) -> None:
    table = Table(box=SIMPLE_HEAD, header_style="bold")
    table.add_column("student", no_wrap=True)
    table.add_column("old", justify="right")
    table.add_column("new", justify="right")
    table.add_column("why", overflow="fold")
    for old, new in sorted(changed, key=lambda pair: str(pair[0]["student"])):
        why = "; ".join(_reasons(assignment, old, new))
        table.add_row(escape(printable(new["student"], 60)), f"{old['score']:g}", f"{new['score']:g}", escape(why))
    Console().print(table)


def _reasons(assignment: Assignment, old: Result, new: Result) -> list[str]:
    """Return a sentence for each part whose score differs: the mistake, what it keeps, and the instructor's reason."""
    keeps = rubric(assignment)
    reasons = []
    for before, after in zip(old["parts"], new["parts"], strict=True):
        if before["score"] != after["score"]:
            named = {check["misconception"]: check for check in after["checks"] if check["misconception"]}
            kept = [f"{name} keeps {keeps(check):.0%}{_why(assignment, name)}" for name, check in named.items()]
            reasons.append(f"{after['id']} {before['score']:g} → {after['score']:g}: {', '.join(kept)}")
    return reasons


def _why(assignment: Assignment, name: str) -> str:
    return f" ({assignment.rubric[name].why})" if name in assignment.rubric else ""
