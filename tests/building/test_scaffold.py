"""What `autograder new` writes works without changes, says what to change, and is told from an author's own files."""

import json
import re
import shutil

import pytest

from tests.building.line_course import ROOT, autograder, edit, environment
from tests.warm_commands import run_command


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with nothing but a scaffold."""
    folder = tmp_path_factory.mktemp("scaffold")
    done = autograder(folder, "new", "mine")
    assert done.returncode == 0
    assert "the weighted mean" in done.stdout
    assert "are not in a wheel" in done.stdout
    return folder


@pytest.fixture(scope="module")
def proven(course):
    """The same course, built and proven by the test that `new` writes."""
    code = """
import os, pytest, sys
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # so that each command starts one worker
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "tests/test_mine.py"]))
"""
    done = run_command(("-c", code), course, environment())
    assert done.returncode == 0, done.stdout + done.stderr
    return course


def own_files(course):
    return [path for path in sorted(course.glob("*/mine/*")) if path.is_file() and path.stat().st_size]


def test_it_builds_and_is_proven_as_it_comes_and_its_notebook_gets_all_points(proven, tmp_path):
    done = autograder(proven, "grade", "mine", "source/mine/mine.ipynb", "--out", str(tmp_path / "grades"))
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "grades" / "results.jsonl").read_text())["score"] == 12


def test_the_students_notebook_ends_with_status_and_submit(proven):
    cells = json.loads((proven / "release" / "mine" / "mine.ipynb").read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert code[-3] == "grader.status()"
    assert code[-1] == "grader.submit(STUDENT_EMAIL, STUDENT_TOKEN)"


def test_each_file_says_what_to_change_and_names_a_page_that_exists(course):
    files = [path for path in own_files(course) if path.parts[-3] in ("source", "reference")]
    assert len(files) == 7
    for path in files:
        text = path.read_text()
        assert "CHANGE: " in text, path
        pages = re.findall(r"docs/\S+\.md", text)
        assert pages or path.suffix == ".ipynb", path
        assert [page for page in pages if not (ROOT / page).is_file()] == []


def test_a_question_without_misconceptions_needs_a_reason_and_no_tolerance(course, tmp_path):
    asked = tmp_path / "course"
    shutil.copytree(course, asked)
    path = asked / "reference" / "mine" / "misconceptions.py"
    path.write_text(path.read_text().partition('@misconception("question"')[0])
    assert "'question' has no misconceptions: write one, or say why not" in autograder(asked, "check", "mine").stdout
    policy = asked / "source" / "mine" / "assignment.toml"
    edit(policy, "max_score = 2", 'max_score = 2\nno_misconceptions = "three words"')
    assert autograder(asked, "check", "mine").returncode == 0


def test_check_says_which_files_are_still_the_example_and_does_not_count_them_as_slips(course):
    policy = course / "source" / "mine" / "assignment.toml"
    untouched = autograder(course, "check", "mine")
    assert untouched.returncode == 0
    assert untouched.stdout.startswith("mine: nothing to mend.\nmine: still the example of `autograder new`: source/")
    edit(policy, "Example: the weighted mean", "Means")
    said = autograder(course, "check", "mine").stdout
    edit(policy, "Means", "Example: the weighted mean")
    assert "still the example" in said
    assert "assignment.toml" not in said


def test_variants_of_an_assignment_without_any_are_not_passed_over_in_silence(proven):
    done = autograder(proven, "prove", "mine", "--variants", "20")
    assert done.returncode == 0, done.stderr
    assert "there are no variants to try, because all students get the same data" in " ".join(done.stdout.split())
