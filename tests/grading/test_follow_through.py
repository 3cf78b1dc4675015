"""One mistake is paid for once: a part that calls a wrong function is asked again with a right one in its place."""

from __future__ import annotations

import pytest

from autograder.assignment import Assignment, Misconception, declared_in, source_of
from tests.grading.solutions import FULL, Checks, Grade, Scores, Solved

WRONG_E_STEP = "def E_step(X, pi, mu, sigma):\n    return np.full((len(X), len(pi)), 1 / len(pi))"


def mistake_in_training(assignment: Assignment, name: str) -> str:
    found = next(m for m in declared_in(assignment.misconceptions, Misconception) if m.name == name)
    return source_of(found.function, "train_EM")


def test_a_wrong_e_step_costs_its_own_points_and_training_says_what_to_mend(
    grade: Grade, solved: Solved, scores: Scores, checks: Checks
) -> None:
    result = grade(solved(e_step=WRONG_E_STEP))
    assert scores(result) == FULL | {"e_step": scores(result)["e_step"]}
    followed = [check for check in checks(result, "em") if check["followed_through"]]
    assert followed
    for check in followed:
        assert check["status"] == "pass"
        said = "With correct E_step in place of yours, train_EM passes this. Correct your E_step first."
        assert check["message"] == said
    assert not any(check["followed_through"] for check in checks(result) if check not in followed)


def test_with_several_wrong_functions_all_of_them_are_replaced(
    grade: Grade, solved: Solved, scores: Scores, checks: Checks
) -> None:
    unsolved = {
        "e_step": "def E_step(*_):\n    raise NotImplementedError",
        "m_step": "def M_step(*_):\n    raise NotImplementedError",
        "compute_vlb": "def compute_vlb(*_):\n    raise NotImplementedError",
    }
    result = grade(solved(**unsolved))
    assert scores(result) == dict.fromkeys(FULL, 0) | {"em": 20}
    assert "With correct E_step, M_step and compute_vlb in place of yours" in checks(result, "em")[0]["message"]


def test_a_mistake_of_training_itself_is_paid_for_and_named_beside_a_wrong_e_step(
    grade: Grade, solved: Solved, checks: Checks, assignment: Assignment
) -> None:
    training = mistake_in_training(assignment, "smallest_bound_kept")
    alone = checks(grade(solved(train_EM=training)), "em")
    both = checks(grade(solved(e_step=WRONG_E_STEP, train_EM=training)), "em")
    assert [c["status"] for c in both] == [c["status"] for c in alone]
    assert [c["misconception"] for c in both] == [c["misconception"] for c in alone]
    failed = [check for check in both if check["status"] == "fail"]
    assert failed
    assert all("(The grader saw this with correct E_step in place of yours.)" in c["message"] for c in failed)


def test_training_alone_that_loses_points_is_not_asked_again(
    grade: Grade, solved: Solved, checks: Checks, assignment: Assignment
) -> None:
    found = checks(grade(solved(train_EM=mistake_in_training(assignment, "smallest_bound_kept"))), "em")
    assert "fail" in {check["status"] for check in found}
    assert not any(check["followed_through"] for check in found)
    assert not any("in place of yours" in check["message"] for check in found)


CALLS = {
    "under a second name": ("my_e_step = E_step", "my_e_step(X, pi, mu, sigma)"),
    "with names": ("", "E_step(X=X, pi=pi, sigma=sigma, mu=mu)"),
    "with an argument of its own": ("", "E_step(X, pi, mu, sigma, 1e-9)"),
    "with lists": ("", "E_step(X.tolist(), pi.tolist(), mu.tolist(), sigma.tolist())"),
}


@pytest.mark.parametrize("how", CALLS)
def test_a_right_training_may_call_the_replaced_function(
    grade: Grade, solved: Solved, scores: Scores, right: dict[str, str], how: str
) -> None:
    before, call = CALLS[how]
    wrong = WRONG_E_STEP.replace("sigma):", "sigma, extra=0.0):") + f"\n{before}"
    training = f"def own(X, pi, mu, sigma):\n    return {call}\n" + right["train_EM"].replace("E_step(", "own(")
    assert "own(X" in training.split("\n", 2)[2]
    result = grade(solved(e_step=wrong, train_EM=training))
    assert scores(result)["em"] == FULL["em"]
