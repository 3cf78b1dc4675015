"""The hidden training problems: as hard for everybody, no dearer than the notebook's own, not to be had for nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.assignment import Assignment
from autograder.calibrate import Direct
from autograder.checks import Case, Check, CheckFailed, marked
from autograder.evidence import source_notebook
from reference.em_gmm import cases, checks, solution

TRAINING = [check for check in marked(checks, Check) if check.part == "em"]
SIGMA = [check for check in marked(checks, Check) if check.part == "m_step.sigma"]


def ask(check: Check, case: Case, **functions: Any) -> None:
    student = Direct({name: getattr(solution, name) for name in cases.FUNCTIONS} | functions)
    with np.errstate(all="ignore"):
        check.ask(student, case.judged_with(1e-6))


def passes(check: Check, **functions: Any) -> bool:
    try:
        for case in check.cases(None):
            ask(check, case, **functions)
    except CheckFailed:
        return False
    return True


def distances(X: Any) -> Any:
    return np.sort(np.linalg.norm(X[:, None] - X, axis=-1), axis=None)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_students_training_data_are_everybodys_turned_so_that_every_bound_is_the_same(seed: int) -> None:
    for own, common in zip(cases.crossing_ridges(seed), cases.crossing_ridges(), strict=True):
        assert not np.isin(own.X, common.X).any()
        assert np.allclose(distances(own.X), distances(common.X))
        assert (own.best, own.floor) == (common.best, common.floor)
        theta = solution.train_EM(own.X, 3, rtol=1e-8, max_iter=500, restarts=25, seed=1)
        assert theta[0] == pytest.approx(own.best, rel=1e-5)


def spent(train: Any, module: dict[str, Any], *arguments: Any) -> int:
    """How many points' responsibilities a call of train_EM asks for, over all components and iterations."""
    total = 0
    E_step = module["E_step"]

    def counting(X: Any, pi: Any, mu: Any, sigma: Any) -> Any:
        nonlocal total
        total += len(X) * len(mu)
        return E_step(X, pi, mu, sigma)

    module["E_step"] = counting
    np.random.seed(0)
    train(*arguments)
    module["E_step"] = E_step
    return total


def test_a_loop_that_is_as_slow_as_any_that_was_seen_has_time_enough_for_every_graded_call(
    course: Assignment,
) -> None:
    cells = {
        cell["metadata"].get("nbgrader", {}).get("grade_id"): "".join(cell["source"])
        for cell in source_notebook(course)["cells"]
    }
    module: dict[str, Any] = {"np": np}
    exec("from numpy.linalg import LinAlgError, slogdet, solve\nimport sys\nfrom tqdm import tqdm", module)
    for name in ("e_step", "m_step", "compute_vlb", "train_EM"):
        exec(cells[name], module)
    notebook = spent(module["train_EM"], module, cases.X, 3)
    graded = [
        spent(module["train_EM"], module, case.X, case.C, case.rtol, case.max_iter, case.restarts)
        for check in TRAINING
        for case in check.cases(None)
    ]
    assert 66 * max(graded) / notebook < 0.75 * course.limits.seconds_per_call


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
