"""The graded checks of EM for Gaussian mixtures: 100 points over six parts, all of them on hidden cases.

`student` calls the student's functions, which usually run in another process. The checks themselves never run there.
Each returned value is checked before it is used.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.assignment import (
    Case,
    CheckFailed,
    check,
    expect,
    unpack,
)
from reference.em_gmm import cases, training
from reference.em_gmm.returned import (
    COLLAPSED,
    Training,
    demand_best,
    demand_bound_of_parameters,
    demand_fitted,
    demand_other_ends,
    iterates,
    trained,
)
from reference.em_gmm.solution import Array, E_step, M_step, compute_vlb

# ---------------------------------------------------------------- Task 1


def _gamma(student: Any, case: Case) -> expect:
    gamma = student.E_step(case.X, case.pi, case.mu, case.sigma)
    return expect(gamma, "gamma").shape(case.N, case.C, axes=("N", "C")).finite()


def _right_gamma(student: Any, case: Case) -> None:
    _gamma(student, case).close_to(case.compute_once(E_step, "X", "pi", "mu", "sigma"), case.tolerance)


@check("e_step", points=2, cases=cases.ordinary)
def rows_sum_to_one(student: Any, case: Case) -> None:
    """gamma holds probabilities that depend on the points, and each of its rows sums to one."""
    gamma = _gamma(student, case)
    gamma.holds(bool((gamma.array >= 0).all()), "has negative entries.")
    row_sums = expect(gamma.array.sum(axis=1), "the sum of each row of gamma").shape(case.N)
    row_sums.close_to(np.ones(case.N), case.tolerance)
    # It is easy to make up rows that sum to one, so they must also depend on the components.
    right = case.compute_once(E_step, "X", "pi", "mu", "sigma")
    agreement, full = (float((table * (right - right.mean(axis=0))).sum()) for table in (gamma.array, right))
    gamma.holds(agreement > 0.25 * full, "has nothing to do with the components.")


@check("e_step", points=10, cases=cases.ordinary)
def gamma_is_the_posterior(student: Any, case: Case) -> None:
    """gamma is the posterior of the components for samples and parameters not seen before."""
    _right_gamma(student, case)


@check("e_step", points=4, cases=lambda seed: cases.any_shape(seed) + cases.in_other_units(seed))
def e_step_for_any_data(student: Any, case: Case) -> None:
    """The E-step is right for any N, d and C, and in any units."""
    _right_gamma(student, case)


@check("e_step", points=4, cases=cases.far_points)
def survives_far_points(student: Any, case: Case) -> None:
    """Responsibilities are finite and right for points more than 40 standard deviations from every component."""
    _right_gamma(student, case)


# ---------------------------------------------------------------- Task 2


def _m_step(student: Any, case: Case, name: str) -> expect:
    names = ("pi", "mu", "sigma")
    value = unpack(student.M_step(case.X, case.gamma), names)[names.index(name)]
    shapes = {"pi": ("C",), "mu": ("C", "d"), "sigma": ("C", "d", "d")}
    axes = shapes[name]
    return expect(value, name, names).shape(*(getattr(case, axis) for axis in axes), axes=axes).finite()


def _right_pi(student: Any, case: Case) -> None:
    _m_step(student, case, "pi").close_to(case.compute_once(M_step, "X", "gamma")[0], case.tolerance)


def _right_mu(student: Any, case: Case) -> None:
    expected = case.compute_once(M_step, "X", "gamma")[1]
    _m_step(student, case, "mu").close_to(expected, case.tolerance, _spread(case.X))


def _right_sigma(student: Any, case: Case) -> None:
    """Demand sigma about the true mu or the student's own mu. So a wrong mu costs points only in its own part."""
    sigma, spread = _m_step(student, case, "sigma"), _spread(case.X)
    _, mu, expected = case.compute_once(M_step, "X", "gamma")
    try:
        own_mu = _m_step(student, case, "mu").array
    except CheckFailed:
        own_mu = mu
    wrong_by = np.abs(own_mu - mu).max() / spread
    # If mu is far away, the data hardly count: about a distant point, all samples have almost the same covariance.
    if 1e-6 < wrong_by < 1e4:
        about_own = _covariance_about(own_mu, case.X, case.gamma)
        rounding = 1e-13 * float(np.abs(about_own).max())
        if np.abs(sigma.array - about_own).max() <= max(case.tolerance * spread**2, rounding):
            return
    sigma.close_to(expected, case.tolerance, spread**2)


