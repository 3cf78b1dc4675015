"""Parts that lost points and carry no name are grouped by how they go wrong, and the report shows each group."""

from __future__ import annotations

import copy
import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment, notebook_to_bytes, source_notebook, with_solutions
from autograder.grading import Result
from autograder.reports import FORMATS, Book, examples_of, groups_of
from autograder.runs import Ledger, record_notebooks
from autograder.submissions import Submission
from tests.reports.conftest import HOSTILE, with_failure

Make = Callable[..., Book]
MESSAGE = "With other samples: loss is off by 1."
CODE = "# by oak\ndef compute_vlb(X, pi, mu, sigma, gamma):\n    return np.sum(np.log(gamma + 1e-3)) + helper(X)"
HELPER = '\n\ndef helper(X):\n    """Oak."""\n    return X.sum() * 0.5'


def wrong(result: Result, student: str, signature: str, seen: list[str], raw: bytes = b"") -> Result:
    """The result of a student who fails vlb_is_right with this signature."""
    result = copy.deepcopy(with_failure({**result, "student": student}, "vlb_is_right", MESSAGE, None, None))
    result["notebook_sha256"] = hashlib.sha256(raw).hexdigest()
    for part in result["parts"]:
        part["signature"] = signature if part["id"] == "vlb" else ""
        for check in part["checks"]:
            check["observations"] = seen if check["status"] == "fail" else []
    return result


@pytest.fixture
def raw(course: Assignment) -> bytes:
    return notebook_to_bytes(with_solutions(source_notebook(course), {"compute_vlb": CODE + HELPER}))


@pytest.fixture
def grouped(class_of_five: list[Result], raw: bytes) -> list[Result]:
    right = class_of_five[0]
    return [
        wrong(right, "oak", "3fa2aa", ["You add 0.001.", "It is late."], raw),
        wrong(right, "yew", "77bbcc", [], raw),
        wrong(right, "elm", "3fa2aa", ["You add 0.001."], raw),
    ]


def test_students_with_the_same_signature_are_a_group_and_the_largest_comes_first(grouped: list[Result]) -> None:
    first, second = groups_of(grouped)
    assert (first.name, first.part, first.students) == ("vlb_3fa2", "vlb", ("oak", "elm"))
    assert first.message == MESSAGE
    assert first.observations == ("You add 0.001.",)
    assert second.students == ("yew",)


def test_a_named_part_and_an_old_ledger_are_in_no_group(class_of_five: list[Result], grouped: list[Result]) -> None:
    named = copy.deepcopy(grouped[0])
    for part in named["parts"]:
        for check in part["checks"]:
            check["misconception"] = "a_name" if check["status"] == "fail" else None
    assert groups_of([*class_of_five, named]) == []


def test_the_example_is_the_code_of_the_part_with_its_helpers(
    grouped: list[Result], raw: bytes, tmp_path: Path, course: Assignment
) -> None:
    path = tmp_path / "oak.ipynb"
    path.write_bytes(raw)
    record_notebooks(tmp_path, [Submission("oak", path)])
    [(student, code)] = examples_of(groups_of(grouped)[0], tmp_path, course)
    assert student == "oak"
    assert set(code.definitions) == {"compute_vlb", "helper"}
    path.write_bytes(raw + b" ")
    assert list(examples_of(groups_of(grouped)[0], tmp_path, course)) == []
    path.unlink()
    assert list(examples_of(groups_of(grouped)[0], tmp_path, course)) == []


def test_the_places_of_other_students_are_kept_and_a_broken_file_is_none(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "notebooks.json").write_text("[1, 2")
    for name in ("oak", "elm"):
        (tmp_path / f"{name}.ipynb").write_bytes(raw)
        record_notebooks(tmp_path, [Submission(name, tmp_path / f"{name}.ipynb")])
    text = (tmp_path / "notebooks.json").read_text()
    assert "oak.ipynb" in text
    assert "elm.ipynb" in text


def test_the_report_shows_each_group_with_an_example(book: Make, grouped: list[Result], raw: bytes) -> None:
    made = book(grouped)
    path = made.folder / "elm.ipynb"
    path.write_bytes(raw)
    record_notebooks(made.folder, [Submission("elm", path)])
    page = dict(FORMATS["html"](made))["report.html"]
    assert "vlb_3fa2" in page
    assert "np.log(gamma + 1e-3)" in page
    assert "the code of elm" in page
    assert "No notebook of this group" in page  # yew's


def test_hostile_code_is_shown_as_text(book: Make, class_of_five: list[Result], course: Assignment) -> None:
    code = f"def compute_vlb(*a):\n    return '''{HOSTILE}'''"
    raw = notebook_to_bytes(with_solutions(source_notebook(course), {"compute_vlb": code}))
    made = book([wrong(class_of_five[0], HOSTILE, "3fa2aa", [HOSTILE], raw)])
    path = made.folder / "x.ipynb"
    path.write_bytes(raw)
    record_notebooks(made.folder, [Submission(HOSTILE, path)])
    page = dict(FORMATS["html"](made))["report.html"]
    assert "compute_vlb" in page
    assert "<script>alert" not in page


def test_the_command_prints_the_groups_and_how_to_make_evidence_of_one(
    grouped: list[Result], tmp_path: Path, root: Path
) -> None:
    ledger = Ledger(tmp_path)
    for result in grouped:
        ledger.append(result)
    command: list[Any] = [sys.executable, "-m", "autograder", "report", tmp_path]
    shown = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert "vlb_3fa2: elm, oak." in shown
    assert f"autograder evidence add {tmp_path} vlb_3fa2" in shown
    assert "77bb" not in shown  # a single student


def test_a_part_that_nobody_has_written_is_no_mistake_and_in_no_group(grouped: list[Result]) -> None:
    for result in grouped:
        check = next(c for part in result["parts"] for c in part["checks"] if c["status"] == "fail")
        check["message"] = "With other samples: compute_vlb is not implemented yet."
    assert groups_of(grouped) == []
