"""Small changes of a reference, and how the mutants that pass every check are sorted."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autograder.assignment import Check, Findings
from autograder.proof.mutant_hunt import FurtherAnswers, further_calls, sort_mutants
from autograder.proof.mutate import Mutant, mutants

REFERENCE = '''
"""A module."""
import numpy as np

SIZE = 3

def f(x: int = 1):
    """Doc."""
    if x < 2:
        raise ValueError("too small")
    return -np.sum(2.5 * x, axis=0)
'''


def test_every_operator_number_name_argument_and_statement_is_changed() -> None:
    changes = [mutant.change for mutant in mutants(REFERENCE)]
    assert changes == [
        "f: dropped `if x < 2: raise ValueError('too small')`",
        "f: `x < 2` became `x <= 2`",
        "f: `x < 2` became `x > 2`",
        "f: `2` became `3`",
        "f: `2` became `1`",
        "f: `-np.sum(2.5 * x, axis=0)` became `np.sum(2.5 * x, axis=0)`",
        "f: `np.sum(2.5 * x, axis=0)` became `np.sum(2.5 * x)`",
        "f: `np.sum` became `np.mean`",
        "f: `np.sum` became `np.max`",
        "f: `2.5 * x` became `2.5 / x`",
        "f: `2.5 * x` became `2.5`",
        "f: `2.5 * x` became `x`",
        "f: `2.5` became `6.0`",
        "f: `2.5` became `-3.5`",
        "f: `0` became `1`",
        "f: `0` became `-1`",
    ]


def test_each_mutant_is_a_different_module_that_compiles() -> None:
    found = list(mutants(REFERENCE))
    assert len({mutant.source for mutant in found}) == len({mutant.name for mutant in found}) == len(found)
    for mutant in found:
        compile(mutant.source, mutant.name, "exec")
        assert "SIZE = 3" in mutant.source


# ---------------------------------------------------------------- mutants that pass every check


def f(x: Any) -> Any:
    if x < 0:
        raise ValueError("below zero")
    return 2.0 * x


def asks(student: Any, case: Any) -> None:
    """Asks."""


@pytest.fixture
def assignment(tmp_path: Path) -> Any:
    """What sorting mutants needs: a reference that doubles. Right solutions deviate from it by up to 1e-9."""
    measured = {"checks": {"asks": {"furthest_alternative": {"name": "loops", "deviation": 1e-9}}}}
    (tmp_path / "calibration.json").write_text(json.dumps(measured))
    asks.mark = Check("a", 1, lambda seed: [], False, None, None, asks)  # type: ignore[attr-defined]
    return SimpleNamespace(
        slug="doubles",
        reference=tmp_path,
        source=tmp_path,
        data=tmp_path,
        functions=("f",),
        part=lambda id: SimpleNamespace(function="f"),
        checks=SimpleNamespace(asks=asks),
        solution=SimpleNamespace(f=f),
        cases=SimpleNamespace(further=lambda: [("f", (3.0,)), ("f", (-1.0,))]),
        equivalent={},
    )


def mutant_with(body: str) -> Mutant:
    source = f"def f(x):\n    if x < 0:\n        raise ValueError('other words')\n    {body}\n"
    return Mutant("mutant_000", "f: changed", source)


@pytest.mark.parametrize(
    ("mutant", "survives"),
    [
        (mutant_with("return 2.0 * x"), False),
        (mutant_with("return 2.0 * x * (1 + 5e-9)"), False),
        (mutant_with("return 2.0 * x * (1 + 5e-8)"), True),
        (mutant_with("return 2.0 * x, 1"), True),
        (mutant_with("return 'six'"), True),
        (Mutant("mutant_000", "f: changed", "def f(x):\n    return 2.0 * x"), True),
        (Mutant("mutant_000", "f: changed", mutant_with("return 2.0 * x").source.replace("Value", "Type")), True),
    ],
    ids=["same", "within 10 right deviations", "beyond them", "two values", "no number", "no error", "other error"],
)
def test_a_mutant_that_passes_survives_when_a_further_answer_differs(
    assignment: Any, mutant: Mutant, survives: bool
) -> None:
    hunted = sort_mutants(assignment, [(mutant, FurtherAnswers(assignment).changed_by(mutant))], caught=7)
    assert hunted.survivors == ((mutant,) if survives else ())
    assert hunted.unchanged == (() if survives else (mutant,))
    assert hunted.caught == 7


def test_a_reason_counts_for_its_own_change_only_and_is_stale_without_that_change(assignment: Any) -> None:
    assignment.equivalent = {"f: changed": "why not", "f: something else": "long gone"}
    mutant = mutant_with("return x")
    hunted = sort_mutants(
        assignment, [(mutant, True), (dataclasses.replace(mutant, change="f: unknown"), True)], caught=0
    )
    assert hunted.listed_as_equivalent == ((mutant, "why not"),)
    assert [m.change for m in hunted.survivors] == ["f: unknown"]
    assert hunted.unused_reasons == ("f: something else",)


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        (SimpleNamespace(), "this file defines no function further"),
        (SimpleNamespace(further=lambda: [("f", (1.0,)), "f"]), "something else than pairs"),
        (SimpleNamespace(further=lambda: [("g", (1.0,))]), "something else than pairs"),
    ],
    ids=["none", "no pair", "no such function"],
)
def test_without_further_calls_the_author_reads_what_to_write(assignment: Any, cases: Any, said: str) -> None:
    assignment.cases = cases
    with pytest.raises(Findings, match=f"reference/doubles/cases.py: .*{said}"):
        further_calls(assignment)


def test_an_exception_of_the_authors_code_is_told_with_its_line(assignment: Any, tmp_path: Path) -> None:
    assignment.root = tmp_path
    namespace: dict[str, Any] = {}
    exec(compile("def further():\n    return [0][1]\n", str(tmp_path / "cases.py"), "exec"), namespace)
    assignment.cases = SimpleNamespace(**namespace)
    with pytest.raises(Findings, match=r"cases\.py:2: IndexError"):
        further_calls(assignment)
