"""A score has two halves. Every format and page has the same sum, and none has half a grade for a final one."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markupsafe import escape

from autograder.assignment import Assignment
from autograder.grading import Result
from autograder.marking.marks_file import MarksFile
from autograder.reports import FORMATS, Book, comments
from autograder.reports.formats.github import plain
from tests.marking.making import QUESTIONS

Make = Callable[..., Book]
TEXT = "The sign of <b>the gradient</b> is wrong."


def mark(folder: Path, slug: str, points: dict[str, tuple[float | None, ...]]) -> None:
    """Give each student these points for the three questions. None leaves a question unmarked."""
    file = MarksFile(folder, slug)
    for number, question in enumerate(QUESTIONS):
        for student, each in points.items():
            lost = each[number]
            if lost is None:
                continue
            item = {"kind": "item", "item": f"i{lost}", "points": lost - 10, "text": TEXT}
            give = {"kind": "give", "student": student, "item": f"i{lost}", "given": True}
            file.write("ada", question, lambda _, lines=(item, give): lines)  # type: ignore[misc]


@pytest.fixture
def marked(book: Make, course: Assignment, class_of_five: list[Result]) -> Book:
    """Alder has all marks, ash lacks one, beech has no notebook, and the grader failed on cedar."""
    made = book(class_of_five[:4])
    mark(made.folder, course.slug, {"alder": (10, 7.5, 0), "ash": (10, None, 3)})
    return made


def texts(name: str, book: Book) -> dict[str, str]:
    return dict(FORMATS[name](book))


def json_of(name: str, book: Book, student: str) -> dict[str, Any]:
    return json.loads(texts(name, book)[f"{name}/{student}.json"])


def test_the_sum_is_the_same_everywhere(marked: Book) -> None:
    scores = {student: (grade.score, grade.so_far, grade.max_score) for student, grade in marked.grades.items()}
    assert scores["alder"] == (117.5, 117.5, 130)
    assert scores["ash"][0] is None
    assert scores["beech"] == (0, 0, 130)
    assert scores["cedar"] == (None, None, 130)
    ash = scores["ash"][1]
    assert ash is not None

    rows = {row["student_id"]: row for row in csv.DictReader(io.StringIO(texts("csv", marked)["grades.csv"]))}
    assert {s: (row["score"], row["max_score"]) for s, row in rows.items()} == {
        "alder": ("117.5", "130.0"),
        "ash": ("", "130.0"),
        "beech": ("0.0", "130.0"),
        "cedar": ("", "130.0"),
    }
    _, points, *lines = csv.reader(io.StringIO(texts("canvas", marked)["canvas.csv"]))
    assert points[-1] == "130"
    assert {line[3]: line[-1] for line in lines} == {"alder": "117.5", "ash": "", "beech": "0", "cedar": ""}

    for name in ("gradescope", "classroom50", "prairielearn"):
        assert f"{name}/ash.json" not in texts(name, marked)
    scope = json_of("gradescope", marked, "alder")
    assert scope["score"] == 117.5 == sum(test["score"] for test in scope["tests"])
    assert sum(test["max_score"] for test in scope["tests"]) == 130
    room = json_of("classroom50", marked, "alder")
    assert room["score"] / room["max-score"] == 117.5 / 130
    assert json_of("prairielearn", marked, "alder")["score"] == 117.5 / 130

    root = ElementTree.fromstring(texts("junit", marked)["junit.xml"])
    named = {suite.get("name"): {p.get("name"): p.get("value") for p in suite.iter("property")} for suite in root}
    assert (named["alder"]["score"], named["alder"]["max_score"]) == ("117.5", "130")
    assert named["alder"]["points.derive_pi"] == "7.5 of 10"
    assert "score" not in named["ash"]
    assert named["ash"]["note"] == "derive_pi is not marked yet."

    summary = texts("github", marked)["github-summary.md"]
    assert "117.5" in summary
    assert "derive&#95;pi is not marked yet" in summary
    page = texts("feedback", marked)
    assert "<b>117.5</b> of 130 points</li>" in page["feedback/alder.html"]
    assert f"<b>{ash:g}</b> of 130 points so far</li>" in page["feedback/ash.html"]
    report = texts("html", marked)["report.html"]
    assert re.search(r"alder(</a>)?</th><td class=\"n\">117.5</td>", report)
    assert "1 of 4 scores are not final" in report


def test_comments_and_what_is_not_marked_are_on_the_students_page(marked: Book) -> None:
    pages = texts("feedback", marked)
    assert "The sign of &lt;b&gt;the gradient&lt;/b&gt; is wrong." in pages["feedback/alder.html"]
    assert "not marked yet" not in pages["feedback/alder.html"]
    assert pages["feedback/ash.html"].count("<span>not marked yet</span>") == 1
    assert "derive_pi is not marked yet." in pages["feedback/ash.html"]


def test_until_somebody_marks_pages_say_that_more_points_are_marked_by_hand(
    book: Make, class_of_five: list[Result]
) -> None:
    made = book(class_of_five[:2])
    assert "30 more points are marked by hand" in texts("feedback", made)["feedback/alder.html"]
    assert "30 more points are marked by hand" in texts("html", made)["report.html"]
    assert "130" not in texts("csv", made)["grades.csv"]


def test_a_column_for_each_part_has_one_for_each_question(book: Make, course: Assignment, marked: Book) -> None:
    made = Book(course, marked.folder, marked.results, part_columns=True)
    rows = {row["student_id"]: row for row in csv.DictReader(io.StringIO(texts("csv", made)["grades.csv"]))}
    assert [rows["alder"][question] for question in QUESTIONS] == ["10.0", "7.5", "0.0"]
    assert rows["ash"]["derive_pi"] == ""
    parts = [part.id for part in course.parts]
    assert sum(float(rows["alder"][name]) for name in (*parts, *QUESTIONS)) == 117.5


def test_canvas_and_moodle_give_the_same_marks_and_comments_back(marked: Book) -> None:
    """Canvas' file is a notebook, and Moodle's a page. Both have each question with its points and comments."""
    said = {"name": "canvas", "id": "1", "student": "x", "file": "alder_1_900_em_gmm.ipynb"}
    results = tuple(Result({**r, "platform": said}) for r in marked.results if r["student"] == "alder")
    book = replace(marked, results=results)
    page = texts("feedback", book)["feedback/alder.html"]
    raw = dict(FORMATS["canvas"](book))["canvas-feedback.zip"]
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:  # type: ignore[arg-type]
        cells = [cell["source"] for cell in json.loads(archive.read(archive.namelist()[0]))["cells"]]
    assert "**117.5 of 130 points**" in cells[0]
    for graded in book.grades["alder"].questions:
        [cell] = [cell for cell in cells if cell.startswith(f"## {plain(graded.question.title)}:")]
        assert f": {graded.points:g} of 10" in cell
        assert f"{graded.points:g} of 10" in page
        for comment in comments(graded):
            assert plain(comment) in cell
            assert str(escape(comment)) in page
    assert sum(float(cell.partition(": ")[2].split(" of ")[0].rpartition(" ")[2]) for cell in cells[1:]) == 117.5
