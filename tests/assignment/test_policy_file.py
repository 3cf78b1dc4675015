"""A slip in assignment.toml is one sentence with the file, the line and the mend, before anything runs."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
from typer.testing import CliRunner

from autograder.assignment import Assignment, Findings, UsageError, load
from autograder.assignment.policy_model import (
    SCHEMA_FILE,
    ByHand,
    Late,
    LimitsTable,
    Part,
    Policy,
    RubricLine,
    SecondsByHand,
    Submission,
    Value,
    policy_schema,
)
from autograder.cli import app
from autograder.grading.spec import _policy_of_outcomes
from autograder.sandbox import Limits
from tests.assignment.policy_page import page


@pytest.fixture
def policy(course: Assignment, tmp_path: Path) -> Path:
    path = tmp_path / "source/em_gmm/assignment.toml"
    path.parent.mkdir(parents=True)
    path.write_bytes((course.source / "assignment.toml").read_bytes())
    return path


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("utf-16", " it is in UTF-16: save it as UTF-8"),
        ("utf-16-le", " it is in UTF-16: save it as UTF-8"),
        ("utf-16-be", " it is in UTF-16: save it as UTF-8"),
        ("utf-8-sig", "1: it begins with a byte-order mark: save it as UTF-8 without one"),
        ("cp1252", "2: it is not in UTF-8: save the file as UTF-8"),
        ("mac_roman", "2: it is not in UTF-8: save the file as UTF-8"),
    ],
)
def test_another_encoding_is_refused_with_the_mend(policy: Path, tmp_path: Path, encoding: str, message: str) -> None:
    text = policy.read_text(encoding="utf-8").replace("EM for Gaussian", "Gaußsche")
    policy.write_bytes(text.encode(encoding))
    with pytest.raises(UsageError, match=rf"^source/em_gmm/assignment.toml:{message}\.$"):
        load(tmp_path, "em_gmm")


def test_a_policy_says_what_is_free_in_a_value_and_which_packages_are_used(policy: Path, tmp_path: Path) -> None:
    text = policy.read_text(encoding="utf-8")
    text = text.replace('name = "gamma"', 'name = "gamma", labels = [1], sign = "all", verdict = false', 1)
    policy.write_text(f'packages = ["scikit-learn"]\n{text}', encoding="utf-8")
    read = load(tmp_path, "em_gmm")
    gamma = next(value for values in read.submits.values() for value in values if value.name == "gamma")
    assert (gamma.labels, gamma.sign, gamma.verdict) == ((1,), "all", False)
    assert read.limits.packages == ("scikit-learn",)
    for wrong, must in (("labels = 1", 'a list of numbers of axes, or "values"'), ('sign = "both"', 'or "all"')):
        policy.write_text(text.replace("labels = [1]", wrong).replace('sign = "all", ', ""), encoding="utf-8")
        with pytest.raises(UsageError, match=must):
            load(tmp_path, "em_gmm")


def test_line_ends_of_windows_change_nothing(policy: Path, tmp_path: Path, course: Assignment) -> None:
    policy.write_bytes(policy.read_bytes().replace(b"\n", b"\r\n"))
    assert load(tmp_path, "em_gmm").parts == course.parts


SLIPS = [
    ('id = "vlb"', "id = 7", "[[parts]] number 5: id must be a text in quotes, not 7"),
    ('title = "Task 3 (VLB)"\n', "", "[[parts]] number 5 has no 'title'"),
    (
        'title = "Task 3 (VLB)"',
        'titel = "Task 3"',
        "number 5 has an unknown key 'titel': did you mean 'title'?",
    ),
    (
        "max_score = 10",
        'max_score = "10"',
        '[[parts]] number 2: max_score must be a number above zero, not "10": leave out the quotes',
    ),
    ("max_score = 10", "max_score = -1", "[[parts]] number 2: max_score must be a number above zero, not -1"),
    ("max_score = 10", "max_score = true", "[[parts]] number 2: max_score must be a number above zero, not true"),
    ("max_score = 10", "max_score = nan", "[[parts]] number 2: max_score must be a number above zero, not nan"),
    ('builds_on = ["E_step", "M_step", "compute_vlb"]', 'builds_on = "E_step"', "builds_on must be a list of texts"),
    ('files = ["samples.npz", "plots.py"]', 'files = "samples.npz"', "files must be a list of texts in quotes"),
    ('runs = ["setup", "samples"]', "runs = [1]", "runs must be a list of texts in quotes"),
    ('title = "EM for Gaussian mixtures"', "title = 2027-03-01", "toml:2: title must be a text in quotes"),
    ('title = "EM for Gaussian mixtures"\n', "", "the policy has no 'title': add it"),
    ('notebook = "em_gmm.ipynb"', "notebook = []", "notebook must be a text in quotes"),
    (r"memory_mb = \d+", 'memory_mb = "3000"', '[limits] memory_mb must be a whole number above zero, not "3000"'),
    (r"memory_mb = \d+", "memory_mb = 0", "[limits] memory_mb must be a whole number above zero, not 0"),
    (r"memory_mb = \d+", "memory_mb = 3000.5", "[limits] memory_mb must be a whole number above zero"),
    (r"memory_mb = \d+", "memory_gb = 3", "[limits] has an unknown key 'memory_gb': did you mean 'memory_mb'?"),
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
    ('axes = ["N", "C"]', 'axes = "NC"', "[submits] submit_e_step number 1: axes must be a list of texts in quotes"),
    ("random = true", 'random = "yes"', "[submits] submit_EM number 1: random must be true or false"),
    ('submit_VLB = [{ name = "loss", part = "vlb" }]', 'submit_VLB = "loss"', "submit_VLB must be a list of tables"),
    ('name = "loss", part = "vlb"', 'name = "loss"', "[submits] submit_VLB number 1 has no 'part'"),
    ("[equivalent]", "[equivalent]\nx = 1", "equivalent must be a table of texts in quotes"),
    ("[submits]", "[[submits]]", "submits must be a table"),
    ("[limits]", "[[limits]]", "limits must be a table"),
    ('name = "loss", part = "vlb"', 'name = "loss", part = "vbl"', "no part has the id 'vbl'"),
    ("[equivalent]", "[equivlent]", "the policy has an unknown key 'equivlent': did you mean 'equivalent'?"),
    ("keeps = 0.9", "keeps = 1.5", "[rubric.sigma_with_a_ridge] keeps must be a number from 0 to 1, not 1.5"),
    ('why = "The same ridge', 'why = " " # "The same ridge', "why must be a text that gives the reason"),
    ('id = "m_step.pi"', 'id = "m_step.mu"', "more than one part has the id 'm_step.mu'"),
    ("max_score = 10", "max_score = ", "this is no TOML: Invalid value."),
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
    told = str(caught.value).splitlines()
    assert len(told) == (2 if "m_step.mu" in after else 1)  # a part that lost its name is missed too
    assert all(re.match(r"source/em_gmm/assignment.toml:\d+: .*[.?]$", line) for line in told)


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
    with pytest.raises(UsageError, match=rf"toml:{number + 1}: \[\[parts\]\] number 6: max_score"):
        load(tmp_path, "em_gmm")


def test_all_slips_are_told_at_once_in_the_order_of_the_lines(policy: Path, tmp_path: Path) -> None:
    text = policy.read_text(encoding="utf-8")
    for before, after in (
        ('title = "Task 3 (VLB)"', "title = 3"),
        ('{ name = "mu", part = "m_step.mu"', '{ name = "mu", part = "m_step.nu"'),
        ("memory_mb", "memory"),
        ('id = "m_step.pi"', 'id = "m_step.mu"'),
    ):
        text = text.replace(before, after, 1)
    policy.write_text(text, encoding="utf-8")
    lines = text.splitlines()
    with pytest.raises(Findings) as caught:
        load(tmp_path, "em_gmm")
    found = caught.value.findings
    assert [finding.line for finding in found] == sorted(finding.line for finding in found)
    blamed = [lines[finding.line - 1].strip().split(" = ")[0] for finding in found]
    assert blamed == ["id", "title", "{ name", "{ name", "memory"]  # no part has the id m_step.pi either


LATE = """
[submission]
due = 2027-03-01T23:59:00+01:00
zone = "Europe/Berlin"

