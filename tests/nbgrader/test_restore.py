"""The release's cells are restored in a student's notebook, whatever happened to them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.assignment import Assignment, notebook_to_bytes, read_cells, release_notebook, source_notebook
from autograder.nbgrader.restore import MERGED, PUT_BACK, grade_id, restore

Cells = list[dict[str, Any]]


@pytest.fixture(scope="module")
def release(course: Assignment) -> Cells:
    return read_cells(notebook_to_bytes(release_notebook(course)))


@pytest.fixture(scope="module")
def functions(course: Assignment) -> dict[str, str]:
    return {part.cell: part.function for part in course.parts}


@pytest.fixture
def handed_in(course: Assignment) -> Cells:
    """The instructor's solution, as a student would hand it in."""
    return read_cells(notebook_to_bytes(copy.deepcopy(source_notebook(course))))


def ids(cells: Cells) -> list[str]:
    return [name for name in map(grade_id, cells) if name]


def cell(cells: Cells, name: str) -> dict[str, Any]:
    return next(c for c in cells if grade_id(c) == name)


def test_an_untouched_release_stays_unchanged(release: Cells, functions: dict[str, str]) -> None:
    assert restore(copy.deepcopy(release), release, functions) == release


def test_answers_are_kept_and_get_the_releases_marks(
    handed_in: Cells, release: Cells, functions: dict[str, str]
) -> None:
    restored = restore(handed_in, release, functions)
    assert ids(restored) == ids(release)
    for name in ("e_step", "derive_mu"):
        assert cell(restored, name)["source"] == cell(handed_in, name)["source"]
        assert cell(restored, name)["metadata"] == cell(release, name)["metadata"]


def test_a_function_that_was_merged_into_another_cell_is_not_defined_again(
    handed_in: Cells, release: Cells, functions: dict[str, str]
) -> None:
    merged = cell(handed_in, "m_step")
    cell(handed_in, "e_step")["source"] += f"\n\n\n{merged['source']}"
    handed_in.remove(merged)
    restored = restore(handed_in, release, functions)
    assert ids(restored) == ids(release)
    assert cell(restored, "e_step")["source"] == cell(handed_in, "e_step")["source"]
    assert cell(restored, "m_step")["source"] == MERGED
    handed_in.remove(cell(handed_in, "compute_vlb"))
    assert "def compute_vlb(" in cell(restore(handed_in, release, functions), "compute_vlb")["source"]


def test_a_locked_cell_gets_its_text_back_and_other_cells_keep_theirs(
    handed_in: Cells, release: Cells, functions: dict[str, str]
) -> None:
    cell(handed_in, "test_e_step")["source"] = "20"
    restored = restore(handed_in, release, functions)
    assert cell(restored, "test_e_step")["source"] == cell(release, "test_e_step")["source"]


def test_the_last_changed_copy_of_a_cell_counts(handed_in: Cells, release: Cells, functions: dict[str, str]) -> None:
    answered = cell(handed_in, "e_step")
    later = {**copy.deepcopy(answered), "source": answered["source"] + "\n# later"}
    untouched = copy.deepcopy(cell(release, "e_step"))
    restored = restore([*handed_in, later, untouched], release, functions)
    assert sorted(ids(restored)) == sorted(ids(release))
    assert cell(restored, "e_step")["source"].endswith("# later")
    assert len(restored) == len(handed_in) + 2


@pytest.mark.parametrize("kept", ["id", "text"])
def test_cells_without_metadata_are_found(
    handed_in: Cells, release: Cells, functions: dict[str, str], kept: str
) -> None:
    for number, bare in enumerate(handed_in):
        bare["metadata"] = {}
        if kept == "text":
            bare["id"] = f"new-{number}"
    restored = restore(handed_in, release, functions)
    assert ids(restored) == ids(release)
    for name in ("e_step", "train_EM", "derive_mu", "derive_sigma"):
        assert PUT_BACK not in cell(restored, name)["source"]
        assert cell(restored, name)["source"] != cell(release, name)["source"]


def test_deleted_cells_are_put_back_where_they_were(
    handed_in: Cells, release: Cells, functions: dict[str, str]
) -> None:
    gone = {"setup", "test_e_step", "derive_pi", "submit"}
    restored = restore([c for c in handed_in if grade_id(c) not in gone], release, functions)
    assert ids(restored) == ids(release)
    assert cell(restored, "test_e_step")["source"] == cell(release, "test_e_step")["source"]
    assert cell(restored, "derive_pi")["source"].startswith(PUT_BACK)


def test_a_cell_with_a_changed_type_gets_its_own_type_back(
    handed_in: Cells, release: Cells, functions: dict[str, str]
) -> None:
    cell(handed_in, "derive_mu")["cell_type"] = "code"
    cell(handed_in, "test_m_step")["cell_type"] = "markdown"
    restored = restore(handed_in, release, functions)
    assert cell(restored, "derive_mu")["cell_type"] == "markdown"
    assert cell(restored, "test_m_step")["cell_type"] == "code"


_MISHAPS = st.lists(
    st.tuples(st.sampled_from(["drop", "copy", "bare", "rename", "swap", "empty", "retype"]), st.integers(0, 60)),
    max_size=12,
)


@settings(max_examples=60)
@given(mishaps=_MISHAPS)
def test_after_any_change_each_mark_appears_once_and_the_students_text_is_kept(
    release: Cells, functions: dict[str, str], course: Assignment, mishaps: list[tuple[str, int]]
) -> None:
    cells = read_cells(notebook_to_bytes(copy.deepcopy(source_notebook(course))))
    for what, where in mishaps:
        here = where % len(cells)
        if what == "drop" and len(cells) > 1:
            del cells[here]
        elif what == "copy":
            cells.insert(where % 7 % len(cells), copy.deepcopy(cells[here]))
        elif what == "bare":
            cells[here]["metadata"] = {}
        elif what == "rename":
            cells[here]["metadata"] = {"nbgrader": {"grade_id": "other", "grade": True, "schema_version": 99}}
        elif what == "swap":
            cells[here], cells[0] = cells[0], cells[here]
        elif what == "empty":
            cells[here]["source"] = ""
        else:
            cells[here]["cell_type"] = "raw"
    restored = restore(cells, release, functions)
    assert sorted(ids(restored)) == sorted(ids(release))
    locked = [c for c in release if c["metadata"].get("nbgrader", {}).get("locked")]
    assert all(cell(restored, grade_id(c))["source"] == c["source"] for c in locked)
    names = {grade_id(c) for c in locked}
    written = {c["source"] for c in cells if grade_id(c) not in names and c.get("id") not in names}
    assert written <= {c["source"] for c in restored} | {c["source"] for c in locked}
