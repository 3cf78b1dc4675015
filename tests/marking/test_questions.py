"""The questions that people mark are the cells that nbgrader grades by hand."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from autograder.assignment import Assignment, load
from autograder.marking import questions_of
from autograder.marking.answers import AnswerFinder


def cell(source: str, **mark: Any) -> dict[str, Any]:
    metadata = {"nbgrader": mark | {"schema_version": 3}} if mark else {}
    return {"cell_type": "markdown", "id": f"c{abs(hash(source))}", "metadata": metadata, "source": source}


def assignment_of(course: Assignment, root: Path, *cells: dict[str, Any]) -> Assignment:
    for folder in ("source", "release"):
        (root / folder / "em_gmm").mkdir(parents=True)
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}
        (root / folder / "em_gmm" / course.notebook).write_text(json.dumps(notebook))
    return dataclasses.replace(course, root=root)


def test_the_derivations_of_both_assignments_have_titles_points_and_model_answers(root: Path) -> None:
    for slug, ids in (
        ("em_gmm", ["derive_mu", "derive_pi", "derive_sigma"]),
        ("hmm", ["derive_forward", "derive_posterior", "derive_m_step"]),
    ):
        questions = questions_of(load(root, slug))
        assert [question.id for question in questions] == ids
        assert sum(question.max_score for question in questions) == 30
        assert all(question.title.startswith("Derivation") for question in questions)
        assert all(len(question.model_answer) > 300 for question in questions)
        assert not any("SOLUTION" in question.model_answer for question in questions)


def test_a_task_of_nbgrader_is_a_question_and_what_stands_below_it_is_the_answer(
    course: Assignment, tmp_path: Path
) -> None:
    text = "## Draw it\n\nDraw the bound.\n\n=== BEGIN MARK SCHEME ===\nIt never falls.\n=== END MARK SCHEME ==="
    task = cell(text, grade_id="draw", points=4, task=True, grade=False, solution=False, locked=True)
    made = assignment_of(course, tmp_path, cell("# Title"), task, cell("The end."))
    [question] = questions_of(made)
    assert (question.id, question.title, question.max_score) == ("draw", "Draw it", 4)
    assert (question.prompt, question.model_answer) == ("## Draw it\n\nDraw the bound.", "It never falls.")
    finder = AnswerFinder(made, ["draw"])
    cells = [cell("# Title"), task, cell("My picture shows it."), cell("The end.")]
    raw = json.dumps({"nbformat": 4, "cells": cells}).encode()
    assert finder.answers(raw)["draw"].text == "My picture shows it."
    del cells[2]
    assert finder.answers(json.dumps({"nbformat": 4, "cells": cells}).encode())["draw"].state == "empty"


def test_an_assignment_without_such_cells_has_no_questions(course: Assignment, tmp_path: Path) -> None:
    locked = cell("Read me.", grade_id="read", locked=True, grade=False, solution=False)
    assert questions_of(assignment_of(course, tmp_path, locked)) == ()
