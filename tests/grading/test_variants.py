"""`autograder release` for a class, and grading with personal data."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from autograder.assignment import load, notebook_to_bytes, source_notebook, variant_marks, with_solutions
from autograder.grading import Variants, other_owners_of
from autograder.grading.variants import STRANGER
from autograder.proof import deviation_of
from autograder.runs import LEDGER_NAME, latest_results
from autograder.submissions import file_name
from tests.grading.released_class import QUICK, ROOT, SECRET, TREES, Run


def test_each_student_gets_a_folder_with_personal_samples_and_a_personal_key(released: tuple[Path, Run]) -> None:
    place, _ = released
    assert sorted(p.name for p in (place / "out").iterdir()) == list(TREES)
    here = {p.relative_to(ROOT / "release/em_gmm") for p in (ROOT / "release/em_gmm").rglob("*") if p.is_file()}
    expected = {p for p in here if "__pycache__" not in p.parts}
    for tree in TREES:
        assert {
            p.relative_to(place / "out" / tree) for p in (place / "out" / tree).rglob("*") if p.is_file()
        } == expected
    for name in ("samples.npz", "grader/key.npz"):
        assert len({(place / "out" / tree / name).read_bytes() for tree in TREES}) == len(TREES)
    assert len({(place / "out" / tree / "grader/grader.py").read_bytes() for tree in TREES}) == 1


def test_a_students_grader_accepts_right_answers_only_on_that_students_data(released: tuple[Path, Run]) -> None:
    place, _ = released
    answers = (
        "import sys, json, io, contextlib; sys.path.insert(0, sys.argv[1])\n"
        "import numpy as np; from grader import Grader; from reference.em_gmm.solution import *\n"
        "s = np.load(sys.argv[2] + '/samples.npz'); X = s['data']; t = s['pi0'], s['mu0'], s['sigma0']\n"
        "g = Grader(sys.argv[1] + '/grader'); gamma = E_step(X, *t); theta = M_step(X, gamma)\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    points = [g.submit_e_step(gamma), g.submit_m_step(*theta), g.submit_VLB(compute_vlb(X, *theta, gamma)),\n"
        "              g.submit_EM(train_EM(X, 3, seed=1)[0])]\n"
        "print(json.dumps(points))\n"
    )

    def points(of: str, data: str) -> Any:
        folders = [str(place / "out" / of), str(place / "out" / data)]
        done = subprocess.run(
            [sys.executable, "-c", answers, *folders], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert points("ash", "ash") == [20, 40, 20, 20]
    assert points("ash", "oak")[:3] == [0, 0, 0]


def test_the_answers_of_one_student_are_wrong_for_every_other_student(released: tuple[Path, Run]) -> None:
    """The loss of training is left out: two students' losses are close now and then."""
    place, _ = released
    keys = {}
    for tree in TREES:
        folder = place / "out" / tree / "grader"
        with np.load(folder / "key.npz") as archive:
            keys[tree] = json.loads((folder / "key.json").read_text())["values"], dict(archive)
    for one, other in permutations(TREES, 2):
        values, expected = keys[other]
        for name, value in values.items():
            if name != "best_loss":
                far = deviation_of(keys[one][1][name], expected[name], value["scale"])
                assert far > value["tolerance"], (one, other, name)


def test_a_second_release_changes_nothing_and_a_release_with_another_secret_overwrites_nothing(
    released: tuple[Path, Run], tmp_path: Path
) -> None:
    place, call = released
    two = tmp_path / "roster.csv"  # of the four students: each key takes a while
    two.write_text("".join((place / "roster.csv").read_text().splitlines(keepends=True)[:3]))
    again = ("release", "em_gmm", "--roster", str(two), "--out", str(place / "out"), "-j1")
    before = {p: p.stat().st_mtime_ns for p in (place / "out").rglob("*") if p.is_file()}
    assert call(*again).returncode == 0
    other = call(*again, secret=SECRET[::-1])
    assert other.returncode == 2
    assert "exists and has other content" in other.stderr
    assert {p: p.stat().st_mtime_ns for p in (place / "out").rglob("*") if p.is_file()} == before


