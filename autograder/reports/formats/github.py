"""Writes `github-summary.md` for a job's summary page, and `github-annotations.txt`, which GitHub reads in the log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from autograder.grading import Result
from autograder.reports.formats.book import Book
from autograder.reports.tables import question_ids, said, unknown_times

MAX_BYTES = 1_000_000  # GitHub refuses a summary of more than 1 MiB
MAX_ANNOTATIONS = 10  # of each kind; GitHub drops the others
_SPECIAL = re.compile(r"[^\w ,.;%/?-]|_")
_LEFT_OUT = "\n{} more submissions are in the ledger: this page has no room for them.\n"


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield both files. A summary that is too long ends after a complete row and says how many rows are left out."""
    yield "github-summary.md", _summary(book)
    yield "github-annotations.txt", "".join(f"{line}\n" for line in _annotations(book))


def _summary(book: Book) -> str:
    columns = [*(part.id for part in book.assignment.parts), *question_ids(book.grades.values())]
    counts = {status: sum(r["status"] == status for r in book.results) for status in ("graded", "unreadable", "error")}
    unknown = unknown_times(book.assignment, book.grades.values())
    head = [
        f"## {plain(book.assignment.title)}",
        "",
        ", ".join(f"{count} {status}" for status, count in counts.items() if count),
        "",
        *([unknown, ""] if unknown else []),
        f"| student | {' | '.join(plain(name) for name in columns)} | score | what went wrong |",
        f"|:--|{'--:|' * (len(columns) + 1)}:--|",
    ]
    text = "\n".join(head) + "\n"
    size = len(text.encode()) + len(_LEFT_OUT) + 20
    rows: list[str] = []
    for number, result in enumerate(book.results):
        row = _row(book, result)
        size += len(row.encode("utf-8", "replace"))
        if size > MAX_BYTES:
            return text + "".join(rows) + _LEFT_OUT.format(len(book.results) - number)
        rows.append(row)
    return text + "".join(rows)


def _row(book: Book, result: Result) -> str:
    scores = {part["id"]: f"{part['score']:g}" for part in result["parts"]}
    grade = book.grades[result["student"]]
    by_hand = ["-" if each.points is None else f"{each.points:g}" for each in grade.questions if grade.counts_marks]
    parts = [scores.get(part.id, "-") for part in book.assignment.parts]
    cells = [
        result["student"],
        *parts,
        *by_hand,
        "?" if grade.so_far is None else f"{grade.so_far:g}",
        said(result, grade),
    ]
    return f"| {' | '.join(plain(cell[:300]) for cell in cells)} |\n"


def _annotations(book: Book) -> list[str]:
    """The commands of the log: errors of the grader, warnings about unreadable files, notices about lost points."""
    errors = [_command("error", r, r["message"]) for r in book.results if r["status"] == "error"]
    unreadable = [_command("warning", r, r["message"]) for r in book.results if r["status"] == "unreadable"]
    lost = [
        (r, grade)
        for r, grade in ((r, book.grades[r["student"]]) for r in book.results if r["status"] == "graded")
        if grade.score != grade.max_score
    ]
    notices = [_command("notice", r, f"{g.so_far:g} of {g.max_score:g}: {said(r, g)}") for r, g in lost]
    return [line for lines in (errors, unreadable, notices) for line in _limited(lines)]


def _limited(lines: Sequence[str]) -> Sequence[str]:
    """No more lines than GitHub shows. The last one then says how many are missing."""
    if len(lines) <= MAX_ANNOTATIONS:
        return lines
    kind = lines[0].split(" ", maxsplit=1)[0]
    more = len(lines) - MAX_ANNOTATIONS + 1
    return [*lines[: MAX_ANNOTATIONS - 1], f"{kind} title=and more::{more} more like these are in the job's summary"]


def _command(kind: str, result: Result, message: str) -> str:
    title = _escaped(result["student"]).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={title}::{_escaped(message)}"


def _escaped(text: str) -> str:
    """The text as GitHub wants it inside a command of the log."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def plain(text: str) -> str:
    """Return the text on one line, with everything escaped that Markdown or HTML would interpret."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};" if found[0].isprintable() else " ", text)
