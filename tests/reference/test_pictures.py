"""Pictures for parts that lost points: drawn from the samples that students have, and never worth a grade."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.assignment import Assignment, notebook_to_bytes, source_notebook, with_solutions
from autograder.grading import Result, Spec, Student, grade_submission, pictures
from autograder.sandbox import Limits, Sandbox
from autograder.submissions import Submission
from reference.em_gmm import cases, solution

RIGHT = {
    "E_step": solution.E_step,
    "M_step": solution.M_step,
    "compute_vlb": solution.compute_vlb,
    "train_EM": solution.train_EM,
}
PARTS = ("e_step", "m_step.mu", "m_step.sigma", "m_step.pi", "vlb", "em")


class Functions:
    """A student's functions, without a sandbox; keeps what they were called with."""

    def __init__(self, **other: Callable[..., Any]) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.seconds = 0.0
        for name, function in {**RIGHT, **other}.items():
            setattr(self, name, self._kept(function))

    def _kept(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            self.calls.append(arguments)
            return function(*arguments)

        return called

    def restart(self, seconds: float) -> None:
        self.seconds = seconds


def lost(*parts: str) -> Result:
    return {"parts": [{"id": part, "score": 0 if part in parts else 1, "max_score": 1} for part in PARTS]}


@pytest.mark.parametrize("part", PARTS)
def test_each_part_that_lost_points_has_a_picture_and_words_for_it(part: str, course: Assignment) -> None:
    student = Functions()
    drawn = pictures.draw_pictures(course, student, lost(part))
    assert student.seconds == pictures.SECONDS  # what code that hangs may take
    assert set(drawn) == {part}
    assert drawn[part].startswith(b"\x89PNG")
    assert len(drawn[part]) < pictures.MAX_BYTES
    assert course.pictures.WORDS[part]


def test_a_right_submission_has_none_and_is_asked_nothing(course: Assignment) -> None:
    student = Functions()
    assert pictures.draw_pictures(course, student, lost()) == {}
    assert student.calls == []


def test_the_functions_see_the_samples_that_students_have_and_no_other(course: Assignment) -> None:
    student = Functions()
    pictures.draw_pictures(course, student, lost(*PARTS))
    assert student.calls
    assert all(np.array_equal(arguments[0], cases.X) for arguments in student.calls)


def test_the_picture_shows_what_the_student_returned(course: Assignment) -> None:
    right = pictures.draw_pictures(course, Functions(), lost("e_step"))
    wrong = pictures.draw_pictures(
        course, Functions(E_step=lambda X, pi, mu, sigma: np.full((len(X), 3), 1 / 3)), lost("e_step")
    )
    assert right != wrong


JUNK: dict[str, Callable[..., Any]] = {
    "raises": lambda *_: 1 / 0,
    "returns None": lambda *_: None,
    "returns NaN": lambda X, *_: np.full((len(X), 3), np.nan),
    "returns another shape": lambda *_: np.zeros((2, 2)),
    "returns huge numbers": lambda X, *_: np.full((len(X), 3), 1e300),
    "returns text": lambda *_: "gamma",
    "returns three of them": lambda *_: ("a", None, np.array([np.inf])),
}


@pytest.mark.parametrize("junk", JUNK)
def test_whatever_a_function_returns_drawing_raises_nothing(junk: str, course: Assignment) -> None:
    for names in (list(RIGHT), ["M_step"]):
        drawn = pictures.draw_pictures(course, Functions(**dict.fromkeys(names, JUNK[junk])), lost(*PARTS))
        assert len(drawn) < len(PARTS)
        assert all(png.startswith(b"\x89PNG") for png in drawn.values())


def test_an_assignment_without_the_room_has_no_pictures(course: Assignment) -> None:
    other = copy.copy(course)
    object.__setattr__(other, "pictures", None)
    assert pictures.draw_pictures(other, Functions(), lost(*PARTS)) == {}


def test_a_room_without_words_costs_no_grade_and_no_report(course: Assignment) -> None:
    other = copy.copy(course)
    object.__setattr__(other, "pictures", SimpleNamespace(draw=course.pictures.draw))
    assert pictures.words_of_pictures(other) == {}
    assert pictures.draw_pictures(other, Functions(), lost(*PARTS)) == {}


def test_pictures_of_an_earlier_submission_go_away(tmp_path: Path) -> None:
    pictures.save_pictures(tmp_path, "ash", {"em": b"1", "vlb": b"2"})
    pictures.save_pictures(tmp_path, "ash", {"vlb": b"3"})
    assert [path.name for path in (tmp_path / "pictures" / "ash").iterdir()] == ["vlb.png"]
    pictures.save_pictures(tmp_path, "ash", {})
    assert not (tmp_path / "pictures" / "ash").exists()


def test_code_that_hangs_only_while_it_is_drawn_changes_nothing_in_the_result(
    course: Assignment, course_spec: Spec, tmp_path: Path, sandboxes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hangs on the public samples alone, which no check asks about."""
    monkeypatch.setattr(pictures, "SECONDS", 0.3)
    hangs = (
        "def E_step(X, pi, mu, sigma):\n"
        "    while len(X) == 280 and abs(X - np.load('samples.npz')['data']).max() == 0:\n        pass\n"
        "    return np.ones((len(X), len(pi)))\n"
    )
    stop = "def train_EM(*_):\n    raise NotImplementedError"
    notebook = with_solutions(source_notebook(course), {"e_step": hangs, "train_EM": stop})
    path = tmp_path / "ada.ipynb"
    path.write_bytes(notebook_to_bytes(notebook))
    drawn: dict[str, bytes] = {}

    def draw(student: Student, result: Result) -> None:
        drawn.update(pictures.draw_pictures(course, student, result))

    sandbox: Sandbox = sandboxes(Limits(), "process")
    plain = grade_submission(Submission("ada", path), course_spec, sandbox)
    result = grade_submission(Submission("ada", path), course_spec, sandbox, draw)
    timeless = [{**part, "checks": [{**c, "seconds": 0} for c in part["checks"]]} for part in result["parts"]]
    assert timeless == [{**p, "checks": [{**c, "seconds": 0} for c in p["checks"]]} for p in plain["parts"]]
    assert result["score"] == 60
    assert "e_step" not in drawn


def test_values_of_another_size_end_the_curve_before_they_are_reckoned_with(course: Assignment) -> None:
    """A million means would cost the trusted side gigabytes."""
    sizes: list[tuple[int, ...]] = []

    def E_step(X: Any, pi: Any, mu: Any, sigma: Any) -> Any:
        sizes.append(np.shape(mu))
        return solution.E_step(X, pi, mu, sigma)

    student = Functions(E_step=E_step, M_step=lambda X, gamma: (1.0, np.zeros((1000, 1)), np.eye(2)))
    assert set(pictures.draw_pictures(course, student, lost("em"))) == {"em"}  # one point of the curve
    assert sizes == [cases.mu0.shape]
