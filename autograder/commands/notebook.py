"""`autograder notebook`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import UsageError, notebook_to_bytes
from autograder.building import notebook_of
from autograder.commands.terminal import say, usage_errors


def notebook(
    cells: Annotated[Path, typer.Argument(help="A Python file in which a line `# %% name` begins each cell.")],
    made: Annotated[Path, typer.Argument(help="The notebook to write. An existing file is replaced.")],
) -> None:
    """Make a source notebook from a Python file, with the marks of nbgrader that each cell needs.

    `# %% name 10` begins a test cell that is worth 10 points, and `# %% [markdown]` begins text.
    """
    with usage_errors():
        try:
            text = cells.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise UsageError(
                f"{cells} can't be read: {getattr(problem, 'strerror', None) or 'it is not UTF-8'}."
            ) from None
        try:
            raw = notebook_to_bytes(notebook_of(text))
        except UsageError as problem:
            raise UsageError(f"{cells}: {problem}") from None
        if not made.parent.is_dir():
            raise UsageError(f"there is no folder {made.parent}: correct the name, or make it.")
        made.write_bytes(raw)
        say(f"wrote {made}")
