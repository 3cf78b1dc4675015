"""A small class from a ledger: full points, a known mistake, a broken file, an error of the grader, hostile text."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.grading import SCHEMA, Result, Spec
from autograder.reports import Book
from autograder.runs import Ledger
from autograder.submissions import Roster

EVIL = '</script></style><img src=x onerror=alert(1)><a href="javascript:alert(1)">\''
HOSTILE = '"><script>alert(1)</script>=cmd|\n::error::|x'


def full_marks(spec: Spec, student: str) -> Result:
    parts = []
    for part in spec.assignment.parts:
        checks = [
            {"name": c.name, "title": c.title, "points": c.points, "status": "pass", "message": ""}
            | {"misconception": None, "hint": None, "seconds": 0.01}
            for c, _ in spec.checks_with_cases
            if c.part == part.id
        ]
        parts.append({"id": part.id, "title": part.title, "score": part.max_score, "max_score": part.max_score})
        parts[-1]["checks"] = checks
    return {
        "schema": SCHEMA,
        "assignment": spec.assignment.slug,
        "student": student,
        "submitted_at": "2026-03-01T10:00:00Z",
        "notebook_sha256": "0" * 64,
        "files_sha256": "",
        "spec_sha256": spec.sha256,
        "variant": None,
        "isolation": "strict",
        "status": "graded",
        "score": spec.assignment.max_score,
        "max_score": spec.assignment.max_score,
        "seconds": 1.5,
        "message": "",
        "parts": parts,
    }


def with_failure(result: Result, name: str, message: str, hint: str | None, misconception: str | None) -> Result:
    """The result with a failed check. All other checks stay unchanged."""
    result = copy.deepcopy(result)
    for part in result["parts"]:
        for check in part["checks"]:
            if check["name"] == name:
                check |= {"status": "fail", "message": message, "hint": hint, "misconception": misconception}
                part["score"] -= check["points"]
                result["score"] -= check["points"]
    return result


@pytest.fixture(scope="session")
def class_of_five(course_spec: Spec) -> list[Result]:
    right = full_marks(course_spec, "alder")
    wrong = {**right, "student": "ash"}
    wrong = with_failure(
        wrong, "mu_is_right", "With other samples: mu is off by 1.", "Divide by N_c.", "mu_unnormalised"
    )
    broken = {**right, "student": "beech", "status": "unreadable", "score": 0, "parts": []}
    broken["message"] = "the file is not a notebook: it is no valid JSON."
    ours = {**right, "student": "cedar", "status": "error", "score": 0, "parts": []}
    ours["message"] = "the grader failed, so this is no grade yet: SandboxBroken"
    hostile = with_failure({**right, "student": HOSTILE}, "vlb_is_right", HOSTILE, HOSTILE, None)
    hostile = {**hostile, "message": HOSTILE}
    skipped = next(c for p in hostile["parts"] for c in p["checks"] if c["name"] == "vlb_for_any_data")
    skipped |= {"status": "skipped", "message": "not asked, because this did not pass"}
    for holder in (hostile, next(p for p in hostile["parts"] if p["id"] == "vlb")):
        holder["score"] -= skipped["points"]
    return [right, wrong, broken, ours, hostile]


@pytest.fixture(scope="session")
def interrupted(class_of_five: list[Result]) -> Result:
    """An error of the grader after some checks were done. Their points are not a score yet."""
    right = copy.deepcopy(class_of_five[0])
    *asked, last = right["parts"]
    last["checks"][0] |= {"status": "error", "message": "finds_it, a case: MemoryError"}
    last["score"] -= last["checks"][0]["points"]
    return {**right, "student": "dogwood", "status": "error", "message": "no grade yet", "parts": [*asked, last]} | {
        "score": right["score"] - last["checks"][0]["points"]
    }


@pytest.fixture(
    params=[HOSTILE, "=cmd()|'/c calc'!A1", "two\nlines\r\n,and;a\ttab", "\x00\x1b[31m\ufffe\udc80", "../" * 9 + "x"]
)
def hostile(request: pytest.FixtureRequest) -> str:
    """Text that a student may choose as a name or print."""
    return request.param


@pytest.fixture
def book(class_of_five: list[Result], course: Assignment, tmp_path: Path) -> Callable[..., Book]:
    def made(results: list[Result] | None = None, roster: Roster | None = None, **more: Any) -> Book:
        chosen = class_of_five if results is None else results
        return Book(course, tmp_path, tuple(map(Result, chosen)), roster or Roster(), **more)

    return made


@pytest.fixture
def ledger(class_of_five: list[Result], tmp_path: Path) -> Path:
    """The folder of a ledger that has the class."""
    ledger = Ledger(tmp_path / "grades")
    for result in class_of_five:
        ledger.append(result)
    return ledger.path.parent


class Watched:
    """A page that records its faults: console messages, errors, dialogs, and requests for anything but itself."""

    def __init__(self, browser: Any) -> None:
        self.page = browser.new_page()
        self.faults: list[str] = []
        self.page.on("console", lambda message: self.faults.append(message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.faults.append("a dialog"), dialog.dismiss()))
        self.page.on("request", self._request)

    def _request(self, request: Any) -> None:
        if not request.is_navigation_request() and not request.url.startswith("data:image/png"):
            self.faults.append(request.url)

    def open(self, path: Path) -> Any:
        self.page.goto(path.as_uri())
        return self.page


@pytest.fixture
def watched(browser: Any) -> Iterator[Watched]:
    watched = Watched(browser)
    yield watched
    watched.page.close()
    assert watched.faults == []
