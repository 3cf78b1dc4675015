"""Makes the tables that `grade` prints at the end: the class, and the scores that changed."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from autograder.assignment import Assignment
from autograder.grading import Result, printable
from autograder.reports.changes import Change

_NAME = 24  # the most letters shown of a student's name
_SCORE = 4  # letters of a part's score, such as 12.5
_EDGES = 3  # letters that the table needs at its two sides


def class_table(results: Sequence[Result], assignment: Assignment, width: int) -> Table:
    """Return a table with a row for each student: the scores of the parts, and what went wrong."""
    table = Table(title=assignment.title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, padding=0)
    table.add_column("student", no_wrap=True, overflow="ellipsis", max_width=_NAME)
    heads = [part.id.replace(".", "\n").replace("_", "\n") for part in assignment.parts]
    for head in heads:
        table.add_column(head, justify="right", vertical="bottom", no_wrap=True, min_width=_SCORE)
    table.add_column("score", justify="right", style="bold", no_wrap=True, min_width=len("score"))
    longest = max((len(result["student"]) for result in results), default=0)
    columns = [min(_NAME, max(longest, len("student"))), len("score")]
    columns += [max(_SCORE, *map(len, head.splitlines())) for head in heads]
    room = width - _EDGES - sum(column + 1 for column in columns)
    table.add_column("what went wrong", no_wrap=True, overflow="ellipsis", max_width=max(10, room))
    for result in results:
        scores = {part["id"]: part["score"] for part in result["parts"]}
        cells = [_score(scores.get(part.id), part.max_score) for part in assignment.parts]
        total = Text(f"{result['score']:g}" if result["status"] != "error" else "?")
        table.add_row(Text(printable(result["student"])), *cells, total, Text(printable(remark(result))))
    return table


def change_table(changed: Sequence[Change]) -> Table:
    """Return a table with the old score, the new score and the reason of each change."""
    table = Table(title="Scores that changed", title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    table.add_column("student", no_wrap=True)
    table.add_column("old", justify="right")
    table.add_column("new", justify="right", style="bold")
    table.add_column("why")
    for change in changed:
        table.add_row(Text(printable(change.student)), f"{change.old:g}", f"{change.new:g}", Text(change.why))
    return table


def remark(result: Result) -> str:
    """Say in a few words what went wrong: the recognised mistakes, the first failed check, or why there is no grade."""
    if result["status"] != "graded":
        return f"{result['status']}: {result['message']}"
    checks = [check for part in result["parts"] for check in part["checks"]]
    names = dict.fromkeys(check["misconception"] for check in checks if check["misconception"])
    if names:
        return ", ".join(names)
    failed = [check for check in checks if check["status"] == "fail"]
    # There is little room, so leave out the case's name and keep the sentence after it.
    return failed[0]["message"].split(": ", maxsplit=1)[-1] if failed else ""


def _score(score: float | None, max_score: float) -> Text:
    if score is None:
        return Text("-", style="dim")
    return Text(f"{score:g}", style="green" if score == max_score else "red" if score == 0 else "yellow")
