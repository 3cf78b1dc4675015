"""Writes `feedback/<student>.html`, the page that a student opens."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

from autograder.grading import PICTURES_FOLDER, Result, earned, words_of_pictures
from autograder.marking import shown_time
from autograder.reports.formats.book import Book, comments
from autograder.reports.pages import render
from autograder.reports.statistics import observations_on
from autograder.submissions import file_name

_CASE = re.compile(r"\AWith [^:]*: ")  # the name of a check's case, before the message


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield a page for each student, with the pictures that were drawn during grading."""
    for result in book.results:
        pictures = {part["id"]: _pictures(book, result, part["id"]) for part in result["parts"]}
        lost = {part["id"]: _lost(part["checks"]) for part in result["parts"]}
        passed = {part["id"]: _passed(part["checks"]) for part in result["parts"]}
        page = render(
            "feedback.html.j2",
            title=book.assignment.title,
            result=result,
            handed_in=_handed_in(result, book.assignment.zone),
            grade=book.grades[result["student"]],
            comments=comments,
            parts=result["parts"],
            lost=lost,
            passed=passed,
            seen={part["id"]: observations_on(part) for part in result["parts"]},
            pictures=pictures,
        )
        yield f"feedback/{file_name(result['student'])}.html", page


def _handed_in(result: Result, zone: tzinfo) -> str:
    """When the notebook was handed in, in this zone. Empty if that is not known. A text that is no time stays."""
    text = result.get("submitted_at") or ""
    try:
        return shown_time(datetime.fromisoformat(text), zone) if text else ""
    except ValueError:
        return str(text)


def _lost(checks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The checks that did not pass, grouped by status and message: one mistake often fails many checks alike."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for check in checks:
        if check["status"] != "pass":
            groups.setdefault((check["status"], _CASE.sub("", check["message"])), []).append(check)
    return [
        {
            "status": status,
            "checks": together,
            "points": sum(check["points"] for check in together),
            "earned": sum(earned(check) for check in together),
            "message": together[0]["message"] if len(together) == 1 else message,
        }
        for (status, message), together in groups.items()
    ]


def _passed(checks: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The checks that passed, each group with what is said of it.

    A sentence is about checks that passed only with other functions in place of the student's. For the others it is
    empty, and they come first.
    """
    groups: dict[str, list[dict[str, Any]]] = {"": []}
    for check in checks:
        if check["status"] == "pass":
            groups.setdefault(check["message"] if check.get("followed_through") else "", []).append(check)
    return [(message, together) for message, together in groups.items() if together]


def _pictures(book: Book, result: Result, part: str) -> list[dict[str, Any]]:
    """The picture in pictures/<student>/<part>.png, if there is one, with the assignment's words for it."""
    path = (book.pictures or book.folder) / PICTURES_FOLDER / file_name(result["student"]) / f"{part}.png"
    if not path.is_file() or part not in (words := words_of_pictures(book.assignment)):
        return []
    return [{"data": base64.b64encode(path.read_bytes()).decode(), "words": words[part]}]
