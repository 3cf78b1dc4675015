"""Times grading: classes of right submissions through `autograder grade`, nbgrader and `bare`.

    python -m autograder.bench SLUG --count 48 --count 1 --json bench.json

All three are commands. They get the same notebooks and one thread of linear algebra, and run in turns on this machine.
`autograder grade` also gets the first class beside submissions that hang.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
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

SCHEMA = "autograder/bench/v2"
_COUNTS = [48]
_HANGS = "_hangs_in_"  # in the names of submissions that hang
_AND_HANGING = "the same, and {} that hang"
_NBGRADER = [sys.executable, "-m", "nbgrader"]
_NOTE = """\
All figures are medians over the runs. "each" is the seconds for a submission, without start-up. "times bare" compares
these seconds. "times nbgrader" compares how many submissions are graded in a second, with start-up. "bare" runs the
same cells and checks in forks of a warm process, without a sandbox. nbgrader runs the notebook's own test cells and
no hidden checks.
"the same, and N that hang" is the line above beside one submission that hangs in each function, and one in the cells.
The largest resident set (VmHWM, with shared pages) of a process of each kind, in MB:"""


@dataclass(frozen=True)
class _Timed:
    """A class that was graded with every method.

    `submissions` maps each student to the alternative that their notebook has. `with_hanging` compares the class beside
    submissions that hang with the class alone. It is None if none stood beside it.
    """

    count: int
    submissions: dict[str, str]
    rows: list[dict[str, Any]]
    with_hanging: float | None


def make_class(assignment: Assignment, count: int, folder: Path) -> dict[str, str]:
    """Write right submissions: the source with one function replaced by an alternative. Returns its name by student.

    Only functions that no other part calls are replaced. A slow loop in a function that others call takes so long that
    it would hide the cost of grading.
    """
    called = {name for part in assignment.parts for name in part.builds_on}
    chosen = [a for a in declared_in(assignment.alternatives, Alternative) if a.solves not in called and not a.slow]
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


def add_hanging(assignment: Assignment, count: int, folder: Path) -> None:
    """Write `count` submissions that hang beside a class: one in each function in turn, and then one in the cells."""
    source = source_notebook(assignment)
    for number, function in enumerate(islice([*assignment.functions, ""], count)):
        where = function or assignment.functions[-1]
        code = f"def {function}(*_, **__):\n    while True: pass\n" if function else "while True: pass\n"
        raw = notebook_to_bytes(with_solutions(source, {assignment.cell_of(where): code}))
        (folder / f"student{10 * number:03}{_HANGS}{function or 'the_cells'}.ipynb").write_bytes(raw)


def make_course(assignment: Assignment, submitted: Path, course: Path) -> None:
    """Make an nbgrader course with the same submissions, each beside the files that students get with the notebook."""
    no_notebooks = shutil.ignore_patterns("*.ipynb", "__pycache__")
    source = course / "source" / assignment.slug
    shutil.copytree(assignment.release, source, ignore=no_notebooks)
    shutil.copy(assignment.source / assignment.notebook, source)
    for path in submitted.glob("*.ipynb"):
        folder = course / "submitted" / path.stem / assignment.slug
        shutil.copytree(assignment.release, folder, ignore=no_notebooks)
        shutil.copy(path, folder / assignment.notebook)
    run_command([*_NBGRADER, "generate_assignment", assignment.slug], course)


def _scores(method: Method, slug: str) -> list[float]:
    """The scores that a method gave to right submissions, from its ledger or from nbgrader's gradebook."""
    if method.out.is_file():
        lines = ledger_lines(method.out)
        return [result["score"] for result in lines if _HANGS not in result["student"]]
    if not method.out.is_dir():
        raise UsageError(f"{method.what} wrote no scores: {method.out} is missing.")
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{(method.where / 'gradebook.db').as_posix()}") as gradebook:
        return [submission.score for submission in gradebook.assignment_submissions(slug)]


