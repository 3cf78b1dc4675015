"""A slip in assignment.toml is one sentence with the file, the line and the mend, before anything runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.assignment import Assignment, UsageError, load
from autograder.cli import app


@pytest.fixture
def policy(course: Assignment, tmp_path: Path) -> Path:
    path = tmp_path / "source/em_gmm/assignment.toml"
    path.parent.mkdir(parents=True)
    path.write_bytes((course.source / "assignment.toml").read_bytes())
    return path


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("utf-16", "it is in UTF-16: save it as UTF-8"),
        ("utf-16-le", "it is in UTF-16: save it as UTF-8"),
        ("utf-16-be", "it is in UTF-16: save it as UTF-8"),
        ("utf-8-sig", "line 1 begins with a byte-order mark: save it as UTF-8 without one"),
        ("cp1252", "line 2 is not in UTF-8: save the file as UTF-8"),
        ("mac_roman", "line 2 is not in UTF-8: save the file as UTF-8"),
    ],
)
def test_another_encoding_is_refused_with_the_mend(policy: Path, tmp_path: Path, encoding: str, message: str) -> None:
    text = policy.read_text(encoding="utf-8").replace("EM for Gaussian", "Gaußsche")
    policy.write_bytes(text.encode(encoding))
    with pytest.raises(UsageError, match=rf"^source/em_gmm/assignment.toml can't be used: {message}\.$"):
        load(tmp_path, "em_gmm")


def test_line_ends_of_windows_change_nothing(policy: Path, tmp_path: Path, course: Assignment) -> None:
    policy.write_bytes(policy.read_bytes().replace(b"\n", b"\r\n"))
    assert load(tmp_path, "em_gmm").parts == course.parts


SLIPS = [
    ('id = "vlb"', "id = 7", "[parts] id must be a text in quotes, not 7"),
    ('title = "Task 3 (VLB)"\n', "", "[[parts]] number 5 has no 'title'"),
    ('title = "Task 3 (VLB)"', 'titel = "Task 3"', "[[parts]] number 5 has an unknown key 'titel'"),
    (
        "max_score = 10",
        'max_score = "10"',
        '[parts] max_score must be a number above zero, not "10": leave out the quotes',
    ),
    ("max_score = 10", "max_score = -1", "[parts] max_score must be a number above zero, not -1"),
    ("max_score = 10", "max_score = true", "[parts] max_score must be a number above zero, not true"),
    ("max_score = 10", "max_score = nan", "[parts] max_score must be a number above zero, not nan"),
    ('builds_on = ["E_step", "M_step", "compute_vlb"]', 'builds_on = "E_step"', "builds_on must be a list of texts"),
    ('files = ["samples.npz"]', 'files = "samples.npz"', "files must be a list of texts in quotes"),
    ('runs = ["setup", "samples"]', "runs = [1]", "runs must be a list of texts in quotes"),
    ('title = "EM for Gaussian mixtures"', "title = 2027-03-01", "title must be a text in quotes"),
    ('title = "EM for Gaussian mixtures"\n', "", "'title' is missing"),
    ('notebook = "em_gmm.ipynb"', "notebook = []", "notebook must be a text in quotes"),
    (r"memory_mb = \d+", 'memory_mb = "3000"', '[limits] memory_mb must be a whole number above zero, not "3000"'),
    (r"memory_mb = \d+", "memory_mb = 0", "[limits] memory_mb must be a whole number above zero, not 0"),
    (r"memory_mb = \d+", "memory_mb = 3000.5", "[limits] memory_mb must be a whole number above zero"),
    (r"memory_mb = \d+", "memory_gb = 3", "[limits] has no ['memory_gb']"),
    (r"processes = \d+", "processes = [32]", "[limits] processes must be a whole number"),
    (r"seconds_per_call = \d+", "seconds_per_call = inf", "[limits] seconds_per_call must be a number above zero"),
    (r"replays = \d+", 'replays = "3"', "[limits] replays must be a whole number, zero or more"),
    (
        'hidden_packages = ["sklearn"]',
        'hidden_packages = "sklearn"',
        "[limits] hidden_packages must be a list of texts",
    ),
    ("value = 0.002", 'value = "0.002"', "[tolerances.finds_the_best_optimum] value must be a number above zero"),
    ('blind_to = ["tolerance_ignored"]', "blind_to = 1", "blind_to must be a list of texts in quotes, not 1"),
    ('axes = ["N", "C"]', 'axes = "NC"', "[submits] axes must be a list of texts in quotes"),
    ("random = true", 'random = "yes"', "[submits] random must be true or false"),
    ('submit_VLB = [{ name = "loss", part = "vlb" }]', 'submit_VLB = "loss"', "submit_VLB must be a list of tables"),
    ('name = "loss", part = "vlb"', 'name = "loss"', "'part' is missing"),
    ("[equivalent]", "[equivalent]\nx = 1", "equivalent must be a table of texts in quotes"),
    ("[submits]", "[[submits]]", "submits must be a table"),
    ("[limits]", "[[limits]]", "limits must be a table"),
    ('id = "m_step.pi"', 'id = "m_step.mu"', "more than one part has the id 'm_step.mu'"),
    ("max_score = 10", "max_score = ", "Invalid value (at line "),
]


@pytest.mark.parametrize(("before", "after", "message"), SLIPS, ids=[after[:40] or "left out" for _, after, _ in SLIPS])
def test_a_wrong_type_is_one_sentence_with_the_file(
    policy: Path, tmp_path: Path, before: str, after: str, message: str
) -> None:
    text = policy.read_text(encoding="utf-8")
    pattern = before if "\\d" in before else re.escape(before)
    changed = re.sub(pattern, lambda _: after, text, count=1)
    assert changed != text
    policy.write_text(changed, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load(tmp_path, "em_gmm")
    assert str(caught.value).startswith("source/em_gmm/assignment.toml")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value).replace("\\n", "")


@pytest.mark.parametrize("empty", ["", "parts = []", "parts = 3", '[parts]\nid = "a"'])
def test_a_file_without_parts_is_refused(policy: Path, tmp_path: Path, empty: str) -> None:
    policy.write_text(f'title = "x"\n{empty}\n', encoding="utf-8")
    with pytest.raises(UsageError, match="parts"):
        load(tmp_path, "em_gmm")


def test_the_line_is_the_one_that_an_editor_shows(policy: Path, tmp_path: Path) -> None:
    lines = policy.read_text(encoding="utf-8").splitlines()
    number = max(i for i, line in enumerate(lines) if line.startswith("max_score"))
    lines[number] = 'max_score = "20"'
    policy.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UsageError, match=rf"line {number + 1}: \[parts\] max_score"):
        load(tmp_path, "em_gmm")


def test_grade_exits_with_2_and_grades_nobody(policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = policy.read_text(encoding="utf-8")
    policy.write_text(re.sub(r"memory_mb = \d+", 'memory_mb = "3000"', text), encoding="utf-8")
    (tmp_path / "ada.ipynb").write_text("{}")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["grade", "em_gmm", "ada.ipynb", "--out", "out"])
    assert done.exit_code == 2
    assert "leave out the quotes" in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()
