"""Makes the tables that `grade` prints at the end: the class, and the scores that changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from autograder.assignment import Assignment
from autograder.grading import Result, printable
from autograder.marking import MARKED, Grade
from autograder.reports.changes import Change

_NAME = 24  # the most letters shown of a student's name
_SCORE = 4  # letters of a part's score, such as 12.5
_SHORT = 60  # the most letters of a sentence beside others
# The grader's own sentences.
_CASE = re.compile(r"^With [^:]*: ")
_NOT_CALLED = re.compile(r" was not called(?: again)?, because ")  # the reason is told of another call
_WITH_OTHERS = re.compile(r" \(The grader saw this with correct [\w, ]+ in place of yours\.\)$")
_UNDEFINED = re.compile(
    r"^no cell defines a (?:function|class|variable) named (\w+)\. The first cell that failed (.*?)\.?$"
)
_EDGES = 3  # letters that the table needs at its two sides


def class_table(results: Sequence[Result], grades: Mapping[str, Grade], assignment: Assignment, width: int) -> Table:
    """Return a table with a row for each student: the scores of parts and questions, and what went wrong."""
    table = Table(title=assignment.title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, padding=0)
    table.add_column("student", no_wrap=True, overflow="ellipsis", max_width=_NAME)
    questions = question_ids(grades.values())
    names = [*(part.id for part in assignment.parts), *questions]
    heads = [name.replace(".", "\n").replace("_", "\n") for name in names]
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
        grade = grades[result["student"]]
        cells = [_score(scores.get(part.id), part.max_score) for part in assignment.parts]
        cells += [_score(each.points, each.question.max_score) for each in grade.questions if questions]
        total = Text("?" if grade.so_far is None else f"{grade.so_far:g}")
        table.add_row(Text(printable(result["student"])), *cells, total, Text(printable(said(result, grade))))
    return table


def question_ids(grades: Iterable[Grade]) -> list[str]:
    """Return the ids of the questions that a person marks. None if nobody marks them here."""
    return next((list(grade.points_by_question) for grade in grades if grade.counts_marks), [])


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


def said(result: Result, grade: Grade) -> str:
    """Return how late it was, what went wrong, and what is missing until the score is final.

    That a time is not known is left out: `unknown_times` says it once for the class.
    """
    missing = grade.note.rstrip(".") if result["status"] != "error" else ""
    late = grade.late_text if grade.lateness.days is not None else MARKED * grade.lateness.is_late
    return "; ".join(text for text in (late, remark(result), missing) if text)


def unknown_times(assignment: Assignment, grades: Iterable[Grade]) -> str:
    """Return a sentence on the students of whom it is not known how late they were, if that costs them nothing."""
    all_grades = list(grades)
    count = sum(grade.lateness.days is None and bool(grade.lateness.text) for grade in all_grades)
    if assignment.late is None or not count:
        return ""
    return (
        f"The time of submission is not known for {count} of {len(all_grades)} students, so nothing is taken off for "
        "lateness there."
    )


def remark(result: Result) -> str:
    """Say in a few words what went wrong: what cost most points, then the other recognised mistakes by their cost.

    What is seen only with right functions in place of the student's comes after what is wrong with these functions.
    The result of a submission that was not graded says why instead.
    """
    if result["status"] != "graded":
        return f"{result['status']}: {result['message']}"
    causes = _causes(result["parts"])
    own = [cause for cause in causes if not cause.depends]
    dearest = [*causes[:1], *own[:1]]  # the two differ if other functions of the student come first
    shown = [cause for cause in (*own, *(c for c in causes if c.depends)) if cause.is_name or cause in dearest]
    return ", ".join(cause.what if len(shown) == 1 else _shortened(cause) for cause in shown)


class _Cause(NamedTuple):
    """What went wrong. `is_name` says that `what` is the name of a recognised mistake.

    `depends` says that other functions of the student are wrong too, and that this function calls them.
    """

    what: str
    is_name: bool
    depends: bool


def _causes(parts: Sequence[Mapping[str, Any]]) -> list[_Cause]:
    """What went wrong in the parts, the dearest first, then in the order of the parts."""
    cost: dict[_Cause, float] = {}
    for part in parts:
        if cause := _cause(part):
            cost[cause] = cost.get(cause, 0) + part["max_score"] - part["score"]
    return sorted(cost, key=lambda cause: -cost[cause])


def _cause(part: Mapping[str, Any]) -> _Cause | None:
    """The recognised mistake in a part. Otherwise what is seen in the code, or the message of its dearest check."""
    failed = [check for check in part["checks"] if check["status"] == "fail"]
    name = next((check["misconception"] for check in failed if check["misconception"]), "")
    if name or not failed:
        return _Cause(name, True, False) if name else None
    dearest = max(failed, key=lambda check: (not _NOT_CALLED.search(check["message"]), check["points"]))
    # There is little room, so leave out the case's name and keep the sentence after it.
    message = _CASE.sub("", dearest["message"])
    depends = bool(_WITH_OTHERS.search(message) or _NOT_CALLED.search(message))
    message = _UNDEFINED.sub(r"no \1 (a cell \2)", _WITH_OTHERS.sub("", message))
    said = next(iter(dearest.get("observations", ())), message)
    return _Cause(said.rstrip("."), False, depends)


def _shortened(cause: _Cause) -> str:
    """What went wrong, cut so that it leaves room for what comes after it."""
    return cause.what if cause.is_name or len(cause.what) <= _SHORT else f"{cause.what[: _SHORT - 1].rstrip()}…"


def _score(score: float | None, max_score: float) -> Text:
    if score is None:
        return Text("-", style="dim")
    return Text(f"{score:g}", style="green" if score == max_score else "red" if score == 0 else "yellow")
