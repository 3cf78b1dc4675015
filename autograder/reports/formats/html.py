"""Writes `report.html`, the page on which an instructor sees the class."""

from __future__ import annotations

import statistics as plain_statistics
from collections.abc import Iterator, Sequence
from typing import Any

from autograder.grading import Result, sentence_about_other_owners
from autograder.reports.formats.book import Book
from autograder.reports.groups import Group, examples_of, groups_of
from autograder.reports.pages import render
from autograder.reports.similarity import SHARE, similar_pairs
from autograder.reports.statistics import ENOUGH, check_statistics, checks_of, limit_that_was_met, recognised_mistakes
from autograder.reports.tables import question_ids, said
from autograder.submissions import file_name

_KINDS = {
    "pass": {"kind": "p", "sign": "✓", "word": "passed"},
    "skipped": {"kind": "s", "sign": "–", "word": "not asked"},
    "fail": {"kind": "f", "sign": "✗", "word": "lost"},
    "error": {"kind": "e", "sign": "!", "word": "error"},
}
_ABSENT = {"kind": "", "sign": "", "word": ""}
_BINS = 10
_MOST_CODE = 8000  # letters of a group's example


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield the page."""
    yield "report.html", render("report.html.j2", "report.js", **_values(book))


def _values(book: Book) -> dict[str, Any]:
    results = book.results
    graded = [result for result in results if result["status"] == "graded"]
    scores = [book.grades[result["student"]].so_far or 0.0 for result in graded]
    items = check_statistics(results)
    pairs, uncompared = similar_pairs(book.folder, results)
    row_id = {result["student"]: f"r{i}" for i, result in enumerate(results)}
    limits = [{"student": r["student"], "why": why} for r in results if (why := limit_that_was_met(r))]
    slowest = max(graded, key=lambda result: result["seconds"], default=None)
    return {
        "title": book.assignment.title,
        "slug": book.assignment.slug,
        "max_score": book.max_score,
        "parts": [(part.id, part.title) for part in book.assignment.parts] + _questions(book),
        "first": 2 + len(book.assignment.parts) + len(_questions(book)),  # the column of the first check
        "items": items,
        "rows": [_row(book, result, [item.name for item in items]) for result in results],
        "middle": plain_statistics.median(scores) if scores else None,
        "perfect": sum(score == book.max_score for score in scores),
        "notes": _notes(book),
        "unreadable": [result for result in results if result["status"] == "unreadable"],
        "ours": [result for result in results if result["status"] == "error"],
        "late": sum(_late(book, result) for result in results),
        "bins": _bins(scores, book.max_score),
        "mistakes": [
            {"name": name, "hint": hint, "students": students, "rows": [row_id[student] for student in students]}
            for name, hint, students in recognised_mistakes(results)
        ],
        "groups": [
            {"group": group, "rows": [row_id[student] for student in group.students], "example": _example(group, book)}
            for group in groups_of(results)
        ],
        "trust": _link_to_trust(book),
        "enough": ENOUGH,
        "alike": pairs,
        "share": SHARE,
        "uncompared": uncompared,
        "foreign": [
            {"student": r["student"], "what": said} for r in results if (said := sentence_about_other_owners(r))
        ],
        "limits": limits,
        "seconds": slowest
        and {
            "median": plain_statistics.median(result["seconds"] for result in graded),
            "most": slowest["seconds"],
            "slowest": slowest["student"],
        },
    }


def _example(group: Group, book: Book) -> dict[str, str]:
    found = next(examples_of(group, book.folder, book.assignment), None)
    return {"student": found[0], "code": found[1].text[:_MOST_CODE]} if found else {}


def _link_to_trust(book: Book) -> str:
    """The address of the page that says how sure a grade is, or nothing if that page was not written."""
    if book.feedback_is_served:
        return "download/trust"
    return "trust.html" if (book.folder / "trust.html").is_file() else ""


def _row(book: Book, result: Result, checks: Sequence[str]) -> dict[str, Any]:
    outcome = {check["name"]: _KINDS[check["status"]] for check in checks_of(result)}
    scores = {part["id"]: f"{part['score']:g}" for part in result["parts"]}
    page = f"feedback/{file_name(result['student'])}.html"
    grade = book.grades[result["student"]]
    by_hand = grade.points_by_question if grade.counts_marks else {}
    return {
        "student": result["student"],
        "feedback": page if book.feedback_is_served or (book.folder / page).is_file() else "",
        "status": result["status"],
        "lost": result["status"] == "graded" and grade.score != grade.max_score,
        "score": "?" if grade.so_far is None else f"{grade.so_far:g}",
        "parts": [scores.get(part.id, "–") for part in book.assignment.parts]
        + ["–" if points is None else f"{points:g}" for points in by_hand.values()],
        "checks": [outcome.get(name, _ABSENT) for name in checks],
        "seconds": result["seconds"],
        "remark": f"{'late; ' if _late(book, result) else ''}{said(result, grade)}",
    }


def _questions(book: Book) -> list[tuple[str, str]]:
    """The id and title of each question that a person marks, if they count."""
    shown = question_ids(book.grades.values())
    grade = next(iter(book.grades.values()), None)
    return [(each.question.id, each.question.title) for each in grade.questions] if grade and shown else []


def _notes(book: Book) -> list[str]:
    """Sentences about the half that people mark: whether it counts, and for how many students it is not complete."""
    grades = list(book.grades.values())
    by_hand = sum(each.question.max_score for each in grades[0].questions) if grades else 0
    if not by_hand:
        return []
    if not grades[0].counts_marks:
        return [f"{by_hand:g} more points are marked by hand. Nobody has begun, so no score contains them."]
    waiting = sum(not grade.is_complete and grade.so_far is not None for grade in grades)
    old = sum(any(each.in_other_notebook for each in grade.questions) for grade in grades)
    return [
        *(
            [f"{waiting} of {len(grades)} scores are not final, because questions are not marked yet."]
            if waiting
            else []
        ),
        *([f"{old} students have a mark that was given in another version of their notebook."] if old else []),
    ]


def _late(book: Book, result: Result) -> bool:
    """Whether the submission is late. Both times are UTC in the same form, so they compare as text."""
    due, submitted = book.assignment.due, result.get("submitted_at")
    return bool(due and submitted and submitted > due)


def _bins(scores: Sequence[float], max_score: float) -> list[dict[str, Any]]:
    """The number of scores in each tenth of the points, and the number of full scores, with the heights of the bars."""
    step = max_score / _BINS
    counts = [0] * (_BINS + 1)
    for score in scores:
        counts[min(_BINS, int(score / step + 1e-9))] += 1
    most = max(counts) or 1
    return [
        {"label": f"{i * step:g}{'+' if i < _BINS else ''}", "count": count, "height": round(110 * count / most)}
        for i, count in enumerate(counts)
    ]
