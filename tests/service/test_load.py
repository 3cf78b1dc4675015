"""A small load test. It checks what must be true on any machine, however slow."""

from __future__ import annotations

from pathlib import Path

from autograder.assignment import Assignment
from tests.service.load import run_load_test


def test_when_a_class_submits_at_once_no_submission_is_lost_or_counted_twice(
    course: Assignment, tmp_path: Path
) -> None:
    figures = run_load_test(course, tmp_path, students=60, seconds=0.1, jobs=1)
    assert (figures["5xx"], figures["lost"], figures["counted twice"]) == (0, 0, 0)
    assert figures["statuses"] == {201: 80}
