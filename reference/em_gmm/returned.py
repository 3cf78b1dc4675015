"""Checks what train_EM returned: each value before it is used, and how well the mixture fits its data."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.linalg import LinAlgError

from autograder.assignment import (
    Case,
    CheckFailed,
    expect,
    unpack,
)
from reference.em_gmm.solution import Array, E_step, M_step, compute_vlb

_MOMENTS = 1e-3  # of the data's spread: room for code that adds a little to sigma
# Right code with rtol = 1e-5 leaves at most a fifth of this. Code with a fixed 1e-3 leaves more, and points cut into
# groups leave 6e-3.
_SETTLED = 5e-5
_SLIVER = 1e-4  # of the data's variance in the same direction; the narrowest of 800 right runs kept ten times as much
_COLLAPSED = 1e-10  # of it, on data where components collapse onto two equal points


class Training:
    """What train_EM returned for a case. If a value is wrong, the constructor or a method raises CheckFailed."""

    def __init__(self, student: Any, case: Case) -> None:
        returned = student.train_EM(case.X, case.C, case.rtol, case.max_iter, case.restarts)
        loss, pi, mu, sigma = unpack(returned, ("best_loss", "best_pi", "best_mu", "best_sigma"))
        C, d = case.C, case.d
        self.X = case.X
        self.loss = expect(loss, "best_loss").shape().finite()
        self.pi = expect(pi, "best_pi").shape(C, axes=("C",)).finite()
        self.mu = expect(mu, "best_mu").shape(C, d, axes=("C", "d")).finite()
        self.sigma = expect(sigma, "best_sigma").shape(C, d, d, axes=("C", "d", "d")).finite()

    def demand_valid(self) -> None:
        """Demand that pi is a distribution and that each sigma is a covariance matrix, which may be singular."""
        pi, sigma = self.pi.array, self.sigma.array
        self.pi.holds(bool((pi >= -1e-9).all()), "has negative entries.")
        self.pi.holds(bool(abs(pi.sum() - 1) <= 1e-6), "does not sum to one.")
        size = np.abs(sigma).max()
        asymmetry = np.abs(sigma / 2 - np.swapaxes(sigma, 1, 2) / 2).max()
        self.sigma.holds(bool(asymmetry <= 5e-7 * size), "is not symmetric.")
        try:
            smallest = np.linalg.eigvalsh(sigma / 2 + np.swapaxes(sigma, 1, 2) / 2).min()
        except LinAlgError:
            smallest = -np.inf  # the numbers are too large for eigenvalues
        self.sigma.holds(bool(smallest >= -1e-9 * size), "is not positive semi-definite.")

    @functools.cached_property
    def _theta(self) -> tuple[Array, Array, Array]:
        """The parameters, valid up to rounding."""
        self.demand_valid()
        return np.clip(self.pi.array, 0, None), self.mu.array, self.sigma.array

    @functools.cached_property
    def _gamma(self) -> Array:
        """The responsibilities under the returned parameters."""
        try:
            return E_step(self.X, *self._theta)
        except LinAlgError:
            raise CheckFailed("best_sigma is singular: a collapsed component was kept.") from None

    @functools.cached_property
    def log_likelihood(self) -> float:
        """log p(X | returned parameters), a finite number: the bound at its best gamma."""
        bound = float(compute_vlb(self.X, *self._theta, self._gamma))
        if not np.isfinite(bound):
            raise CheckFailed("the returned mixture is so far from the data that their likelihood is not a number.")
        return bound

    def demand_above(self, case: Case) -> None:
        """Demand a log-likelihood of at least the floor of the case, which is above that of a single Gaussian."""
        if not self.log_likelihood >= case.floor:
            raise CheckFailed(
                f"with {case.name}, the returned mixture explains the data hardly better than a single Gaussian does."
            )

    def demand_moments(self, otherwise: str) -> None:
        """Demand that the mixture has the mean and covariance of the data, as it has after an M-step with any gamma.

        Source: Bishop (2006), eqs. 9.24 to 9.26, summed over the components.
        """
        self.demand_valid()
        pi, mu, sigma = self.pi.array, self.mu.array, self.sigma.array
        centre = self.X.mean(axis=0)
        covariance = np.cov(self.X, rowvar=False, bias=True).reshape(sigma.shape[1:])
        off = mu - centre
        mean, second = pi @ off, np.einsum("c,cij->ij", pi, sigma + off[:, :, None] * off[:, None, :])
        size = float(np.trace(covariance))
        if not (np.abs(mean).max() <= _MOMENTS * size**0.5 and np.abs(second - covariance).max() <= _MOMENTS * size):
            raise CheckFailed(otherwise)

    def same_as(self, other: Training) -> bool:
        """Whether both results are the same to the last digit."""
        mine, others = ((t.pi.array, t.mu.array, t.sigma.array) for t in (self, other))
        return all(np.array_equal(a, b) for a, b in zip(mine, others, strict=True))

    def demand_breadth(self, share: float, case: Case) -> None:
        """Demand that every component has at least this share of the data's variance in each direction."""
        covariance = np.cov(self.X, rowvar=False, bias=True).reshape(self.sigma.array.shape[1:])
        if not np.linalg.eigvals(np.linalg.solve(covariance, self.sigma.array)).real.min() >= share:
            raise CheckFailed(f"with {case.name}, the returned mixture has a component that has all but collapsed.")

    def gain(self) -> float:
        """How much another iteration adds to the log-likelihood; inf if the iteration leads to collapse."""
        bound = self.log_likelihood
        try:
            theta = M_step(self.X, self._gamma)
            further = float(compute_vlb(self.X, *theta, E_step(self.X, *theta)))
        except LinAlgError:
            return np.inf
        return further - bound if np.isfinite(further) else np.inf