def _rows(methods: list[Method], count: int) -> list[dict[str, Any]]:
    """The figures of each method: medians over its runs, and comparisons with bare and with nbgrader."""
    seconds = {method.what: statistics.median(method.seconds) for method in methods}
    bare, nbgrader = methods[0].each(count), seconds.get("nbgrader autograde")
    return [
        {
            "what": method.what,
            "runs": [round(s, 3) for s in method.seconds],
            "seconds": round(seconds[method.what], 3),
            "startup_seconds": round(statistics.median(method.startup), 3),
            "seconds_each": round(method.each(count), 4),
            "times_bare": round(method.each(count) / bare, 3),
            "times_nbgraders_throughput": round(nbgrader / seconds[method.what], 3) if nbgrader else None,
            "peak_mb": {kind: round(mb, 1) for kind, mb in sorted(method.peak_mb.items()) if kind != "tracker"},
        }
        for method in methods
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


@dataclass(frozen=True)
class _Runs:
    """How often each method grades a class, and how many submissions that hang stand beside it in another run."""

    isolation: str
    repeats: int
    nbgrader_repeats: int
    hanging: int


def _time_class(assignment: Assignment, count: int, runs: _Runs, work: Path, say: Callable[[str], None]) -> _Timed:
    """Grade a class of `count` submissions with every method, in turns. `say` gets what is running.

    Raises UsageError if a method does not give full points to each of them.
    """
    root, cores, slug = course_root(), len(os.sched_getaffinity(0)), assignment.slug
    submitted, course, ledger = work / "class", work / "course", work / "out" / LEDGER_NAME
    alternatives = make_class(assignment, count, submitted)
    python, ours = [sys.executable, "-m"], [slug, str(submitted)]
    options = ["--out", str(ledger.parent), "--isolation", runs.isolation, "--quiet", "--jobs"]
    ledger.parent.mkdir()
    methods = [Method("bare", [*python, "autograder.bench.bare", *ours, str(ledger)], root, ledger)]
    for jobs in dict.fromkeys(["1", str(cores)]):
        command = [*python, "autograder", "grade", *ours, *options, jobs]
        methods.append(Method(f"autograder grade --jobs {jobs}", command, root, ledger))
    alone = beside = methods[-1]
    if runs.hanging:
        with_hangs = work / "with_hangs"
        shutil.copytree(submitted, with_hangs)
        add_hanging(assignment, runs.hanging, with_hangs)
        command = [*python, "autograder", "grade", slug, str(with_hangs), *options, str(cores)]
        beside = Method(_AND_HANGING.format(runs.hanging), command, root, ledger)
        methods.append(beside)
    if runs.nbgrader_repeats:
        make_course(assignment, submitted, course)
        methods.append(Method("nbgrader autograde", [*_NBGRADER, "autograde", slug], course, course / "autograded"))
    for turn in range(max(runs.repeats, runs.nbgrader_repeats)):
        for method in methods:
            if turn < (runs.nbgrader_repeats if method.where == course else runs.repeats):
                say(f"{count}, turn {turn + 1}: {method.what}")
                method.run()
                if (scores := _scores(method, slug)) != [assignment.max_score] * count:
                    raise UsageError(f"{method.what}: all {count} submissions must get full points, not {scores}.")
    times = statistics.median(beside.seconds) / statistics.median(alone.seconds) if runs.hanging else None
    return _Timed(count, alternatives, _rows(methods, count), times)


app = typer.Typer(add_completion=False)


@app.command()
def bench(
    slug: Annotated[str, typer.Argument(help="The assignment.")],
    counts: Annotated[list[int], typer.Option("--count", min=1, help="How many submissions a class has.")] = _COUNTS,
    isolation: Annotated[str, typer.Option(help="As for `autograder grade`.")] = "strict",
    repeats: Annotated[int, typer.Option(min=1, help="How often bare and autograder run, in turns.")] = 3,
    hanging: Annotated[int, typer.Option(min=0, help="How many that hang stand beside the first class.")] = 5,
    nbgrader_repeats: Annotated[int, typer.Option(min=0, help="In how many of these turns nbgrader runs.")] = 1,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Print a table of grading speed for each class."""
    with usage_errors(), Console(stderr=True).status("") as status:
        assignment = load(course_root(), slug)
        timed = []
        for number, count in enumerate(counts):
            runs = _Runs(isolation, repeats, nbgrader_repeats, 0 if number else hanging)
            with tempfile.TemporaryDirectory(prefix="bench-") as work:
                timed.append(_time_class(assignment, count, runs, Path(work), status.update))
    console = Console()
    for one in timed:
        console.print(_table(one.rows, one.count))
        if one.with_hanging:
            console.print(f"With {hanging} that hang, it takes {one.with_hanging:.2f} times as long.", highlight=False)
    console.print(_NOTE, highlight=False, soft_wrap=True)
    for row in timed[0].rows:
        console.print(f"  {row['what']}:", ", ".join(f"{kind} {mb:.0f}" for kind, mb in row["peak_mb"].items()))
    if json_file:
        record = {
            "schema": SCHEMA,
            "assignment": slug,
            "isolation": isolation,
            "cores": len(os.sched_getaffinity(0)),
            "python": platform.python_version(),
            "machine": platform.platform(),
            "classes": [
                {
                    "count": one.count,
                    "submissions": one.submissions,
                    "ways": one.rows,
                    "times_with_hanging": round(one.with_hanging, 3) if one.with_hanging else None,
                }
                for one in timed
            ],
        }
        json_file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
