"""`autograder grade`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from autograder import batch, similarity
from autograder.assignment import Assignment, UsageError, course_root, load
from autograder.changes import changes
from autograder.cluster import connected
from autograder.commands.report import Formats, Parts, RosterFile, publish
from autograder.commands.terminal import Jobs, Quiet, console, counted, job_count, usage_errors
from autograder.explain import printable
from autograder.jail import Isolation, describe, missing, not_installed
from autograder.ledger import NAME, Ledger, Result, Results, Stored, alone
from autograder.progress import progress_bar
from autograder.roster import Roster, read_roster
from autograder.spec import Spec, load_spec
from autograder.submissions import Submission, find, passed_over
from autograder.tables import change_table, class_table
from autograder.variants import told, unused, variants

if TYPE_CHECKING:
    from autograder.course import Course

_NAMED = 20  # in a sentence
PAGE = 500  # students in one table: it is laid out as a whole, in the memory


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
        if scheduler is None and not_installed(isolation):
            raise UsageError(not_installed(isolation))  # on a cluster no student's code runs here
        people = read_roster(roster) if roster else Roster()
        nbgrader_course = _open(course, assignment) if course else None
        paths, out = _where(assignment, paths, out, nbgrader_course)
        with alone(out):  # until all is told: whoever regrades meanwhile would move the ledger that is read here
            submissions, results, old = run(assignment, paths, out, jobs, isolation, regrade, quiet, people, scheduler)
            if nbgrader_course:
                record(nbgrader_course, submissions, results, people, quiet)
            if not quiet:
                tell(assignment, results, old, regrade)
                before = "" if regrade else _reused(results, old)
                _say(f"{counted(len(results), 'submission')} graded{before}; the ledger is {out / NAME}")
            if formats:
                publish(assignment, out, results, formats, people, parts, quiet)
            errors = [result for result in results if result["status"] == "error"]
    for result in errors:
        Console(stderr=True).print(
            f"{result['student']}: {result['message']}", highlight=False, markup=False, soft_wrap=True
        )
    if errors:
        raise typer.Exit(3)


def tell(assignment: Assignment, results: Sequence[Result], old: Mapping[str, Result], regrade: bool) -> None:
    """Show the class, whose score changed, and whose notebook was made for others."""
    for i in range(0, len(results), PAGE):
        console.print(class_table(results[i : i + PAGE], assignment, console.width))
    changed = changes(old, results)
    if changed:
        console.print(change_table(changed))
    elif regrade and old:
        console.print("No score changed.")
    for result in results:
        if result["status"] == "unreadable":  # the table has no room for a sentence
            _say(printable(f"{result['student']}: unreadable: {result['message']}"))
        if told(result):
            _say(printable(f"{result['student']}: {told(result)}"))


def _reused(results: Sequence[Result], old: Mapping[str, Result]) -> str:
    before = sum(old.get(result["student"]) == result for result in results)
    return f", {before} of them before" if before else ""


def _say(text: str, style: str | None = None) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)


def _name_missing(over: Sequence[str], submissions: Sequence[Submission], students: Sequence[str]) -> None:
    """Who is not among the submissions is told, for nobody's work should be lost without a word."""
    here = {submission.student for submission in submissions}
    missed = [student for student in students if student not in here]
    for what, names in (("Passed over, for want of a notebook", over), ("On the roster, and no submission", missed)):
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            _say(printable(f"{what}: {', '.join(names[:_NAMED])}{more}", 2000))


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
    """Write the results, one for each submission, into an nbgrader course; an error of ours is no grade."""
    recorded = 0
    with progress_bar(console, "recording", len(submissions), quiet) as step:
        for submission, result in zip(submissions, results, strict=True):
            if result["status"] != "error":
                course.record(submission, result, roster)
                recorded += 1
            step(None)
    if not quiet:
        console.print(f"{counted(recorded, 'submission')} in the gradebook of {course.root}", highlight=False)


@contextmanager
def _workers(
    scheduler: str | None, spec: Spec, jobs: int, isolation: Isolation, here: batch.Pool
) -> Iterator[tuple[int, batch.Pool, tuple[str, ...]]]:
    """How many, what gives them, and the isolation in force: those of a cluster, or processes here."""
    if scheduler is None:
        yield job_count(jobs), here, (describe(isolation),)
        return
    with connected(scheduler, spec, isolation) as cluster:
        yield jobs or cluster.size, cluster.pool, tuple(f"on the workers: {line}" for line in cluster.isolation)


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
) -> tuple[Sequence[Submission], Sequence[Result], Mapping[str, Result]]:
    """The submissions, their results, and those that the ledger held before; each is read when it is asked for."""
    submissions = find(paths, assignment)
    with ExitStack() as opened:
        here: batch.Pool = batch.processes
        if scheduler is None:
            if regrade or not (out / NAME).exists():  # else there may be nothing to do for them
                count = min(job_count(jobs), len(submissions))
                here = opened.enter_context(batch.begun(count, assignment, isolation))
            if missing(isolation):
                raise UsageError(missing(isolation))
        spec = load_spec(assignment)
        # As it stands: a roster that is only there for names may have gaps, and these have no folder of their own.
        students = [name for row in roster.rows if (name := row.get("student_id"))]
        own = variants(assignment, students)
        if own:
            submissions = own.of(submissions)
        try:
            ledger = Ledger(out)
        except OSError as problem:
            raise UsageError(f"{out}: no ledger can be kept here ({problem.strerror}).") from None
        if regrade:
            ledger.set_aside()
        old = ledger.before([s.student for s in submissions], spec.sha256) if regrade else Stored(ledger.path)
        size, pool, means = opened.enter_context(_workers(scheduler, spec, jobs, isolation, here))
        if not quiet:
            for line in means:
                _say(f"isolation {line}", style="dim")
            if own:
                count = sum(submission.seed is not None for submission in submissions)
                _say(f"personal data for {count} of {len(submissions)}", style="dim")
            elif why := unused(assignment, roster, submissions):
                _say(why)
            _name_missing(passed_over(paths, assignment), submissions, students)
        with progress_bar(console, "grading", len(submissions), quiet) as step:
            batch.run(spec, submissions, ledger, size, isolation, step, pool, own.owners() if own else None)
    results = Results(Stored(ledger.path), [submission.student for submission in submissions])
    uncompared = similarity.record(out, assignment, submissions, results)
    if uncompared and not quiet:
        _say(uncompared)
    return submissions, results, old
