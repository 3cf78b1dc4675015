"""Writes `trust.html`, the page that says how sure a grade is. It has nothing of any student."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from autograder.grading import has_personal_data
from autograder.proof import Trust, read_trust
from autograder.reports.formats.book import Book
from autograder.reports.pages import render


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield the page. If `prove` measured nothing for the assignment as it is now, the page says so."""
    slug = book.assignment.slug
    trust = read_trust(book.assignment)
    parts = _rows_by_part(trust) if trust else []
    values: dict[str, Any] = {
        "title": book.assignment.title,
        "slug": slug,
        "personal": has_personal_data(book.assignment),
    }
    yield "trust.html", render("trust.html.j2", trust=trust, parts=parts, **values)


def _rows_by_part(trust: Trust) -> list[dict[str, Any]]:
    """The parts with their checks. A check has the numbers of mutants if they were graded."""
    rows = []
    for part in trust.parts:
        checks = [asdict(check) | _mutants(trust, check.name) for check in trust.checks if check.part == part.id]
        rows.append(asdict(part) | {"checks": checks})
    return rows


def _mutants(trust: Trust, check: str) -> dict[str, Any]:
    if trust.mutants is None:
        return {"mutants": None, "lets_mutants_through": None}
    return {"mutants": trust.mutants.asked[check], "lets_mutants_through": trust.mutants.lets_through[check]}
