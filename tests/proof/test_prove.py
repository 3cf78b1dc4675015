"""What a proof says of a kill matrix: each way in which it can fail, from rows made by hand."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment, Check, Misconception, UsageError
from autograder.assignment.policy import Part
from autograder.grading import Spec
from autograder.grading.naming import Diagnosis
from autograder.proof import Proof, proof_as_json
from autograder.proof.chance import CheckTrials, Trials, passes_by_chance
from autograder.proof.prove import Row, proof_from_rows
from autograder.sandbox import Limits


def check_called(name: str, part: str) -> Check:
    def ask(student: Any, case: Any) -> None:
        """Asks."""

    ask.__name__ = name
    return Check(part, 5, lambda seed: [], False, None, None, ask)


CHECKS = [check_called("simple", "a"), check_called("harder", "a"), check_called("whole", "b")]
PASSED = {check.name: "pass" for check in CHECKS}


def spec(kept: dict[str, str] | None = None, builds_on: tuple[str, ...] = ()) -> Spec:
    parts = (Part("a", "A", "f", "a", 10), Part("b", "B", "g", "b", 5, builds_on=builds_on))
    empty: dict[str, Any] = {}
    assignment = Assignment(
        Path(), "x", "X", "x.ipynb", (), (), parts, empty, Limits(), empty, empty, kept or {}, "x", None, None, "best"
    )
    return Spec(assignment, tuple((check, ()) for check in CHECKS), Diagnosis(assignment), {}, "")


def mistake(name: str, part: str, **more: Any) -> Misconception:
    def function() -> None:
        pass

    function.__name__ = name
    return Misconception(part, "A hint.", "Task", more.pop("reaches", ()), more.pop("like", ""), function)


def wrong(name: str, *failed: str, part: str = "a", named: str = "") -> Row:
    outcomes = PASSED | dict.fromkeys(failed, "fail")
    return Row(name, "wrong", part, 0, outcomes, name, frozenset({named or name}))


# Each check is needed: `harder` sees what `simple` does not.
MISTAKES = {m.name: m for m in (mistake("one", "a"), mistake("two", "a"), mistake("three", "b"))}
ROWS = (
    Row("source", "right", "", 15, PASSED),
    Row("release", "unsolved", "", 0, dict.fromkeys(PASSED, "fail")),
    wrong("one", "simple"),
    wrong("two", "harder"),
    wrong("three", "whole", part="b"),
)


def proof_with(*rows: Row, **of_spec: Any) -> Proof:
    """All that is well, with some of its rows replaced or added."""
    changed = {row.name: row for row in (*ROWS, *rows)}
    return proof_from_rows(list(changed.values()), MISTAKES, spec(**of_spec))


def test_what_is_well_is_proven() -> None:
    proof = proof_with()
    assert proof.failures == ()
    assert (proof.recognised, proof.misconceptions) == (3, 3)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Row("loops", "right", "", 10, PASSED | {"whole": "fail"}), "loops is right, but fails whole"),
        (Row("release", "unsolved", "", 5, PASSED | {"simple": "fail"}), "release is unsolved, but scores 5"),
        (Row("loops", "right", "", 15, PASSED | {"whole": "error"}), "loops: the grader itself failed (whole)"),
        (Row("loops", "right", "", 0, {}), "loops: the grader itself failed (no check ran)"),
        (wrong("three", part="b"), "three escapes: it passes every check of b"),
        (wrong("one", "simple", "whole"), "one also loses points in b, which it does not declare in `reaches`"),
        (wrong("one", "simple", named="two"), "one is taken for two"),
    ],
)
def test_each_thing_that_is_not_as_claimed_is_told_with_its_name(row: Row, said: str) -> None:
    assert said in proof_with(row).failures


def test_a_claim_to_reach_a_part_that_loses_no_points_is_told() -> None:
    stale = MISTAKES | {"one": mistake("one", "a", reaches=("b",))}
    assert proof_from_rows(ROWS, stale, spec()).failures == (
        "one declares in `reaches` that it costs b, where it loses no points",
    )


def test_whoever_calls_the_broken_function_may_lose_points_and_is_counted() -> None:
    proof = proof_with(wrong("one", "simple", "whole"), builds_on=("f",))
    assert proof.failures == ()
    assert proof_as_json(proof)["costs_parts_built_on_it"] == {"one": ["b"]}


@pytest.mark.parametrize(("unnamed", "proven"), [(1, True), (2, False)])
def test_fewer_than_95_of_100_recognised_is_too_few(unnamed: int, proven: bool) -> None:
    more = [wrong(f"more_{i}", "simple") for i in range(18)]
    mistakes = MISTAKES | {row.name: mistake(row.name, "a") for row in more}
    rows = [dataclasses.replace(row, named=frozenset()) if i < unnamed else row for i, row in enumerate(more)]
    failures = proof_from_rows([*ROWS, *rows], mistakes, spec()).failures  # 21 mistakes
    assert (failures == ()) == proven
    assert proven or failures[0] == "only 19 of 21 misconceptions are recognised; not: more_0, more_1"


def test_a_check_that_no_mistake_needs_is_told_unless_it_is_kept_for_a_reason() -> None:
    needless = wrong("two", "simple", "harder")
    assert proof_with(needless).failures == (
        "the check 'harder' kills nothing that an earlier check of its part does not",
    )
    kept = proof_with(needless, kept={"harder": "it reads well"})
    assert kept.failures == ()
    assert kept.redundant == {"harder": "it reads well"}


@pytest.mark.parametrize("name", ["simple", "no_check"])
def test_a_reason_to_keep_what_is_needed_anyway_is_told(name: str) -> None:
    assert proof_with(kept={name: "why"}).failures == (f"[kept] names '{name}', which is needed anyway or is no check",)


def test_a_check_that_right_code_fails_by_bad_luck_too_often_is_refused_with_the_name() -> None:
    lucky, unlucky = (CheckTrials([Trials(100, *of)], []) for of in ((90, 30), (30, 10)))
    assert passes_by_chance("finds_it", {"loops": lucky})["right_code_passes_at_least"] > 0.999
    with pytest.raises(UsageError, match=r"finds_it: the alternative 'einsum' passes with a probability of only 0\.9"):
        passes_by_chance("finds_it", {"loops": lucky, "einsum": unlucky})
