"""Points follow from outcomes and rubric alone."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.grading import earned, with_credit

CHECKS = st.fixed_dictionaries(
    {
        "points": st.integers(1, 20),
        "status": st.sampled_from(["pass", "fail", "skipped", "error"]),
        "misconception": st.sampled_from([None, "ridge", "swapped"]),
    }
)
RESULTS = st.lists(st.lists(CHECKS, min_size=1, max_size=4), min_size=1, max_size=4).map(
    lambda parts: {"score": 0, "parts": [{"score": 0, "checks": checks} for checks in parts]}
)
RUBRICS = st.fixed_dictionaries({"ridge": st.floats(0, 1), "swapped": st.floats(0, 1)})


def result(*checks: tuple[int, str, str | None]) -> dict[str, Any]:
    made = [{"points": points, "status": status, "misconception": name} for points, status, name in checks]
    return {"score": 0, "parts": [{"score": 0, "checks": made}]}


def shares(rubric: dict[str, float]) -> Any:
    return lambda check: rubric[check["misconception"]]


def keeps(share: float) -> Any:
    return lambda check: share if check["misconception"] == "ridge" else 0.0


@pytest.mark.parametrize(
    ("checks", "score"),
    [
        ([(14, "pass", None), (6, "pass", None)], 20),
        ([(14, "fail", "ridge"), (6, "fail", "ridge")], 16),
        ([(14, "pass", None), (6, "fail", "ridge")], 18.8),
        ([(14, "fail", "swapped"), (6, "fail", "swapped")], 0),
        ([(14, "fail", None), (6, "fail", "ridge")], 4.8),
        ([(14, "fail", "ridge"), (6, "skipped", None)], 16),
        ([(14, "fail", None), (6, "skipped", None)], 0),
        ([(14, "error", None), (6, "pass", None)], 6),
    ],
)
def test_a_known_mistake_keeps_its_share(checks: list[tuple[int, str, str | None]], score: float) -> None:
    assert with_credit(result(*checks), keeps(0.8))["score"] == score


@given(RESULTS, RUBRICS)
def test_the_score_is_the_sum_of_the_parts_and_each_part_the_sum_of_its_checks(
    given_result: dict[str, Any], rubric: dict[str, float]
) -> None:
    credited = with_credit(given_result, shares(rubric))
    for part in credited["parts"]:
        assert part["score"] == pytest.approx(sum(earned(check) for check in part["checks"]))
        assert 0 <= part["score"] <= sum(check["points"] for check in part["checks"])
    assert credited["score"] == pytest.approx(sum(part["score"] for part in credited["parts"]))


@given(RESULTS, RUBRICS, RUBRICS)
def test_a_rubric_gives_the_same_score_whatever_rubric_was_applied_before(
    given_result: dict[str, Any], first: dict[str, float], second: dict[str, float]
) -> None:
    before = copy.deepcopy(given_result)
    stored = json.loads(json.dumps(with_credit(given_result, shares(first))))
    assert with_credit(stored, shares(second)) == with_credit(given_result, shares(second))
    assert given_result == before


@given(RESULTS, RUBRICS)
def test_a_kinder_rubric_costs_nobody_a_point(given_result: dict[str, Any], rubric: dict[str, float]) -> None:
    kinder = {name: (share + 1) / 2 for name, share in rubric.items()}
    assert with_credit(given_result, shares(kinder))["score"] >= with_credit(given_result, shares(rubric))["score"]


def test_a_check_of_an_earlier_ledger_earned_its_points_if_it_passed() -> None:
    assert [earned({"points": 3, "status": status}) for status in ("pass", "fail")] == [3, 0]
