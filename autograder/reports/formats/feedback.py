"""`feedback/<student>.html`: one page that a student opens."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Any

from autograder.grading import PICTURES_FOLDER, Result
from autograder.reports.formats.book import Book
from autograder.reports.pages import render
from autograder.submissions import file_name

_CASE = re.compile(r"\AWith [^:]*: ")  # what a check was asked about


def files(book: Book) -> Iterator[tuple[str, str]]:
    """One page a student, with the pictures that were drawn while it was graded."""
    for result in book.results:
        pictures = {part["id"]: _pictures(book, result, part["id"]) for part in result["parts"]}
        lost = {part["id"]: _lost(part["checks"]) for part in result["parts"]}
        page = render(
            "feedback.html.j2",
            title=book.assignment.title,
            result=result,
            parts=result["parts"],
            lost=lost,
            pictures=pictures,
        )
        yield f"feedback/{file_name(result['student'])}.html", page


def _lost(checks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What did not pass, with the checks together to which the same happened: one mistake fails many in one way."""
    alike: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for check in checks:
        if check["status"] != "pass":
            alike.setdefault((check["status"], _CASE.sub("", check["message"])), []).append(check)
    return [
        {
            "status": status,
            "checks": together,
            "points": sum(check["points"] for check in together),
            "message": together[0]["message"] if len(together) == 1 else said,
        }
        for (status, said), together in alike.items()
    ]


def _pictures(book: Book, result: Result, part: str) -> list[dict[str, Any]]:
    """What lies in pictures/<student>/<part>.png; its words are the assignment's."""
    path = book.folder / PICTURES_FOLDER / file_name(result["student"]) / f"{part}.png"
    room = book.assignment.pictures
    if room is None or part not in room.WORDS or not path.is_file():
        return []
    words = room.WORDS[part]
    return [{"data": base64.b64encode(path.read_bytes()).decode(), "words": words}]
