"""Makes `canvas-feedback.zip`, which Canvas takes in its gradebook under Upload Submissions, as comments.

Canvas finds student and file by the numbers in the name, so each file has the name that it had in the download. A
student gets it under the name of the file that was handed in, which is a notebook. So the feedback is one too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from autograder.grading import Result
from autograder.marking import QuestionGrade
from autograder.reports.formats.book import Book, comments, explanation, message
from autograder.reports.formats.github import plain
from autograder.reports.formats.packed import packed

_SIGNS = {"pass": "✓", "fail": "✗", "skipped": "–", "error": "!"}


def files(book: Book) -> Iterator[tuple[str, str | bytes]]:
    """Yield the zip, if any graded submission came from Canvas. A group has one file, and Canvas gives it to all."""
    named: dict[str, str] = {}
    for result in book.results:
        said = result.get("platform") or {}
        if said.get("name") == "canvas" and book.grades[result["student"]].score is not None:
            named.setdefault(str(said["file"]).rpartition("/")[2], _notebook(book, result))
    if named:
        yield "canvas-feedback.zip", packed(sorted(named.items()))


def _notebook(book: Book, result: Result) -> str:
    """A notebook with a cell for the grade, one for each part, and one for each question that a person marked."""
    grade = book.grades[result["student"]]
    head = [f"# {plain(book.assignment.title)}", f"**{grade.score:g} of {grade.max_score:g} points**"]
    head += [plain(line) for line in message(result, grade).splitlines()]
    by_hand = [_question(each) for each in grade.questions if grade.counts_marks]
    cells = ["\n\n".join(head), *(_part(part) for part in result["parts"]), *by_hand]
    kind = {"cell_type": "markdown", "metadata": {}}
    made = [{**kind, "id": f"part-{i}", "source": text} for i, text in enumerate(cells)]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def _question(graded: QuestionGrade) -> str:
    said = "\n".join(comments(graded)).splitlines()
    head = f"## {plain(graded.question.title)}: {graded.points or 0:g} of {graded.question.max_score:g}"
    return "\n".join([head, "", "Marked by hand.", "", *(f"- {plain(line)}" for line in said if line.strip())])


def _part(part: Mapping[str, Any]) -> str:
    lines = [f"## {plain(part['title'])}: {part['score']:g} of {part['max_score']:g}"]
    for check in part["checks"]:
        said = explanation(check) if check["status"] != "pass" else ""
        more = "".join(f"\n  {plain(line)}" for line in said.splitlines())
        lines.append(f"- {_SIGNS[check['status']]} {plain(check['title'])}{more}")
    return "\n".join(lines)
