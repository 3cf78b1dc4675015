"""The command line: everything that an instructor types is a subcommand of `autograder`."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from autograder import batch, demo, matrix, survivors
from autograder import build as building
from autograder import prove as proving
from autograder.assignment import Assignment, UsageError, course_root, load, slugs
from autograder.changes import changes
from autograder.jail import Isolation, best, describe, missing
from autograder.ledger import NAME, Ledger, Result
from autograder.new import scaffold
from autograder.progress import progress_bar
from autograder.spec import load_spec
from autograder.submissions import find
from autograder.tables import change_table, class_table

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
console = Console()

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


@app.callback()
def main() -> None:
    """Build, check and grade autograded notebook assignments."""


@app.command(epilog="Example: autograder build em_gmm --check")
def build(
    slug: Annotated[str | None, typer.Argument(help="The assignment; without it, all of the course.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 unless all is as build would make it.")
    ] = False,
    jobs: Jobs = 0,
    quiet: Quiet = False,
) -> None:
    """Measure tolerances, make the key, strip the solutions and write the student version."""
    with usage_errors():
        root = course_root()
        for name in [slug] if slug else slugs(root):
            assignment = load(root, name)
            with console.status(f"building {name}") as status:

                def progress(step: str, name: str = name) -> None:
                    status.update(f"building {name}: {step}")

                if check:
                    problems = building.check(assignment, _jobs(jobs), progress)
                else:
                    changed = building.build(assignment, _jobs(jobs), progress)
            if check and problems:
                for problem in problems:
                    console.print(problem, highlight=False, soft_wrap=True)
                console.print(f"Run `autograder build {name}` and commit what it writes.")
                raise typer.Exit(1)
            if not quiet:
                _tell_built(assignment, [] if check else changed)


def _tell_built(assignment: Assignment, changed: list[Path]) -> None:
    for path in changed:
        console.print(f"wrote {path.relative_to(assignment.root)}", highlight=False)
    points = f"The source scores {assignment.max_score:g}, the release 0."
    console.print(
        f"{assignment.slug}: release/{assignment.slug}/ is up to date. {points if changed else ''}".strip(),
        highlight=False,
    )


@app.command(epilog="Example: autograder grade em_gmm submitted/ --out grades")
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
    quiet: Quiet = False,
) -> None:
    """Grade submissions. Exit 0: grading ran; 2: usage; 3: at least one met an error of ours."""
    with usage_errors():
        assignment = load(course_root(), slug)
        if missing(isolation):
            raise UsageError(missing(isolation))
        results, old = _grade(assignment, paths, out, jobs, isolation, regrade, quiet)
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
    errors = [result for result in results if result["status"] == "error"]
    for result in errors:
        Console(stderr=True).print(
            f"{result['student']}: {result['message']}", highlight=False, markup=False, soft_wrap=True
        )
    if errors:
        raise typer.Exit(3)


def _grade(
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
        return batch.run(spec, submissions, ledger, _jobs(jobs), isolation, step), old


@app.command(epilog="Example: autograder prove em_gmm --json proof.json")
def prove(
    slug: Annotated[str | None, typer.Argument(help="The assignment; without it, all of the course.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the kill matrix to this file.")] = None,
    svg_file: Annotated[Path | None, typer.Option("--svg", help="Draw the kill matrix into this file.")] = None,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Also hunt for mutants of the reference that escape.")
    ] = False,
    jobs: Jobs = 0,
    quiet: Quiet = False,
) -> None:
    """Show that right solutions pass and known mistakes fail, each where it should. Exit 1 if one does not."""
    with usage_errors():
        root = course_root()
        proven = True
        for name in [slug] if slug else slugs(root):
            spec = load_spec(load(root, name))
            notebooks = proving.solutions(spec.assignment)
            with progress_bar(console, "proving", len(notebooks), quiet) as step:
                proof = proving.prove(spec, notebooks, _jobs(jobs), step)
            table = matrix.matrix(proof, [check for check, _ in spec.asked], whole=False)
            if json_file:
                json_file.write_text(json.dumps(matrix.as_json(proof), indent=1) + "\n", encoding="utf-8")
            if svg_file:
                paper = Console(record=True, width=120, file=io.StringIO())
                paper.print(table)
                paper.save_svg(str(svg_file), title=f"autograder prove {name}")
            if not quiet:
                console.print(table)
            _tell_proof(name, proof, quiet)
            proven = proven and not proof.failures
            if mutants:
                with progress_bar(console, "hunting mutants", survivors.count(spec.assignment), quiet) as step:
                    hunted = survivors.hunt(spec, _jobs(jobs), step)
                _tell_hunt(name, hunted, quiet)
                proven = proven and hunted.share >= survivors.CAUGHT
    if not proven:
        raise typer.Exit(1)


def _tell_proof(name: str, proof: proving.Proof, quiet: bool) -> None:
    for check, why in proof.redundant.items():
        if not quiet:
            console.print(f"kept although no known mistake needs it: {check}, because {why}", highlight=False)
    for failure in proof.failures:
        console.print(f"[red]not proven:[/] {failure}", highlight=False, soft_wrap=True)
    if not quiet:
        right = sum(row.kind == "right" for row in proof.rows)
        console.print(
            f"{name}: {right} right solutions, {proof.misconceptions} mistakes, {proof.recognised} of them recognised; "
            f"{'NOT proven' if proof.failures else 'proven'}.",
            highlight=False,
        )


@app.command(epilog="Example: autograder new linear_regression")
def new(slug: Annotated[str, typer.Argument(help="Its name: small letters, digits, underscores.")]) -> None:
    """Scaffold another assignment, and a test that fails until it is filled."""
    with usage_errors():
        try:
            root = course_root()
        except UsageError:
            root = Path.cwd()  # the first assignment of a course
        for path in scaffold(root, slug):
            console.print(f"wrote {path.relative_to(root)}", highlight=False)
        console.print(f"Fill them, then: autograder build {slug} && autograder prove {slug}", highlight=False)


def _tell_hunt(name: str, hunted: survivors.Hunt, quiet: bool) -> None:
    for mutant, why in [] if quiet else hunted.argued:
        console.print(f"equivalent: {mutant.change}: {why}", highlight=False, soft_wrap=True)
    for mutant in hunted.survivors:
        console.print(f"[red]escaped:[/] {mutant.name}, {mutant.change}", highlight=False, soft_wrap=True)
    if not quiet:
        total = hunted.caught + len(hunted.unchanged) + len(hunted.argued) + len(hunted.survivors)
        console.print(
            f"{name}: {total} mutants; {len(hunted.unchanged)} change no answer, {len(hunted.argued)} are argued to be "
            f"right; of the others {hunted.caught} are caught and {len(hunted.survivors)} escape ({hunted.share:.1%}).",
            highlight=False,
        )


@app.command("demo", epilog="Example: autograder demo em_gmm --out demo")
def demo_command(
    slug: Annotated[str | None, typer.Argument(help="The assignment; without it, the course's first.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Where the class and its grades go.")] = Path("demo"),
    jobs: Jobs = 0,
) -> None:
    """Make a class of 24 submissions, grade it, and say what to look at."""
    with usage_errors():
        root = course_root()
        assignment = load(root, slug or slugs(root)[0])
        folder = out / "submitted"
        described = demo.make_class(assignment, folder)
        results, _ = _grade(assignment, [folder], out, jobs, best(), regrade=False, quiet=False)
    console.print(class_table(results, assignment, console.width))
    wrong = [d for d in described.values() if d.startswith("mistake")]
    named = [r for r in results if r["student"] in described and _named(r, described[r["student"]])]
    console.print(
        f"{len(wrong)} of these {len(results)} submissions carry a known mistake; {len(named)} were named right.",
        highlight=False,
    )
    console.print("\nTo look at next:", highlight=False)
    release = assignment.release.relative_to(root)
    for path, what in (
        (release / assignment.notebook, "the notebook that students get; open it with: jupyter lab " + str(release)),
        (Path("source") / assignment.slug / assignment.notebook, "the same with solutions and derivations"),
        (folder, "the class"),
        (out / NAME, "the ledger: every check of every submission, one JSON object a line"),
    ):
        console.print(f"  {path}  {what}", highlight=False, soft_wrap=True)


def _named(result: Result, description: str) -> bool:
    names = {check["misconception"] for part in result["parts"] for check in part["checks"]}
    return description.rsplit(": ", maxsplit=1)[-1] in names


def _jobs(asked: int) -> int:
    return asked or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else asked or os.cpu_count() or 1
