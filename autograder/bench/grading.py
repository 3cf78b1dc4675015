"""Times grading: one class of right submissions through `autograder grade`, through nbgrader, and bare.

    python -m autograder.bench SLUG --json bench.json

All of them are commands that get the same notebooks and one thread of linear algebra, in turns on the same machine.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from autograder.assignment import (
    Alternative,
    Assignment,
    UsageError,
    course_root,
    declared_in,
    load,
    notebook_to_bytes,
    source_notebook,
    source_of,
    with_solutions,
)
from autograder.bench.timed import Method, ledger_lines, run_command
from autograder.commands.terminal import usage_errors
from autograder.runs import LEDGER_NAME

SCHEMA = "autograder/bench/v1"
_NBGRADER = [sys.executable, "-m", "nbgrader"]
_NOTE = """\
Medians over the runs. each: seconds for a submission, without start-up, and times bare compares these; times nbgrader
compares how many submissions are graded in a second, start-up included. bare: the same cells and the same checks in
forks of a warm process, with no sandbox. nbgrader runs the notebook's own test cells and asks no hidden check.
The largest resident set (VmHWM, with shared pages) of a process of each kind, in MB:"""


def make_class(assignment: Assignment, count: int, folder: Path) -> dict[str, str]:
    """Write right submissions, each the source with one function written differently; by student, the alternative.

    Only functions that no part is built on take turns: a slow loop in one that is called by others costs so much,
    however it is graded, that it would hide what grading costs.
    """
    below = {name for part in assignment.parts for name in part.builds_on}
    chosen = [a for a in declared_in(assignment.alternatives, Alternative) if a.solves not in below]
    if not chosen:
        raise UsageError(f"reference/{assignment.slug} has no alternative of a function that no other function calls.")
    source = source_notebook(assignment)
    folder.mkdir(parents=True)
    written = {f"student{number:03}": a for number, a in enumerate(islice(cycle(chosen), count))}
    for student, a in written.items():
        cells = {assignment.cell_of(a.solves): source_of(a.function, a.solves)}
        raw = notebook_to_bytes(with_solutions(source, cells))
        (folder / f"{student}.ipynb").write_bytes(raw)
    return {student: a.name for student, a in written.items()}


def make_course(assignment: Assignment, submitted: Path, course: Path) -> None:
    """An nbgrader course with the same submissions; beside each lies what students get with the notebook."""
    beside = shutil.ignore_patterns("*.ipynb", "__pycache__")
    source = course / "source" / assignment.slug
    shutil.copytree(assignment.release, source, ignore=beside)
    shutil.copy(assignment.source / assignment.notebook, source)
    for path in submitted.glob("*.ipynb"):
        folder = course / "submitted" / path.stem / assignment.slug
        shutil.copytree(assignment.release, folder, ignore=beside)
        shutil.copy(path, folder / assignment.notebook)
    run_command([*_NBGRADER, "generate_assignment", assignment.slug], course)


def _scores(way: Method, slug: str) -> list[float]:
    """The scores that a way of grading gave, from its ledger or from nbgrader's gradebook."""
    if way.out.is_file():
        return [result["score"] for result in ledger_lines(way.out)]
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{(way.where / 'gradebook.db').as_posix()}") as gradebook:
        return [submission.score for submission in gradebook.assignment_submissions(slug)]


def _rows(ways: list[Method], count: int) -> list[dict[str, Any]]:
    """The figures of each way: medians over its runs, and how it compares with bare and with nbgrader."""
    seconds = {way.what: statistics.median(way.seconds) for way in ways}
    bare, peer = ways[0].each(count), seconds.get("nbgrader autograde")
    return [
        {
            "what": way.what,
            "runs": [round(s, 3) for s in way.seconds],
            "seconds": round(seconds[way.what], 3),
            "startup_seconds": round(statistics.median(way.startup), 3),
            "seconds_each": round(way.each(count), 4),
            "times_bare": round(way.each(count) / bare, 3),
            "times_nbgraders_throughput": round(peer / seconds[way.what], 3) if peer else None,
            "peak_mb": {kind: round(mb, 1) for kind, mb in sorted(way.peak_mb.items()) if kind != "tracker"},
        }
        for way in ways
    ]


def _table(rows: list[dict[str, Any]], count: int) -> Table:
    table = Table(header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("what", no_wrap=True, vertical="bottom")
    for title in (f"seconds\nfor {count}", "of which\nstart-up", "each", "times\nbare", "times\nnbgrader"):
        table.add_column(title, justify="right", vertical="bottom", no_wrap=True)
    for row in rows:
        times = [
            f"{row[column]:.2f}" if row[column] else "-" for column in ("times_bare", "times_nbgraders_throughput")
        ]
        seconds = [f"{row['seconds']:.1f}", f"{row['startup_seconds']:.1f}", f"{row['seconds_each']:.2f}"]
        table.add_row(row["what"], *seconds, *times)
    return table


app = typer.Typer(add_completion=False)


@app.command()
def bench(
    slug: Annotated[str, typer.Argument(help="The assignment.")],
    count: Annotated[int, typer.Option(min=1, help="How many submissions.")] = 48,
    isolation: Annotated[str, typer.Option(help="As for `autograder grade`.")] = "strict",
    repeats: Annotated[int, typer.Option(min=1, help="Runs of bare and of autograder, in turns.")] = 3,
    nbgrader_repeats: Annotated[int, typer.Option(min=0, help="Runs of nbgrader among them; 0 for none.")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Print one table of grading speed."""
    with usage_errors(), tempfile.TemporaryDirectory(prefix="bench-") as name:
        root, cores, work = course_root(), len(os.sched_getaffinity(0)), Path(name)
        assignment = load(root, slug)
        submitted, course, ledger = work / "class", work / "course", work / "out" / LEDGER_NAME
        alternatives = make_class(assignment, count, submitted)
        python, ours = [sys.executable, "-m"], [slug, str(submitted)]
        options = ["--out", str(ledger.parent), "--isolation", isolation, "--quiet", "--jobs"]
        ledger.parent.mkdir()
        ways = [Method("bare", [*python, "autograder.bench.bare", *ours, str(ledger)], root, ledger)]
        for jobs in dict.fromkeys(["1", str(cores)]):
            command = [*python, "autograder", "grade", *ours, *options, jobs]
            ways.append(Method(f"autograder grade --jobs {jobs}", command, root, ledger))
        if nbgrader_repeats:
            make_course(assignment, submitted, course)
            ways.append(Method("nbgrader autograde", [*_NBGRADER, "autograde", slug], course, course / "autograded"))
        with Console(stderr=True).status("") as status:
            for turn in range(max(repeats, nbgrader_repeats)):
                for way in ways:
                    if turn < (nbgrader_repeats if way.where == course else repeats):
                        status.update(f"turn {turn + 1}: {way.what}")
                        way.run()
                        if (scores := _scores(way, slug)) != [assignment.max_score] * count:
                            raise UsageError(f"{way.what}: {count} times full points are due, not {scores}.")
        rows = _rows(ways, count)
    console = Console()
    console.print(_table(rows, count))
    console.print(_NOTE, highlight=False, soft_wrap=True)
    for row in rows:
        console.print(f"  {row['what']}:", ", ".join(f"{kind} {mb:.0f}" for kind, mb in row["peak_mb"].items()))
    if json_file:
        record = {
            "schema": SCHEMA,
            "assignment": slug,
            "isolation": isolation,
            "cores": cores,
            "python": platform.python_version(),
            "machine": platform.platform(),
            "submissions": alternatives,
            "ways": rows,
        }
        json_file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
