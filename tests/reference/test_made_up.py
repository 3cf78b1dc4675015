"""What was made up passes nothing: neither a mixture that was never fitted nor a sigma about a mu from nowhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.assignment import Case, Check, CheckFailed, declared_in
from autograder.proof.in_process_student import InProcessStudent
from reference.em_gmm import cases, checks, solution

TRAINING = [check for check in declared_in(checks, Check) if check.part == "em"]
SIGMA = [check for check in declared_in(checks, Check) if check.part == "m_step.sigma"]


def ask(check: Check, case: Case, **functions: Any) -> None:
    student = InProcessStudent({name: getattr(solution, name) for name in cases.FUNCTIONS} | functions)
    with np.errstate(all="ignore"):
        check.ask(student, case.with_tolerance(1e-6))


def passes(check: Check, **functions: Any) -> bool:
    """Whether code gets the points of a check: it must also pass the check that comes before it."""
    if check.after and not passes(next(c for c in TRAINING + SIGMA if c.name == check.after), **functions):
        return False
    try:
        for case in check.cases(None):
            ask(check, case, **functions)
    except CheckFailed:
        return False
    return True


class Fixed:
    """Training that was never done: a mixture that is made up, with the bound that goes with it."""

    def __init__(self, mu: float, sigma: float) -> None:
        self.mu, self.sigma = mu, sigma

    def __call__(self, X: Any, C: int, *_: Any) -> tuple[Any, ...]:
        d = X.shape[1]
        return 5.0, np.full(C, 1 / C), np.full((C, d), self.mu), np.broadcast_to(self.sigma * np.eye(d), (C, d, d))


@pytest.mark.parametrize(
    "made_up",
    [Fixed(1e200, 1.0), Fixed(0.0, 1.7e308), Fixed(0.0, 1e-320), Fixed(1.7e308, 1.7e308), Fixed(0.0, 5.0)],
    ids=["far", "wide", "narrow", "both", "plausible"],
)
@pytest.mark.parametrize(
    "check", [c for c in TRAINING if c.name != "loss_belongs_to_the_parameters"], ids=lambda c: c.name
)
def test_a_mixture_that_was_never_fitted_passes_nothing(check: Check, made_up: Fixed) -> None:
    assert not passes(check, train_EM=made_up, compute_vlb=lambda *_: 5.0)


def m_step_about(offset: float) -> Any:
    """Right but for mu, and a sigma that is right about that mu."""

    def m_step(X: Any, gamma: Any) -> tuple[Any, ...]:
        pi, mu, _ = solution.M_step(X, gamma)
        mu = mu + offset * X.std()
        return pi, mu, checks._covariance_about(mu, X, gamma)

    return m_step


@pytest.mark.parametrize("check", SIGMA, ids=lambda c: c.name)
def test_a_sigma_that_is_right_about_a_wrong_mu_passes(check: Check) -> None:
    assert passes(check, M_step=m_step_about(2.0))


@pytest.mark.parametrize("far", [1e6, 1e30, 1e154])
@pytest.mark.parametrize("check", SIGMA, ids=lambda c: c.name)
def test_a_mu_from_nowhere_does_not_make_a_sigma_right(check: Check, far: float) -> None:
    def m_step(X: Any, gamma: Any) -> tuple[Any, ...]:
        C, d = gamma.shape[1], X.shape[1]
        return np.full(C, 1 / C), np.full((C, d), far), np.full((C, d, d), far**2)

    assert not passes(check, M_step=m_step)


[LEFT_ALONE] = [check for check in declared_in(checks, Check) if check.name == "vlb_leaves_its_arguments_alone"]


def twice_the_bound(X: Any, pi: Any, mu: Any, sigma: Any, gamma: Any) -> Any:
    """Wrong, but it depends on all of its arguments and not on the order of the points."""
    return 2.0 * solution.compute_vlb(X, pi, mu, sigma, gamma)


def without_gamma(X: Any, pi: Any, mu: Any, sigma: Any, gamma: Any) -> Any:
    return solution.compute_vlb(X, pi, mu, sigma, solution.E_step(X, pi, mu, sigma))


def zeros_replaced(X: Any, pi: Any, mu: Any, sigma: Any, gamma: Any) -> Any:
    gamma[gamma == 0] = 1e-300
    return solution.compute_vlb(X, pi, mu, sigma, gamma)


@pytest.mark.parametrize("bound", [twice_the_bound, without_gamma])
def test_a_wrong_bound_that_leaves_its_arguments_alone_keeps_the_point_for_that(bound: Any) -> None:
    assert passes(LEFT_ALONE, compute_vlb=bound)


@pytest.mark.parametrize(
    "bound",
    [
        zeros_replaced,
        lambda *_: -1000.0,
        lambda *_: np.nan,
        lambda *_: None,
        lambda X, *_: X.sum(),
        lambda X, pi, mu, sigma, gamma: gamma[0, 0],
    ],
)
def test_a_bound_that_changes_its_arguments_or_is_none_does_not(bound: Any) -> None:
    assert not passes(LEFT_ALONE, compute_vlb=bound)
