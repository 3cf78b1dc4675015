"""Where nbgrader is not installed, `build` says so before it measures."""

from __future__ import annotations

import sys

import pytest

from autograder.assignment import Assignment
from autograder.building import build_assignment, check_build


@pytest.mark.parametrize("build", [build_assignment, check_build])
def test_build_names_the_missing_package_before_it_measures(
    build: object, course: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nbgrader", None)  # what Python then says of a package that is not there
    steps: list[str] = []
    with pytest.raises(ModuleNotFoundError) as missing:
        build(course, 1, steps.append)  # type: ignore[operator]
    assert missing.value.name == "nbgrader"
    assert steps == []
