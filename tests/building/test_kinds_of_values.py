"""An assignment about a dict, texts, a class and a variable is built, proven and graded like any other."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.building import notebook_of
from tests.building.line_course import autograder

ROOT = Path(__file__).parents[2]
KINDS = ROOT / "tests" / "kinds"


CHAIN = """
class Chain:
    def __init__(self, *, K=None, n_states=None):
        self.K = n_states
    def fit(self, seq):
        C = [[0] * self.K for _ in range(self.K)]
        for a, b in zip(seq, seq[1:]):
            C[a][b] += 1
        self._C = C
    @property
    def transitions(self):
        return [[c / max(1, sum(row)) for c in row] for row in self._C]
    def most_likely_next(self, s):
        return np.int8(np.argmax(self._C[s]))
    def __del__(self):
        raise RuntimeError("never seen")
    def __getattr__(self, name):
        raise AttributeError(name)
"""
SUBMISSIONS = {
    "right": {"chain": CHAIN, "answer_4": "answer_4 = np.str_('B')"},
    "wrong": {"answer_4": "answer_4 = 'A'", "answer_5": "answer_5 = 46", "chain": "class Chain: pass"},
    "missing": {"answer_4": "", "chain": "class Chain:\n    def __init__(self, n_states): pass"},
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course, built."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(KINDS, folder / "reference" / "kinds", ignore=shutil.ignore_patterns("*.toml", "notebook.py"))
    (folder / "reference" / "kinds" / "__init__.py").touch()
    (folder / "source" / "kinds").mkdir(parents=True)
    shutil.copy(KINDS / "assignment.toml", folder / "source" / "kinds")
    (folder / "source" / "kinds" / "kinds.ipynb").write_text(json.dumps(notebook()))
    built = autograder(folder, "build", "kinds")
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


def notebook():
    """The instructor's notebook."""
    return notebook_of((KINDS / "notebook.py").read_text())


@pytest.fixture(scope="module")
def graded(course):
    """The result of each submission: the instructor's notebook with other code in some cells."""
    (course / "in").mkdir()
    for name, cells in SUBMISSIONS.items():
        made = notebook()
        for cell in made["cells"]:
            cell["source"] = cells.get(cell["metadata"]["nbgrader"]["grade_id"], cell["source"])
        (course / "in" / f"{name}.ipynb").write_text(json.dumps(made))
    done = autograder(course, "grade", "kinds", "in", "--out", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    results = [json.loads(line) for line in (course / "out" / "results.jsonl").read_text().splitlines()]
    return {result["student"]: result for result in results}


def test_every_right_solution_passes_and_every_mistake_is_named(course):
    proven = autograder(course, "prove", "kinds", "--mutants", "--json", "proof.json")
    assert proven.returncode == 0, proven.stdout + proven.stderr
    assert "The checks catch 100.0% of the wrong mutants." in " ".join(proven.stdout.split())
    assert "24 mutants: 5 give the same answers" in proven.stdout  # those in methods of the class too
    proof = json.loads((course / "proof.json").read_text())
    assert proof["recognised"] == proof["misconceptions"] == 11


def test_the_key_holds_values_of_every_kind_but_not_that_of_a_variable(course):
    key = json.loads((course / "release" / "kinds" / "grader" / "key.json").read_text())
    assert [part["function"] for part in key["parts"][:3]] == ["shares", "best_path", "Chain"]
    values = key["values"]
    assert {name: entry.get("compare") for name, entry in values.items()} == {
        "table": "exact",
        "path": "exact",
        "transitions": None,
        "choice": "kept",
        "count": "kept",
        "group": "exact",
    }
    assert values["choice"] == {"part": "choice", "axes": [], "compare": "kept", "due": "text"}
    text = (course / "release" / "kinds" / "grader" / "key.json").read_text()
    assert "with_memory" not in text  # the wrong answer would give the right one away


def test_other_ways_to_write_it_have_full_points(graded):
    assert graded["right"]["score"] == 60, graded["right"]


def test_a_wrong_variable_is_graded_and_named(graded):
    result = graded["wrong"]
    checks = {check["name"]: check for part in result["parts"] for check in part["checks"]}
    assert checks["choice_is_right"]["misconception"] == "with_memory"
    assert checks["choice_is_right"]["message"] == "answer_4 is not the one that is due."
    assert checks["count_is_right"]["misconception"] == "ends_twice"
    assert checks["transitions_are_right"]["status"] == "fail"
    assert result["score"] == 30


def test_what_is_missing_is_said(graded):
    said = {check["name"]: check["message"] for part in graded["missing"]["parts"] for check in part["checks"]}
    assert said["choice_is_right"].endswith("no cell defines a variable named answer_4.")
    assert said["transitions_are_right"].endswith("the object has no method named fit.")


def test_the_local_grader_says_kept_of_a_variable(course, tmp_path):
    shutil.copytree(course / "release" / "kinds", tmp_path / "kinds")
    code = (
        "from grader import Grader\ng = Grader()\nprint(float(g.submit_choice('C')), g.answers)\n"
        "g.submit_shares({'a': 1 - 1 / 3 + 1e-14, 'b': 1 / 3})\ng.submit_path([1, 0, 1])\n"
        "g.submit_groups([1, 0, 1, 0, 1, 0])\ng.submit_path([1, 1, 1])\n"
        "g.status()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "kinds", capture_output=True, text=True, check=True
    )
    assert "0.0 {'choice': 'C'}" in done.stdout
    assert "kept | Question 4 (a variable) | up to 5 points" in done.stdout
    assert "✓ passed | Task 1" in done.stdout
    assert "✓ passed | Task 2" in done.stdout
    assert "✓ passed | Task 6" in done.stdout
    assert "path is not right: 1 of its 3 entries differs from what is due, the first at [1]." in done.stdout
    assert "choice is right" not in done.stdout
    assert "choice is not" not in done.stdout
