"""Observations: facts about a student's code, said where a part lost points. Reading the code costs nobody a point."""

from __future__ import annotations

import json
import textwrap

import pytest

from autograder.assignment import Assignment, NoCode, StudentCode
from autograder.grading import observe
from tests.grading.solutions import Checks, Grade, Solved

DEEP = 20_000
STOP = "def train_EM(*_):\n    raise NotImplementedError"


def code(text: str, function: str = "f", *others: str) -> StudentCode:
    return StudentCode([textwrap.dedent(text)], function, others)


def test_the_helpers_that_a_function_uses_belong_to_its_code() -> None:
    found = code(
        """
        def unused(x): return x
        def inner(x): return x
        def helper(x): return inner(x)
        def other(x): return x
        def f(x): return helper(x) + other(x)
        """,
        "f",
        "other",
    )
    assert set(found.definitions) == {"f", "helper", "inner"}


def test_the_last_definition_counts_and_another_name_leads_to_it() -> None:
    assert "2" in code("def f(x): return 1\ndef f(x): return 2").text
    assert code("def mine(x): return 2\nf = mine").function == "mine"


def test_a_magic_line_does_not_hide_a_function() -> None:
    assert "f" in code("%matplotlib inline\n!pip install x\ndef f(x): return 1").definitions


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1e-10", 1e-10),
        ("10 ** -8", 1e-8),
        ("np.finfo(float).eps", 2.0**-52),
        ("-700", -700),
        ("x", None),
        ("g()", None),
    ],
)
def test_a_variable_that_is_bound_once_stands_for_its_number(value: str, number: float | None) -> None:
    found = code(f"def f(x):\n    eps = {value}\n    return x + eps")
    use = next(node for node in found.definitions["f"].find_all(pattern="eps"))
    assert found.constant(use, "f") == number
    twice = code(f"def f(x):\n    eps = {value}\n    eps = 3 * eps\n    return x + eps")
    assert twice.constant(next(iter(twice.definitions["f"].find_all(pattern="eps"))), "f") is None


@pytest.mark.parametrize("text", ["", "def g(x): pass", "def f(x: return", "x = '\0'"])
def test_code_that_cannot_be_read_is_no_code(text: str) -> None:
    with pytest.raises(NoCode):
        code(text)


HOSTILE = {
    "brackets": "(" * DEEP + "1" + ")" * DEEP,
    "open brackets": "[" * DEEP,
    "a chain": "a" + ".b" * DEEP,
    "a sum": "+".join(["a"] * DEEP),
    "signs": "-" * DEEP + "1",
    "nots": "not " * DEEP + "1",
    "lambdas": "lambda: " * DEEP + "1",
    "logarithms": "np.log(" * DEEP + "1" + " + 1e-10)" * DEEP,
    "names": " + ".join(f"name_{i}" for i in range(DEEP // 2)),
    "spaces": " " * (5 * DEEP),
    "zeros": "1" + "0" * (5 * DEEP),
    "a power": "9 ** 9 ** 9 ** 9",
    "broken characters": "'\ud800' + \"\\N{nothing}\"",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_code_has_no_observation_and_stops_nothing(assignment: Assignment, text: str) -> None:
    source = f"def compute_vlb(X, pi, mu, sigma, gamma):\n    eps = {text}\n    return np.log(X + eps)"
    raw = json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": source}]}).encode()
    assert all(len(sentence) <= 300 for sentence in observe(raw, "vlb", assignment))


def test_code_without_end_has_no_observation(assignment: Assignment) -> None:
    with pytest.raises(NoCode, match="characters"):
        code("def f(x): return 1\n" + "# more\n" * 100_000)


def test_the_failed_checks_of_a_part_that_lost_points_say_what_is_seen_in_its_code(
    grade: Grade, solved: Solved, checks: Checks
) -> None:
    wrong = "def compute_vlb(X, pi, mu, sigma, gamma):\n    eps = 1e-3\n    return np.sum(np.log(gamma + eps))"
    result = grade(solved(compute_vlb=wrong, train_EM=STOP))
    failed = [check for check in checks(result, "vlb") if check["status"] == "fail"]
    assert failed
    for check in failed:
        assert "You add eps = 0.001 inside a logarithm: `np.log(gamma + eps)`." in check["observations"]
    assert all(check["observations"] == [] for check in checks(result) if check["status"] != "fail")


def test_nothing_is_said_about_code_that_loses_no_points(grade: Grade, solved: Solved, checks: Checks) -> None:
    harmless = "_right = E_step\ndef E_step(X, pi, mu, sigma):\n    return np.maximum(_right(X, pi, mu, sigma), 1e-200)"
    result = grade(solved(after=harmless, train_EM=STOP))
    assert {check["status"] for check in checks(result, "e_step")} == {"pass"}
    assert [check["observations"] for check in checks(result, "e_step") if check["observations"]] == []
