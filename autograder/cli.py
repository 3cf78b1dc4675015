"""The command line. Everything that an instructor types is a subcommand of `autograder`."""

from __future__ import annotations

from typing import Any

import typer

from autograder.commands.build import build
from autograder.commands.check import check
from autograder.commands.collect import collect
from autograder.commands.demo import demo
from autograder.commands.evidence import evidence
from autograder.commands.grade import grade
from autograder.commands.gradescope import gradescope
from autograder.commands.new import new
from autograder.commands.output import forgive_output
from autograder.commands.prove import prove
from autograder.commands.release import release
from autograder.commands.report import report
from autograder.commands.rescore import rescore_command
from autograder.commands.roster import roster
from autograder.commands.serve import serve


class _App(typer.Typer):
    """The commands, whose output never undoes what they have done."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        forgive_output()
        return super().__call__(*arguments, **options)


app = _App(no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
app.command(epilog="Example: autograder check em_gmm --watch")(check)
app.command(epilog="Example: autograder build em_gmm --check")(build)
app.command(epilog="Example: autograder release em_gmm --roster roster.csv --out handout")(release)
app.command(epilog="Example: autograder grade em_gmm submitted/ --out grades")(grade)
app.command(epilog="Example: autograder report grades --format csv --format canvas --roster export.csv")(report)
app.command("rescore", epilog="Example: autograder rescore grades")(rescore_command)
app.command(epilog="Example: autograder gradescope autograder.zip em_gmm")(gradescope)
app.command(epilog="Example: autograder prove em_gmm --json proof.json")(prove)
app.command(epilog="Example: autograder new linear_regression")(new)
app.command(epilog="Example: autograder demo em_gmm --out demo")(demo)
app.command(epilog="Example: autograder serve em_gmm --data service --roster roster.csv")(serve)
app.add_typer(roster, name="roster")
app.add_typer(evidence, name="evidence")
app.command(epilog="Example: autograder collect em_gmm --data service --course course")(collect)


@app.callback()
def main() -> None:
    """Build, check and grade autograded notebook assignments."""
