"""`autograder new`."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import UsageError, course_root
from autograder.building import scaffold
from autograder.commands.terminal import console, usage_errors


def new(
    slug: Annotated[str, typer.Argument(help="The name of the new assignment: small letters, digits and underscores.")],
) -> None:
    """Write the files of a new assignment: an example, the weighted mean, that works without changes, and a test of it.

    Change the files one by one. `autograder check` says what is wrong, and which files are still the example.
    """
    with usage_errors():
        try:
            root = course_root()
        except UsageError:
            root = Path.cwd()  # the first assignment of a course
        for path in scaffold(root, slug):
            console.print(f"wrote {path.relative_to(root)}", highlight=False)
        then = (
            "This is an example: the weighted mean, and a question with three answers. It works without changes. "
            f"Try it: autograder build {slug} && autograder prove {slug} && autograder demo {slug}. Then change it. "
            f"Each file says what to change, and `autograder check {slug} --watch` says what is wrong.\n"
            "The ready assignments of the kit's pages are not in a wheel. They are in the project's source archive, "
            f"em_autograder-{metadata.version('em-autograder')}.tar.gz, and in a clone of it."
        )
        console.print(then, highlight=False, soft_wrap=True)
