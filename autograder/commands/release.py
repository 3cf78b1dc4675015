"""`autograder release`."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import as_completed
from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import UsageError, course_root, load
from autograder.building import personal_files, release_template
from autograder.commands.terminal import Jobs, Quiet, console, counted, usage_errors
from autograder.grading import COURSE_SECRET, demand_personal_data, variants_of_class
from autograder.proof import blaming_the_author
from autograder.runs import progress_bar, worker_count, worker_processes
from autograder.submissions import read_roster, student_ids

CHUNK = 20  # students for one call of a worker


def release(
    slug: Annotated[str, typer.Argument(help="The assignment.")],
    *,
    roster: Annotated[Path, typer.Option("--roster", help="A CSV with the column student_id.")],
    out: Annotated[Path, typer.Option("--out", help="The folder for the students' folders.")],
    jobs: Jobs = 0,
    quiet: Quiet = False,
) -> None:
    """Make a folder for each student, with the notebook, the student's own data and the key for this data.

    The data depends on the student and on the course's secret. The secret is AUTOGRADER_COURSE, an environment
    variable. If that is not set, it is the file course.key. If that file is missing, this command makes it. Keep a copy
    of the secret and do not share it. The same secret makes the same folders again. `grade` and `serve` need it too.
    """
    with usage_errors():
        root = course_root()
        assignment = load(root, slug)
        demand_personal_data(assignment)
        students = student_ids(read_roster(roster))
        common = release_template(assignment)
        kept = root / f"{COURSE_SECRET}.key"
        new = not kept.exists()
        made = variants_of_class(assignment, students, make=True)
        assert made is not None
        seeds = {student: seed for student in students if (seed := made.seed(student)) is not None}
        chunks = [students[i : i + CHUNK] for i in range(0, len(students), CHUNK)]
        with (
            progress_bar(console, "making", len(students), quiet) as step,
            worker_processes(worker_count(jobs)) as pool,
        ):
            futures = [pool.submit(_write_folders, root, slug, out, {s: seeds[s] for s in chunk}) for chunk in chunks]
            for future in as_completed(futures):
                try:
                    for student in future.result():
                        step(student)
                except (UsageError, OSError) as problem:
                    pool.shutdown(cancel_futures=True)
                    raise UsageError(str(problem)) from None
    if not quiet:
        if new and kept.exists():
            console.print(
                f"made {kept.name}, the course's secret. Keep a copy of it, and do not give it to students.",
                highlight=False,
                soft_wrap=True,
            )
        console.print(
            f"{counted(len(students), 'folder')} in {out}, each with {len(common.files) + 4} files. To grade the "
            f"submissions, give --roster {roster} on a machine that has the course's secret.",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def _write_folders(root: Path, slug: str, out: Path, seeds: Mapping[str, int]) -> list[str]:
    """Write the folders of a few students, in a worker. Returns the students. Raises UsageError or OSError."""
    common = release_template(load(root, slug))
    for student, seed in seeds.items():
        try:
            with blaming_the_author(common.assignment, (f"reference/{slug}", 0)):
                files = personal_files(common, seed)
        except UsageError as problem:
            raise UsageError(f"{student}: {problem}") from None
        for name, raw in files.items():
            path = out / student / name
            if path.is_file():
                if path.read_bytes() == raw:
                    continue
                raise UsageError(
                    f"{path} exists and has other content: delete the student's folder, or choose another --out."
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
    return list(seeds)
