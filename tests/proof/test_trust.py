"""How sure a grade is: the bound, what trust.json keeps from an earlier run, and which runs it compares."""

from __future__ import annotations

import dataclasses
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from scipy.stats import binomtest

from autograder.assignment import Assignment
from autograder.building import is_unchanged
from autograder.building.made_from import MADE_FROM_NAME, made_from
from autograder.grading import Spec, files_sha256, load_spec
from autograder.proof import (
    TRUST_NAME,
    Proof,
    Trust,
    evidence_notebooks,
    merged,
    mutant_trust,
    read_trust,
    trust_from,
    write_trust,
)
from autograder.proof.disturb import busy_processes, grade_under_load, sample_for_load
from autograder.proof.mutant_hunt import MutantHunt
from autograder.proof.prove import Row
from autograder.proof.trust import Environment, LoadTrust, MutantTrust, upper_bound


@pytest.fixture(scope="module")
def notebooks(course: Assignment) -> dict[str, bytes]:
    return evidence_notebooks(course)


@pytest.fixture
def copied(course: Assignment, tmp_path: Path) -> Assignment:
    """The course's files in another folder."""
    for room in (course.source, course.reference, course.data, course.release):
        shutil.copytree(room, tmp_path / "elsewhere" / room.relative_to(course.root))
    return replace(course, root=tmp_path / "elsewhere")


def rows(spec: Spec, names: list[str], **failed: tuple[str, ...]) -> tuple[Row, ...]:
    """Rows of right solutions that pass everything, except the named checks."""
    passed = {check.name: "pass" for check, _ in spec.checks_with_cases}
    return tuple(
        Row(name, "right", "", 100, passed | dict.fromkeys(failed.get(name, ()), "fail"), seconds=1.0) for name in names
    )


def trust_of(spec: Spec, notebooks: dict[str, bytes], *of_rows: Row) -> Trust:
    return trust_from("these files", spec, notebooks, Proof(of_rows, (), 0, 0))


def with_versions(trust: Trust, numpy: str) -> Trust:
    """The same first run, as if it had been made with another NumPy."""
    return replace(trust, environments=[replace(trust.environments[0], numpy=numpy), *trust.environments[1:]])


@pytest.mark.parametrize(("asked", "docked"), [(1, 0), (17, 0), (69, 0), (69, 2), (5, 5)])
def test_the_bound_is_the_exact_one_of_clopper_and_pearson(asked: int, docked: int) -> None:
    exact = binomtest(docked, asked, alternative="less").proportion_ci(0.95, method="exact").high
    assert upper_bound(asked, docked) == pytest.approx(exact, rel=1e-9)
    if docked == 0:
        assert upper_bound(asked, 0) == pytest.approx(1 - 0.05 ** (1 / asked))


def test_right_programs_that_are_the_same_for_a_check_count_once(
    course_spec: Spec, notebooks: dict[str, bytes]
) -> None:
    """An M-step that is written differently is no other program for a check of the E-step."""
    names = ["source", "m_step_in_blocks", "m_step_with_running_means", "e_step_rounded_to_float32"]
    found = {check.name: check for check in trust_of(course_spec, notebooks, *rows(course_spec, names)).checks}
    assert found["gamma_is_the_posterior"].right == 2
    assert found["mu_is_right"].right == 3
    assert {check.right for check in found.values() if check.part == "em"} == {4}  # training calls both
    assert found["mu_is_right"].docks_at_most == pytest.approx(1 - 0.05 ** (1 / 3), abs=1e-4)


def test_a_right_program_that_loses_points_is_named_and_raises_the_bound(
    course_spec: Spec, notebooks: dict[str, bytes]
) -> None:
    names = ["source", "m_step_in_blocks"]
    docked = trust_of(course_spec, notebooks, *rows(course_spec, names, m_step_in_blocks=("mu_is_right",)))
    check = next(check for check in docked.checks if check.name == "mu_is_right")
    assert (check.right, check.docked) == (2, ["m_step_in_blocks"])
    assert check.docks_at_most == pytest.approx(0.95**0.5, abs=1e-4)
    assert docked.right_notebooks_docked == ["m_step_in_blocks"]


