"""The command line. Everything that an instructor types is a subcommand of `autograder`.

A command is imported when it is called, because some of them import packages that take a second. So `--help` is quick.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from autograder.commands.output import forgive_output


@dataclass(frozen=True)
class _Listed:
    """A command as the list of commands shows it. `example` is empty for a group of commands."""

    function: str  # in the module of autograder.commands with the command's name
    summary: str
    example: str = ""


_COMMANDS = {
    "check": _Listed(
        "check",
        "Find errors in an assignment's files, without measuring.",
        "Example: autograder check em_gmm --watch",
    ),
    "build": _Listed(
        "build",
        "Measure the tolerances and write the student version.",
        "Example: autograder build em_gmm --check",
    ),
    "release": _Listed(
        "release",
        "Make a folder with personal data for each student.",
        "Example: autograder release em_gmm --roster roster.csv --out handout",
    ),
    "grade": _Listed(
        "grade",
        "Grade submissions and write each result into the ledger.",
        "Example: autograder grade em_gmm submitted/ --out grades\n\n"
        "Example: autograder grade em_gmm moodle.zip --roster worksheet.csv --out grades --format moodle",
    ),
    "report": _Listed(
        "report",
        "Write reports from a ledger, without grading again.",
        "Example: autograder report grades --format csv --format canvas --roster export.csv\n\n"
        "Example: autograder report grades --format moodle --roster worksheet.csv\n\n"
        "Example: autograder report grades --earlier ../2026/grades",
    ),
    "mark": _Listed(
        "mark",
        "Mark by hand what no check can grade, on pages in a browser.",
        "Example: autograder mark em_gmm grades --anonymous",
    ),
    "rescore": _Listed(
        "rescore_command",
        "Apply a changed rubric to a ledger, without grading again.",
        "Example: autograder rescore grades",
    ),
    "gradescope": _Listed(
        "gradescope",
        "Write an autograder for Gradescope as a zip.",
        "Example: autograder gradescope autograder.zip em_gmm",
    ),
    "prove": _Listed(
        "prove",
        "Show that right solutions pass and that known mistakes fail.",
        "Example: autograder prove em_gmm --json proof.json",
    ),
    "new": _Listed("new", "Write the files of a new assignment.", "Example: autograder new linear_regression"),
    "notebook": _Listed(
        "notebook",
        "Make a notebook from a Python file with cells.",
        "Example: autograder notebook cells.py source/linear_regression/linear_regression.ipynb",
    ),
    "demo": _Listed(
        "demo",
        "Make a class, grade it, and list what to look at next.",
        "Example: autograder demo em_gmm --out demo",
    ),
    "serve": _Listed(
        "serve",
        "Receive submissions over HTTP and show the feedback.",
        "Example: autograder serve em_gmm --data service --roster roster.csv",
    ),
    "collect": _Listed(
        "collect",
        "Copy the service's submissions into an nbgrader course.",
        "Example: autograder collect em_gmm --data service --course course",
    ),
    "roster": _Listed("roster", "Work with the roster of the class."),
    "evidence": _Listed("evidence", "Work with the right and wrong solutions behind the checks."),
}


# The extra of pyproject.toml that brings a package, for packages that no command needs to grade and report.
_EXTRAS = {
    "nbgrader": "nbgrader",
    "nbformat": "nbgrader",
    "itsdangerous": "service",
    "sqlalchemy": "service",
    "markdown_it": "service",
    "mathjax": "service",
    "mdit_py_plugins": "service",
    "nh3": "service",
    "rapidfuzz": "service",
    "starlette": "service",
    "uvicorn": "service",
}


class _Commands(TyperGroup):
    """Lists commands from the table above, and imports the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command that has a name and a summary only, enough for the list of commands."""
        listed = _COMMANDS.get(cmd_name)
        return listed and TyperCommand(cmd_name, help=listed.summary, rich_markup_mode="rich")

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, name and command and _imported(name), rest


def _imported(name: str) -> Any:
    listed = _COMMANDS[name]
    found = getattr(importlib.import_module(f"autograder.commands.{name}"), listed.function)
    alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name, epilog=listed.example)(found)
    alone.callback()(lambda: None)  # so that it is a group, whose only command is this one
    group: Any = typer.main.get_command(alone)
    return group.commands[name]


class _App(typer.Typer):
    """The commands, whose output never undoes what they have done."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        forgive_output()
        try:
            return super().__call__(*arguments, **options)
        except ModuleNotFoundError as problem:
            extra = _EXTRAS.get(str(problem.name).partition(".")[0])
            if extra is None:
                raise
            print(f"autograder: this needs more packages: pip install 'em-autograder[{extra}]'", file=sys.stderr)
            sys.exit(2)


app = _App(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.callback()
def main() -> None:
    """Build, check and grade autograded notebook assignments."""
