"""`autograder build`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import Assignment, course_root, load, slugs
from autograder.building import build_assignment, check_build, is_unchanged
from autograder.commands.terminal import Jobs, Quiet, console, say, tell, usage_errors
from autograder.runs import worker_count


def build(
    slug: Annotated[
        str | None, typer.Argument(help="The assignment. The default is all assignments of the course.")
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Measure everything, but write nothing. If a file differs from what build would make, exit with 1.",
        ),
    ] = False,
    jobs: Jobs = 0,
    quiet: Quiet = False,
) -> None:
    """Measure the tolerances and make the key of the local grader.

    Then remove the solutions from the source notebook and write the student version. If nothing changed since the last
    build, the assignment is skipped.
    """
    with usage_errors():
        root = course_root()
        for name in [slug] if slug else slugs(root):
            assignment = load(root, name)
            if not check and is_unchanged(assignment):
                say(f"{name}: nothing changed since data/{name}/ and release/{name}/ were made.", quiet=quiet)
                continue
            with console.status(f"building {name}") as status:

                def progress(step: str, name: str = name) -> None:
                    status.update(f"building {name}: {step}")
                    tell(f"building {name}: {step}", quiet=quiet)

                if check:
                    problems = check_build(assignment, worker_count(jobs), progress)
                else:
                    changed = build_assignment(assignment, worker_count(jobs), progress)
            if check and problems:
                for problem in problems:
                    console.print(problem, highlight=False, soft_wrap=True)
                console.print(f"Run `autograder build {name}` and commit what it writes.")
                raise typer.Exit(1)
            if not quiet:
                _print_built(assignment, [] if check else changed)


def _print_built(assignment: Assignment, changed: list[Path]) -> None:
    for path in changed:
        console.print(f"wrote {path.relative_to(assignment.root)}", highlight=False)
    points = f"The source scores {assignment.max_score:g} and the release scores 0."
    console.print(
        f"{assignment.slug}: release/{assignment.slug}/ is up to date. {points if changed else ''}".strip(),
        highlight=False,
    )
