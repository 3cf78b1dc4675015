"""The page that says how sure a grade is, opened in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.grading import Spec, files_sha256
from autograder.proof import TRUST_NAME, Trust, evidence_notebooks, trust_from, write_trust
from autograder.proof.prove import Proof, Row
from autograder.proof.trust import Environment, LoadTrust, MutantTrust, ThreadTrust, VariantTrust
from autograder.reports import FOR_PEOPLE, Book, write_format

Make = Callable[..., Book]


@pytest.fixture
def elsewhere(course: Assignment, tmp_path: Path) -> Assignment:
    """The course's files in another folder, where nothing was measured yet."""
    for room in (course.source, course.reference, course.data):
        shutil.copytree(room, tmp_path / "elsewhere" / room.relative_to(course.root))
    copied = replace(course, root=tmp_path / "elsewhere")
    (copied.data / TRUST_NAME).unlink(missing_ok=True)
    return copied


@pytest.fixture(scope="session")
def proven(course: Assignment, course_spec: Spec) -> Trust:
    """What a run of `prove` without options measures, if there were only one right and one wrong notebook."""
    passed = {check.name: "pass" for check, _ in course_spec.checks_with_cases}
    wrong = Row("mu_unnormalised", "wrong", "m_step.mu", 80, passed | {"mu_is_right": "fail"})
    rows = (Row("source", "right", "", 100, passed), wrong)
    return trust_from("", course_spec, evidence_notebooks(course), Proof(rows, (), 1, 1))


@pytest.fixture
def page(book: Make, elsewhere: Assignment, browser: Any) -> Callable[..., Any]:
    """Writes the reports after `prove` measured this, and opens the page."""

    def opened(trust: Trust | None) -> Any:
        if trust:
            write_trust(elsewhere, trust)
        made = replace(book(), assignment=elsewhere)
        for name in FOR_PEOPLE:
            write_format(made, name)
        page = browser.new_page()
        page.goto((made.folder / "report.html").as_uri())
        page.get_by_role("link", name="How sure is a grade?").click()
        return page

    return opened


def row(page: Any, name: str) -> str:
    return " ".join(page.locator("tr", has=page.locator("th", has_text=name)).first.inner_text().split())


def test_where_nothing_was_measured_the_page_says_so_with_the_command(page: Any) -> None:
    text = page(None).locator("body").inner_text()
    assert "Nothing was measured for the assignment and the kit as they are now." in text
    assert text.count("not measured. Run autograder prove em_gmm --disturb") == 2
    assert "not measured. Run autograder prove em_gmm --variants 200" in text
    assert "%" not in text


def test_what_was_measured_for_other_files_is_not_shown(page: Any, proven: Trust) -> None:
    outdated = replace(proven, files_sha256="other files", load=LoadTrust(2, 8, 31, []))
    text = page(outdated).locator("body").inner_text()
    assert "Nothing was measured for the assignment and the kit as they are now." in text
    assert "31" not in text


def test_each_check_has_its_numbers_and_the_rest_is_not_measured(
    page: Any, proven: Trust, elsewhere: Assignment
) -> None:
    opened = page(replace(proven, files_sha256=files_sha256(elsewhere)))
    assert row(opened, "mu_is_right").endswith(" 1 0 95.0 % 0 of 1 not measured –")
    assert row(opened, "mu_for_any_data").endswith(" 1 0 95.0 % 1 of 1 not measured –")
    assert "✓ a check catches each of 1 known mistake" in opened.locator("tr.group", has_text="mu").first.inner_text()
    text = opened.locator("body").inner_text()
    assert "not measured. Run autograder prove em_gmm --mutants" in text
    assert "not measured. Run autograder prove em_gmm --variants 200" in text
    assert text.count("not measured. Run autograder prove em_gmm --disturb") == 2
    assert "in a virtual environment with other versions" in text


def test_every_notebook_and_mutant_that_differs_is_named(page: Any, proven: Trust, elsewhere: Assignment) -> None:
    everything = replace(
        proven,
        files_sha256=files_sha256(elsewhere),
        environments=[
            replace(proven.environments[0], notebooks=212),
            Environment("3.12", "1.26.0", "1.12.0", 2, ["ash_differs"], ["ash_is_renamed"]),
        ],
        mutants=MutantTrust(9, ["f: `<b>` became `x`"], *({c.name: n for c in proven.checks} for n in (4, 3))),
        variants=VariantTrust(200, 1234, ["variant 3: oak is right, but fails"]),
        load=LoadTrust(2, 8, 31, []),
        threads=ThreadTrust([1, 4], 77, ["elm: mu_is_right"]),
    )
    opened = page(everything)
    assert row(opened, "mu_is_right").endswith("0 of 1 3 of 4 –")
    assert "8 of 9" in opened.locator(".figures").inner_text()
    assert "f: `<b>` became `x`" in opened.locator("main").inner_text()
    assert row(opened, "a busy machine").endswith("✓ none changed")
    assert "31 of 212 notebooks graded beside 8 busy processes on 2 cores" in row(opened, "a busy machine")
    assert row(opened, "other data").endswith("✗ 1 changed variant 3: oak is right, but fails")
    assert "Python 3.12, NumPy 1.26.0, SciPy 1.12.0" in row(opened, "other versions")
    assert row(opened, "other versions").endswith(
        "✗ 1 changed ash_differs These pass the same checks, but their mistakes get other names or none: ash_is_renamed"
    )
    assert row(opened, "threads").endswith("✗ 1 changed elm: mu_is_right")
    assert "not measured" not in opened.locator("body").inner_text()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_never_scrolls_sideways(page: Any, proven: Trust, elsewhere: Assignment, width: int) -> None:
    opened = page(replace(proven, files_sha256=files_sha256(elsewhere)))
    opened.set_viewport_size({"width": width, "height": 700})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
