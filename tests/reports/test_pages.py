"""The instructor's report and the student's feedback, opened in a real browser, with hostile text everywhere."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.grading import Result, save_pictures
from autograder.reports import FOR_PEOPLE, FORMATS, Book, write_format
from tests.reports.conftest import EVIL, HOSTILE, Watched, with_failure

Make = Callable[..., Book]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000"
    "000049454e44ae426082"
)


@pytest.fixture
def people(class_of_five: list[Result]) -> list[Result]:
    """Four graded students, one of them with hostile text everywhere, a broken file and an error of the grader."""
    evil = with_failure({**class_of_five[0], "student": EVIL}, "pi_is_right", EVIL, EVIL, EVIL)
    return [*class_of_five, {**evil, "message": EVIL, "submitted_at": EVIL, "seconds": 7.25}]


@pytest.fixture
def folder(book: Make, people: list[Result]) -> Path:
    made = book(people)
    save_pictures(made.folder, "ash", {"m_step.mu": PNG})
    for name in FOR_PEOPLE:
        write_format(made, name)
    return made.folder


def shown(page: Any) -> list[str]:
    """The students with visible rows. Text comes from text_content, because a row out of sight is not drawn."""
    rows = page.locator("#heat tbody tr").all()
    return [" ".join(row.locator("th").text_content().split()) for row in rows if row.is_visible()]


def test_the_report_sorts_by_any_column(watched: Watched, folder: Path) -> None:
    page = watched.open(folder / "report.html")
    page.get_by_role("button", name="score", exact=True).click()
    scores = page.locator("#heat tbody tr td:nth-child(2)").all_text_contents()
    assert scores == ["0", "87", "93", "93", "100", "?"]
    assert page.locator("#heat th[aria-sort=ascending]").inner_text() == "score"
    page.get_by_role("button", name="score", exact=True).click()
    scores = page.locator("#heat tbody tr td:nth-child(2)").all_text_contents()
    assert scores == ["100", "93", "93", "87", "0", "?"]  # a missing score stays last
    page.get_by_role("button", name="seconds", exact=True).click()
    page.get_by_role("button", name="seconds", exact=True).click()
    assert page.locator("#heat th[aria-sort=descending]").inner_text() == "seconds"
    assert shown(page)[0] == " ".join(EVIL.split())


def test_the_report_sorts_by_a_check_and_by_a_part_with_ungraded_students_last(watched: Watched, folder: Path) -> None:
    page = watched.open(folder / "report.html")
    for name in ("mu_is_right", "m_step.mu"):
        button = page.get_by_role("button", name=name, exact=True)
        button.focus()
        page.keyboard.press("Enter")
        assert set(shown(page)[4:]) == {"beech", "cedar"}
        last_up = shown(page)[3] == "ash"
        page.keyboard.press("Enter")
        assert set(shown(page)[4:]) == {"beech", "cedar"}
        assert last_up != (shown(page)[3] == "ash")
        assert (shown(page)[0] == "ash") != (shown(page)[3] == "ash")


def test_screen_readers_get_a_word_for_every_outcome(watched: Watched, folder: Path) -> None:
    page = watched.open(folder / "report.html")
    row = page.locator("#heat tbody tr", has_text="ash")
    assert row.get_by_role("cell", name="lost").count() == 1
    assert row.get_by_role("cell", name="passed").count() > 10


def test_the_table_of_students_fits_a_laptop_and_its_head_stays_in_sight(
    watched: Watched, book: Make, people: list[Result]
) -> None:
    made = book([{**people[1], "student": f"student-{number:02}"} for number in range(60)])
    page = watched.open(write_format(made, "html")[0])
    frame = page.locator(".tall")
    assert frame.evaluate("e => e.scrollWidth <= e.clientWidth")
    frame.evaluate("e => e.scrollTop = 500")
    assert page.locator("#heat tbody tr").first.bounding_box()["y"] < frame.bounding_box()["y"]
    assert page.locator("#heat thead").bounding_box()["y"] - frame.bounding_box()["y"] <= 2
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.locator("#heat thead").bounding_box()["height"] < 200


def test_the_report_filters_by_word_by_status_by_check_and_by_mistake(watched: Watched, folder: Path) -> None:
    page = watched.open(folder / "report.html")
    page.get_by_label("find a student or a word").fill("alder")
    assert shown(page) == ["alder"]
    assert page.locator("#shown").inner_text() == "1 of 6 shown"
    page.get_by_role("button", name="show all").click()
    assert len(shown(page)) == 6
    page.get_by_label("show", exact=True).select_option("unreadable")
    assert shown(page) == ["beech"]
    page.get_by_role("button", name="show all").click()
    page.get_by_label("students who lost this check").select_option(label="m_step.mu: mu_is_right")
    assert shown(page) == ["ash"]
    page.get_by_role("button", name="show all").click()
    page.locator("tr", has_text="mu_unnormalised").get_by_role("button", name="show them below").click()
    assert shown(page) == ["ash"]


def test_the_report_begins_with_the_errors_of_the_grader(watched: Watched, folder: Path) -> None:
    page = watched.open(folder / "report.html")
    headings = page.get_by_role("heading", level=2).all_inner_texts()
    assert headings[:2] == ["First: what the grader itself got wrong", "Could not be read, so 0 points"]
    assert "SandboxBroken" in page.locator(".alarm").inner_text()


def test_the_report_can_be_read_without_its_script(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<tr id="r\d+"', text)) == 6
    assert text.count('scope="row"') >= 6


def test_the_report_says_which_submissions_the_median_and_the_chart_leave_out(
    book: Make, class_of_five: list[Result], folder: Path
) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "</b> median of 100, without those that could not be graded</li>" in text
    assert "<b>1</b> could not be read: 0 points</li>" in text
    assert "The chart has the 4 of 6 submissions that were graded. Those that could not be read have 0 points" in text
    whole = dict(FORMATS["html"](book(class_of_five[:2])))["report.html"]
    assert "</b> median of 100</li>" in whole
    assert "The chart has" not in whole


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_report_without_scrolling_the_page_sideways(
    watched: Watched, folder: Path, scheme: str
) -> None:
    watched.page.emulate_media(color_scheme=scheme)
    watched.page.set_viewport_size({"width": 360, "height": 700})
    for path in (folder / "report.html", folder / "feedback" / "ash.html"):
        page = watched.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_every_control_of_the_report_has_a_name_and_works_with_the_keyboard(watched: Watched, folder: Path) -> None:
    page = watched.open(folder / "report.html")
    nameless = page.evaluate(
        "Array.from(document.querySelectorAll('button, input, select, [role=img]'))"
        ".filter(e => !(e.textContent.trim() || e.labels?.length || e.ariaLabel)).length"
    )
    assert nameless == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the table of students"


def test_the_browser_does_not_lay_out_all_rows_of_a_thousand_students(
    watched: Watched, book: Make, people: list[Result]
) -> None:
    draw = random.Random(0)
    many = [{**copy.copy(draw.choice(people[:2])), "student": f"student-{number:04}"} for number in range(1000)]
    made = book(many)
    (path,) = write_format(made, "html")
    assert path.stat().st_size < 2_000_000
    measure = watched.page.context.new_cdp_session(watched.page)
    measure.send("Performance.enable")
    page = watched.open(path)
    # Layout is what makes opening slow, so only the rows in sight may be laid out.
    metrics = {metric["name"]: metric["value"] for metric in measure.send("Performance.getMetrics")["metrics"]}
    assert metrics["Nodes"] > 50_000
    assert metrics["LayoutObjects"] < 15_000
    page.get_by_label("find a student or a word").fill("student-0999")
    assert page.locator("#shown").inner_text() == "1 of 1000 shown"


def test_feedback_says_what_was_lost_and_why(watched: Watched, folder: Path) -> None:
    page = watched.open(folder / "feedback" / "ash.html")
    text = page.locator("main").inner_text()
    assert "93\nof 100 points" in text
    assert "With other samples: mu is off by 1." in text
    assert "Hint: Divide by N_c." in text
    assert "mu_unnormalised" not in text  # only instructors see the name of a misconception
    image = page.get_by_role("img")
    assert image.count() == 1
    assert image.evaluate("e => e.complete && e.naturalWidth") == 1
    assert "means" in image.get_attribute("alt")


def test_checks_that_failed_in_the_same_way_share_a_message(watched: Watched, book: Make, people: list[Result]) -> None:
    lost = people[0]
    for name in ("rows_sum_to_one", "gamma_is_the_posterior"):
        lost = with_failure(lost, name, f"With case {name}: E_step is not implemented yet.", None, None)
    lost = with_failure(lost, "survives_far_points", "With far points: gamma is not finite.", None, None)
    (path,) = write_format(book([lost]), "feedback")
    page = watched.open(path)
    text = page.locator("main").inner_text()
    assert text.count("E_step is not implemented yet.") == 1
    assert "With far points: gamma is not finite." in text
    titles = {check["name"]: check["title"] for check in lost["parts"][0]["checks"]}
    for name in ("rows_sum_to_one", "gamma_is_the_posterior", "survives_far_points"):
        assert page.get_by_text(titles[name]).is_visible()
    assert not page.get_by_text(titles["e_step_for_any_data"]).is_visible()  # passed checks are folded away
    assert "in 2 checks" in text


def test_feedback_for_a_right_submission_has_no_picture(watched: Watched, folder: Path) -> None:
    page = watched.open(folder / "feedback" / "alder.html")
    assert page.get_by_role("img").count() == 0
    assert "Everything that is graded automatically is right." in page.locator("main").inner_text()


def test_an_error_of_the_grader_is_not_blamed_on_the_student(watched: Watched, folder: Path) -> None:
    text = watched.open(folder / "feedback" / "cedar.html").locator("main").inner_text()
    assert "There is no grade yet" in text
    assert "0 points" not in text


def test_the_page_of_an_unreadable_file_says_what_to_do(watched: Watched, folder: Path) -> None:
    text = watched.open(folder / "feedback" / "beech.html").locator("main").inner_text()
    assert "no valid JSON" in text
    assert "hand in your notebook again" in text


def test_hostile_text_stays_text_on_every_page(watched: Watched, folder: Path) -> None:
    pages = [folder / "report.html", *(folder / "feedback").iterdir()]
    assert len(pages) == 7
    for path in pages:
        page = watched.open(path)
        assert page.locator("main img[src=x], a[href^=javascript], main script").count() == 0
    assert any(EVIL.split(maxsplit=1)[0] in watched.open(path).locator("main").inner_text() for path in pages)
    assert HOSTILE.splitlines()[0] in watched.open(folder / "report.html").locator("#heat").text_content()


@pytest.mark.parametrize(
    "smuggled", ["<script>document.title = 'taken'</script>", "<iframe src='feedback/ash.html'></iframe>"]
)
def test_smuggled_elements_do_not_run_or_load(watched: Watched, folder: Path, smuggled: str) -> None:
    """The second protection, if escaping fails: the policy allows only the page's own script.

    It also shows that the test above would notice such an element.
    """
    path = folder / "report.html"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("</main>", f"{smuggled}</main>"), encoding="utf-8")
    assert watched.open(path).title() != "taken"
    assert any("Content Security Policy" in fault for fault in watched.faults)
    watched.faults.clear()
