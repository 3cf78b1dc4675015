"""What is kept is used only while everything that it depends on is the same."""

import json
import shutil

import pytest

from tests.building.line_course import autograder, autograder_from_nothing, edit, environment
from tests.warm_commands import run_command

KEYS = """
import json
from autograder.assignment import Alternative, course_root, declared_in, known_mistakes, load
from autograder.proof import Kept
line = load(course_root(), "line")
kept = Kept(line)
known = [*declared_in(line.alternatives, Alternative), *known_mistakes(line.misconceptions)]
print(json.dumps({one.name: kept.key_of("measure", one) for one in known} | {"common": kept.key("")}))
"""
ALL = {"by_covariance", "by_normal_equations", "slope_first", "through_the_origin", "centred_points", "common"}
REFERENCE, SOURCE = "reference/line", "source/line"
HELPER = "import numpy as np\n\nLIMIT = 10\n\n\ndef _limit():\n    return LIMIT\n\n"


def keys(course):
    done = run_command(("-c", KEYS), course, environment())
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def with_helper(filled, tmp_path_factory):
    """The course with a helper in the file of misconceptions."""
    course = shutil.copytree(filled, tmp_path_factory.mktemp("helper") / "course")
    add_helper(course)
    edit(course / REFERENCE / "cases.py", '"""Points near', '"""Not in misconceptions: points near')  # only a word
    return course, keys(course)


def add_helper(course):
    """Let a misconception use a helper and a constant of its file."""
    path = course / REFERENCE / "misconceptions.py"
    edit(path, "import numpy as np\n", HELPER)
    edit(path, ".max() < 10 else", ".max() < _limit() else")


@pytest.mark.parametrize(
    ("file", "before", "after", "changed"),
    [
        (f"{REFERENCE}/misconceptions.py", "return LIMIT", "return LIMIT + 1", {"centred_points"}),
        (f"{REFERENCE}/misconceptions.py", "LIMIT = 10", "LIMIT = 11", {"centred_points"}),
        (f"{REFERENCE}/misconceptions.py", "x @ y / (x @ x)", "y @ x / (x @ x)", {"through_the_origin"}),
        (f"{REFERENCE}/misconceptions.py", '"""Returns', '"""Gives', {"slope_first"}),
        (f"{REFERENCE}/misconceptions.py", "through the origin.", "through zero.", {"through_the_origin"}),
        (f"{REFERENCE}/solution.py", "rcond=None", "rcond=1e-15", ALL),
        (f"{REFERENCE}/cases.py", "_points(1, 40)", "_points(3, 40)", ALL),
        (f"{REFERENCE}/checks.py", ".shape(2)", ".shape(2, axes=('two',))", ALL),
        (f"{SOURCE}/line.ipynb", "np.polyfit(x, y, 1)", "np.polyfit(x, y, deg=1)", ALL),
        (f"{SOURCE}/assignment.toml", 'axes = ["2"]', 'axes = ["two"]', ALL),
        (f"{SOURCE}/assignment.toml", 'title = "A line"', 'title = "Lines"', set()),
    ],
)
def test_an_edit_changes_the_keys_of_what_depends_on_it_and_no_others(
    with_helper, tmp_path, file, before, after, changed
):
    course, first = with_helper
    copied = tmp_path / "course"
    shutil.copytree(course, copied)
    edit(copied / file, before, after)
    now = keys(copied)
    assert {name for name in ALL if now[name] != first[name]} == changed


def test_a_file_that_the_cases_may_read_and_a_module_of_the_course_that_they_import_count_too(with_helper, tmp_path):
    copied = tmp_path / "course"
    shutil.copytree(with_helper[0], copied)
    (copied / REFERENCE / "points.csv").write_text("1,2\n")
    (copied / "reference" / "shared.py").write_text("SHIFT = 0.0\n")
    edit(copied / REFERENCE / "cases.py", "import numpy as np\n", "import numpy as np\nfrom reference import shared\n")
    seen = [keys(copied)["common"]]
    (copied / REFERENCE / "points.csv").write_text("1,3\n")
    seen.append(keys(copied)["common"])
    (copied / "reference" / "shared.py").write_text("SHIFT = 1.0\n")
    seen.append(keys(copied)["common"])
    assert len(set(seen)) == 3


def test_where_the_checks_may_read_a_catalogue_an_edit_of_it_counts_for_everything(with_helper, tmp_path):
    copied = tmp_path / "course"
    shutil.copytree(with_helper[0], copied)
    with (copied / REFERENCE / "checks.py").open("a") as checks:
        checks.write("\n\ndef later():\n    from reference.line import misconceptions as wrong\n\n    return wrong\n")
    before = keys(copied)
    edit(copied / REFERENCE / "misconceptions.py", "y, 1)", "y, deg=1)")
    assert all(before[name] != key for name, key in keys(copied).items())


def test_a_mistake_whose_helper_became_right_is_no_longer_taken_for_wrong(filled, tmp_path):
    copied = tmp_path / "course"
    shutil.copytree(filled, copied)
    add_helper(copied)
    assert autograder(copied, "build", "line").returncode == 0
    assert autograder(copied, "prove", "line").returncode == 0
    edit(copied / REFERENCE / "misconceptions.py", "LIMIT = 10", "LIMIT = 1e9")
    proven = autograder(copied, "prove", "line")
    assert proven.returncode == 1
    assert "centred_points escapes: it passes every check of line" in proven.stdout
    assert autograder(copied, "build", "line").returncode == 0
    assert "centred_points escapes" in autograder(copied, "prove", "line").stdout


def test_a_new_mistake_with_the_same_answers_changes_the_names_of_the_others(filled, tmp_path):
    copied = tmp_path / "course"
    shutil.copytree(filled, copied)
    path = copied / REFERENCE / "misconceptions.py"
    path.write_text(
        path.read_text()
        + '\n\n@misconception("line", hint="Swapped.", see="Task 1")\ndef swapped(x, y):\n'
        + '    """Returns the numbers in the order of np.polyfit too."""\n    return np.polyfit(x, y, deg=1)\n'
    )
    proven = autograder(copied, "prove", "line")
    assert proven.returncode == 1
    assert "not recognised: slope_first, swapped" in proven.stdout


def test_the_folder_can_be_deleted_and_git_leaves_it_out(filled, tmp_path):
    copied = tmp_path / "course"
    shutil.copytree(filled, copied)
    assert (copied / ".autograder-cache" / ".gitignore").read_text() == "*\n"
    shutil.rmtree(copied / ".autograder-cache")
    assert autograder(copied, "prove", "line").returncode == 0


def test_a_damaged_file_counts_for_nothing(filled, tmp_path):
    copied = tmp_path / "course"
    shutil.copytree(filled, copied)
    damaged = list((copied / ".autograder-cache").rglob("output.pkl"))
    assert damaged
    for path in damaged:
        path.write_bytes(b"no pickle")
    proven = autograder_from_nothing(copied, "prove", "line")
    assert proven.returncode == 0
    assert all(line.startswith("proving: ") for line in proven.stderr.splitlines())
