"""One built course for all tests of this folder that run in one process. Nobody changes it: they copy it."""

import pytest

from tests.building.line_course import autograder, fill


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    course = tmp_path_factory.mktemp("filled")
    assert autograder(course, "new", "line").returncode == 0
    fill(course)
    built = autograder(course, "build", "line")
    assert built.returncode == 0, built.stdout + built.stderr
    return course
