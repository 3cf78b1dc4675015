"""The marking pages in Chromium: a class of 300, two markers at once, and answers that try to do harm."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.marking import MARKS_NAME, grades_of
from autograder.runs import LEDGER_NAME, latest_results
from autograder.service import build_marking_server
from autograder.submissions import Roster
from tests.marking.making import make_ledger
from tests.service.marker_page import Desk, Marker

SAME = (
    r"The gradient is $\Sigma_c^{-1} \sum_i \gamma_{ic} (x_i - \mu_c)$, "
    r"so the mean $\mu_c$ is the weighted mean of the points."
)
HOSTILE = r"""
<script>document.title = "owned"</script><img src=x onerror="document.title='owned'">
<img src="https://example.org/track.png"> ![picture](https://example.org/track.png)
[a link](javascript:document.title='owned') <svg onload="document.title='owned'"></svg>
<iframe src="https://example.org/"></iframe><style>body { display: none }</style>
<div class="math display" onclick="document.title='owned'" style="position: fixed; inset: 0">
\href{javascript:document.title='owned'}{x}</div>
<form action="https://example.org"><button>Send</button></form>
<meta http-equiv="refresh" content="0; url=https://example.org">

$\style{position: fixed; background: url(https://example.org/a.png)}{x}$ $\require{html}\cssId{answer}{x}$
$\mmlToken{mi}[href="javascript:document.title='owned'"]{click}$ $\def\a{\a\a}\a$ $\frac{1}{$ $\nosuchmacro$
$\renewcommand{\gamma}{\text{nonsense}}\gamma$ $\unicode[example]{x41}$
"""
HUGE = "A long answer. " * 20_000
DEEP = "> " * 3000 + "x\n\n" + "[" * 3000 + "\n\n" + "$" + "{" * 4000 + "$"
SPECIAL = {"oak000": HOSTILE, "oak001": HUGE, "oak002": DEEP}
STUDENTS, FEW = 300, 12


@pytest.fixture(scope="module")
def class_of_300(course: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_class(course, tmp_path_factory.mktemp("class"), STUDENTS)


@pytest.fixture(scope="module")
def class_of_12(course: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small class, for what does not depend on the number of students."""
    return make_class(course, tmp_path_factory.mktemp("few"), FEW)


def make_class(course: Assignment, folder: Path, count: int) -> Path:
    answers: dict[str, dict[str, str]] = {}
    for number in range(count):
        student = f"oak{number:03}"
        words = f"{'argues ' * (number % 7)}in other words: $x_{{{number}}} = {number}$ for {'all ' * (number % 5)}"
        own = f"Number {number} {words}points."
        text = {0: "YOUR ANSWER HERE", 1: SAME, 2: SAME.replace("so the mean", "hence the mean")}.get(number % 6, own)
        answers[student] = {"derive_mu": SPECIAL.get(student, text), "derive_pi": own}
    return make_ledger(course, folder, answers)


@pytest.fixture
def serve(course: Assignment, class_of_12: Path, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """A function that starts a server over a ledger of its own, with the notebooks of the class."""
    running = []

    def start(
        marker: str = "", anonymous: bool = False, folder: Path | None = None, notebooks: Path = class_of_12
    ) -> Desk:
        where = folder or tmp_path
        if folder is None:
            for name in (LEDGER_NAME, "notebooks.json"):
                (where / name).write_bytes((notebooks / name).read_bytes())
        listening = socket.create_server(("127.0.0.1", 0))
        server, link = build_marking_server(course, where, listening, marker, anonymous)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        running.append((server, thread))
        return Desk(link, where)

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Marker]]:
    opened: list[Marker] = []

    def open_one(desk: Desk, question: str = "derive_mu", name: str = "", **media: Any) -> Marker:
        page = browser.new_page()
        if media:
            page.emulate_media(**media)
        opened.append(Marker(page, desk, question, name))
        return opened[-1]

    yield open_one
    for marker in opened:
        marker.page.close()
        assert marker.faults == []


def test_a_class_of_300_is_marked_with_the_keyboard(
    serve: Callable[..., Desk], open_page: Callable[..., Marker], course: Assignment, class_of_300: Path
) -> None:
    desk = serve(marker="ada", notebooks=class_of_300)
    ada = open_page(desk)
    assert ada.page.locator("#count").text_content() == "0 of 300 marked"
    assert not (desk.folder / MARKS_NAME).exists()  # to look is not to mark
    ada.add("-2", "The sign is wrong.")
    ada.add("-3", "It is not said why.")
    first = ada.student()
    ada.press("1", "2")
    ada.sees("#points", "5")
    ada.press("2")
    ada.sees("#points", "8")
    assert ada.page.locator("#items .give[aria-pressed=true]").count() == 1
    ada.press("Enter")
    ada.sees("#count", "1 of 300")
    ada.page.wait_for_function("name => !document.getElementById('place').textContent.endsWith(name)", arg=first)
    second = ada.student()
    ada.press("Enter")
    ada.sees("#count", "2 of 300")
    ada.press("u")
    ada.said("Undone")
    ada.sees("#count", "1 of 300")
    assert ada.student() == second  # undo goes back to where it happened
    ada.press("k")
    ada.page.wait_for_function("name => document.getElementById('place').textContent.endsWith(name)", arg=first)

    ada.press("Shift+Digit1")
    assert "1 student has this item" in str(ada.page.locator("#edit-note").text_content())
    ada.page.fill("#edit-points", "-4")
    ada.page.get_by_role("button", name="Save").click()
    ada.sees("#points", "6")
    grades = grades_of(course, desk.folder, list(latest_results(desk.folder / LEDGER_NAME).values()), Roster())
    assert grades[first].points_by_question == {"derive_mu": 6, "derive_pi": None, "derive_sigma": None}
    assert grades[first].score is None


def test_identical_and_empty_answers_are_marked_in_one_go(
    serve: Callable[..., Desk], open_page: Callable[..., Marker], class_of_300: Path
) -> None:
    desk = serve(marker="ada", notebooks=class_of_300)
    ada = open_page(desk)
    ada.add("-10", "No answer.")
    ada.show("oak012")  # 12, 18, …: the cell is unchanged
    assert "as it was released" in str(ada.page.locator("#answer").text_content())
    ada.press("1", "g")
    ada.said("48 more answers have the same marks now.")
    ada.press("k")
    ada.press("u")
    ada.said("Undone for 48 answers.")
    ada.sees("#count", "1 of 300")
    ada.show("oak007")
    same, alike = (sum(n % 6 in rests for n in range(len(SPECIAL), STUDENTS)) for rests in ((1,), (1, 2)))
    ada.sees("#offer", f"the {same - 1} others with this very answer")
    ada.sees("#offer", f"all {alike - 1} nearly like it")
    ada.press("G")
    ada.said(f"{alike - 1} more answers")
    ada.sees("#count", f"{alike + 1} of 300")


def test_two_markers_see_each_others_marks_and_none_is_lost(
    serve: Callable[..., Desk], open_page: Callable[..., Marker]
) -> None:
    desk = serve()
    other = serve(folder=desk.folder)  # bob has a server of his own
    ada, bob = open_page(desk, name="ada"), open_page(other, name="bob")
    ada.add("-1", "A small slip.")
    bob.sees("#items", "A small slip.")
    ada.press("1")
    ada.sees("#by", "ada")
    bob.sees("#by", "by ada")
    bob.sees("#count", "1 of 12")
    bob.press("j")
    bob.add("-2", "Another slip.")
    bob.press("2")
    bob.sees("#by", "by bob")
    ada.sees("#count", "2 of 12")
    ada.press("u")  # ada's own action, not bob's
    ada.sees("#by", "not marked yet")
    bob.sees("#count", "1 of 12")
    assert {line["marker"] for line in desk.marks()} == {"ada", "bob"}


def test_a_marker_is_asked_for_a_name_and_sees_who_else_is_here(
    serve: Callable[..., Desk], open_page: Callable[..., Marker]
) -> None:
    desk = serve()
    ada = open_page(desk)
    ada.page.evaluate("localStorage.clear()")
    ada.page.fill("#marker", "")
    ada.press("Escape", "Enter")
    ada.said("Give your name first.")
    assert desk.marks() == []
    ada.page.fill("#marker", "ada")
    ada.press("Escape")
    bob = open_page(desk)
    bob.page.fill("#marker", "bob")
    bob.press("Escape")
    ada.sees("#notes", "Also here: bob.")


def test_hostile_huge_and_broken_answers_run_nothing_and_are_shown(
    serve: Callable[..., Desk], open_page: Callable[..., Marker]
) -> None:
    ada = open_page(serve(marker="ada"))
    ada.show("oak000")
    assert ada.page.title() != "owned"
    assert ada.page.locator("#answer :is(script, iframe, style, form, meta, button, a)").count() == 0
    assert ada.page.locator("#answer img").count() == 0
    assert "a picture that is not in the notebook" in str(ada.page.locator("#answer").text_content())
    for formula in ada.page.locator("#answer .math").all():
        formula.click(force=True, position={"x": 1, "y": 1})
    assert ada.page.title() != "owned"
    box = ada.page.locator("#rubric").bounding_box()
    assert box["width"] > 200  # nothing lies over the page or hides it
    assert ada.page.locator("#answer .math.wrong").count() >= 2  # what MathJax refuses is shown as it was typed
    ada.show("oak001")
    assert "Only the first 30,000 of 300,000 letters are shown." in str(ada.page.locator("#answer").text_content())
    ada.show("oak002")
    ada.show("oak007")
    drawn = ada.page.locator("#answer .math svg")
    assert drawn.count() == 2
    label = ada.page.locator("#answer .math").first.get_attribute("aria-label")
    assert label == r"\Sigma_c^{-1} \sum_i \gamma_{ic} (x_i - \mu_c)"
    # The hostile student's \renewcommand{\gamma} must not reach this formula: it has no text in it.
    assert ada.page.locator("#answer [data-mml-node=mtext]").count() == 0


def test_names_are_hidden_if_wanted(serve: Callable[..., Desk], open_page: Callable[..., Marker]) -> None:
    ada = open_page(serve(marker="ada", anonymous=True), "derive_pi")
    assert ada.page.locator("#place").text_content() == "1 of 12"
    state = ada.page.evaluate("fetch(document.body.dataset.base + '/state').then(answer => answer.text())")
    assert "oak" not in state


def test_an_answer_that_changed_and_a_notebook_that_is_gone_are_said(
    serve: Callable[..., Desk], open_page: Callable[..., Marker], course: Assignment, tmp_path: Path
) -> None:
    folder = make_ledger(course, tmp_path / "own", {"ash": {"derive_mu": "First."}})
    desk = serve(marker="ada", folder=folder)
    ada = open_page(desk)
    ada.press("Enter")
    ada.sees("#by", "by ada")
    make_ledger(course, folder, {"ash": {"derive_mu": "Second."}})
    ada.sees("#notes", "The answer changed since ada marked it.")
    ada.sees("#answer", "Second.")
    grade = grades_of(course, folder, list(latest_results(folder / LEDGER_NAME).values()), Roster())["ash"]
    assert grade.questions[0].in_other_notebook
    ada.press("Enter")
    ada.page.wait_for_function("() => document.getElementById('notes').hidden")
    (folder / "submitted" / "ash" / course.notebook).unlink()
    other = open_page(serve(marker="ada", folder=folder))
    other.sees("#answer", "Put it back there, or run `autograder grade` with the submissions again.")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1440, "dark")])
