"""`autograder new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import UsageError, course_root
from autograder.building import scaffold
from autograder.commands.terminal import console, usage_errors


def new(
    slug: Annotated[str, typer.Argument(help="The name of the new assignment: small letters, digits and underscores.")],
) -> None:
    """Write the files of a new assignment and a test. The test fails until you have filled in the files."""
    with usage_errors():
        try:
            root = course_root()
        except UsageError:
            root = Path.cwd()  # the first assignment of a course
        for path in scaffold(root, slug):
            console.print(f"wrote {path.relative_to(root)}", highlight=False)
        then = (
            f"Fill in these files. `autograder check {slug} --watch` says what is left to do. Then run: autograder "
            f"build {slug} && autograder prove {slug}"
        )
        console.print(then, highlight=False, soft_wrap=True)
