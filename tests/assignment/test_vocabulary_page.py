"""Each example of docs/vocabulary.md accepts a right student, and says its sentence to a wrong one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.assignment import Case, CheckFailed, close_up_to_labels, expect, unpack
from autograder.proof.in_process_student import InProcessStudent

PAGE = (Path(__file__).parents[2] / "docs" / "vocabulary.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n((?:(?!```).)*)```\n\n> (.*?)\n\n", PAGE, re.DOTALL)
CASE = Case("an example", {"x": np.arange(4.0)}, tolerance=1e-6)
A = np.array([[0.1, 0.9], [0.3, 0.7]])


class Counter:
    step = 0

    def __init__(self, start: int) -> None:
        self.total = start + self.step

    def add(self, number: int) -> int:
        self.total += number
        return self.total


class OffByOne(Counter):
    step = 1


# What a right and what a wrong student have, in the order of the page.
STUDENTS: list[tuple[str, Any, Any]] = [
    ("train", lambda x: (w for w in (1.0, [1, 2])), lambda x: (1.0, [1, 2], 3)),
    ("Counter", Counter, OffByOne),
    ("answer_2b", lambda: "b", lambda: "c"),
    ("posterior", lambda x: np.ones((4, 3)), lambda x: np.ones((4, 2))),
    ("assign", lambda x: np.arange(5), lambda x: [0, 1, 2, 3, 4]),
    ("mean", lambda x: (0.5, 2), lambda x: (0.5, 1)),
    ("log_probabilities", lambda x: [-np.inf, 0, np.nan], lambda x: [0, 0, np.nan]),
    ("vectors", lambda x: np.diag([-1, 1]), lambda x: np.ones((2, 2))),
    ("centres", lambda x: [4, 1, 2], lambda x: [4, 1, 3]),
    ("train", lambda x: ([0.8, 0.2], A[::-1, ::-1], [1, 0, 0]), lambda x: ([0.8, 0.2], A, [0, 1, 1])),
    ("states", lambda x: [0, 2, 1], lambda x: (0, 2, 2)),
    ("states", lambda x: [0.0, 2.0, 1.0], lambda x: [0, 2]),
    ("tags", lambda x: np.array(["noun", "verb"]), lambda x: ["noun", 2]),
    ("summary", lambda x: {"labels": ("a", "b"), "mean": 2 + 1e-9}, lambda x: {"labels": ["a", "b"], "mean": 1}),
    ("neighbours", lambda x: ["b", "a", "b"], lambda x: ["b", "a", "a"]),
    ("path", lambda x: [1, 1], lambda x: [1, 0]),
    ("order", lambda x: [2, 0, 1], lambda x: [2, 0, 2]),
]


def ask(code: str, name: str, function: Callable[..., Any]) -> None:
    names = {"np": np, "expect": expect, "unpack": unpack, "close_up_to_labels": close_up_to_labels, "case": CASE}
    exec(code, {**names, "student": InProcessStudent({name: function})})


@pytest.mark.parametrize(
    ("example", "student"), list(zip(EXAMPLES, STUDENTS, strict=True)), ids=[name for name, _, _ in STUDENTS]
)
def test_an_example_does_what_the_page_says(example: tuple[str, str], student: tuple[str, Any, Any]) -> None:
    (code, sentence), (name, right, wrong) = example, student
    ask(code, name, right)
    with pytest.raises(CheckFailed) as failed:
        ask(code, name, wrong)
    assert str(failed.value) == sentence


def test_every_demand_is_on_the_page() -> None:
    demands = [name for name, value in vars(expect).items() if callable(value) and not name.startswith("_")]
    assert [name for name in demands if f"`{name}`" not in PAGE and f".{name}(" not in PAGE] == []
