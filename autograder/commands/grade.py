"""`autograder grade`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

import autograder
from autograder.assignment import Assignment, UsageError
from autograder.commands.report import (
    ExtensionsFile,
    Formats,
    Parts,
    RosterFile,
    say_about_grades,
    say_about_reports,
    write_reports,
)
from autograder.commands.terminal import Jobs, Quiet, console, counted, interruptible, say, usage_errors
from autograder.grading import Result, printable, sentence_about_other_owners
from autograder.marking import Grade, grades_of, keep_extensions
from autograder.reports import change_table, class_table, score_changes
from autograder.runs import LEDGER_NAME, ClassRun, ResultsInOrder, progress_bar
from autograder.sandbox import Isolation
from autograder.submissions import FILES, PLATFORMS, Roster, Submission, read_roster

if TYPE_CHECKING:
    from autograder.nbgrader import Course

PlatformName = StrEnum("PlatformName", {name: name for name in (*PLATFORMS, FILES)})  # type: ignore[misc]
PAGE = 500  # students in one table, because the layout of a whole table is kept in memory


def grade(
    slug: Annotated[str, typer.Argument(help="The assignment.")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="What to grade: notebooks, folders of notebooks, nbgrader's submitted/, exports of platforms, "
            "or zips of these."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="The folder for the ledger. With --course, the default is the course's grades/SLUG."
        ),
    ] = None,
    course: Annotated[
        Path | None,
        typer.Option(
            "--course", help="An nbgrader course. Grade its submitted/ and write into its gradebook and autograded/."
        ),
    ] = None,
    jobs: Jobs = 0,
    isolation: Annotated[Isolation, typer.Option(help="The isolation level of student code.")] = Isolation.strict,
    regrade: Annotated[
        bool, typer.Option("--regrade", help="Grade everything again. The old ledger is kept under another name.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Continue where the ledger ends. This is the default, so you need not give it."),
    ] = True,
    formats: Formats = None,
    roster: RosterFile = None,
    extensions: ExtensionsFile = None,
    parts: Parts = False,
    platform: Annotated[
        PlatformName | None,
        typer.Option(
            "--from",
            help="The platform that exported the submissions. Without it, the names decide. `files` means an ordinary "
            "folder.",
        ),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option("--groups", help="A CSV with the columns group,student_id. Each member gets the group's grade."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", help="The address of a Dask scheduler, such as tcp://HOST:8786. Grade on its cluster."
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Grade submissions and write each result into the ledger.

    If the command is used wrongly, it exits with 2. If the autograder itself fails on a submission, the command exits
    with 3. Otherwise it exits with 0. Ctrl-C ends the command within two seconds, and the exit code is 130.
    """
    with usage_errors(), interruptible("What was graded is in the ledger. The same command goes on from there."):
        assignment = autograder.load(slug)
        people = read_roster(roster) if roster else Roster()
        nbgrader_course = _open(course, assignment) if course else None
        paths, out = _where(assignment, paths, out, nbgrader_course)
        if extensions:
            keep_extensions(extensions, out, assignment)
        run = autograder.grade(
            slug,
            paths,
            out,
            roster=people,
            jobs=jobs,
            isolation=isolation,
            regrade=regrade,
            scheduler=scheduler,
            platform=str(platform) if platform else "files" if course else None,
            groups=groups,
            note=partial(say, quiet=quiet),
        )
        with run:  # the ledger stays as it is until everything is printed
            with progress_bar(console, "grading", len(run), quiet) as step:
                for result in run:
                    step(result)
            results = run.results
            if nbgrader_course:
                grades = grades_of(assignment, out, results, people)
                record(nbgrader_course, run.submissions, results, grades, people, quiet)
                settle_lateness(nbgrader_course, run, assignment, out, people)
                results = run.results
            # All files are written before anything long is printed, so that no trouble with the output prevents them.
            sentences: list[tuple[str, bool]] = []
            try:
                if formats:
                    sentences = write_reports(assignment, out, results, formats, people, parts)
            finally:
                if not quiet:
                    grades = grades_of(assignment, out, results, people)
                    known = [student for result in results if (student := result["student"]) in run.previous]
                    before_grades = grades_of(assignment, out, ResultsInOrder(run.previous, known), people)
                    print_class(assignment, results, grades, run.previous, before_grades, regrade)
                    say_about_grades(assignment, grades)
                    before = "" if regrade else _reused(results, run.previous)
                    say(f"{counted(len(results), 'submission')} graded{before}. Ledger: {out / LEDGER_NAME}")
            say_about_reports(sentences, quiet)
            errors = [result for result in results if result["status"] == "error"]
    for result in errors:
        Console(stderr=True).print(
            f"{result['student']}: {result['message']}", highlight=False, markup=False, soft_wrap=True
        )
    if errors:
        raise typer.Exit(3)


