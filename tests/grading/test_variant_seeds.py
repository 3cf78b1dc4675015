"""Seeds come from the course's secret, and every seed's data can be graded."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.assignment import Assignment, UsageError, load
from autograder.building import make_key
from autograder.grading import Spec, Variants, error_result, variant_mark, variants_of_class, why_common_data
from autograder.proof import prove_variants
from autograder.runs import Ledger, grade_into_ledger
from autograder.sandbox import strictest_isolation
from autograder.submissions import Roster, Submission
from tests.grading.released_class import ROOT, SECRET, TREES, Run


def test_a_seed_depends_on_the_secret_the_student_and_the_assignment_and_its_mark_does_not_reveal_it() -> None:
    def seed(secret: str = SECRET, slug: str = "em_gmm", student: str = "ash") -> int:
        found = Variants(slug, frozenset({"ash", "oak", "Jos\u00e9"}), secret).seed(student)
        assert found is not None
        return found

    assert len({seed(), seed(secret=SECRET + "."), seed(slug="other"), seed(student="oak")}) == 4
    assert seed(student="Jose\u0301") == seed(student="Jos\u00e9")
    assert f"{seed():x}"[:8] not in variant_mark(seed())
    assert SECRET not in repr(Variants("em_gmm", frozenset(), SECRET))
    assert Variants("em_gmm", frozenset(), SECRET).seed("ash") is None


def test_without_a_secret_there_are_no_variants_and_a_short_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_sentence_says_why_everybodys_data_are_used_although_the_class_seems_to_have_variants(
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


def test_a_roster_given_later_names_the_student_that_a_graded_notebook_was_made_for(
    released: tuple[Path, Run], tmp_path: Path, course_spec: Spec
) -> None:
    place, _ = released
    stranger = Submission("stranger", place / "out/oak/em_gmm.ipynb")
    ledger = Ledger(tmp_path)
    line = error_result(stranger, course_spec, strictest_isolation(), OSError())
    sha256 = hashlib.sha256(stranger.read()).hexdigest()
    ledger.append({**line, "status": "graded", "notebook_sha256": sha256})
    owners = Variants("em_gmm", frozenset(TREES), SECRET).owners()
    for lines in (2, 2):  # the second run appends nothing
        [seen] = grade_into_ledger(course_spec, [stranger], ledger, 1, strictest_isolation(), owners=owners)
        assert seen["made_for"] == ["oak"]
        assert len(ledger.path.read_text().splitlines()) == lines
    assert ledger.latest()["stranger"]["made_for"] == ["oak"]


# Two of 5,000 seeds. With the first, one mistake is hardly off. With the second, a right answer is rounded differently.
@pytest.mark.parametrize(
    ("number", "value", "right", "wrong"),
    [(207, "gamma", 3e-8, 2.9e-6), (236, "sigma", 5e-12, None)],
)
def test_a_key_can_be_made_even_for_data_on_which_right_and_wrong_answers_are_close(
    course: Assignment, number: int, value: str, right: float, wrong: float | None
) -> None:
    measured = json.loads((course.data / "calibration.json").read_bytes())["key"]
    seed = int.from_bytes(hashlib.sha256(f"search {number}".encode()).digest())
    tolerance = json.loads(make_key(course, measured, seed)[0])["values"][value]["tolerance"]
    assert 2 * right < tolerance
    assert tolerance < (wrong / 2 if wrong else 1e-6)


def test_the_proof_fails_and_names_the_variant_on_which_a_mistake_passes(tmp_path: Path) -> None:
    for room in ("source", "reference", "data", "release"):
        # Without most evidence about training, which takes long. The claim is about the key's gamma.
        training = ("em_restarts.py", "em_results.py", "em_s*.py", "em_collapse.py")
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", *training))
    for catalogue in ("alternatives", "misconceptions"):
        files = tmp_path / "reference/em_gmm" / catalogue / "__init__.py"
        kept = [line for line in files.read_text().splitlines(True) if ".em_" not in line or ".em_returned" in line]
        files.write_text("".join(kept))
    path = tmp_path / "data/em_gmm/calibration.json"
    measured = json.loads(path.read_text())
    measured["key"]["gamma"]["furthest_alternative"]["deviation"] = 3e-4  # the nearest mistake is 0.001 off
    path.write_text(json.dumps(measured))
    proven = prove_variants(load(tmp_path, "em_gmm"), 1, 1, lambda _: None, make_key)
    assert any(failure.startswith("variant 0: ") and "passes the key's gamma" in failure for failure in proven.failures)


def test_a_roster_with_unusable_names_is_refused(released: tuple[Path, Run], tmp_path: Path) -> None:
    _, call = released
    for text, expected in (
        ("student_id,email\n../ash,a@example.org\n", "can't be the name"),
        ("student_id,email\nash,a@example.org\nash,b@example.org\n", "twice"),
        ("email\na@example.org\n", "no column student_id"),
    ):
        (tmp_path / "roster.csv").write_text(text)
        done = call("release", "em_gmm", "--roster", str(tmp_path / "roster.csv"), "--out", str(tmp_path / "out"))
        assert done.returncode == 2
        assert expected in done.stderr
        assert not (tmp_path / "out").exists()


def test_the_graded_notebook_reads_the_samples_of_the_students_folder(
    released: tuple[Path, Run], course_spec: Any
) -> None:
    place, _ = released
    own = course_spec.for_seed(Variants("em_gmm", frozenset(TREES), SECRET).seed("ash"))
    with np.load(place / "out/ash/samples.npz") as archive:
        assert (place / "out/ash/samples.npz").read_bytes() == own.files["samples.npz"]
        assert archive["data"].shape == (280, 2)
