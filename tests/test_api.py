"""The API of `autograder`, as docs/api.md describes it."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograder
from autograder.runs import LEDGER_NAME, ClassRun
from tests.conftest import ROOT

PAGE = (ROOT / "docs/api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def course_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a class of three: two untouched releases, and a file that is no notebook. The page's script ran."""
    folder = tmp_path_factory.mktemp("course")
    for name in ("source", "reference", "data", "release"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "submitted").mkdir()
    release = (ROOT / "release/em_gmm/em_gmm.ipynb").read_bytes()
    for student, content in (("ada", release), ("bob", release[:1000]), ("cleo", release)):
        (folder / "submitted" / f"{student}.ipynb").write_bytes(content)
    [script] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (folder / "script.py").write_text(script, encoding="utf-8")
    words = [sys.executable, "script.py"]
    headless = os.environ | {"MPLBACKEND": "agg"}
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, env=headless)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("isolation ")  # a note for the instructor
    return folder


@pytest.fixture
def course(course_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(course_folder)
    return course_folder


def test_the_script_of_the_page_grades_a_class_and_draws_it(course: Path) -> None:
    assert (course / "scores.png").read_bytes().startswith(b"\x89PNG")
    assert (course / "grades/grades.csv").is_file()
    lines = (course / "grades" / LEDGER_NAME).read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["student"]: json.loads(line)["status"] for line in lines} == {
        "ada": "graded",
        "bob": "unreadable",
        "cleo": "graded",
    }


def test_a_result_is_the_line_of_the_ledger(course: Path) -> None:
    lines = (course / "grades" / LEDGER_NAME).read_text(encoding="utf-8").splitlines()
    results = list(autograder.grade("em_gmm", ["submitted"], "grades"))
    assert sorted(result.to_json() for result in results) == sorted(lines)
    for result in results:
        assert isinstance(result, autograder.Result)
        shown = ("student", "assignment", "status", "score", "max_score", "message", "submitted_at", "parts")
        assert all(getattr(result, name) == result[name] for name in shown)


def test_half_a_character_in_a_result_is_escaped_as_the_ledger_escapes_it() -> None:
    assert autograder.Result(student="\ud800").to_json() == '{"student": "\\ud800"}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        autograder.Result(score=float("nan")).to_json()


def test_an_open_run_keeps_others_from_the_ledger_until_it_ends(course: Path) -> None:
    first = autograder.grade("em_gmm", "submitted", "grades")
    with pytest.raises(autograder.UsageError, match="another run"):
        autograder.grade("em_gmm", "submitted", "grades")
    list(first)
    with autograder.grade("em_gmm", "submitted", "grades") as run:
        assert len(list(run)) == len(run) == len(run.results) == len(run.previous) == 3
        with pytest.raises(autograder.UsageError, match="another run"):
            autograder.grade("em_gmm", "submitted", "grades")
    autograder.grade("em_gmm", "submitted", "grades").close()


def test_a_run_that_can_not_begin_leaves_the_ledger_to_others(course: Path) -> None:
    with pytest.raises(autograder.UsageError, match="nowhere"):
        autograder.grade("em_gmm", "nowhere", "grades")
    assert len(list(autograder.grade("em_gmm", "submitted", "grades"))) == 3


def test_a_report_returns_what_it_wrote_and_says_what_it_can_not_write(course: Path) -> None:
    results = list(autograder.grade("em_gmm", "submitted", "grades"))
    assert autograder.report(iter(results), "junit", "grades") == [Path("grades/junit.xml")]
    with pytest.raises(autograder.UsageError, match="there is no format 'pdf'; there are: feedback,"):
        autograder.report(results, "pdf", "grades")
    other = autograder.Result(results[0], assignment="hmm")
    with pytest.raises(autograder.UsageError, match="one assignment, but these results are of: em_gmm, hmm"):
        autograder.report([*results, other], "csv", "grades")
    with pytest.raises(autograder.UsageError, match="of: none"):
        autograder.report([], "csv", "grades")


def test_the_page_names_every_public_name_and_argument() -> None:
    named = set(re.findall(r"[a-z_]+", PAGE, re.IGNORECASE))
    functions = [getattr(autograder, name) for name in autograder.__all__ if name.islower()]
    assert {function.__name__ for function in functions} == set(re.findall(r"^\| `(\w+)\(", PAGE, re.MULTILINE)[:4])
    arguments = {argument for function in functions for argument in inspect.signature(function).parameters}
    of_result = {name for name in vars(autograder.Result) if not name.startswith("_")}
    of_run = {*inspect.signature(ClassRun).parameters, *vars(ClassRun)} - {"coming", "ledger", "opened"}
    of_run = {name for name in of_run if not name.startswith("_")}
    assert {*autograder.__all__, *arguments, *of_result, *of_run} <= named


def test_to_import_it_imports_nothing_that_only_some_need() -> None:
    code = (
        "import sys; before = set(sys.modules); import autograder\n"
        "print(*(name for name in set(sys.modules) - before if not name.startswith('autograder')))\n"
        "print(*(name for name in sys.modules if name.startswith('autograder')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    others, own = done.stdout.splitlines()
    assert own == "autograder"
    assert {name.partition(".")[0] for name in others.split()} <= set(sys.stdlib_module_names)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        autograder.nothing  # noqa: B018
