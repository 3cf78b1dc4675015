"""An assignment about clusters is built, proven and graded. The numbers of the clusters are free."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.building import notebook_of
from tests.building.line_course import autograder, environment
from tests.warm_commands import run_command

KMEANS = Path(__file__).parents[1] / "kmeans"
CITY_BLOCKS = """
def assign(X, centres):
    return np.array([np.argmin(np.abs(centres - x).sum(axis=1)) for x in X])
"""
DISTANCES = """
def inertia(X, labels, centres):
    return sum(np.sqrt(((x - centres[k]) ** 2).sum()) for x, k in zip(X, labels))
"""
LAST = """
def kmeans(X, K, restarts, seed):
    rng = np.random.default_rng(seed)
    for _ in range(restarts):
        centres, labels, before = rng.choice(X, K, replace=False), None, ()
        while not np.array_equal(labels, before):
            before, labels = labels, assign(X, centres)
            centres = update(X, labels, centres)
        J = inertia(X, labels, centres)
    return centres, labels
"""
BEST_IN_ANOTHER_ORDER = """
def kmeans(X, K, restarts, seed):
    rng, runs = np.random.default_rng(seed), []
    for number in range(restarts):
        centres, labels, before = rng.choice(X, K, replace=False), None, ()
        while not np.array_equal(labels, before):
            before, labels = labels, assign(X, centres)
            centres = update(X, labels, centres)
        runs.append((inertia(X, labels, centres), number, centres, labels))
    _, _, centres, labels = min(runs)
    return centres[::-1], K - 1 - labels
"""
SUBMISSIONS = {
    "best": {"kmeans": BEST_IN_ANOTHER_ORDER},
    "blocks": {"assign": CITY_BLOCKS, "largest": "largest = 45"},
    "last": {"inertia": DISTANCES, "kmeans": LAST, "largest": "largest = 38"},
    "open": {"update": "def update(X, labels, centres)\n    return centres", "largest": "largest = ..."},
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course, built."""
    folder = tmp_path_factory.mktemp("course")
    source, reference = folder / "source" / "kmeans", folder / "reference" / "kmeans"
    beside = ("assignment.toml", "customers.csv")
    shutil.copytree(KMEANS, reference, ignore=shutil.ignore_patterns(*beside, "notebook.py"))
    (reference / "__init__.py").touch()
    source.mkdir(parents=True)
    for name in beside:
        shutil.copy(KMEANS / name, source)
    (source / "kmeans.ipynb").write_text(json.dumps(notebook()))
    built = autograder(folder, "build", "kmeans")
    assert built.returncode == 0, built.stdout + built.stderr
    assert "building kmeans: last_restart" in built.stderr.splitlines()
    return folder


def notebook():
    """The instructor's notebook."""
    return notebook_of((KMEANS / "notebook.py").read_text())


@pytest.fixture(scope="module")
def graded(course):
    """The checks of each submission by their names, and what `grade` printed."""
    (course / "in").mkdir()
    for name, cells in SUBMISSIONS.items():
        made = notebook()
        for cell in made["cells"]:
            named = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = cells.get(named, cell["source"])
        (course / "in" / f"{name}.ipynb").write_text(json.dumps(made))
    wide = environment() | {"COLUMNS": "200"}  # so that the class table cuts nothing
    done = run_command(("grade", "kmeans", "in", "--out", "out", "--jobs", "1"), course, wide)
    assert done.returncode == 0, done.stdout + done.stderr
    results = [json.loads(line) for line in (course / "out" / "results.jsonl").read_text().splitlines()]
    checks = {r["student"]: {c["name"]: c for p in r["parts"] for c in p["checks"]} for r in results}
    return checks, {r["student"]: r["score"] for r in results}, done.stdout


def names(checks):
    return {check["misconception"] for check in checks.values()} - {None}


def test_every_right_solution_passes_every_mistake_is_named_and_mutants_are_caught(course):
    proven = autograder(course, "prove", "kmeans", "--mutants", "--json", "proof.json")
    assert proven.returncode == 0, proven.stdout + proven.stderr
    assert "hunting mutants: 0 of" in proven.stderr
    proof = json.loads((course / "proof.json").read_text())
    assert proof["recognised"] == proof["misconceptions"] == 28


def test_the_numbers_of_the_clusters_are_free(graded):
    checks, scores, _ = graded
    assert scores["best"] == 40, checks["best"]


def test_each_mistake_is_named_and_paid_for_once(graded):
    checks, scores, printed = graded
    assert names(checks["blocks"]) == {"city_blocks", "counted_the_heading"}
    assert names(checks["last"]) == {"not_squared", "last_restart", "second_largest_shop"}
    assert scores["last"] == 40 - 6 - 6 - 2
    assert checks["last"]["largest_shop"]["hint"] == "This is the second largest shop. (See Task 5.)"
    assert "not_squared, last_restart, second_largest_shop" in printed


def test_what_is_not_answered_is_told_without_a_false_sentence(graded):
    checks, _, _ = graded
    assert checks["open"]["largest_shop"]["message"] == "largest is not answered yet."
    assert "no cell defines a function named update" in checks["open"]["mean_of_the_points"]["message"]
    assert names(checks["open"]) == set()


def test_the_local_grader_takes_any_order_but_one_for_both_values(course, tmp_path):
    shutil.copytree(course / "release" / "kmeans", tmp_path / "kmeans")
    code = (
        "import numpy as np\nfrom grader import Grader\ng = Grader()\nkey = np.load('grader/key.npz')\n"
        "c, z = key['best_centres'], key['best_labels']\norder = np.array([2, 0, 3, 1])\n"
        "print(float(g.submit_kmeans(c[order], np.argsort(order)[z])), float(g.submit_kmeans(c[order], z)) < 12)\n"
        "X, s = np.loadtxt('customers.csv', delimiter=',', skiprows=1), np.load('samples.npz')\n"
        "label, start = s['some_labels'], s['start']\n"
        "print(float(g.submit_update(np.array([np.median(X[label == k], axis=0) for k in range(4)]))))\n"
        "print(float(g.submit_largest(44)), g.answers['largest'])\ng.submit_largest('44'); g.submit_largest(...)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "kmeans", capture_output=True, text=True, check=True
    )
    assert "12.0 True" in done.stdout, done.stdout
    assert "Hint: You take the median of each coordinate, not the mean." in done.stdout
    assert "0.0 44" in done.stdout
    assert "largest is kept, but it is text: a number is due." in done.stdout
    assert "largest is not answered yet" in done.stdout
