"""`autograder evidence`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import UsageError, course_root
from autograder.building import add_evidence, names_student
from autograder.commands.report import ledger_of
from autograder.commands.terminal import say, usage_errors
from autograder.reports import examples_of, groups_of

evidence = typer.Typer(
    no_args_is_help=True,
    help="Work with the evidence behind the checks: right and wrong solutions.",
    epilog="Example: autograder evidence add grades vlb_3fa2",
)


@evidence.callback()
def main() -> None:
    """Work with the evidence behind the checks: right and wrong solutions."""


@evidence.command(epilog="Example: autograder evidence add grades vlb_3fa2")
def add(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the ledger: the --out of `grade`.")],
    group: Annotated[str, typer.Argument(metavar="GROUP", help="A group that `report` names, such as vlb_3fa2.")],
) -> None:
    """Write the code of one student of a group as a new known mistake.

    Also write a test. It fails until you write the hint.
    """
    with usage_errors():
        assignment, results = ledger_of(folder)
        groups = {one.name: one for one in groups_of(results)}
        if group not in groups:
            known = ", ".join(list(groups)[:20]) or "none"
            raise UsageError(f"there is no group {group}. The groups of this class: {known}.")
        chosen = groups[group]
        examples = list(examples_of(chosen, folder, assignment))
        if not examples:
            raise UsageError(
                f"no notebook of the group {group} is where it was when it was graded. Grade the class again."
            )
        codes = [code for student, code in examples if not names_student(code, student)]
        if not codes:
            raise UsageError(f"the code of the group {group} contains the names of its students.")
        for path in add_evidence(assignment, chosen.part, group, codes[0], len(chosen.students)):
            say(f"wrote {path.relative_to(course_root())}")
    say(
        f"Give the mistake a name that says what is wrong, and write its hint. Then run: autograder build "
        f"{assignment.slug} && autograder prove {assignment.slug}"
    )
