"""`autograder check` finds what is wrong without measuring: all of it at once, with file, line and mend."""

import pickle
import re
import shutil
import signal
import subprocess
import sys

import pytest

from autograder.assignment import Finding, Findings
from tests.building.line_course import autograder, autograder_from_nothing, edit

POLICY, NOTEBOOK = "source/line/assignment.toml", "source/line/line.ipynb"
CHECKS, CASES, SOLUTION = (f"reference/line/{name}.py" for name in ("checks", "cases", "solution"))
RIGHT, WRONG = (f"reference/line/{name}.py" for name in ("alternatives", "misconceptions"))
SLIPS = {
    "policy": [
        (POLICY, 'axes = ["2"]', 'axis = ["2"]', "has an unknown key 'axis': did you mean 'axes'"),
        (POLICY, "max_score = 10", 'max_score = "10"', "leave out the quotes"),
    ],
    "names": [
        (POLICY, 'cell = "answer"', 'cell = "anser"', "has the nbgrader id 'anser'"),
        (POLICY, "max_score = 10", "max_score = 12", "are worth 10 points, the part 12"),
        (POLICY, 'runs = ["setup"]', 'runs = ["set_up"]', "`runs` lists 'set_up'"),
        (POLICY, '["samples.npz"]', '["samples.npz", "a.csv"]', "`files` lists a.csv"),
        (POLICY, "submit_line", "status", "a submit method can't be called 'status'"),
        (NOTEBOOK, "### END SOLUTION", "### END", "not as many '### END SOLUTION'"),
        (RIGHT, "def by_normal_equations(", "def slope_first(", "the name 'slope_first' is given twice"),
        (RIGHT, '"fit_line")\ndef by_cov', '"fit")\ndef by_cov', "solves 'fit', which answers no part"),
        (RIGHT, "return np.linalg.solve", "return solution.solve", "uses solution, which no cell"),
        (
            WRONG,
            "    return np.polyfit(x, y, 1)",
            "    return fit_line(x, y)[::-1]",
            "which in the notebook is 'slope_first' itself",
        ),
        (
            POLICY,
            '["2"] }]',
            '["2"] }, { name = "b", part = "line" }]',
            "'line' has the values w, b, but a part has one",
        ),
        (WRONG, '"line", hint="The line', '"lin", hint="The line', "names the part 'lin'"),
    ],
}


@pytest.fixture
def spoiled(filled, tmp_path):
    course = tmp_path / "course"
    shutil.copytree(filled, course)
    return course


@pytest.mark.parametrize("kind", ["policy", "names"])
def test_all_slips_are_told_at_once_each_with_its_file_its_line_and_the_mend(spoiled, kind):
    for file, before, after, _ in SLIPS[kind]:
        edit(spoiled / file, before, after)
    done = autograder(spoiled, "check", "line")
    assert done.returncode == 2, done.stderr
    for file, _, _, said in SLIPS[kind]:
        assert re.search(rf"(?m)^\S+:\d+: .*{re.escape(said)}", done.stdout), (said, done.stdout)
        assert file in done.stdout
    assert f"line: {len(done.stdout.splitlines()) - 1} findings." in done.stdout
    for command in ("build", "prove"):  # they begin with the same look, and do nothing then
        refused = autograder(spoiled, command, "line")
        assert refused.returncode == 2
        assert refused.stderr.splitlines() == done.stdout.splitlines()[:-1]


