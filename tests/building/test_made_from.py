"""`build` measures nothing again when nothing changed, and notices every change, in any folder."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.assignment import Assignment
from autograder.building import is_unchanged
from autograder.building.made_from import made_from


@pytest.fixture
def copied(course: Assignment, tmp_path: Path) -> Assignment:
    """The course's files in another folder."""
    for room in (course.source, course.reference, course.data, course.release):
        shutil.copytree(room, tmp_path / "elsewhere" / room.relative_to(course.root))
    return replace(course, root=tmp_path / "elsewhere")


def test_what_is_committed_is_what_build_made_in_whatever_folder_the_course_lies(copied: Assignment) -> None:
    assert is_unchanged(copied)


@pytest.mark.parametrize(
    "name",
    [
        "source/em_gmm/em_gmm.ipynb",
        "reference/em_gmm/misconceptions/vlb.py",
        "data/em_gmm/calibration.json",
        "release/em_gmm/grader/verdict.py",
    ],
)
def test_a_change_of_what_build_reads_or_writes_is_noticed(copied: Assignment, name: str) -> None:
    path = copied.root / name
    path.write_bytes(path.read_bytes() + b"\n")
    assert not is_unchanged(copied)


def test_a_file_that_is_gone_is_noticed(copied: Assignment) -> None:
    (copied.data / "key.npz").unlink()
    assert not is_unchanged(copied)


def test_a_record_that_is_damaged_counts_for_nothing(copied: Assignment) -> None:
    (copied.data / "made_from.json").write_text("{", encoding="utf-8")
    assert not is_unchanged(copied)


@pytest.fixture
def recorded(copied: Assignment) -> Assignment:
    """The copy with a record of its files as they are now, because the committed one may be older than the kit."""
    (copied.data / "made_from.json").write_bytes(made_from(copied))
    return copied


def change_policy(copied: Assignment, before: str, after: str) -> None:
    path = copied.source / "assignment.toml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_a_change_of_the_policy_that_build_reads_is_noticed(recorded: Assignment) -> None:
    change_policy(recorded, "max_score = 20", "max_score = 21")
    assert not is_unchanged(recorded)
    change_policy(recorded, "max_score = 21", "max_score = 20")
    assert is_unchanged(recorded)
    change_policy(recorded, "[[parts]]", '[submission]\nendpoint = "https://example.org"\n\n[[parts]]')
    assert not is_unchanged(recorded)  # the local grader's key has it


def test_rubric_lateness_and_deadline_need_no_build(recorded: Assignment) -> None:
    tables = '[submission]\ndue = 2026-11-24T12:00:00Z\n[late]\nshare_per_day = 0.1\n[rubric.a]\nkeeps = 0.5\nwhy = "x"'
    change_policy(recorded, "[[parts]]", f"{tables}\n\n[[parts]]")
    assert is_unchanged(recorded)
