"""Evidence functions become what a student would hand in."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autograder.assignment import (
    Alternative,
    Assignment,
    Misconception,
    UsageError,
    declared_in,
    notebook_to_bytes,
    release_notebook,
    source_of,
    with_solutions,
)

MODULE = '''
"""A catalogue."""
from __future__ import annotations
import math
import os.path as path
from functools import reduce, lru_cache
from autograder.assignment import alternative
from reference.em_gmm.solution import E_step
FACTOR: int = 2
SIDE, OTHER = 3, 4

def _deep(x):
    return FACTOR * x

def _helper(x):
    return _deep(x) + math.floor(SIDE)

class Unused:
    pass

@lru_cache
def _cached(x):
    return x

@alternative("f")
def solution(x):
    """Right."""
    def inner(y):
        return _helper(y)
    return reduce(lambda a, b: a + b, [inner(x), E_step(x), _cached(0)])
'''


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    path = tmp_path / "catalogue_of_a_test.py"
    path.write_text(MODULE)
    loader = importlib.util.spec_from_file_location(path.stem, path)
    assert loader
    assert loader.loader
    made = importlib.util.module_from_spec(loader)
    sys.modules[path.stem] = made
    loader.loader.exec_module(made)
    yield made
    del sys.modules[path.stem]


def test_the_code_contains_what_a_function_needs_and_nothing_else(module: ModuleType) -> None:
    text = source_of(module.solution, "f")
    for needed in ("import math", "FACTOR: int = 2", "SIDE, OTHER = (3, 4)", "def _deep", "def _helper", "reduce"):
        assert needed in text
    for left_out in ("os.path", "Unused", "@", "alternative", "autograder", "reference", "__future__"):
        assert left_out not in text


def test_the_code_runs_alone_and_uses_the_names_that_the_notebook_defines(module: ModuleType) -> None:
    names: dict[str, Any] = {"E_step": lambda x: 1000}
    exec(source_of(module.solution, "f"), names)
    assert names["f"](5) == 2 * 5 + 3 + 1000


def test_the_code_contains_helpers_from_another_file_of_the_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "course_of_a_test" / "slug" / "catalogue"
    room.mkdir(parents=True)
    shared = "import math\nFACTOR, SIDE = 2, 3\nUNUSED = 4\ndef _deep(x):\n    return math.floor(FACTOR * x)\n"
    (room / "_shared.py").write_text(shared)
    wanted = "from course_of_a_test.slug.catalogue._shared import _deep"
    (room / "steps.py").write_text(f"import math\n{wanted}\ndef f(x):\n    return _deep(math.floor(x))\n")
    (room / "__init__.py").write_text("from course_of_a_test.slug.catalogue.steps import *\n")
    monkeypatch.syspath_prepend(tmp_path)
    text = source_of(importlib.import_module("course_of_a_test.slug.catalogue").f, "g")
    for left_out in ("course_of_a_test", "UNUSED"):
        assert left_out not in text
    assert text.count("import math") == 1
    names: dict[str, Any] = {}
    exec(text, names)
    assert names["g"](7.5) == 14


@pytest.mark.parametrize("kind", [Alternative, Misconception])
def test_evidence_becomes_code_without_names_of_the_kit(assignment: Assignment, kind: Any) -> None:
    room = assignment.alternatives if kind is Alternative else assignment.misconceptions
    known = declared_in(room, kind)
    assert len(known) > 10
    for mark in known[::6]:  # some of each part, because each takes a look at the whole file
        name = mark.solves if kind is Alternative else assignment.part(mark.part).function
        text = source_of(mark.function, name)
        compile(text, mark.name, "exec")
        assert text.endswith(f"{name} = {mark.name}\n")
        assert "from reference" not in text
        assert "from autograder" not in text
        assert "\n@" not in text


def test_solutions_are_put_into_their_cells_and_the_given_notebook_does_not_change(release: dict[str, Any]) -> None:
    before = copy.deepcopy(release)
    filled = with_solutions(release, {"e_step": "x = 1", "train_EM": "y = 2"})
    assert release == before
    changed = [
        (new["metadata"]["nbgrader"]["grade_id"], new["source"])
        for old, new in zip(release["cells"], filled["cells"], strict=True)
        if old != new
    ]
    assert changed == [("e_step", "x = 1"), ("train_EM", "y = 2")]


@pytest.mark.parametrize("unknown", ["e_stop", "derive_mu"])  # the second is a cell, but not a code cell
def test_a_solution_without_its_cell_is_refused(release: dict[str, Any], unknown: str) -> None:
    with pytest.raises(UsageError, match=rf"no code cells with the grade ids \['{unknown}'\]"):
        with_solutions(release, {"e_step": "x = 1", unknown: "y = 2"})


def test_a_notebook_is_written_as_its_file(assignment: Assignment, source: dict[str, Any]) -> None:
    assert notebook_to_bytes(source).endswith(b"}\n")
    path = assignment.source / assignment.notebook
    assert notebook_to_bytes(source) == path.read_bytes()


def test_a_release_that_was_not_built_is_refused_with_the_command_to_run(
    assignment: Assignment, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"release/em_gmm/em_gmm\.ipynb is missing: run `autograder build em_gmm`\."):
        release_notebook(dataclasses.replace(assignment, root=tmp_path))