def print_class(
    assignment: Assignment,
    results: Sequence[Result],
    grades: Mapping[str, Grade],
    old: Mapping[str, Result],
    old_grades: Mapping[str, Grade],
    regrade: bool,
) -> None:
    """Print the class, the scores that changed, and the notebooks that were made for other students."""
    for i in range(0, len(results), PAGE):
        console.print(class_table(results[i : i + PAGE], grades, assignment, console.width))
    changed = score_changes(old, results, old_grades, grades)
    if changed:
        console.print(change_table(changed))
    elif regrade and old:
        console.print("No score changed.")
    for result in results:
        if result["status"] == "unreadable":  # the table has no room for a sentence
            say(printable(f"{result['student']}: unreadable: {result['message']}"))
        if said := sentence_about_other_owners(result):
            say(printable(f"{result['student']}: {said}"))


def _reused(results: Sequence[Result], old: Mapping[str, Result]) -> str:
    before = sum(old.get(result["student"]) == result for result in results)
    return f", {before} of them in an earlier run" if before else ""


def _open(root: Path, assignment: Assignment) -> Course:
    from autograder.nbgrader import Course  # nbgrader takes seconds to import

    return Course(root, assignment)


def _where(
    assignment: Assignment, paths: list[Path] | None, out: Path | None, course: Course | None
) -> tuple[list[Path], Path]:
    """Return the paths to grade and the folder of the ledger. Raises UsageError if options contradict each other."""
    if course and paths:
        raise UsageError(
            "give submissions or --course, but not both. With --course, the course's submitted/ is graded."
        )
    if course:
        return [course.submitted], out or course.root / "grades" / assignment.slug
    if not paths:
        raise UsageError(
            "nothing to grade: give a notebook, a folder of notebooks, a zip, or an nbgrader course with --course."
        )
    if not out:
        raise UsageError("give the folder for the ledger with --out.")
    return paths, out


def record(
    course: Course,
    submissions: Sequence[Submission],
    results: Sequence[Result],
    grades: Mapping[str, Grade],
    roster: Roster,
    quiet: bool,
) -> None:
    """Write the result of each submission into an nbgrader course, unless the autograder failed on it."""
    recorded = 0
    with progress_bar(console, "recording", len(submissions), quiet) as step:
        for submission, result in zip(submissions, results, strict=True):
            if result["status"] != "error":
                course.record(submission, result, roster, grades[result["student"]].questions)
                recorded += 1
            step(None)
    if not quiet:
        console.print(f"recorded {counted(recorded, 'submission')} in the gradebook of {course.root}", highlight=False)


def settle_lateness(course: Course, run: ClassRun, assignment: Assignment, out: Path, roster: Roster) -> None:
    """Write the late penalties of the policy into the gradebook, and its own deadline and penalties into the ledger.

    So the gradebook and every report have the same scores.
    """
    grades = grades_of(assignment, out, run.results, roster)
    dues = set()
    for result in run.results:
        if result["status"] != "error":
            student = result["student"]
            found = course.settle_lateness(student, grades[student].lateness.share)
            dues.add(found["due"])
            run.note(result, nbgrader=found)
    if assignment.due and (others := dues - {None, assignment.due}):
        where = Console(stderr=True)
        say(
            f"the gradebook's deadline is {others.pop()}, but the policy's is {assignment.due}, which counts.",
            where=where,
        )
