"""`autograder rescore`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.assignment import Assignment, UsageError
from autograder.commands.report import RosterFile, ledger_of
from autograder.commands.terminal import Quiet, say, usage_errors
from autograder.grading import Result, demand_known_mistakes, printable, rubric
from autograder.marking import Grade, grades_of
from autograder.runs import Ledger, locked, rescore
from autograder.submissions import Roster, read_roster


def rescore_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the ledger: the --out of `grade`.")],
    roster: RosterFile = None,
    quiet: Quiet = False,
) -> None:
    """Apply a changed rubric of the policy to a ledger, without grading again. Print old score, new score and reason.

    The late policy applies at every read, so it needs no rescore. If the roster has extensions, give it.
    """
    with usage_errors():
        assignment, _ = ledger_of(folder)
        people = read_roster(roster) if roster else Roster()
        demand_known_mistakes(assignment)
        with locked(folder, say):
            try:
                changed = rescore(Ledger(folder), rubric(assignment))
            except OSError as problem:
                raise UsageError(f"{folder}: the ledger can't be written ({problem.strerror}).") from None
        if quiet:
            return
        grades = [grades_of(assignment, folder, [pair[i] for pair in changed], people) for i in (0, 1)]
        # The grade of somebody who is so late that nothing counts stays 0, and an error of the grader is no grade.
        shown = [(old, new) for old, new in changed if len({each[new["student"]].so_far for each in grades}) > 1]
        if shown:
            _print_changes(assignment, shown, grades)
        count = f"{len(shown)} student{'' if len(shown) == 1 else 's'}"
        say(f"The rubric changed the score of {count}." if shown else "The rubric changes no score.")
        if assignment.late:
            now = grades_of(assignment, folder, ledger_of(folder)[1], people).values()
            late = sum(grade.lateness.is_late for grade in now)
            say(f"{late} of {len(now)} are late. [late] counts whenever a grade is read, so `report` follows it.")


def _print_changes(
    assignment: Assignment, changed: Sequence[tuple[Result, Result]], grades: Sequence[Mapping[str, Grade]]
) -> None:
    """Print a table. `grades` are those before and after."""
    table = Table(box=SIMPLE_HEAD, header_style="bold")
    table.add_column("student", no_wrap=True)
    table.add_column("old", justify="right")
    table.add_column("new", justify="right")
    table.add_column("why", overflow="fold")
    for old, new in sorted(changed, key=lambda pair: str(pair[0]["student"])):
        student = new["student"]
        why = "; ".join(filter(None, [*_reasons(assignment, old, new), grades[1][student].lateness.text]))
        scores = (f"{each[student].so_far:g}" for each in grades)
        table.add_row(escape(printable(student, 60)), *scores, escape(why))
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
