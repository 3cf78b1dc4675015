"""Two students' code beside each other: what is the same is found, what is not is not called so."""

from __future__ import annotations

from autograder.reports.side_by_side import side_by_side

ONE = """import numpy as np

def E_step(X, pi):
    weights = pi * density(X)  # mine
    return weights / weights.sum(1)
"""
RENAMED = ONE.replace("weights", "w").replace("# mine", "")


def kinds(one: str, other: str, given: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    rows = side_by_side([one], [other], given)
    return [(left.kind if left else "", right.kind if right else "") for left, right in rows]


def test_equal_code_is_the_same_and_renamed_code_is_alike() -> None:
    assert set(kinds(ONE, ONE)) == {("same", "same")}
    assert kinds(ONE, RENAMED)[2:] == [("alike", "alike")] * 2


def test_lines_have_the_numbers_that_they_have_in_the_notebook_without_blank_ones() -> None:
    rows = side_by_side(["x = 1", "\ny = 2"], ["y = 2"], frozenset())
    assert [line.number for line, _ in rows if line] == [1, 3]


def test_code_of_their_own_is_not_called_the_same() -> None:
    other = "from math import inf\nbest = None\nfor _ in range(10):\n    best = max(best, train())\n"
    assert {kind for row in kinds(ONE, other) for kind in row if kind} == {"own"}


def test_a_function_that_was_moved_is_found() -> None:
    first, second = (
        "def f(a):\n    return sum(a[0] for a in b)\n",
        "def g(*c):\n    while c:\n        c = h(c, c - 1)\n",
    )
    moved = kinds(first + second, second + first)
    assert {right for _, right in moved if right} == {"alike", "moved"} or "moved" in {k for row in moved for k in row}
    assert "own" not in {left for left, _ in moved}


def test_lines_of_the_release_are_only_given() -> None:
    assert kinds(ONE, RENAMED, frozenset({"import numpy as np"}))[0] == ("given", "given")


def test_the_same_comment_is_the_same_and_another_one_is_not() -> None:
    assert kinds("# ask oak", "# ask oak") == [("same", "same")]
    assert kinds("# ask oak", "# ask elm") == [("own", "own")]


def test_code_that_is_long_or_no_python_is_shown_in_part() -> None:
    rows = side_by_side(["x = 1\n" * 20_000], ["'''\x00 (((\n" + "y" * 100_000], frozenset())
    assert len(rows) <= 800
    assert max(len(line.text) for row in rows for line in row if line) <= 300