def checked(course):
    done = autograder(course, "check", "line")
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def test_a_clean_assignment_has_nothing_to_mend(filled):
    done = autograder_from_nothing(filled, "check", "line")
    assert (done.returncode, done.stdout, done.stderr) == (0, "line: nothing to mend.\n", "")


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        (CHECKS, ".shape(2).finite().close_to(", '.holds(True, "") or (', "'line_is_right' accepts None"),
        (CHECKS, ".shape(2).finite()", ".finite().shape(2)", "'line_is_right' breaks .*demand the shape first"),
        (CHECKS, ".shape(2).finite().close_to(fit_line(case.x, case.y), case.tolerance)", ".shape(2)", "accepts NaN"),
        (CHECKS, ".shape(2).finite()", ".at_least(0, 0, 1).shape(2)", r"checks.py:10: the check '\w+' breaks"),
        (CASES, "return float(np.abs(expected).max())", "pass", r"cases.py:\d+: public_scale\('w', …\) returns None"),
        (CASES, "return _points(0, 30)", "return {k: np.random.normal(size=30) for k in 'xy'}", "without a seed"),
        (CASES, "rng.normal(size=N)\n", "rng.norm(size=N)\n", r"cases.py:11: .*has no attribute 'norm'"),
        (
            WRONG,
            "y / (x @ x)",
            "y / (x @ np.ones(1))",
            r"misconceptions.py:17: .*declare it: raises=\(\"ValueError\",\)",
        ),
        (WRONG, "return np.polyfit(x, y, 1)", "return posterior(x)", r"misconceptions.py:11: 'slope_first' uses"),
        (
            WRONG,
            "import numpy as np",
            "import math",
            r"misconceptions.py:11: '\w+' uses np, which its own file does not",
        ),
        (RIGHT, "slope * x.mean(), slope]", "slope * x.mean()]", "'by_covariance' fails line_is_right with other"),
        (SOLUTION, "return np.linalg.", "return np.linalg(", "solution.py:8: this is no Python"),
    ],
)
def test_what_breaks_when_it_is_called_is_told_with_the_line(spoiled, file, before, after, said):
    edit(spoiled / file, before, after)
    code, text = checked(spoiled)
    assert code == 2
    assert re.search(said, text), text


def test_a_part_without_misconceptions_says_why_and_sets_its_tolerances_by_hand(spoiled):
    policy = spoiled / "source" / "line" / "assignment.toml"
    (spoiled / "reference" / "line" / "misconceptions.py").write_text('"""None."""\n')
    assert "'line' has no misconceptions: write one, or say why not" in checked(spoiled)[1]
    edit(policy, "max_score = 10", 'max_score = 10\nno_misconceptions = "nobody gets it wrong"')
    for column in ("line_is_right", "line_far_away", '"key.w"'):
        assert f"[tolerances.{column}]" in checked(spoiled)[1]
        policy.write_text(f"{policy.read_text()}\n[tolerances.{column}]\nvalue = 1e-6\nwhy = 'rounding'\n")
    assert checked(spoiled)[0] == 0
    built = autograder(spoiled, "build", "line")
    assert built.returncode == 0, built.stderr
    assert autograder(spoiled, "prove", "line").returncode == 0


def test_watching_checks_again_when_a_file_is_saved_and_ends_with_ctrl_c(spoiled):
    command = [sys.executable, "-m", "autograder", "check", "line", "--watch"]
    with subprocess.Popen(command, cwd=spoiled, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        said = iter(watching.stdout.readline, "")
        assert next(line for line in said if line.startswith("line: ")) == "line: nothing to mend.\n"
        edit(spoiled / POLICY, "max_score = 10", "max_score = 12")
        assert "are worth 10 points, the part 12" in next(line for line in said if line.startswith("source"))
        assert next(said).startswith("line: 1 finding.")
        watching.send_signal(signal.SIGINT)
        assert watching.wait() == 130
        assert "Interrupted." in watching.stderr.read()


def test_what_hardness_and_pictures_lack_is_told_before_a_later_command_would_break_on_it(spoiled):
    (spoiled / "reference" / "line" / "pictures.py").write_text("def paint(part, student):\n    return None\n")
    hardness = spoiled / "reference" / "line" / "hardness.py"
    hardness.write_text("PROPERTIES = {'spread': 3}\n")
    said = autograder(spoiled, "check", "line").stdout
    assert "reference/line/hardness.py: this file needs PROPERTIES: a dict" in said
    assert "reference/line/hardness.py: this file defines no function measure: write it." in said
    assert "reference/line/pictures.py: this file needs WORDS: a dict" in said
    assert "reference/line/pictures.py: this file defines no function draw: write it." in said


def test_wrong_answers_to_a_random_value_are_called_once(spoiled):
    edit(spoiled / POLICY, 'axes = ["2"]', 'axes = ["2"], random = true')
    with (spoiled / POLICY).open("a") as file:
        file.write('\n[tolerances."key.w"]\nvalue = 1e-6\nwhy = "it depends on chance"\n')
    for body, said in (("[{'name': 'x'}]", "something else than dicts with a name"), ("[][0]", "can't be computed")):
        with (spoiled / CASES).open("a") as file:
            file.write(f"\n\ndef public_mistakes(value):\n    return {body}\n")
        assert said in autograder(spoiled, "check", "line").stdout


def test_findings_reach_another_process_whole():
    found = Findings([Finding("a.py", 3, "wrong."), Finding("b.py", 0, "missing.")])
    assert pickle.loads(pickle.dumps(found)).findings == found.findings
