"""`autograder grade`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from autograder import batch, similarity
from autograder.assignment import Assignment, UsageError, course_root, load
from autograder.changes import changes
from autograder.cluster import connected
from autograder.commands.report import Formats, Parts, RosterFile, publish
from autograder.commands.terminal import Jobs, Quiet, console, job_count, usage_errors
from autograder.explain import printable
from autograder.jail import Isolation, describe, missing
from autograder.ledger import NAME, Ledger, Result, alone
from autograder.progress import progress_bar
from autograder.roster import Roster, read_roster
from autograder.spec import Spec, load_spec
from autograder.submissions import Submission, find
from autograder.tables import change_table, class_table
from autograder.variants import told, variants

if TYPE_CHECKING:
    from autograder.course import Course


def grade(
    slug: Annotated[str, typer.Argument(help="The assignment.")],
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Notebooks, folders of them, nbgrader's submitted/, or zips.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where results.jsonl is kept; with --course its grades/SLUG.")
    ] = None,
    course: Annotated[
        Path | None,
        typer.Option("--course", help="An nbgrader course: grade its submitted/ into its gradebook and autograded/."),
    ] = None,
    jobs: Jobs = 0,
    isolation: Annotated[Isolation, typer.Option(help="How student code is kept apart.")] = Isolation.strict,
    regrade: Annotated[
        bool, typer.Option("--regrade", help="Grade everything anew; the old ledger is kept aside.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the ledger ends (the default).")] = True,
    formats: Formats = None,
    roster: RosterFile = None,
    parts: Parts = False,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="Grade on the Dask cluster with this scheduler, tcp://HOST:8786.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Grade submissions. Exit 0: grading ran; 2: usage; 3: at least one met an error of ours."""
    with usage_errors():
        assignment = load(course_root(), slug)
        if missing(isolation):
            raise UsageError(missing(isolation))
        people = read_roster(roster) if roster else Roster()
        nbgrader_course = _open(course, assignment) if course else None
        paths, out = _where(assignment, paths, out, nbgrader_course)
        with alone(out):
            results, old = run(assignment, paths, out, jobs, isolation, regrade, quiet, people, scheduler)
        if nbgrader_course:
            record(nbgrader_course, find(paths, assignment), results, people, quiet)
    changed = changes(old, results)
    if not quiet:
        console.print(class_table(results, assignment, console.width))
        if changed:
            console.print(change_table(changed))
        elif regrade and old:
            console.print("No score changed.")
        for result in results:
            if told(result):
                console.print(
                    printable(f"{result['student']}: {told(result)}"), highlight=False, markup=False, soft_wrap=True
                )
        console.print(
            f"{len(results)} submissions graded; the ledger is {out / NAME}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    with usage_errors():
        publish(assignment, out, results, formats or [], people, parts, quiet)
    errors = [result for result in results if result["status"] == "error"]
    for result in errors:
        Console(stderr=True).print(
            f"{result['student']}: {result['message']}", highlight=False, markup=False, soft_wrap=True
        )
    if errors:
        raise typer.Exit(3)


def _open(root: Path, assignment: Assignment) -> Course:
    from autograder.course import Course  # nbgrader takes seconds to import

    return Course(root, assignment)


def _where(
    assignment: Assignment, paths: list[Path] | None, out: Path | None, course: Course | None
) -> tuple[list[Path], Path]:
    """What to grade, and the ledger's folder."""
    if course and paths:
        raise UsageError("give submissions or --course, not both: a course's submissions are in its submitted/.")
    if course:
        return [course.submitted], out or course.root / "grades" / assignment.slug
    if not paths:
        raise UsageError("give a notebook, a folder of them or a zip, or an nbgrader course with --course.")
    if not out:
        raise UsageError("give the ledger's folder with --out.")
    return paths, out


def record(
    course: Course, submissions: Sequence[Submission], results: Sequence[Result], roster: Roster, quiet: bool
) -> None:
    """Write the results into an nbgrader course; an error of ours is no grade and is left out."""
    by_student = {result["student"]: result for result in results if result["status"] != "error"}
    with progress_bar(console, "recording", len(submissions), quiet) as step:
        for submission in submissions:
            if submission.student in by_student:
                course.record(submission, by_student[submission.student], roster)
            step(None)
    if not quiet:
        console.print(f"{len(by_student)} submissions are in the gradebook of {course.root}", highlight=False)


@contextmanager
def _workers(scheduler: str | None, spec: Spec, jobs: int, isolation: Isolation) -> Iterator[tuple[int, batch.Pool]]:
    """How many, and what gives them: those of a cluster, or processes here."""
    if scheduler is None:
        yield job_count(jobs), batch.processes
        return
    with connected(scheduler, spec, isolation) as cluster:
        yield jobs or cluster.size, cluster.pool


def run(
    assignment: Assignment,
    paths: list[Path],
    out: Path,
    jobs: int,
    isolation: Isolation,
    regrade: bool,
    quiet: bool,
    roster: Roster = Roster(),  # noqa: B008 - frozen
    scheduler: str | None = None,
) -> tuple[list[Result], dict[str, Result]]:
    """The results, and those that the ledger held before."""
    spec = load_spec(assignment)
    submissions = find(paths, assignment)
    # As it stands: a roster that is only there for names may have gaps, and these have no folder of their own.
    own = variants(assignment, [name for row in roster.rows if (name := row.get("student_id"))])
    if own:
        submissions = own.of(submissions)
    try:
        ledger = Ledger(out)
    except OSError as problem:
        raise UsageError(f"{out}: no ledger can be kept here ({problem.strerror}).") from None
    old = ledger.latest()
    if regrade:
        ledger.set_aside()
    if not quiet:
        console.print(f"isolation {describe(isolation)}", highlight=False, style="dim")
        if own:
            count = sum(submission.seed is not None for submission in submissions)
            console.print(f"personal data for {count} of {len(submissions)}", highlight=False, style="dim")
    with (
        _workers(scheduler, spec, jobs, isolation) as (size, pool),
        progress_bar(console, "grading", len(submissions), quiet) as step,
    ):
        batch.run(spec, submissions, ledger, size, isolation, step, pool, own.owners() if own else None)
    latest = ledger.latest()
    results = [latest[submission.student] for submission in submissions]
    uncompared = similarity.record(out, assignment, submissions, results)
    if uncompared and not quiet:
        console.print(uncompared, highlight=False, markup=False, soft_wrap=True)
    return results, old
