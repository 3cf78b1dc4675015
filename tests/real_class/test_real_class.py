"""A class of forty that has not seen the catalogue: two mistakes at once, other constants, other loops, other words.

`truth.json` says for each student and part whether it is right when all that it calls is right, and what is wrong in
plain words. `names` are the misconceptions whose hints were read beside the code and are true of it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment, notebook_to_bytes, release_notebook, with_solutions
from autograder.grading import Result, Spec, grade_submission
from autograder.sandbox import strictest_isolation
from autograder.submissions import Submission
from tests.hostile import submissions

HERE = Path(__file__).parent
NAMES = submissions(HERE)
TRUTH: dict[str, Any] = json.loads((HERE / "truth.json").read_text(encoding="utf-8"))
# A message that only says how far an answer is off tells no cause.
_ONLY_OFF = re.compile(
    r"is off\b(?!.*small constant)|still improves|hardly better|poorer optimum|falls short|NaN entries?, the first"
)


def notebook_of(name: str, course: Assignment) -> bytes:
    """The student version with the cells of a percent file."""
    text = (HERE / "submissions" / f"{name}.py").read_text(encoding="utf-8")
    _, *pieces = re.split(r"^# %% (\w+)\n", text, flags=re.MULTILINE)
    return notebook_to_bytes(
        with_solutions(release_notebook(course), dict(zip(pieces[::2], pieces[1::2], strict=True)))
    )


@pytest.fixture(scope="module")
def results(course_spec: Spec, sandboxes: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """The results of all in one process, so that what the known mistakes answer is computed once."""
    folder = tmp_path_factory.mktemp("class")
    sandbox = sandboxes(course_spec.assignment.limits, strictest_isolation())
    found = {}
    for name in NAMES:
        path = folder / f"{name}.ipynb"
        path.write_bytes(notebook_of(name, course_spec.assignment))
        found[name] = grade_submission(Submission(name, path), course_spec, sandbox)
    return found


def parts(results: dict[str, Result]) -> list[tuple[str, dict[str, Any]]]:
    return [(student, part) for student in NAMES for part in results[student]["parts"]]


def test_everybody_is_graded(results: dict[str, Result]) -> None:
    assert len(NAMES) == 40
    assert {result["status"] for result in results.values()} == {"graded"}


def test_no_right_part_loses_a_point(results: dict[str, Result]) -> None:
    lost = [
        f"{student}: {part['id']} {part['score']:g} of {part['max_score']:g}"
        for student, part in parts(results)
        if TRUTH[student][part["id"]]["right"] and part["score"] != part["max_score"]
    ]
    assert lost == []


def test_no_name_is_false(results: dict[str, Result]) -> None:
    named = {
        f"{student}: {part['id']} is named {check['misconception']}"
        for student, part in parts(results)
        for check in part["checks"]
        if check["misconception"] and check["misconception"] not in TRUTH[student][part["id"]].get("names", ())
    }
    assert sorted(named) == []


def is_named(part: dict[str, Any]) -> bool:
    return any(check["misconception"] for check in part["checks"])


def is_told(part: dict[str, Any]) -> bool:
    failed = [check for check in part["checks"] if check["status"] == "fail"]
    return any(check["observations"] or not _ONLY_OFF.search(check["message"]) for check in failed)


def test_nearly_every_part_that_loses_points_is_named_told_or_grouped(results: dict[str, Result]) -> None:
    lost = [(student, part) for student, part in parts(results) if part["score"] < part["max_score"]]
    alike = Counter((part["id"], part.get("signature")) for _, part in lost if not is_named(part))
    silent = [
        f"{student}: {part['id']}"
        for student, part in lost
        if not is_named(part) and not is_told(part) and alike[part["id"], part.get("signature")] < 2
    ]
    assert len(silent) <= 0.05 * len(lost), silent