def _covariance_about(mu: Array, X: Array, gamma: Array) -> Array:
    """Weighted second moments about any mu (C, d), shape (C, d, d)."""
    centred = X - mu[:, None, :]
    return np.einsum("nc,cni,cnj->cij", gamma, centred, centred) / gamma.sum(axis=0)[:, None, None]


def _spread(X: Array) -> float:
    """The unit for errors of a mean: the root mean square distance from the centre, 1 for a single point."""
    return float(np.sqrt(((X - X.mean(axis=0)) ** 2).mean())) or 1.0


def _awkward(seed: int | None) -> list[Case]:
    # Two points at least: with a single one, np.cov(X, rowvar=False) is wrong in every NumPy before 2.2.
    return cases.any_shape(seed, fewest=2) + cases.in_other_units(seed) + cases.hard_assignments(seed)


@check("m_step.pi", points=7, cases=cases.ordinary)
def pi_is_right(student: Any, case: Case) -> None:
    """pi is the maximiser of the bound for samples and responsibilities not seen before."""
    _right_pi(student, case)


@check("m_step.pi", points=3, cases=_awkward)
def pi_for_any_data(student: Any, case: Case) -> None:
    """pi is right for any N, d and C, in any units, and for hard assignments."""
    _right_pi(student, case)


@check("m_step.mu", points=7, cases=cases.ordinary)
def mu_is_right(student: Any, case: Case) -> None:
    """mu is the maximiser of the bound for samples and responsibilities not seen before."""
    _right_mu(student, case)


@check("m_step.mu", points=3, cases=_awkward)
def mu_for_any_data(student: Any, case: Case) -> None:
    """mu is right for any N, d and C, in any units, and for hard assignments."""
    _right_mu(student, case)


@check("m_step.sigma", points=14, cases=cases.ordinary)
def sigma_is_right(student: Any, case: Case) -> None:
    """sigma is the maximiser of the bound for samples and responsibilities not seen before."""
    _right_sigma(student, case)


@check("m_step.sigma", points=6, cases=_awkward)
def sigma_for_any_data(student: Any, case: Case) -> None:
    """sigma is right for any N, d and C, in any units, and for hard assignments."""
    _right_sigma(student, case)


# ---------------------------------------------------------------- Task 3


def _right_vlb(student: Any, case: Case) -> None:
    loss = student.compute_vlb(case.X, case.pi, case.mu, case.sigma, case.gamma)
    expected = case.compute_once(compute_vlb, "X", "pi", "mu", "sigma", "gamma")
    expect(loss, "loss").shape().finite().close_to(expected, case.tolerance)


@check("vlb", points=9, cases=cases.ordinary)
def vlb_is_right(student: Any, case: Case) -> None:
    """The bound is right for parameters and responsibilities that do not belong together."""
    _right_vlb(student, case)


@check("vlb", points=4, cases=lambda seed: cases.any_shape(seed) + cases.in_other_units(seed))
def vlb_for_any_data(student: Any, case: Case) -> None:
    """The bound is right for any N, d and C, and in any units."""
    _right_vlb(student, case)


@check("vlb", points=3, cases=cases.hard_assignments)
def vlb_of_hard_assignments(student: Any, case: Case) -> None:
    """The bound is right when responsibilities are exactly 0 or 1."""
    _right_vlb(student, case)


@check("vlb", points=3, cases=cases.far_points)
def vlb_of_far_points(student: Any, case: Case) -> None:
    """The bound is right for points whose densities are too small for a float."""
    _right_vlb(student, case)


@check("vlb", points=1, cases=lambda seed: cases.ordinary(seed) + cases.hard_assignments(seed))
def vlb_leaves_its_arguments_alone(student: Any, case: Case) -> None:
    """compute_vlb does not change the arrays that it is given."""
    arguments = {name: np.array(getattr(case, name)) for name in ("X", "pi", "mu", "sigma", "gamma")}
    changed = [list(arguments)[i] for i in student.changed_arguments("compute_vlb", *arguments.values())]
    if changed:
        raise CheckFailed(f"compute_vlb changed its argument {' and '.join(changed)} in place.")
    # A function that does nothing leaves its arguments alone too. A wrong bound still depends on its arguments.
    if case.gamma.all():
        loss = expect(student.compute_vlb(*arguments.values()), "loss").shape().finite()
        for name in ("X", "mu", "sigma"):
            other = student.compute_vlb(*(arguments | {name: 1.25 * arguments[name]}).values())
            differs = expect(other, "loss").shape().finite().array != loss.array
            loss.holds(bool(differs), f"does not depend on {name}.")
        reversed_points = {name: arguments[name][::-1] for name in ("X", "gamma")}
        other = expect(student.compute_vlb(*(arguments | reversed_points).values()), "loss").shape().finite().array
        loss.holds(bool(np.isclose(other, loss.array, rtol=1e-6)), "depends on the order of the points.")


