"""`autograder gradescope`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import UsageError, course_root, load, slugs
from autograder.commands.terminal import console, usage_errors
from autograder.gradescope.pack import pack


def gradescope(
    out: Annotated[Path, typer.Argument(metavar="OUT.zip", help="The zip to write.")],
    slug: Annotated[
        str | None, typer.Argument(help="The assignment. If the course has only one, it can be left out.")
    ] = None,
) -> None:
    """Write an autograder for Gradescope as a zip. Upload the zip to Gradescope under Configure Autograder."""
    with usage_errors():
        root = course_root()
        if slug is None and len(slugs(root)) > 1:
            raise UsageError(f"name one of the course's assignments: {', '.join(slugs(root))}.")
        count = pack(load(root, slug or slugs(root)[0]), out)
    done = f"wrote {out} with {count} files. Upload it to Gradescope under Configure Autograder."
    console.print(done, highlight=False, soft_wrap=True)