def trained(student: Any, case: Case) -> Training:
    """The same for another case of the same check. The message then names the case."""
    try:
        return Training(student, case)
    except CheckFailed as failed:
        raise CheckFailed(f"with {case.name}: {failed}", failed.deviation) from None


def demand_alive(student: Any, case: Case) -> None:
    """Demand that no returned component has collapsed, on data where some restarts collapse."""
    training = Training(student, case)
    training.demand_above(case)
    training.demand_breadth(_COLLAPSED, case)


def demand_fitted(student: Any, case: Case) -> None:
    """Demand a trained mixture. A valid mixture without any training earns no points."""
    training = trained(student, case)
    training.demand_above(case)
    _demand_optimum(training, case)


def demand_best(student: Any, case: Case, tolerance: float) -> None:
    """Demand the best of several optima. A spike on one point can have any likelihood, so it is not accepted."""
    training = Training(student, case)
    found = expect(training.log_likelihood, "the log-likelihood of the returned mixture")
    found.shape().at_least(case.best, tolerance, abs(case.best))
    _demand_optimum(training, case)


def _demand_optimum(training: Training, case: Case) -> None:
    """Demand that EM has ended, and that no component is as narrow as a few points on a line."""
    if not training.gain() <= _SETTLED * abs(training.log_likelihood):
        raise CheckFailed(f"with {case.name}, one more iteration still improves the returned mixture a lot.")
    training.demand_breadth(_SLIVER, case)


def demand_better(student: Any, single: Case, several: Case, tolerance: float) -> None:
    """Demand that several restarts find the best optimum. The message says so if they end where the single run did."""
    try:
        demand_best(student, several, tolerance)
    except CheckFailed as failed:
        try:
            once, more = (Training(student, case).log_likelihood for case in (single, several))
        except CheckFailed:
            raise failed from None
        if abs(more - once) > 1e-3 * abs(once):  # another optimum lies further away
            raise
        raise CheckFailed(
            f"with {several.name}, train_EM ends in the same poorer optimum as with a single one: let each restart "
            "begin somewhere else, and return the best.",
            failed.deviation,
        ) from None