def test_mistakes_count_for_the_checks_that_were_asked_and_uncaught_ones_are_named(
    course_spec: Spec, notebooks: dict[str, bytes]
) -> None:
    (right,) = rows(course_spec, ["source"])
    seen, missed = (
        dataclasses.replace(right, name=name, kind="wrong", part="vlb", outcomes=right.outcomes | more)
        for name, more in (("seen", {"vlb_is_right": "fail", "vlb_for_any_data": "skipped"}), ("missed", {}))
    )
    trust = trust_of(course_spec, notebooks, right, seen, missed)
    found = {check.name: (check.lets_through, check.mistakes) for check in trust.checks}
    assert found["vlb_is_right"] == (1, 2)
    assert found["vlb_for_any_data"] == (1, 1)
    assert found["vlb_of_far_points"] == (2, 2)
    assert found["mu_is_right"] == (0, 0)
    assert {part.id: part.uncaught for part in trust.parts if part.uncaught} == {"vlb": ["missed"]}


def test_a_check_is_held_against_the_mutants_that_lose_points_in_its_part(course_spec: Spec) -> None:
    passed = {check.name: "pass" for check, _ in course_spec.checks_with_cases}
    caught = (passed | {"vlb_is_right": "fail"}, passed | {"mu_is_right": "fail"})
    found = mutant_trust(course_spec, MutantHunt(2, (), (), (), (), caught))
    assert (found.wrong, found.uncaught) == (2, [])
    assert {name: (found.lets_through[name], asked) for name, asked in found.asked.items() if asked} == {
        "mu_is_right": (0, 1),
        "mu_for_any_data": (1, 1),
        "vlb_is_right": (0, 1),
        "vlb_for_any_data": (1, 1),
        "vlb_of_hard_assignments": (1, 1),
        "vlb_of_far_points": (1, 1),
        "vlb_leaves_its_arguments_alone": (1, 1),
    }


def test_bad_luck_is_what_build_measured(course: Assignment, course_spec: Spec, notebooks: dict[str, bytes]) -> None:
    measured = json.loads((course.data / "calibration.json").read_text())["checks"]
    trust = trust_of(course_spec, notebooks, *rows(course_spec, ["source"]))
    depends = {check.name for check in trust.checks if check.bad_luck is not None}
    assert depends == {name for name, row in measured.items() if "luck" in row} != set()
    for check in trust.checks:
        if check.bad_luck is not None:
            assert check.bad_luck == pytest.approx(1 - measured[check.name]["luck"]["right_code_passes_at_least"])


def test_a_run_with_the_same_versions_keeps_what_it_did_not_measure_itself(
    course_spec: Spec, notebooks: dict[str, bytes]
) -> None:
    again = trust_of(course_spec, notebooks, *rows(course_spec, ["source"]))
    load = LoadTrust(2, 8, 5, [])
    earlier = replace(again, load=load, mutants=MutantTrust(3, [], {}, {}))
    both = merged(earlier, replace(again, mutants=MutantTrust(4, [], {}, {})))
    assert (both.load, both.mutants and both.mutants.wrong, both.threads) == (load, 4, None)
    of_other_files = replace(earlier, files_sha256="other files")
    assert merged(of_other_files, again) == merged(None, again) == again


def test_a_run_with_other_versions_adds_its_entry_and_names_the_notebooks_that_differ(
    course_spec: Spec, notebooks: dict[str, bytes]
) -> None:
    names = ["source", "m_step_in_blocks"]
    here = trust_of(course_spec, notebooks, *rows(course_spec, names, m_step_in_blocks=("mu_is_right",)))
    first = with_versions(trust_of(course_spec, notebooks, *rows(course_spec, names)), "1.26.0")
    both = merged(first, here)
    assert [(e.numpy, e.differ) for e in both.environments] == [
        ("1.26.0", []),
        (here.environments[0].numpy, ["m_step_in_blocks"]),
    ]
    assert replace(both, environments=[]) == replace(first, environments=[])
    assert merged(both, here) == both
    mended = merged(both, trust_of(course_spec, notebooks, *rows(course_spec, names)))
    assert [e.differ for e in mended.environments] == [[], []]


