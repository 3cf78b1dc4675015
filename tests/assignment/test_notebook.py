"""Reading notebooks, also damaged ones, and the message for a file that is not a notebook."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.assignment import Assignment, Unreadable, code_to_run, notebook_to_bytes, read_cells


def notebook(*cells: Any, **more: Any) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)} | more).encode()


def code(source: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\t\n", "the file is empty"),
        (b"def E_step(X): ...", "no valid JSON"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "no valid JSON"),
        (b"[]", "its JSON is no object"),
        (b'"text"', "its JSON is no object"),
        (b"null", "its JSON is no object"),
        (b'{"nbformat": 3, "worksheets": [{"cells": []}]}', "old format 3"),
        (b"{}", "it has no cells"),
        (b'{"nbformat": 4, "cells": {"a": 1}}', "it has no cells"),
        (notebook(code("x = 1"))[:-30], "no valid JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "no valid JSON"),
        (b'{"cells":' * 100_000 + b"1" + b"}" * 100_000, "no valid JSON"),
        (b'{"nbformat": ' + b"9" * 5000 + b"}", "no valid JSON"),
    ],
)
def test_a_file_that_is_not_a_notebook_is_refused_with_one_sentence(raw: bytes, message: str) -> None:
    with pytest.raises(Unreadable, match=message) as caught:
        read_cells(raw)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 200


def are_cells(cells: list[Any]) -> bool:
    return all(type(cell) is dict and type(cell["source"]) is str for cell in cells)


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_give_cells_or_are_unreadable(raw: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert are_cells(read_cells(raw))


scraps = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
anything = st.recursive(
    scraps,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["source", "cell_type", "metadata", "nbgrader", "code", "id"]), inner)
    ),
    max_leaves=20,
)


@given(cells=anything, nbformat=anything, cell=anything)
def test_a_notebook_of_nonsense_gives_code_or_is_unreadable(
    assignment: Assignment, cells: Any, nbformat: Any, cell: Any
) -> None:
    for wrapped in (cells, [cell, {"cell_type": "code", "source": cell}, {"cell_type": cell, "metadata": cell}]):
        try:
            sources = code_to_run(json.dumps({"nbformat": nbformat, "cells": wrapped}).encode(), assignment)
        except Unreadable:
            continue
        assert all(type(source) is str for source in sources)


def test_a_source_that_is_a_list_of_lines_is_joined() -> None:
    lines = read_cells(notebook(code(["x = 1\n", "y = 2"]), code("z = 3"), code(None), code([1, "a"])))
    assert [cell["source"] for cell in lines] == ["x = 1\ny = 2", "z = 3", "", "a"]


def test_only_code_cells_are_run(assignment: Assignment) -> None:
    raw = notebook({"cell_type": "markdown", "source": "x = 1"}, code("y = 2"), {"cell_type": "raw", "source": "z"})
    assert code_to_run(raw, assignment) == ["y = 2"]


def test_a_byte_order_mark_is_ignored() -> None:
    assert read_cells(b"\xef\xbb\xbf" + notebook(code("x"))) == read_cells(notebook(code("x")))


def text_to_run(raw: bytes, assignment: Assignment) -> str:
    return "\n".join(code_to_run(raw, assignment))


def test_the_kits_cells_for_tests_and_pictures_are_not_run(assignment: Assignment, source: Any) -> None:
    text = text_to_run(notebook_to_bytes(source), assignment)
    assert "grader.submit_e_step(" not in text
    assert "ax.scatter(" not in text
    assert "def E_step(" in text
    assert 'np.load("samples.npz")' in text


def test_a_cell_of_the_kit_that_the_student_edited_is_run(assignment: Assignment, source: Any) -> None:
    cells = json.loads(json.dumps(source))
    for cell in cells["cells"]:
        if "grader.submit_e_step(" in "".join(cell["source"]) and cell["cell_type"] == "code":
            cell["source"] = "def helper(): return 1\n" + "".join(cell["source"])
    assert "def helper()" in text_to_run(notebook_to_bytes(cells), assignment)


def test_a_cell_of_the_kit_with_other_spaces_at_the_ends_of_lines_is_still_not_run(
    assignment: Assignment, source: Any
) -> None:
    cells = json.loads(json.dumps(source))
    for cell in cells["cells"]:
        cell["source"] = "\n" + "".join(cell["source"]).replace("\n", "  \r\n") + "\n\n"
    assert "grader.submit_e_step(" not in text_to_run(notebook_to_bytes(cells), assignment)


def test_a_notebook_of_a_hundred_thousand_cells_is_refused() -> None:
    cell = {"cell_type": "code", "source": "pass"}
    with pytest.raises(Unreadable, match="100000 cells, more than the 10000"):
        read_cells(json.dumps({"nbformat": 4, "cells": [cell] * 100_000}).encode())


@pytest.mark.parametrize("part", [b'{"":{}},', b"[],", b"0,"])
def test_a_file_of_brackets_is_refused_before_it_fills_the_memory(part: bytes) -> None:
    raw = b'{"nbformat":4,"cells":[],"metadata":[' + part * 3_000_000 + b"0]}"
    with pytest.raises(Unreadable, match="commas and brackets, more than 2000000: clear its outputs"):
        read_cells(raw)
