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
    slug: Annotated[str | None, typer.Argument(help="The assignment. Needed if the course has more than one.")] = None,
) -> None:
    """Write the zip of an autograder for Gradescope. Upload it there under Configure Autograder."""
    with usage_errors():
        root = course_root()
        if slug is None and len(slugs(root)) > 1:
            raise UsageError(f"which assignment? The course has {', '.join(slugs(root))}.")
        count = pack(load(root, slug or slugs(root)[0]), out)
    console.print(f"{out}: {count} files; upload it under Configure Autograder.", highlight=False, soft_wrap=True)
