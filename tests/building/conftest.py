"""One built and proven course for all tests of this folder that run in one process. Nobody changes it: they copy it."""

import shutil

import pytest

from tests.building.line_course import filled_course


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    return shutil.copytree(filled_course(), tmp_path_factory.mktemp("filled") / "course")