def test_grading_with_the_roster_uses_personal_data_and_names_the_student_a_notebook_was_made_for(
    released: tuple[Path, Run], tmp_path: Path
) -> None:
    place, call = released
    inside = tmp_path / "in"
    inside.mkdir()
    assignment = load(ROOT, "em_gmm")
    solved = {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["source"]
        for cell in source_notebook(assignment)["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution") and cell["cell_type"] == "code"
    }
    for student, owner in (("alder", "alder"), ("ash", "oak"), ("elm", "elm"), ("stranger", "elm")):
        notebook = json.loads((place / "out" / owner / "em_gmm.ipynb").read_text())
        filled = with_solutions(notebook, solved | {"train_EM": QUICK})
        (inside / f"{student}.ipynb").write_bytes(notebook_to_bytes(filled))
    ways = ("grade", "em_gmm", str(inside), "--out", str(tmp_path / "out"), "-j1", "--isolation", "process")
    formats = ("--format", "feedback", "--format", "html")
    done = call(*ways, "--roster", str(place / "roster.csv"), *formats)
    assert done.returncode == 0, done.stderr
    assert "personal data for 3 of 4" in done.stdout
    assert "ash: this notebook was made for oak's data" in done.stdout
    results = latest_results(tmp_path / "out" / LEDGER_NAME)
    assert {s: r["made_for"] for s, r in results.items()} == {
        "alder": [],
        "ash": ["oak"],
        "elm": [],
        "stranger": ["elm"],
    }
    assert {r["score"] for r in results.values()} == {80}
    assert len({r["variant"] for r in results.values()}) == 4
    assert "made for oak" in (tmp_path / "out/report.html").read_text().replace("&#39;", "'")
    page = (tmp_path / f"out/feedback/{file_name('ash')}.html").read_text()
    assert "oak" not in page
    assert "made for" not in page

    as_before = call(*ways)  # without the roster all students get the same data, so all are graded again
    assert "personal data" not in as_before.stdout
    assert "All students get the same data, but alder's notebook was made for one student only" in as_before.stdout
    assert {r["variant"] for r in latest_results(tmp_path / "out" / LEDGER_NAME).values()} == {None}
    before = (tmp_path / "out" / LEDGER_NAME).read_bytes()
    call(*ways)
    assert (tmp_path / "out" / LEDGER_NAME).read_bytes() == before


def test_a_cell_copied_from_another_notebook_names_its_student(released: tuple[Path, Run]) -> None:
    place, _ = released
    own, other = (json.loads((place / "out" / tree / "em_gmm.ipynb").read_text()) for tree in ("ash", "oak"))
    course = Variants("em_gmm", frozenset(TREES), SECRET)
    assert other_owners_of(notebook_to_bytes(own), course.seed("ash"), course.owners()) == []
    cell = next(cell for cell in other["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == "m_step")
    own["cells"].append(cell)
    assert other_owners_of(notebook_to_bytes(own), course.seed("ash"), course.owners()) == ["oak"]


def test_an_unknown_mark_is_reported_and_a_malformed_mark_is_ignored(released: tuple[Path, Run]) -> None:
    def notebook(variant: object) -> bytes:
        return json.dumps({"nbformat": 4, "cells": [], "metadata": {"autograder": {"variant": variant}}}).encode()

    assert other_owners_of(notebook("0" * 16), 5, {}) == [STRANGER]
    for nonsense in (None, 7, ["a"], {"a": 1}, "<b>oak</b>", "0" * 17):
        assert variant_marks(notebook(nonsense)) == set()
    assert variant_marks(b"no notebook") == set()
    assert variant_marks(json.dumps({"nbformat": 4, "cells": [{"metadata": 7}, 3], "metadata": []}).encode()) == set()
