"""`autograder demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import autograder
from autograder.assignment import course_root, slugs
from autograder.building import FEWEST, MOST, build_assignment, is_unchanged, make_class
from autograder.commands.report import publish
from autograder.commands.terminal import Jobs, console, say, usage_errors
from autograder.grading import Result
from autograder.marking import grades_of
from autograder.reports import FOR_PEOPLE, class_table
from autograder.runs import LEDGER_NAME, progress_bar, worker_count
from autograder.sandbox import strictest_isolation
from autograder.submissions import Roster

_WIDTH = 80  # letters; the table fits every terminal


def demo(
    slug: Annotated[
        str | None, typer.Argument(help="The assignment. The default is the first one of the course.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The folder for the class and its grades.")] = Path("demo"),
    jobs: Jobs = 0,
    students: Annotated[
        int, typer.Option("--students", min=FEWEST, max=MOST, help="The number of submissions to make.")
    ] = 24,
) -> None:
    """Make a class of submissions, grade it, and list what to look at next."""
    with usage_errors():
        root = course_root()
        assignment = autograder.load(slug or slugs(root)[0])
        slug = assignment.slug
        if is_unchanged(assignment):
            say(f"Step 1 of 4: data/{slug}/ and release/{slug}/ are unchanged since `build` made them.")
        else:
            say(f"Step 1 of 4: measuring tolerances and building {slug}, which takes some minutes.")
            build_assignment(assignment, worker_count(jobs), lambda _: None)
        say(f"Step 2 of 4: making a class of {students} submissions.")
        folder = out / "submitted"
        described = make_class(assignment, folder, count=students)
        say("Step 3 of 4: grading the class.")
        with autograder.grade(slug, [folder], out, jobs=jobs, isolation=strictest_isolation(), note=say) as run:
            with progress_bar(console, "grading", len(run), quiet=False) as step:
                for result in run:
                    step(result)
            results = tuple(run.results)
        say("Step 4 of 4: writing the report.")
        publish(assignment, out, results, FOR_PEOPLE, Roster(), parts=False, quiet=True)
    console.print(
        class_table(results, grades_of(assignment, out, results, Roster()), assignment, min(console.width, _WIDTH))
    )
    wrong = [d for d in described.values() if d.startswith("mistake")]
    named = [r for r in results if r["student"] in described and _is_named(r, described[r["student"]])]
    console.print(
        f"{len(wrong)} of these {len(results)} submissions contain a known mistake. "
        f"The grader named the mistake in {len(named)} of them.",
        highlight=False,
    )
    console.print("\nTo look at next:", highlight=False)
    release = assignment.release.relative_to(root)
    for path, what in (
        (out / "report.html", "the class on one page. Open it in a browser."),
        (out / "feedback", "a page for each student"),
        (release, f"what students get. Work in a copy: cp -r {release} /tmp && jupyter lab /tmp/{assignment.slug}"),
        (
            Path("source") / assignment.slug / assignment.notebook,
            "the instructor's notebook, with solutions and derivations",
        ),
        (folder, "the submissions of the class"),
        (out / LEDGER_NAME, "the ledger: one JSON object for each submission, with the result of each check"),
    ):
        console.print(f"  {path}  {what}", highlight=False, soft_wrap=True)


def _is_named(result: Result, description: str) -> bool:
    names = {check["misconception"] for part in result["parts"] for check in part["checks"]}
    return description.rsplit(": ", maxsplit=1)[-1] in names
