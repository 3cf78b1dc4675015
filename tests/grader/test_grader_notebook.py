"""In a real Jupyter kernel: HTML verdicts, and cells that plain nbgrader can score."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUP = f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom grader import Grader\ngrader = Grader(key='.')"
CALLS = {
    "full": "grader.submit_step([1, 2], 3)",
    "partial": "grader.submit_step([1, 2], 4)",
    "zero": "grader.submit_step([2, 2], 4)",
    "arity": "grader.submit_step()",
    "no numbers": "grader.submit_step(None, print)",
    "status": "grader.status()",
    "help": "grader.submit_step?",
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Each call of CALLS as an executed cell that is worth 40 points."""
    nbclient, nbformat, _ = map(pytest.importorskip, ("nbclient", "nbformat", "ipykernel"))
    folder = tmp_path_factory.mktemp("notebook")
    value = {"tolerance": 1e-8, "scale": 1.0}
    description = {
        "schema": "autograder/key/v1",
        "assignment": "small",
        "title": "A small one",
        "notebook": "small.ipynb",
        "assignment_key": "small",
        "parts": [
            {"id": "a", "title": "Task <b>1</b>", "max_score": 10},
            {"id": "b", "title": "Task 2", "max_score": 30},
        ],
        "submits": [{"method": "submit_step", "values": ["pi", "loss"]}],
        "values": {"pi": {"part": "a", "axes": ["C"], **value}, "loss": {"part": "b", "axes": [], **value}},
        "fingerprints": {},
    }
    (folder / "key.json").write_text(json.dumps(description), encoding="utf-8")
    np.savez(folder / "key.npz", pi=np.array([1.0, 2.0]), loss=np.array(3.0))
    notebook = nbformat.v4.new_notebook()
    for source in (SETUP, *CALLS.values()):
        cell = nbformat.v4.new_code_cell(source)
        cell.metadata["nbgrader"] = {"grade": True, "solution": False, "points": 40, "grade_id": "x"}
        notebook.cells.append(cell)
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute(cwd=str(folder))
    return dict(zip(CALLS, notebook.cells[1:], strict=True))


def outputs(cell: Any, kind: str) -> list[Any]:
    return [output for output in cell.outputs if output.output_type == kind]


@pytest.mark.parametrize("call", CALLS)
def test_nothing_lands_on_stderr_and_nothing_raises(cells: dict[str, Any], call: str) -> None:
    assert outputs(cells[call], "error") == []
    assert outputs(cells[call], "stream") == []


def test_verdicts_are_html_with_a_plain_twin(cells: dict[str, Any]) -> None:
    shown, _ = outputs(cells["partial"], "display_data")  # the verdicts, and what may be behind the wrong one
    html, text = shown.data["text/html"], shown.data["text/plain"]
    assert "✓ passed" in html
    assert "✗ not passed" in html
    assert "✗ not passed" in text
    assert "loss is off by 1: got 4, expected 3" in html
    assert "background" not in html


def test_what_comes_from_the_key_is_escaped(cells: dict[str, Any]) -> None:
    for call in ("full", "status"):
        (shown,) = outputs(cells[call], "display_data")
        assert "Task &lt;b&gt;1&lt;/b&gt;" in shown.data["text/html"]
        assert "<b>1</b>" not in shown.data["text/html"]


def test_the_status_is_a_table_and_returns_nothing(cells: dict[str, Any]) -> None:
    (shown,) = cells["status"].outputs
    assert shown.data["text/html"].count("<tr>") == 4
    assert "0 of 40" in shown.data["text/html"]


@pytest.mark.parametrize(
    ("call", "points"),
    [("full", 40.0), ("partial", 10.0), ("zero", 0.0), ("arity", 0.0), ("no numbers", 0.0)],
)
@pytest.mark.filterwarnings("ignore")  # nbgrader's own imports warn
def test_nbgrader_reads_the_points_off_the_cell(cells: dict[str, Any], call: str, points: float) -> None:
    (result,) = outputs(cells[call], "execute_result")
    assert result.data["text/plain"] == str(points)
    utils = pytest.importorskip("nbgrader.utils")
    assert utils.determine_grade(cells[call]) == (points, 40.0)
    assert utils.get_partial_grade(result, 40.0) == points
