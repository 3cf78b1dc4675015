"""`autograder report`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import autograder
from autograder.assignment import Assignment, UsageError
from autograder.commands.terminal import Quiet, say, usage_errors
from autograder.grading import Result, printable, rubric
from autograder.marking import EXTENSIONS_NAME, Grade, grades_of, keep_extensions, unknown_students
from autograder.reports import FOR_PEOPLE, FORMATS, NOTES, UNMATCHED, Book, Group, groups_of, unknown_times
from autograder.runs import LEDGER_NAME, latest_results, outdated
from autograder.submissions import Roster, read_roster

_MOST_GROUPS = 20  # printed
_MOST_NAMES = 10  # in one sentence
FormatName = StrEnum("FormatName", {name: name for name in FORMATS})  # type: ignore[misc]
Formats = Annotated[
    list[FormatName] | None,
    typer.Option("--format", help="A format to write. You can give this option more than once."),
]
RosterFile = Annotated[
    Path | None,
    typer.Option("--roster", help="A CSV with the columns student_id,email, or the table of grades of a platform."),
]
ExtensionsFile = Annotated[
    Path | None,
    typer.Option(
        "--extensions",
        help="A CSV with student_id and extension, late_days or both. It is kept beside the ledger as extensions.csv. "
        "Every later report reads this file.",
    ),
]
Parts = Annotated[bool, typer.Option("--parts", help="Add a column for each part to grades.csv.")]


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the ledger: the --out of `grade`.")],
    formats: Formats = None,
    roster: RosterFile = None,
    extensions: ExtensionsFile = None,
    parts: Parts = False,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(
            "--earlier",
            metavar="DIR",
            help="The ledger's folder of an earlier year. report.html compares this class with it. "
            "You can give this option more than once.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Write reports from a ledger, without grading again. The default is report.html, feedback/ and trust.html."""
    with usage_errors():
        assignment, in_order = ledger_of(folder)
        people = read_roster(roster) if roster else Roster()
        if extensions:
            keep_extensions(extensions, folder, assignment)
        publish(assignment, folder, in_order, formats or FOR_PEOPLE, people, parts, quiet, earlier or ())
        if not quiet:
            _print_groups(folder, groups_of(in_order))
        say_about_grades(assignment, grades_of(assignment, folder, in_order, people), quiet)


def ledger_of(folder: Path) -> tuple[Assignment, list[Result]]:
    """Return the assignment of a ledger, and the last result of each student, sorted. Raises UsageError."""
    results = latest_results(folder / LEDGER_NAME)
    if not results:
        raise UsageError(
            f"{folder / LEDGER_NAME}: no graded submission here. Give the folder that was the --out of `grade`."
        )
    named = {result["assignment"] for result in results.values()}
    if len(named) > 1:
        raise UsageError(
            f"{folder / LEDGER_NAME}: this ledger has several assignments: {', '.join(sorted(named))}. "
            "Grade each assignment with an --out of its own."
        )
    return autograder.load(named.pop()), [results[student] for student in sorted(results)]


def _print_groups(folder: Path, groups: Sequence[Group]) -> None:
    """Print the groups with more than one student, and how to make a known mistake of a group."""
    large = [group for group in groups if len(group.students) > 1]
    if not large:
        return
    say("\nParts that go wrong alike, without a name:")
    for group in large[:_MOST_GROUPS]:
        seen = f" In the code of all: {' '.join(group.observations)}" if group.observations else ""
        say(printable(f"  {group.name}: {', '.join(group.students)}. {group.message}{seen}", 1000))
    if len(large) > _MOST_GROUPS:
        say(f"  and {len(large) - _MOST_GROUPS} more. report.html shows all.")
    say(f"To make a known mistake of a group: autograder evidence add {folder} {large[0].name}")


