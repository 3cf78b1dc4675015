"""The failures that a proof reports, each from a kill matrix with rows made by hand."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment, Check, Misconception, UsageError
from autograder.assignment.policy_model import Part
from autograder.grading import CallLimits, Spec
from autograder.grading.naming import Diagnosis
from autograder.proof import Proof
from autograder.proof.chance import CheckTrials, Trials, passes_by_chance
from autograder.proof.prove import Row, proof_from_rows
from autograder.sandbox import Limits


def check_called(name: str, part: str) -> Check:
    def ask(student: Any, case: Any) -> None:
        """Asks."""

    ask.__name__ = name
    return Check(part, 5, lambda seed: [], False, None, None, ask)


CHECKS = [check_called("simple", "a"), check_called("harder", "a"), check_called("other", "b")]
PASSED = {check.name: "pass" for check in CHECKS}


def spec(kept: dict[str, str] | None = None, builds_on: tuple[str, ...] = ()) -> Spec:
    parts = (
        Part(id="a", title="A", function="f", cell="a", max_score=10),
        Part(id="b", title="B", function="g", cell="b", max_score=5, builds_on=builds_on),
    )
    empty: dict[str, Any] = {}
    assignment = Assignment(
        root=Path(),
        slug="x",
        title="X",
        notebook="x.ipynb",
        files=(),
        runs=(),
        parts=parts,
        submits=empty,
        limits=Limits(),
        tolerances=empty,
        seconds=empty,
        rubric=empty,
        equivalent=empty,
        kept=kept or {},
        key="x",
        endpoint=None,
        due=None,
        counts="best",
    )
    return Spec(assignment, "", tuple((check, ()) for check in CHECKS), Diagnosis(assignment), {}, CallLimits(60.0, {}))


def mistake(name: str, part: str, **more: Any) -> Misconception:
    def function() -> None:
        pass

    function.__name__ = name
    return Misconception(
        part, "A hint.", "Task", more.pop("also_breaks", ()), more.pop("same_answers_as", ""), function
    )


def wrong(name: str, *failed: str, part: str = "a", named: str = "") -> Row:
    outcomes = PASSED | dict.fromkeys(failed, "fail")
    return Row(name, "wrong", part, 0, outcomes, name, frozenset({named or name}))


# Each check is needed: `harder` catches a mistake that `simple` does not catch.
MISTAKES = {m.name: m for m in (mistake("one", "a"), mistake("two", "a"), mistake("three", "b"))}
ROWS = (
    Row("source", "right", "", 15, PASSED),
    Row("release", "unsolved", "", 0, dict.fromkeys(PASSED, "fail")),
    wrong("one", "simple"),
    wrong("two", "harder"),
    wrong("three", "other", part="b"),
)


def proof_with(*rows: Row, **of_spec: Any) -> Proof:
    """A proof without failures, except that these rows replace rows of the same name or are added."""
    changed = {row.name: row for row in (*ROWS, *rows)}
    return proof_from_rows(list(changed.values()), MISTAKES, spec(**of_spec))


def test_a_matrix_without_failures_is_proven() -> None:
    proof = proof_with()
    assert proof.failures == ()
    assert (proof.recognised, proof.misconceptions) == (3, 3)


@pytest.mark.parametrize(
    ("row", "failure"),
    [
        (Row("loops", "right", "", 10, PASSED | {"other": "fail"}), "loops is right, but fails other"),
        (Row("release", "unsolved", "", 5, PASSED | {"simple": "fail"}), "release is unsolved, but scores 5"),
        (Row("loops", "right", "", 15, PASSED | {"other": "error"}), "loops: the grader itself failed (other)"),
        (Row("loops", "right", "", 0, {}), "loops: the grader itself failed (no check ran)"),
        (wrong("three", part="b"), "three escapes: it passes every check of b"),
        (
            wrong("one", "simple", "other"),
            "one also loses points in b, which its `also_breaks` does not list: add it there, or correct the checks",
        ),
        (wrong("one", "simple", named="two"), "one is recognised as two, which it is not"),
    ],
)
def test_each_solution_that_is_not_as_claimed_is_reported_with_its_name(row: Row, failure: str) -> None:
    assert failure in proof_with(row).failures


def test_a_right_solution_whose_answer_another_part_cannot_use_is_told_so() -> None:
    row = Row("loops", "right", "", 10, PASSED | {"other": "fail"}, solves="f")
    [failure] = proof_with(row).failures
    assert failure.startswith("loops is right, but fails other. Only other parts fail (b): functions of the notebook ")
    own = dataclasses.replace(row, outcomes=PASSED | {"other": "fail", "simple": "fail"})
    assert proof_with(own).failures == ("loops is right, but fails simple, other",)


def test_a_listed_part_in_which_a_mistake_loses_no_points_is_reported() -> None:
    mistakes = MISTAKES | {"one": mistake("one", "a", also_breaks=("b",))}
    assert proof_from_rows(ROWS, mistakes, spec()).failures == (
        "`also_breaks` of one lists b, but it loses no points there: remove it from the list",
    )


def test_a_mistake_that_also_costs_a_part_that_calls_its_function_is_reported() -> None:
    (failure,) = proof_with(wrong("one", "simple", "other"), builds_on=("f",)).failures
    assert "one also loses points in b, which its `also_breaks` does not list" in failure


@pytest.mark.parametrize(("unnamed", "proven"), [(1, True), (2, False)])
def test_a_proof_needs_95_percent_of_the_mistakes_recognised(unnamed: int, proven: bool) -> None:
    more = [wrong(f"more_{i}", "simple") for i in range(18)]
    mistakes = MISTAKES | {row.name: mistake(row.name, "a") for row in more}
    rows = [dataclasses.replace(row, named=frozenset()) if i < unnamed else row for i, row in enumerate(more)]
    failures = proof_from_rows([*ROWS, *rows], mistakes, spec()).failures  # 21 mistakes
    assert (failures == ()) == proven
    assert proven or failures[0] == (
        "only 19 of 21 misconceptions are recognised, but 95% have to be; not recognised: more_0, more_1"
    )


def test_a_check_that_no_mistake_needs_is_reported_unless_it_is_kept_for_a_reason() -> None:
    caught_by_both = wrong("two", "simple", "harder")
    assert proof_with(caught_by_both).failures == (
        "the check 'harder' catches no mistake that an earlier check of its part does not catch: "
        "remove it, or give a reason for it under [kept]",
    )
    kept = proof_with(caught_by_both, kept={"harder": "it reads well"})
    assert kept.failures == ()
    assert kept.redundant == {"harder": "it reads well"}


@pytest.mark.parametrize("name", ["simple", "no_check"])
def test_a_reason_to_keep_a_check_that_is_needed_or_does_not_exist_is_reported(name: str) -> None:
    assert proof_with(kept={name: "why"}).failures == (
        f"[kept] names '{name}', but that check is needed anyway or does not exist: remove the line",
    )


def test_a_check_that_right_code_fails_by_bad_luck_too_often_is_refused_with_the_name() -> None:
    lucky, unlucky = (CheckTrials([Trials(100, *of)], []) for of in ((90, 30), (30, 10)))
    assert passes_by_chance("finds_it", {"loops": lucky})["right_code_passes_at_least"] > 0.999
    with pytest.raises(UsageError, match=r"the right solution 'einsum' passes with a probability of only 0\.9"):
        passes_by_chance("finds_it", {"loops": lucky, "einsum": unlucky})
