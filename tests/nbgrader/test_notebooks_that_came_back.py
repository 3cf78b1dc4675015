"""Notebooks as VS Code, Colab, Deepnote and a browser return them: the same work earns the same points."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from autograder.assignment import Assignment, notebook_to_bytes, read_cells, release_notebook
from autograder.grading import Result
from autograder.nbgrader.restore import grade_id, restore
from tests.docs.pages import ROOT, blocks

PAGE = (ROOT / "docs/where-students-work.md").read_text(encoding="utf-8")
*FIRST, LAST = sorted((text for kind, _, text in blocks(PAGE) if kind == "python"), key=lambda text: "submit(" in text)
Notebook = dict[str, Any]


def code_cell(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": 1}


def vs_code(notebook: Notebook) -> Notebook:
    """Cells that were cut and pasted: new ids, and no metadata but the language."""
    for number, cell in enumerate(notebook["cells"]):
        cell |= {"id": f"new-{number}", "metadata": {"vscode": {"languageId": "python"}}}
    return notebook | {"metadata": {"language_info": {"name": "python"}}}


def colab(notebook: Notebook) -> Notebook:
    """An older format without ids of cells. Colab's own ids are in the metadata, and nbgrader's marks are lost."""
    for number, cell in enumerate(notebook["cells"]):
        cell.pop("id", None)
        cell["source"] = cell["source"].splitlines(True)
        cell["metadata"] = {"id": f"aB{number}", "outputId": "e-1", "colab": {"base_uri": "https://localhost:8080/"}}
    return notebook | {"nbformat_minor": 0, "metadata": {"colab": {"provenance": []}, "accelerator": "GPU"}}


def colab_merged(notebook: Notebook) -> Notebook:
    """The same, after two solutions and the test between them were merged into one cell."""
    by_name = {grade_id(cell): cell for cell in notebook["cells"]}
    merged = [by_name[name] for name in ("e_step", "test_e_step", "m_step")]
    merged[0]["source"] = "\n".join(cell["source"] for cell in merged)
    notebook["cells"] = [cell for cell in notebook["cells"] if not any(cell is other for other in merged[1:])]
    return colab(notebook)


def deepnote(notebook: Notebook) -> Notebook:
    """Deepnote's own ids, times and kinds of cells in place of all other metadata."""
    for number, cell in enumerate(notebook["cells"]):
        cell.pop("id", None)
        kind = {"deepnote_cell_type": cell["cell_type"], "cell_id": f"{number:032x}", "source_hash": "b6"}
        cell["metadata"] = kind | {"tags": [], "execution_start": 1730000000000, "execution_millis": 3}
    return notebook | {
        "nbformat_minor": 0,
        "metadata": {"deepnote": {}, "deepnote_notebook_id": "00", "orig_nbformat": 2},
    }


def one_cell(notebook: Notebook) -> Notebook:
    """All code in one cell, as a script that was pasted. Its magics stay."""
    code = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return notebook | {"cells": [code_cell("\n\n".join(code))], "metadata": {}}


WAYS = [vs_code, colab, colab_merged, deepnote, one_cell]


@pytest.mark.parametrize("returned", WAYS, ids=lambda way: way.__name__)
def test_the_same_work_earns_the_same_points(
    returned: Callable[[Notebook], Notebook], honest: Notebook, grade: Callable[..., Result]
) -> None:
    assert grade(as_returned(returned, honest))["score"] == 80


def as_returned(returned: Callable[[Notebook], Notebook], notebook: Notebook) -> bytes:
    cells = [cell | {"source": "".join(cell["source"])} for cell in copy.deepcopy(notebook["cells"])]
    return json.dumps(returned(notebook | {"cells": cells})).encode()


def test_the_cells_that_the_page_gives_do_nothing_when_the_course_grades(
    honest: Notebook, grade: Callable[..., Result]
) -> None:
    assert len(FIRST) >= 3
    cells = [*map(code_cell, FIRST), *copy.deepcopy(honest["cells"]), code_cell(LAST)]
    pasted = honest | {"cells": cells}
    result, plain = grade(pasted), grade(copy.deepcopy(honest))
    assert (result["score"], result["message"]) == (80, plain["message"])


@pytest.mark.parametrize("returned", WAYS, ids=lambda way: way.__name__)
def test_an_nbgrader_course_gets_each_cell_once_and_no_answer_twice(
    returned: Callable[[Notebook], Notebook], honest: Notebook, course: Assignment
) -> None:
    release = read_cells(notebook_to_bytes(release_notebook(course)))
    functions = {part.cell: part.function for part in course.parts}
    restored = restore(read_cells(as_returned(returned, honest)), release, functions)
    ids = [name for name in map(grade_id, restored) if name]
    assert ids == [name for name in map(grade_id, release) if name]
    for function in ("E_step", "M_step", "compute_vlb"):
        assert sum(cell["source"].count(f"def {function}(") for cell in restored) == 1