def test_the_page_fits_a_phone_and_the_dark(
    serve: Callable[..., Desk], open_page: Callable[..., Marker], width: int, scheme: str
) -> None:
    ada = open_page(serve(marker="ada"), color_scheme=scheme)
    ada.page.set_viewport_size({"width": width, "height": 844})
    assert ada.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    style = ada.page.evaluate(
        "(({ backgroundColor, color }) => [backgroundColor, color])(getComputedStyle(document.body))"
    )
    ground, ink = (sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in style)
    assert (ground < ink) == (scheme == "dark")
    ada.page.get_by_role("button", name="Done, next").click()
    ada.sees("#count", "1 of 12")


def test_nobody_without_the_link_sees_or_marks_anything(serve: Callable[..., Desk], browser: Any) -> None:
    desk = serve(marker="ada")
    page = browser.new_page()
    base = f"{desk.url}/instructor/em_gmm/mark"
    for path in ("", "/derive_mu", "/derive_mu/state", "/derive_mu/answers/x"):
        assert page.request.get(base + path).status == 403
    page.goto(desk.link)
    assert page.request.get(f"{base}/derive_mu/state").status == 200
    assert page.request.post(f"{base}/derive_mu", form={"do": "undo"}).status == 403  # not from our own page
    assert page.request.get(f"{base}/nothing").status == 404
    page.close()