def say_about_grades(assignment: Assignment, grades: Mapping[str, Grade], quiet: bool = False) -> None:
    """Print for how many students the time of submission or the half that people mark is missing."""
    if unknown := unknown_times(assignment, grades.values()):
        say(unknown, quiet=quiet)
    waiting = [grade for grade in grades.values() if not grade.is_complete and grade.so_far is not None]
    if waiting:
        some = ", ".join(printable(grade.student, 100) for grade in waiting[:_MOST_NAMES])
        more = f" and {len(waiting) - _MOST_NAMES} more" if len(waiting) > _MOST_NAMES else ""
        say(
            f"{len(waiting)} of {len(grades)} students have no final score, because a question is not marked yet. "
            f"Platforms get no number for them: {some}{more}",
            quiet=quiet,
        )
    old = [g.student for g in grades.values() if any(each.in_other_notebook for each in g.questions)]
    if old:
        say(
            f"{len(old)} students have a mark that was given in another version of their notebook: "
            f"{', '.join(printable(student, 100) for student in old[:_MOST_NAMES])}. `autograder mark` shows it.",
            quiet=quiet,
        )


def publish(
    assignment: Assignment,
    folder: Path,
    results: Sequence[Result],
    formats: Sequence[str],
    roster: Roster,
    parts: bool,
    quiet: bool,
    earlier: Sequence[Path] = (),
) -> None:
    """Write the formats and print where they are. Raises UsageError if one can't be written."""
    say_about_reports(write_reports(assignment, folder, results, formats, roster, parts, earlier), quiet)


def say_about_reports(sentences: Sequence[tuple[str, bool]], quiet: bool) -> None:
    """Print what `write_reports` returned. Warnings go to standard error, also if the command is quiet."""
    for sentence, is_warning in sentences:
        if is_warning:
            say(sentence, where=Console(stderr=True))
        else:
            say(sentence, quiet=quiet)


def _with_old_points(assignment: Assignment, results: Sequence[Result]) -> list[str]:
    """The students whose points are those of an earlier rubric. Nobody, if the known mistakes can't be read here."""
    try:
        return outdated(results, rubric(assignment))
    except Exception:  # noqa: BLE001 - whatever the author's file raises; a report needs none of them
        return []


def write_reports(
    assignment: Assignment,
    folder: Path,
    results: Sequence[Result],
    formats: Sequence[str],
    roster: Roster,
    parts: bool,
    earlier: Sequence[Path] = (),
) -> list[tuple[str, bool]]:
    """Write the formats. Return what to say about them, each with whether it is a warning.

    Raises UsageError if one can't be written.
    """
    results = tuple(results)  # they are read once for all formats
    sentences = []
    if old := _with_old_points(assignment, results):
        said = f"The rubric has changed since, and {len(old)} of {len(results)} students have their old points here"
        sentences.append((f"{said}: run autograder rescore {folder}, and then this command again.", True))
    asked = {str(name) for name in formats}
    for name in FORMATS:  # in their order, because the report links to the feedback
        if name not in asked:
            continue
        written = autograder.report(results, name, folder, roster=roster, parts=parts, earlier=earlier)
        if not written:
            said = "nothing to write, because the grader itself failed on every submission"
        elif len(written) == 1:
            said = str(written[0])
        else:
            said = f"{len(written)} files in {written[0].parent}"
        sentences.append((f"{name}: {said}", False))
        book = Book(assignment, folder, results, roster)
        sentences += [(f"{name}: {note}", True) for note in (NOTES[name](book) if name in NOTES else ())]
        if name in UNMATCHED and roster.columns and (unmatched := UNMATCHED[name](book)):
            names = ", ".join(printable(student, 100) for student in unmatched)
            warning = (
                f"{name}: {len(unmatched)} of {len(results)} graded students are not in the roster or could be several "
                f"people there, so {name.capitalize()} may not know them: {names}"
            )
            sentences.append((warning, True))
    if strangers := unknown_students(folder, assignment.zone, [result["student"] for result in results]):
        names = ", ".join(printable(student, 100) for student in strangers)
        example = printable(results[0]["student"], 100)
        sentence = f"{folder / EXTENSIONS_NAME}: nobody here handed in as {names}. Names here are such as {example}."
        sentences.append((sentence, True))
    return sentences