# ---------------------------------------------------------------- Task 4


@check("em", points=2, cases=training.slow)
def iterations_improve_the_mixture(student: Any, case: Case) -> None:
    """train_EM returns a finite bound and a valid mixture that its iterations have fitted to the data."""
    Training(student, case).demand_valid()
    try:
        demand_fitted(student, case)
    except CheckFailed:  # code that stops too early loses other points
        if not iterates(student, case):
            raise


@check("em", points=1, cases=training.other_mixtures, after=iterations_improve_the_mixture)
def trains_other_sizes(student: Any, case: Case) -> None:
    """train_EM returns a valid mixture for other numbers of components and dimensions, and on a small scale."""
    Training(student, case).demand_valid()


@check("em", points=1, cases=training.large, after=iterations_improve_the_mixture)
def any_bound_can_be_the_best(student: Any, case: Case) -> None:
    """train_EM returns a trained mixture for data whose bound is far below zero."""
    Training(student, case).demand_moments(
        "the returned parameters do not come from an M-step. Was the bound of this run compared with a number that "
        "is larger?"
    )


@check("em", points=8, cases=training.the_best_of_several, tries="restarts")
def finds_the_best_optimum(student: Any, case: Case) -> None:
    """If restarts end in different local optima, train_EM returns the parameters of the best one."""
    demand_best(student, case, case.tolerance)


@check("em", points=2, cases=training.single_and_several, after=iterations_improve_the_mixture)
def restarts_make_a_difference(student: Any, case: Case) -> None:
    """On data with several local optima, several restarts do not always end where a single one does."""
    demand_other_ends(student, case)


@check("em", points=2, cases=training.to_compare, after=iterations_improve_the_mixture)
def loss_belongs_to_the_parameters(student: Any, case: Case) -> None:
    """best_loss is the bound of the returned parameters, by the true bound or the student's own."""
    demand_bound_of_parameters(student, case)


@check("em", points=1, cases=training.counted, after=iterations_improve_the_mixture)
def a_single_step_suffices(student: Any, case: Case) -> None:
    """train_EM works with one restart and one iteration, and does more with a larger max_iter."""
    one = Training(student, case)
    one.demand_unfinished("train_EM went on after max_iter = 1 iteration.")
    one.demand_moments(
        "with max_iter = 1, train_EM returns parameters that no M-step gives: it does no iteration, or it returns "
        "where it began."
    )
    if one.same_as(trained(student, case.three)):
        raise CheckFailed("train_EM returns the same after max_iter = 1 iteration as after max_iter = 3.")


@check("em", points=1, cases=training.settling, after=iterations_improve_the_mixture)
def stops_when_the_bound_settles(student: Any, case: Case) -> None:
    """A run ends as soon as the relative change of the bound is at most rtol, and not before."""
    trained(student, case.long).demand_finished(f"with {case.long.name}, ")
    went_on = "train_EM went on although the bound had changed by less than rtol."
    Training(student, case).demand_unfinished(went_on)
    try:
        once, again = (Training(student, one) for one in case.ones)
        further = Training(student, case.at_once).log_likelihood - Training(student, case.three).log_likelihood
    except CheckFailed:
        return  # with such a large tolerance, a run need not do any iteration
    # The bound rises at each step. So of two runs with the same start, the one with the higher bound did more steps.
    if once.same_as(again) and further > 1e-9 * abs(once.log_likelihood):
        raise CheckFailed(f"with {case.at_once.name}, {went_on}")


@check("em", points=2, cases=training.collapsing, after=iterations_improve_the_mixture)
def survives_collapse(student: Any, case: Case) -> None:
    """train_EM returns a valid mixture although components collapse in some restarts."""
    training = Training(student, case)
    training.demand_valid()
    training.demand_breadth(COLLAPSED, case)
