"""A release is written only if a student can open it."""

from __future__ import annotations

import json

import pytest

from autograder.assignment import Assignment, UsageError
from autograder.building.build import Files, _demand_opens
from autograder.proof import Kept


@pytest.fixture
def release(course: Assignment) -> Files:
    return {path: path.read_bytes() for path in (course.release / "grader").glob("*.*")}


def test_the_release_of_this_course_opens(course: Assignment, release: Files) -> None:
    _demand_opens(course, release, Kept(course, use=False))


def test_a_key_that_the_local_grader_refuses_stops_the_release_with_what_it_says(
    course: Assignment, release: Files
) -> None:
    path = course.release / "grader" / "key.json"
    key = json.loads(release[path])
    key["submits"][0]["method"] = "status"
    with pytest.raises(UsageError, match=r"can't be opened: grader\.key\.BrokenKey: .*status is taken"):
        _demand_opens(course, release | {path: json.dumps(key).encode()}, Kept(course, use=False))


def test_a_file_that_is_missing_stops_it_too(course: Assignment, release: Files) -> None:
    release.pop(course.release / "grader" / "values.py")
    with pytest.raises(UsageError, match="can't be opened: ModuleNotFoundError"):
        _demand_opens(course, release, Kept(course, use=False))