def test_another_name_for_a_mistake_is_no_other_outcome_of_a_check(
    course_spec: Spec, notebooks: dict[str, bytes]
) -> None:
    (row,) = rows(course_spec, ["source"], source=("mu_is_right",))
    first = with_versions(trust_of(course_spec, notebooks, replace(row, named=frozenset({"a"}))), "1.26.0")
    entry = merged(first, trust_of(course_spec, notebooks, row)).environments[1]
    assert (entry.differ, entry.named_otherwise) == ([], ["source"])


def test_what_was_written_is_read_again_until_a_file_changes(copied: Assignment) -> None:
    entry = Environment("3.11", "2.0", "1.13", 0, [], [])
    trust = Trust(files_sha256(copied), 1, [], [], {"source": ""}, [entry], load=LoadTrust(2, 8, 5, ["ash"]))
    before = load_spec(copied).sha256
    write_trust(copied, trust)
    assert read_trust(copied) == trust
    assert load_spec(copied).sha256 == before
    path = copied.reference / "checks.py"
    path.write_text(path.read_text() + "\n# changed\n")
    assert read_trust(copied) is None


def test_trust_is_not_what_build_makes_or_releases(copied: Assignment) -> None:
    (copied.data / MADE_FROM_NAME).write_bytes(made_from(copied))
    (copied.data / TRUST_NAME).write_text("{}")
    assert is_unchanged(copied)
    assert TRUST_NAME not in copied.files
    assert not list(copied.release.rglob(TRUST_NAME))


@pytest.mark.parametrize("damaged", ["", "{", "[]", "{}", '{"schema": "autograder/trust/v1"}'])
def test_a_damaged_file_counts_as_not_measured(copied: Assignment, damaged: str) -> None:
    (copied.data / TRUST_NAME).write_text(damaged)
    assert read_trust(copied) is None


def test_the_sample_reaches_from_the_slowest_to_the_quickest_solution_and_fits_into_the_time() -> None:
    def row(name: str, kind: str, seconds: float) -> Row:
        return Row(name, kind, "", 0, {}, seconds=seconds)

    right = [row(f"right_{i}", "right", 0.1 * i) for i in range(1, 21)]  # 21 seconds, and there are 8
    wrong = [row("hangs", "wrong", 500.0), row("slow", "wrong", 5.0), row("quick", "wrong", 0.2)]
    sample = sample_for_load([*right, *wrong, row("release", "unsolved", 0.1)], jobs=2, cores=2)
    assert sample[0] == "right_20"
    assert sample[-3:] == ["right_1", "slow", "quick"]
    assert len(set(sample)) == len(sample) == 2 + 7
    assert sample_for_load(right[:5], jobs=2, cores=2) == [f"right_{i}" for i in range(5, 0, -1)]
    assert sample_for_load(wrong[:1], jobs=2, cores=2) == ["hangs"]


def test_a_notebook_that_is_judged_otherwise_on_a_busy_machine_is_named(
    course_spec: Spec, notebooks: dict[str, bytes]
) -> None:
    """The unsolved notebook is graded for real, and compared with a run in which it passed everything."""
    (passed,) = rows(course_spec, ["release"])
    load = grade_under_load(course_spec, notebooks, [passed], 1, lambda _: None)
    assert (load.notebooks, load.differ) == (1, ["release"])
    assert load.busy == 4 * load.cores


def test_no_busy_process_stays() -> None:
    with busy_processes(2) as processes:
        assert all(process.poll() is None for process in processes)
    assert all(process.poll() is not None for process in processes)
