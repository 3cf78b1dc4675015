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
from reference.em_gmm.returned import Training, demand_alive, demand_best, demand_better, demand_fitted, trained
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
    return expect(value, name).shape(*(getattr(case, axis) for axis in axes), axes=axes).finite()


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


@check("vlb", points=1, cases=cases.ordinary, after=vlb_is_right)
def vlb_leaves_its_arguments_alone(student: Any, case: Case) -> None:
    """compute_vlb does not change the arrays that it is given."""
    arguments = [np.array(a) for a in (case.X, case.pi, case.mu, case.sigma, case.gamma)]
    names = ("X", "pi", "mu", "sigma", "gamma")
    expect(student.compute_vlb(*arguments), "loss").shape().finite()
    changed = [names[i] for i in student.changed_arguments("compute_vlb", *arguments)]
    if changed:
        raise CheckFailed(f"compute_vlb changed its argument {' and '.join(changed)} in place.")


# ---------------------------------------------------------------- Task 4


def _to_fit(seed: int | None) -> list[Case]:
    return training.other_mixtures(seed) + training.crossing_ridges(seed) + training.slow(seed)


@check("em", points=3, cases=_to_fit)
def returns_a_mixture(student: Any, case: Case) -> None:
    """train_EM returns a finite bound and a valid mixture of C components that was fitted to the data."""
    Training(student, case).demand_valid()
    if "floor" in case.inputs:
        demand_fitted(student, case)


@check("em", points=4, cases=training.the_best_of_several, after=returns_a_mixture, tries="restarts")
def finds_the_best_optimum(student: Any, case: Case) -> None:
    """If restarts end in different local optima, train_EM returns the parameters of the best one."""
    demand_best(student, case, case.tolerance)


_POORER = 0.01  # of the bound; the second best lies 4 % below the best


@check("em", points=3, cases=training.single_and_several, after=returns_a_mixture)
def restarts_make_a_difference(student: Any, case: Case) -> None:
    """Restarts change the result: they find the best optimum if a single run ends in a poorer one."""
    # Both calls draw the same random numbers. Code that ignores `restarts`, or repeats one run, ends in the same place.
    for single, several in case.pairs:
        try:
            demand_best(student, single, _POORER)
        except CheckFailed:
            return demand_better(student, single, several, case.tolerance)
    if all(Training(student, single).same_as(Training(student, several)) for single, several in case.pairs):
        raise CheckFailed(
            f"on each of {len(case.pairs)} data sets, train_EM returns the same with one restart as with more."
        )


@check("em", points=5, cases=lambda seed: training.crossing_ridges(seed) + training.slow(seed), after=returns_a_mixture)
def loss_belongs_to_the_parameters(student: Any, case: Case) -> None:
    """best_loss is the bound of the returned parameters, by the true bound or the student's own."""
    training = Training(student, case)
    expected, theta = training.log_likelihood, (training.pi.array, training.mu.array, training.sigma.array)
    try:
        training.loss.close_to(expected, case.tolerance)
    except CheckFailed:
        own_gamma = expect(student.E_step(case.X, *theta), "gamma").shape(len(case.X), case.C).finite()
        own, other = (
            expect(student.compute_vlb(case.X, *theta, gamma), "loss").shape().finite().array
            for gamma in (own_gamma.array, np.full((len(case.X), case.C), 1 / case.C))
        )
        # A bound that is the same for all gamma says nothing about the parameters.
        if own == other or not abs(training.loss.array - own) <= case.tolerance * abs(own):
            raise


def _stopped_early(student: Any, case: Case, otherwise: str) -> Training:
    """Demand that another iteration still gains. One or two iterations on these data end far from the optimum."""
    training = Training(student, case)
    if not training.gain() >= 1e-6 * abs(training.log_likelihood):
        raise CheckFailed(otherwise)
    demand_fitted(student, case.ridges)
    return training


@check("em", points=1, cases=training.counted)
def a_single_step_suffices(student: Any, case: Case) -> None:
    """train_EM works with one restart and one iteration, and does more with a larger max_iter."""
    one = _stopped_early(student, case, "train_EM went on after max_iter = 1 iteration.")
    one.demand_moments(
        "with max_iter = 1, train_EM returns parameters that no M-step gives: it does no iteration, or it returns "
        "where it began."
    )
    if one.same_as(trained(student, case.three)):
        raise CheckFailed("train_EM returns the same after max_iter = 1 iteration as after max_iter = 3.")


@check("em", points=1, cases=training.settling)
def stops_when_the_bound_settles(student: Any, case: Case) -> None:
    """A run ends as soon as the relative change of the bound is at most rtol."""
    went_on = "train_EM went on although the bound had changed by less than rtol."
    _stopped_early(student, case, went_on)
    try:
        once, again = (Training(student, one) for one in case.ones)
        further = Training(student, case.at_once).log_likelihood - Training(student, case.three).log_likelihood
    except CheckFailed:
        return  # with such a large tolerance, a run need not do any iteration
    # The bound rises at each step. So of two runs with the same start, the one with the higher bound did more steps.
    if once.same_as(again) and further > 1e-9 * abs(once.log_likelihood):
        raise CheckFailed(f"with {case.at_once.name}, {went_on}")


@check("em", points=3, cases=training.collapsing)
def survives_collapse(student: Any, case: Case) -> None:
    """train_EM returns a valid mixture although components collapse in some restarts."""
    demand_alive(student, case)
    demand_fitted(student, case.ridges)
