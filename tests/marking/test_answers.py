"""A student's answer is found wherever it is left, and answers that are alike are marked together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.marking.answers import Answer, AnswerFinder, differences, groups_of_answers
from tests.marking.making import QUESTIONS, notebook_with

TEXT = "The gradient of the quadratic form is zero if and only if the mean is the weighted mean of all the points."


@pytest.fixture(scope="module")
def finder(course: Assignment) -> AnswerFinder:
    return AnswerFinder(course, QUESTIONS)


def cells_of(raw: bytes) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    notebook = json.loads(raw)
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in notebook["cells"]]
    return notebook, notebook["cells"], names.index("derive_mu")


def answer(finder: AnswerFinder, notebook: dict[str, Any]) -> Answer:
    return finder.answers(json.dumps(notebook).encode())["derive_mu"]


def test_an_answer_in_its_cell_is_found_also_without_metadata(finder: AnswerFinder, course: Assignment) -> None:
    notebook, cells, number = cells_of(notebook_with(course, {"derive_mu": TEXT}))
    first = answer(finder, notebook)
    assert (first.state, first.text) == ("answered", TEXT)
    for cell in cells:
        cell["metadata"] = {}
    assert answer(finder, notebook) == first
    cells[number] |= {"id": "other", "source": TEXT.splitlines(keepends=True)}
    assert answer(finder, notebook).sha256 == first.sha256


def test_an_answer_below_the_cell_counts_too(finder: AnswerFinder, course: Assignment) -> None:
    notebook, cells, number = cells_of(notebook_with(course, {}))
    cells.insert(number + 1, {"cell_type": "markdown", "id": "own", "metadata": {}, "source": TEXT})
    assert answer(finder, notebook).text == TEXT
    cells[number]["source"] = "See below."
    assert answer(finder, notebook).text == f"See below.\n\n{TEXT}"


@pytest.mark.parametrize("text", ["YOUR ANSWER HERE", "YOUR ANSWER HERE  \n\n", "", "  \n"])
def test_an_unchanged_or_empty_cell_is_no_answer(finder: AnswerFinder, course: Assignment, text: str) -> None:
    found = finder.answers(notebook_with(course, {"derive_mu": text}))["derive_mu"]
    assert (found.state, found.sha256) == ("empty", "")


def test_a_photo_is_an_answer(finder: AnswerFinder, course: Assignment) -> None:
    notebook, cells, number = cells_of(notebook_with(course, {}))
    cells[number] |= {"source": "", "attachments": {"a.png": {"image/png": "AAAA"}}}
    first = answer(finder, notebook)
    assert first.state == "answered"
    cells[number]["attachments"]["a.png"]["image/png"] = "AAAB"
    assert answer(finder, notebook).sha256 != first.sha256


@pytest.mark.parametrize("raw", [None, b"", b"[]", b'{"cells": 1}'])
def test_no_notebook_is_no_answer(finder: AnswerFinder, raw: bytes | None) -> None:
    assert finder.answers(raw)["derive_mu"].state == "unreadable"


def test_macros_of_earlier_cells_come_along(finder: AnswerFinder, course: Assignment) -> None:
    notebook, cells, _ = cells_of(notebook_with(course, {"derive_mu": TEXT}))
    macro = r"$\newcommand{\N}{\mathcal{N}}$"
    cells.insert(0, {"cell_type": "markdown", "id": "own", "metadata": {}, "source": macro})
    assert answer(finder, notebook).macros == (macro,)


def test_the_same_and_nearly_the_same_answers_are_a_group(finder: AnswerFinder, course: Assignment) -> None:
    texts = {
        "a": TEXT,
        "b": "Quite another way: complete the square, and read off where the bracket is as small as it can be.",
        "c": TEXT + "\n",
        "d": TEXT.replace("all the points", "all points"),
        "e": "",
        "f": "Only $x$.",
        "g": "Only $y$.",
        "h": "",
    }
    found = {k: finder.answers(notebook_with(course, {"derive_mu": t}))["derive_mu"] for k, t in texts.items()}
    assert groups_of_answers(found) == [["a", "c", "d"], ["b"], ["f"], ["g"], ["e", "h"]]
    assert differences(texts["a"], texts["d"]) == [("the", "")]
    assert differences("$a - b$", "$a + b$") == [("-", "+")]


def test_two_photos_are_never_nearly_the_same(finder: AnswerFinder, course: Assignment, tmp_path: Path) -> None:
    found = {}
    for name in ("AAAA", "AAAB"):
        notebook, cells, number = cells_of(notebook_with(course, {"derive_mu": TEXT}))
        cells[number]["attachments"] = {"a.png": {"image/png": name}}
        found[name] = answer(finder, notebook).light()
    assert groups_of_answers(found) == [["AAAA"], ["AAAB"]]
