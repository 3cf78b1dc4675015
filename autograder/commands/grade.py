"""`autograder grade`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder import batch
from autograder.assignment import Assignment, UsageError, course_root, load
from autograder.changes import changes
from autograder.commands.report import Formats, Parts, RosterFile, publish
from autograder.commands.terminal import Jobs, Quiet, console, job_count, usage_errors
from autograder.jail import Isolation, describe, missing
from autograder.ledger import NAME, Ledger, Result
from autograder.progress import progress_bar
from autograder.roster import Roster, read_roster
from autograder.spec import load_spec
from autograder.submissions import find
from autograder.tables import change_table, class_table


def grade(
    slug: Annotated[str, typer.Argument(help="The assignment.")],
    paths: Annotated[list[Path], typer.Argument(help="Notebooks, folders of them, nbgrader's submitted/, or zips.")],
    out: Annotated[Path, typer.Option("--out", help="Where the ledger results.jsonl is kept.")],
    jobs: Jobs = 0,
    isolation: Annotated[Isolation, typer.Option(help="How student code is kept apart.")] = Isolation.strict,
    regrade: Annotated[
        bool, typer.Option("--regrade", help="Grade everything anew; the old ledger is kept aside.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the ledger ends (the default).")] = True,
    formats: Formats = None,
    roster: RosterFile = None,
    parts: Parts = False,
    quiet: Quiet = False,
) -> None:
    """Grade submissions. Exit 0: grading ran; 2: usage; 3: at least one met an error of ours."""
    with usage_errors():
        assignment = load(course_root(), slug)
        if missing(isolation):
            raise UsageError(missing(isolation))
        people = read_roster(roster) if roster else Roster()
        results, old = run(assignment, paths, out, jobs, isolation, regrade, quiet)
    changed = changes(old, results)
    if not quiet:
        console.print(class_table(results, assignment, console.width))
        if changed:
            console.print(change_table(changed))
        elif regrade and old:
            console.print("No score changed.")
        console.print(
            f"{len(results)} submissions graded; the ledger is {out / NAME}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    publish(assignment, out, results, formats or [], people, parts, quiet)
    errors = [result for result in results if result["status"] == "error"]
    for result in errors:
        Console(stderr=True).print(
            f"{result['student']}: {result['message']}", highlight=False, markup=False, soft_wrap=True
        )
    if errors:
        raise typer.Exit(3)


def run(
    assignment: Assignment, paths: list[Path], out: Path, jobs: int, isolation: Isolation, regrade: bool, quiet: bool
) -> tuple[list[Result], dict[str, Result]]:
    """The results, and those that the ledger held before."""
    spec = load_spec(assignment)
    submissions = find(paths, assignment)
    try:
        ledger = Ledger(out)
    except OSError as problem:
        raise UsageError(f"{out}: no ledger can be kept here ({problem.strerror}).") from None
    old = ledger.latest()
    if regrade:
        ledger.set_aside()
    if not quiet:
        console.print(f"isolation {describe(isolation)}", highlight=False, style="dim")
    with progress_bar(console, "grading", len(submissions), quiet) as step:
        return batch.run(spec, submissions, ledger, job_count(jobs), isolation, step), old
