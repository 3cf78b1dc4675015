"""What the report says about checks, years, variants and similar code, opened in a real browser."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.grading import Result
from autograder.reports import Book, Earlier, write_format
from autograder.runs import record_fingerprints, record_notebooks
from autograder.submissions import Submission
from tests.reports.conftest import EVIL, Watched, with_failure


def code_of(student: str) -> dict[str, Any]:
    """A notebook of long enough code, with a hostile line and the student's own names."""
    lines = [f"{student}_{n} = compute[{n}](a.b{n} + {n}, *rest.c{n}, key=not x.d{n})" for n in range(60)]
    code = "\n".join([*lines, f"evil = {EVIL!r}  # {EVIL}"])
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": code}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}


def graded_in(folder: Path, course: Assignment, model: Result, students: tuple[str, ...]) -> tuple[Result, ...]:
    """The results of these students, whose notebooks are beside a ledger in this folder."""
    folder.mkdir(exist_ok=True)
    results, submissions = [], []
    for student in students:
        raw = json.dumps(code_of(student)).encode()
        path = folder / f"{student}.ipynb"
        path.write_bytes(raw)
        sha = hashlib.sha256(raw).hexdigest()
        results.append(Result({**model, "student": student, "notebook_sha256": sha, "variant": "a"}))
        submissions.append(Submission(student, path))
    record_notebooks(folder, submissions)
    assert record_fingerprints(folder, course, submissions, results) == ""
    return tuple(results)


@pytest.fixture
def analysed(course: Assignment, class_of_five: list[Result], tmp_path: Path) -> Path:
    """The report of a class of twelve in which three share their code, with an earlier year in which one had it too."""
    now = graded_in(tmp_path / "now", course, class_of_five[0], ("ash", "oak", "yew"))
    past = graded_in(tmp_path / "past", course, class_of_five[1], ("ash", "elm"))
    wrong = with_failure({**class_of_five[0], "variant": "b"}, "vlb_is_right", EVIL, None, None)
    others = tuple(Result({**wrong, "student": f"fir{n}", "notebook_sha256": str(n)}) for n in range(9))
    earlier = (Earlier(EVIL, tmp_path / "past", (*past, *others)),)
    return write_format(Book(course, tmp_path / "now", (*now, *others), earlier=earlier), "html")[0]


def test_the_report_shows_fifths_years_variants_clusters_and_code_side_by_side(
    watched: Watched, analysed: Path
) -> None:
    page = watched.open(analysed)
    fifths = page.locator("#checks ~ .wide tr", has_text="vlb_is_right").locator(".fifths rect")
    assert fifths.count() == 5
    heights = [float(bar.get_attribute("height")) for bar in fifths.all()]
    assert heights == sorted(heights)
    assert heights[-1] > 20
    years = page.locator("section", has=page.locator("#years"))
    assert "mu_unnormalised" not in years.inner_text()
    assert "25 % of 12" in " ".join(years.locator("tr", has_text="vlb_is_right").inner_text().split())
    assert (
        "The class has 2 variants in 12 notebooks"
        in page.locator("section", has=page.locator("#variants")).inner_text()
    )
    alike = page.locator("section", has=page.locator("#alike"))
    assert "5 students: ash, oak, yew, ash (" in " ".join(alike.inner_text().split())
    assert "the same student id" in alike.inner_text()
    summary = alike.get_by_text("ash and oak")
    summary.focus()
    page.keyboard.press("Enter")
    beside = alike.locator("details[open] table.beside")
    assert beside.is_visible()
    assert beside.locator("td.alike").count() == 120
    assert beside.locator("td.same").count() == 2
    assert EVIL.split(maxsplit=1)[0] in beside.inner_text()
    assert page.locator("main img[src=x], a[href^=javascript], main script").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_analysis_without_scrolling_the_page_sideways(
    watched: Watched, analysed: Path, scheme: str
) -> None:
    watched.page.emulate_media(color_scheme=scheme)
    watched.page.set_viewport_size({"width": 360, "height": 700})
    page = watched.open(analysed)
    page.locator("details.pair summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
