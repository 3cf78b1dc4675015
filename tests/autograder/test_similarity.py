"""Copies are found and independent work is not, measured on the evidence that the kit has."""

from __future__ import annotations

import json
import random
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from autograder import evidence, similarity
from autograder.assignment import Assignment
from autograder.checks import Alternative, marked
from autograder.notebook import code_to_run
from autograder.submissions import Submission

Choice = dict[str, int]


@pytest.fixture(scope="module")
def written(assignment: Assignment) -> dict[str, list[str]]:
    """The code of every correct solution, by function."""
    by_function: dict[str, list[str]] = {}
    for found in marked(assignment.alternatives, Alternative):
        by_function.setdefault(found.solves, []).append(evidence.source_of(found.function, found.solves))
    return by_function


@pytest.fixture(scope="module")
def given(assignment: Assignment) -> frozenset[str]:
    return similarity._given(assignment)


def cells(assignment: Assignment, written: dict[str, list[str]], choice: Choice) -> list[str]:
    chosen = {assignment.cell_of(name): written[name][number] for name, number in choice.items()}
    notebook = evidence.with_solutions(evidence.source_notebook(assignment), chosen)
    return code_to_run(evidence.to_bytes(notebook), assignment)


def disguised(code: list[str]) -> list[str]:
    """The same with other names, other comments and other spaces."""
    names = re.compile(r"\b(gamma|mu|sigma|diff|loss|log_\w+|best\w*|[a-z])\b")
    return [names.sub(lambda found: f"{found[0]}_of_mine", cell).replace(" = ", "  =  ") + "\n# mine" for cell in code]


@pytest.fixture(scope="module")
def independent(assignment: Assignment, written: dict[str, list[str]], given: frozenset[str]) -> dict[str, list[int]]:
    """A class in which no two have a function in common, as large as the evidence allows."""
    count = min(map(len, written.values()))
    return {
        f"s{number}": similarity.fingerprints(cells(assignment, written, dict.fromkeys(written, number)), given)
        for number in range(count)
    }


def share(one: list[int], other: list[int]) -> float:
    return len(set(one) & set(other)) / min(len(set(one)), len(set(other)))


def test_the_threshold_lies_between_independent_work_and_copies(
    assignment: Assignment, written: dict[str, list[str]], given: frozenset[str], independent: dict[str, list[int]]
) -> None:
    apart = max(share(one, other) for one, other in combinations(independent.values(), 2))
    draw = random.Random(0)
    choices = [{name: draw.randrange(len(all_)) for name, all_ in written.items()} for _ in range(20)]
    codes = [cells(assignment, written, choice) for choice in choices]
    copied = min(
        share(similarity.fingerprints(code, given), similarity.fingerprints(disguised(code), given)) for code in codes
    )
    assert apart < similarity.SHARE < copied
    assert similarity.SHARE - apart > 0.1
    assert copied - similarity.SHARE > 0.1


def test_a_disguised_copy_is_found_among_independent_work(
    assignment: Assignment, written: dict[str, list[str]], given: frozenset[str], independent: dict[str, list[int]]
) -> None:
    assert similarity.pairs(independent) == []
    copy = similarity.fingerprints(disguised(cells(assignment, written, dict.fromkeys(written, 3))), given)
    found = similarity.pairs({**independent, "copy": copy})
    assert [(pair.one, pair.other) for pair in found] == [("copy", "s3")]


def test_the_order_of_the_cells_does_not_hide_a_copy(
    assignment: Assignment, written: dict[str, list[str]], given: frozenset[str], independent: dict[str, list[int]]
) -> None:
    turned = cells(assignment, written, dict.fromkeys(written, 2))[::-1]
    found = similarity.pairs({**independent, "copy": similarity.fingerprints(turned, given)})
    assert [(pair.one, pair.other) for pair in found] == [("copy", "s2")]


def test_what_the_release_gives_away_does_not_count(assignment: Assignment, given: frozenset[str]) -> None:
    release = evidence.release_notebook(assignment)
    code = [cell["source"] for cell in release["cells"] if cell["cell_type"] == "code"]
    assert similarity.fingerprints(["".join(source) for source in code], given) == []


def test_what_much_of_the_class_shares_does_not_count(independent: dict[str, list[int]]) -> None:
    common = list(range(100))
    assert similarity.pairs({student: [*marks, *common] for student, marks in independent.items()}) == []


@pytest.mark.parametrize("code", ["", "'''never ends", "\x00\ud800 def (", "x" * 500_000, "((((" * 10_000])
def test_any_text_has_fingerprints(code: str) -> None:
    assert isinstance(similarity.fingerprints([code], frozenset()), list)


def result(student: str, sha: str = "a") -> dict[str, Any]:
    return {"student": student, "status": "graded", "notebook_sha256": sha}


def test_fingerprints_are_kept_beside_the_ledger_and_made_again_only_for_another_notebook(
    assignment: Assignment, tmp_path: Path
) -> None:
    notebook = tmp_path / "ash.ipynb"
    notebook.write_bytes(evidence.to_bytes(evidence.source_notebook(assignment)))
    submission = Submission("ash", notebook)
    similarity.record(tmp_path, assignment, [submission], [result("ash")])
    first = (tmp_path / similarity.NAME).read_text(encoding="utf-8")
    assert len(json.loads(first)["fingerprints"]) > similarity.LEAST
    notebook.unlink()
    similarity.record(tmp_path, assignment, [submission], [result("ash")])
    assert (tmp_path / similarity.NAME).read_text(encoding="utf-8") == first
    similarity.record(tmp_path, assignment, [submission], [result("ash", "b")])
    assert similarity.alike(tmp_path, [result("ash", "b")]) == ([], ["ash"])


def test_a_damaged_file_of_fingerprints_only_means_not_compared(tmp_path: Path) -> None:
    (tmp_path / similarity.NAME).write_text('{"student": "ash"}\n[1]\n{"stu', encoding="utf-8")
    assert similarity.alike(tmp_path, [result("ash")]) == ([], ["ash"])
