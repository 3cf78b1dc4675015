"""The load test in small: what must hold however slow the machine is."""

from __future__ import annotations

from pathlib import Path

from autograder.assignment import Assignment
from tests.service.load import storm


def test_a_class_that_submits_at_once_loses_nothing_and_has_nothing_counted_twice(
    course: Assignment, tmp_path: Path
) -> None:
    found = storm(course, tmp_path, students=60, seconds=0.1, jobs=1)
    assert (found["5xx"], found["lost"], found["counted twice"]) == (0, 0, 0)
    assert found["statuses"] == {201: 80}