[late]
share_per_day = 0.1
free_days = 1
last = 2027-03-08T23:59:00+01:00
"""


def with_late(policy: Path, text: str) -> None:
    policy.write_text(policy.read_text(encoding="utf-8").split("[submission]")[0] + text, encoding="utf-8")


def test_the_late_policy_and_the_zone_are_read_and_change_no_outcome(policy: Path, tmp_path: Path) -> None:
    with_late(policy, "")
    before = _policy_of_outcomes(load(tmp_path, "em_gmm"))
    with_late(policy, LATE)
    assignment = load(tmp_path, "em_gmm")
    assert assignment.late is not None
    assert (assignment.late.share_per_day, assignment.late.free_days) == (0.1, 1)
    assert (assignment.due, str(assignment.zone)) == ("2027-03-01T22:59:00Z", "Europe/Berlin")
    assert _policy_of_outcomes(assignment) == before


def test_the_zone_is_that_of_the_deadline_if_none_is_named(policy: Path, tmp_path: Path) -> None:
    with_late(policy, LATE.replace('zone = "Europe/Berlin"', ""))
    assert load(tmp_path, "em_gmm").zone.utcoffset(None) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("line", "instead", "message"),
    [
        ("due = 2027-03-01T23:59:00+01:00", "", r"\[late\] needs a deadline: add 'due' to \[submission\]"),
        ('"Europe/Berlin"', '"Berlin"', 'zone must be the name of a time zone, such as "Europe/Berlin", not "Berlin"'),
        ("share_per_day = 0.1", "share_per_day = 10", "share_per_day must be a number from 0 to 1, not 10"),
        ("free_days = 1", "free_days = -1", "free_days must be a whole number, zero or more, not -1"),
        ("free_days = 1", "fre_days = 1", r"\[late\] has an unknown key 'fre_days': did you mean 'free_days'"),
        ("free_days = 1", "last_day = 7", "has both last and last_day: leave one"),
        ("last = 2027-03-08", "last = 2027-02-08", "last is before the deadline"),
        ("last = 2027-03-08T23:59:00+01:00", "last = 2027-03-08", "last must be a date and a time with an offset"),
        (
            "share_per_day = 0.1\nfree_days = 1\nlast = 2027-03-08T23:59:00+01:00",
            "free_days = 3\nlast_day = 7",
            "nothing counts after 3 late days, so last_day changes nothing: give share_per_day",
        ),
    ],
)
def test_a_late_policy_that_cannot_be_meant_is_refused_with_the_mend(
    line: str, instead: str, message: str, policy: Path, tmp_path: Path
) -> None:
    assert line in LATE
    with_late(policy, LATE.replace(line, instead))
    with pytest.raises(UsageError, match=message):
        load(tmp_path, "em_gmm")


def test_the_schema_for_editors_is_that_of_the_model_and_takes_a_real_policy(course: Assignment) -> None:
    schema = json.loads(SCHEMA_FILE.read_bytes())
    assert SCHEMA_FILE.read_bytes() == policy_schema(), "run what the docstring of policy_model.py says"
    policy = tomllib.loads((course.source / "assignment.toml").read_text(encoding="utf-8"))
    jsonschema.validate(policy, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**policy, "titel": "x"}, schema)


def test_every_key_has_a_description_and_the_limits_have_the_defaults_of_the_sandbox() -> None:
    tables = [Policy, Part, Value, ByHand, SecondsByHand, RubricLine, LimitsTable, Submission, Late]
    fields = [(table, name, field) for table in tables for name, field in table.model_fields.items()]
    assert [name for _, name, field in fields if not field.description] == []
    assert LimitsTable().model_dump() | {"packages": ()} == dataclasses.asdict(Limits())


def test_grade_exits_with_2_and_grades_nobody(policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = policy.read_text(encoding="utf-8")
    policy.write_text(re.sub(r"memory_mb = \d+", 'memory_mb = "3000"', text), encoding="utf-8")
    (tmp_path / "ada.ipynb").write_text("{}")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["grade", "em_gmm", "ada.ipynb", "--out", "out"])
    assert done.exit_code == 2
    assert "leave out the quotes" in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()


def test_the_page_about_the_policy_is_made_from_the_model(root: Path) -> None:
    written = (root / "docs" / "policy.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m tests.assignment.policy_page > docs/policy.md"
