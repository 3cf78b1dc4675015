"""Notebooks with changed, copied or missing cells, and files that are no notebooks, recorded in an nbgrader course."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment, source_notebook
from autograder.grading import Result
from tests.nbgrader.conftest import cell, in_gradebook


def test_cells_that_were_copied_deleted_edited_or_stripped_cost_nothing(
    record: Callable[..., Any], graded: Path, course: Assignment
) -> None:
    notebook = copy.deepcopy(source_notebook(course))
    notebook["cells"].append(copy.deepcopy(cell(notebook, "e_step")))
    cell(notebook, "test_e_step")["metadata"]["nbgrader"] |= {"points": 1000, "schema_version": 99}
    cell(notebook, "m_step")["metadata"] = {}
    cell(notebook, "derive_pi")["cell_type"] = "raw"
    notebook["cells"].remove(cell(notebook, "test_m_step"))
    notebook["cells"].append({"cell_type": "code", "source": "\ud800", "outputs": [{"bad": 1}], "metadata": {"n": 1}})
    written = record("aspen", json.dumps(notebook).encode())
    scores = in_gradebook(graded, course, "aspen")
    assert (scores["test_e_step"], scores["test_m_step"]) == (20, 40)
    assert cell(written, "test_e_step")["metadata"]["nbgrader"]["points"] == 20


def test_metadata_of_an_old_schema_is_replaced_by_the_releases(
    record: Callable[..., Any], graded: Path, course: Assignment
) -> None:
    notebook = copy.deepcopy(source_notebook(course))
    for old in notebook["cells"]:
        if "nbgrader" in old["metadata"]:
            old["metadata"]["nbgrader"] |= {"schema_version": 1}
            del old["metadata"]["nbgrader"]["solution"]
    record("beech", notebook)
    assert in_gradebook(graded, course, "beech")["test_train_EM"] == 20


def test_a_notebook_with_another_name_is_recorded_under_the_right_name(
    record: Callable[..., Any], graded: Path, course: Assignment
) -> None:
    assert record("birch", source_notebook(course), name="final (2).ipynb")
    assert in_gradebook(graded, course, "birch")["test_e_step"] == 20


def test_a_file_that_is_no_notebook_scores_zero_and_says_why(
    record: Callable[..., Any], graded: Path, course: Assignment
) -> None:
    why = "the file is not a notebook: it is no valid JSON."
    written = record("cedar", b'{"cells": [', status="unreadable", parts=[], score=0, message=why)
    scores = in_gradebook(graded, course, "cedar")
    assert scores["test_e_step"] == 0
    assert scores["derive_mu"] is None
    assert why in written["cells"][0]["source"]


def test_partial_points_reach_the_gradebook_and_no_stderr_is_written(
    record: Callable[..., Any], graded: Path, course: Assignment, results: dict[str, Result]
) -> None:
    parts = copy.deepcopy(results["alder"]["parts"])
    for part in parts:
        if part["id"] == "m_step.mu":
            part["score"] = 2.5
            part["checks"][0] |= {"status": "fail", "message": "With a case: off by 1.", "hint": "Divide by N_c."}
    written = record("elm", source_notebook(course), parts=parts)
    assert in_gradebook(graded, course, "elm")["test_m_step"] == 32.5
    outputs = cell(written, "test_m_step")["outputs"]
    assert "Divide by N_c." in outputs[0]["text"]
    assert {output.get("name", "stdout") for output in outputs} == {"stdout"}


def test_outputs_are_kept_in_the_form_that_jupyter_saves(record: Callable[..., Any], course: Assignment) -> None:
    """In a file a text is a list of lines. nbgrader fails if the lines are not joined."""
    notebook = copy.deepcopy(source_notebook(course))
    printed = {"output_type": "stream", "name": "stdout", "text": ["one line\n", "and another"]}
    shown = {"output_type": "display_data", "metadata": {}, "data": {"text/plain": ["<Figure\n", "size>"]}}
    cell(notebook, "e_step")["outputs"] = [printed, shown]
    outputs = cell(record("hazel", notebook), "e_step")["outputs"]
    assert (outputs[0]["text"], outputs[1]["data"]["text/plain"]) == ("one line\nand another", "<Figure\nsize>")
