"""`autograder release` and what grading makes of data of one's own."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.assignment import (
    Assignment,
    UsageError,
    load,
    notebook_to_bytes,
    source_notebook,
    variant_marks,
    with_solutions,
)
from autograder.building import make_key
from autograder.grading import (
    Spec,
    Variants,
    error_result,
    made_for,
    variant_mark,
    variants_of_class,
    why_common_data,
)
from autograder.grading.variants import STRANGER
from autograder.proof import deviation_of, prove_variants
from autograder.runs import LEDGER_NAME, Ledger, grade_into_ledger, latest_results
from autograder.sandbox import strictest_isolation
from autograder.submissions import Roster, Submission, file_name

ROOT = Path(__file__).parents[2]
SECRET = "a secret of the course, long enough to be one"
TREES = ("alder", "ash", "elm", "oak")
QUICK = "def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):\n    raise NotImplementedError\n"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A class's folders, and a way to call the command line with the course's secret."""
    place = tmp_path_factory.mktemp("variants")
    (place / "roster.csv").write_text("student_id,email\n" + "".join(f"{t},{t}@example.org\n" for t in TREES))

    def call(*arguments: str, secret: str = SECRET, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "autograder", *arguments]
        environment = {"AUTOGRADER_COURSE": secret, "PATH": "/usr/bin:/bin", "COLUMNS": "200", "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    done = call("release", "em_gmm", "--roster", str(place / "roster.csv"), "--out", str(place / "out"), "-j1")
    assert done.returncode == 0, done.stderr
    return place, call


def test_each_student_gets_a_folder_with_samples_and_a_key_of_their_own(released: tuple[Path, Run]) -> None:
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


def test_a_students_own_grader_passes_right_answers_on_their_data_and_no_neighbours(released: tuple[Path, Run]) -> None:
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


def test_what_one_student_posts_is_wrong_for_every_other_except_now_and_then_the_bound_of_training(
    released: tuple[Path, Run],
) -> None:
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


def test_made_again_with_the_same_secret_nothing_differs_and_with_another_one_nothing_is_overwritten(
    released: tuple[Path, Run],
) -> None:
    place, call = released
    again = ("release", "em_gmm", "--roster", str(place / "roster.csv"), "--out", str(place / "out"), "-j1")
    before = {p: p.stat().st_mtime_ns for p in (place / "out").rglob("*") if p.is_file()}
    assert call(*again).returncode == 0
    other = call(*again, secret=SECRET[::-1])
    assert other.returncode == 2
    assert "is there and is another one" in other.stderr
    assert {p: p.stat().st_mtime_ns for p in (place / "out").rglob("*") if p.is_file()} == before


def test_grading_with_the_roster_asks_each_about_data_of_their_own_and_tells_the_instructor_whose_a_notebook_is(
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
    for student, whose in (("alder", "alder"), ("ash", "oak"), ("elm", "elm"), ("stranger", "elm")):
        notebook = json.loads((place / "out" / whose / "em_gmm.ipynb").read_text())
        filled = with_solutions(notebook, solved | {"train_EM": QUICK})
        (inside / f"{student}.ipynb").write_bytes(notebook_to_bytes(filled))
    ways = ("grade", "em_gmm", str(inside), "--out", str(tmp_path / "out"), "-j2", "--isolation", "process")
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

    as_before = call(*ways)  # without the roster, everybody's data: other questions, so graded again
    assert "personal data" not in as_before.stdout
    assert "Everybody's data are used, but alder's notebook was made for a student's own" in as_before.stdout
    assert {r["variant"] for r in latest_results(tmp_path / "out" / LEDGER_NAME).values()} == {None}
    before = (tmp_path / "out" / LEDGER_NAME).read_bytes()
    call(*ways)
    assert (tmp_path / "out" / LEDGER_NAME).read_bytes() == before


def test_a_cell_that_was_copied_from_another_notebook_says_whose_it_is(released: tuple[Path, Run]) -> None:
    place, _ = released
    own, other = (json.loads((place / "out" / tree / "em_gmm.ipynb").read_text()) for tree in ("ash", "oak"))
    course = Variants("em_gmm", frozenset(TREES), SECRET)
    assert made_for(notebook_to_bytes(own), course.seed("ash"), course.owners()) == []
    cell = next(cell for cell in other["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == "m_step")
    own["cells"].append(cell)
    assert made_for(notebook_to_bytes(own), course.seed("ash"), course.owners()) == ["oak"]


def test_a_mark_that_nobody_has_and_one_that_is_none(released: tuple[Path, Run]) -> None:
    def notebook(variant: object) -> bytes:
        return json.dumps({"nbformat": 4, "cells": [], "metadata": {"autograder": {"variant": variant}}}).encode()

    assert made_for(notebook("0" * 16), 5, {}) == [STRANGER]
    for nonsense in (None, 7, ["a"], {"a": 1}, "<b>oak</b>", "0" * 17):
        assert variant_marks(notebook(nonsense)) == set()
    assert variant_marks(b"no notebook") == set()
    assert variant_marks(json.dumps({"nbformat": 4, "cells": [{"metadata": 7}, 3], "metadata": []}).encode()) == set()


def test_a_seed_depends_on_the_secret_the_student_and_the_assignment_and_is_not_told_by_its_mark() -> None:
    def seed(secret: str = SECRET, slug: str = "em_gmm", student: str = "ash") -> int:
        found = Variants(slug, frozenset({"ash", "oak", "Jos\u00e9"}), secret).seed(student)
        assert found is not None
        return found

    assert len({seed(), seed(secret=SECRET + "."), seed(slug="other"), seed(student="oak")}) == 4
    assert seed(student="Jose\u0301") == seed(student="Jos\u00e9")
    assert f"{seed():x}"[:8] not in variant_mark(seed())
    assert SECRET not in repr(Variants("em_gmm", frozenset(), SECRET))
    assert Variants("em_gmm", frozenset(), SECRET).seed("ash") is None


def test_without_a_secret_all_is_as_before_and_a_short_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assignment = load(ROOT, "em_gmm")
    monkeypatch.setenv("AUTOGRADER_COURSE", "short")
    with pytest.raises(UsageError, match="at least 32"):
        variants_of_class(assignment, ["ash"])
    monkeypatch.setenv("AUTOGRADER_COURSE", SECRET)
    assert variants_of_class(assignment, []) is None
    assert variants_of_class(assignment, ["ash"]) is not None
    monkeypatch.delenv("AUTOGRADER_COURSE")
    if not (ROOT / "course.key").exists():
        assert variants_of_class(assignment, ["ash"]) is None


def test_where_everybodys_data_are_used_against_all_signs_one_sentence_says_so(
    released: tuple[Path, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, _ = released
    assignment = load(ROOT, "em_gmm")
    own = [Submission("ash", place / "out/ash/em_gmm.ipynb")]
    everybodys = [Submission("ash", ROOT / "release/em_gmm/em_gmm.ipynb"), Submission("oak", tmp_path / "none.ipynb")]
    emails = Roster(("email",), ({"email": "ash@example.org"},))
    monkeypatch.setenv("AUTOGRADER_COURSE", SECRET)
    assert "the roster names no student_id" in why_common_data(assignment, emails, everybodys)
    assert why_common_data(assignment, Roster(), own).endswith("give the class's --roster.")
    assert why_common_data(assignment, Roster(), everybodys) == ""
    monkeypatch.delenv("AUTOGRADER_COURSE")
    if not (ROOT / "course.key").exists():
        assert why_common_data(assignment, emails, own).endswith(
            "give the course's secret (AUTOGRADER_COURSE, or course.key)."
        )
        assert why_common_data(assignment, emails, everybodys) == ""


def test_a_roster_that_comes_later_tells_whose_a_notebook_is_that_was_graded_before(
    released: tuple[Path, Run], tmp_path: Path, course_spec: Spec
) -> None:
    place, _ = released
    stranger = Submission("stranger", place / "out/oak/em_gmm.ipynb")
    ledger = Ledger(tmp_path)
    line = error_result(stranger, course_spec, strictest_isolation(), OSError())
    sha256 = hashlib.sha256(stranger.read()).hexdigest()
    ledger.append({**line, "status": "graded", "notebook_sha256": sha256})
    owners = Variants("em_gmm", frozenset(TREES), SECRET).owners()
    told: list[Any] = []
    for lines in (2, 2):  # and said once
        grade_into_ledger(course_spec, [stranger], ledger, 1, strictest_isolation(), told.append, owners=owners)
        assert len(ledger.path.read_text().splitlines()) == lines
    assert ledger.latest()["stranger"]["made_for"] == ["oak"]
    assert told == [None, None]


# Found among 5,000: data on which one mistake is hardly off, and data where a right answer is rounded the other way.
@pytest.mark.parametrize(
    ("number", "value", "right", "wrong"),
    [(207, "gamma", 3e-8, 2.9e-6), (236, "sigma", 5e-12, None)],
)
def test_on_data_that_make_right_and_wrong_hard_to_tell_apart_there_is_a_key_all_the_same(
    course: Assignment, number: int, value: str, right: float, wrong: float | None
) -> None:
    measured = json.loads((course.data / "calibration.json").read_bytes())["key"]
    seed = int.from_bytes(hashlib.sha256(f"search {number}".encode()).digest())
    tolerance = json.loads(make_key(course, measured, seed)[0])["values"][value]["tolerance"]
    assert 2 * right < tolerance
    assert tolerance < (wrong / 2 if wrong else 1e-6)


def test_a_variant_on_which_a_mistake_passes_is_told_and_disproves_all(tmp_path: Path) -> None:
    for room in ("source", "reference", "data", "release"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "data/em_gmm/calibration.json"
    measured = json.loads(path.read_text())
    measured["key"]["gamma"]["furthest_alternative"]["deviation"] = 3e-4  # the nearest mistake is 0.001 off
    path.write_text(json.dumps(measured))
    proven = prove_variants(load(tmp_path, "em_gmm"), 1, 1, lambda _: None, make_key)
    assert any(failure.startswith("variant 0: ") and "passes the key's gamma" in failure for failure in proven.failures)


def test_a_roster_that_names_no_folder_is_refused(released: tuple[Path, Run], tmp_path: Path) -> None:
    _, call = released
    for text, said in (
        ("student_id,email\n../ash,a@example.org\n", "can't be the name"),
        ("student_id,email\nash,a@example.org\nash,b@example.org\n", "twice"),
        ("email\na@example.org\n", "no column student_id"),
    ):
        (tmp_path / "roster.csv").write_text(text)
        done = call("release", "em_gmm", "--roster", str(tmp_path / "roster.csv"), "--out", str(tmp_path / "out"))
        assert done.returncode == 2
        assert said in done.stderr
        assert not (tmp_path / "out").exists()


def test_the_samples_of_the_folder_are_those_that_the_graded_notebook_reads(
    released: tuple[Path, Run], course_spec: Any
) -> None:
    place, _ = released
    own = course_spec.of(Variants("em_gmm", frozenset(TREES), SECRET).seed("ash"))
    with np.load(place / "out/ash/samples.npz") as archive:
        assert (place / "out/ash/samples.npz").read_bytes() == own.files["samples.npz"]
        assert archive["data"].shape == (280, 2)
