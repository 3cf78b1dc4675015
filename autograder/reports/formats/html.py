"""Writes `report.html`, the page on which an instructor sees the class."""

from __future__ import annotations

import statistics as plain_statistics
from collections.abc import Iterator, Sequence
from typing import Any

from autograder.assignment import Check, Unreadable, code_to_run, declared_in
from autograder.grading import Result, sentence_about_other_owners
from autograder.proof import read_trust
from autograder.reports.earlier import by_year
from autograder.reports.formats.book import Book
from autograder.reports.groups import Group, examples_of, groups_of
from autograder.reports.pages import render
from autograder.reports.side_by_side import side_by_side
from autograder.reports.similarity import SHARE, Pair, clusters_of, similar_pairs
from autograder.reports.statistics import ENOUGH, check_statistics, checks_of, limit_that_was_met, recognised_mistakes
from autograder.reports.tables import question_ids, said, unknown_times
from autograder.reports.variants import variants_in_class
from autograder.runs import given_lines, read_notebook
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
_MOST_BESIDE = 25  # pairs whose code is shown side by side; more would make the page slow
_SIGNS = {"same": "=", "alike": "≈", "moved": "↕", "given": "·", "own": ""}


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield the page."""
    yield "report.html", render("report.html.j2", "report.js", **_values(book))


def _values(book: Book) -> dict[str, Any]:
    results = book.results
    graded = [result for result in results if result["status"] == "graded"]
    scores = [book.grades[result["student"]].so_far or 0.0 for result in graded]
    items = check_statistics(results)
    pairs, uncompared = similar_pairs(book.folder, results, book.earlier)
    clusters = clusters_of(pairs)
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
        "notes": [*_notes(book), *filter(None, [unknown_times(book.assignment, book.grades.values())])],
        "graded": len(graded),
        "unreadable": [result for result in results if result["status"] == "unreadable"],
        "ours": [result for result in results if result["status"] == "error"],
        "late": sum(grade.lateness.is_late for grade in book.grades.values()),
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
        "years": by_year(items, book.earlier) if book.earlier else None,
        "variants": _variants(book),
        "alike": pairs,
        "clusters": [cluster for cluster in clusters if len(cluster.members) > 2],
        "beside": _beside(book, [pair for cluster in clusters for pair in cluster.closest][:_MOST_BESIDE]),
        "signs": _SIGNS,
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


def _variants(book: Book) -> dict[str, Any] | None:
    """What the class says about its variants, and how many `prove` tried. None if all students have the same data."""
    if not any(result.get("variant") for result in book.results):
        return None
    personal = {check.name for check in declared_in(book.assignment.checks, Check) if check.personal}
    trust = read_trust(book.assignment)
    proven = trust.variants.variants if trust and trust.variants and not trust.variants.failures else 0
    return {"found": variants_in_class(book.results, personal), "proven": proven}


def _beside(book: Book, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Each pair with the rows of its code. There are no rows if a notebook is not where it was when it was graded."""
    if not pairs:
        return []
    given = given_lines(book.assignment)
    places = {"": (book.folder, book.results), **{year.label: (year.folder, year.results) for year in book.earlier}}
    results = {(label, r["student"]): (folder, r) for label, (folder, graded) in places.items() for r in graded}

    def cells(year: str, student: str) -> list[str] | None:
        raw = read_notebook(*results[year, student])
        try:
            return None if raw is None else code_to_run(raw, book.assignment)
        except Unreadable:
            return None

    shown = []
    for pair in pairs:
        one, other = cells("", pair.one), cells(pair.year, pair.other)
        rows = [] if one is None or other is None else side_by_side(one, other, given)
        shown.append({"pair": pair, "rows": rows})
    return shown


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
        "remark": said(result, grade),
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
