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

_NAMES = ("best_loss", "best_pi", "best_mu", "best_sigma")
_MOMENTS = 1e-3  # of the data's spread: room for code that adds a little to sigma
# Right code with rtol = 1e-5 leaves at most a fifth of this. Code with a fixed 1e-3 leaves more, and points cut into
# groups leave 6e-3.
_SETTLED = 5e-5
_NEARLY_SETTLED = 5e-3  # what matters is which optimum it is; code that stops in its second iteration leaves 0.07
_SLIVER = 1e-4  # of the data's variance in the same direction; the narrowest of 800 right runs kept ten times as much
COLLAPSED = 2e-5  # of it, on data where each component that has not collapsed keeps 25 times as much
_UNFINISHED = 0.01  # a run that stopped far too early gains less in one more iteration
_ROUNDING = 1e-4  # of the log-likelihood: room for steps that are almost right


class Training:
    """What train_EM returned for a case. If a value is wrong, the constructor or a method raises CheckFailed."""

    def __init__(self, student: Any, case: Case) -> None:
        returned = student.train_EM(case.X, case.C, case.rtol, case.max_iter, case.restarts)
        loss, pi, mu, sigma = unpack(returned, _NAMES)
        C, d = case.C, case.d
        self.X = case.X
        self.loss = expect(loss, "best_loss", _NAMES).shape()
        _demand_finite(self.loss)
        self.pi = expect(pi, "best_pi", _NAMES).shape(C, axes=("C",)).finite()
        self.mu = expect(mu, "best_mu", _NAMES).shape(C, d, axes=("C", "d")).finite()
        self.sigma = expect(sigma, "best_sigma", _NAMES).shape(C, d, d, axes=("C", "d", "d")).finite()

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

    def after(self, steps: int) -> float:
        """The log-likelihood after further iterations. Raises LinAlgError if a component collapses in them."""
        theta, gamma = self._theta, self._gamma
        for _ in range(steps):
            theta = M_step(self.X, gamma)
            gamma = E_step(self.X, *theta)
        return float(compute_vlb(self.X, *theta, gamma))

    def gain(self) -> float:
        """How much another iteration adds to the log-likelihood; inf if the iteration leads to collapse."""
        bound = self.log_likelihood
        try:
            further = self.after(1)
        except LinAlgError:
            return np.inf
        return further - bound if np.isfinite(further) else np.inf

    def demand_finished(self, where: str, most: float = _SETTLED) -> None:
        """Demand that another iteration gains at most this share of the log-likelihood. `where` begins the sentence."""
        gain = self.gain() / abs(self.log_likelihood)
        if not gain <= most:
            by = f"by {gain:.1g} of its value" if np.isfinite(gain) else "without limit"
            raise CheckFailed(f"{where}one more iteration on what train_EM returned raises the log-likelihood {by}.")

    def demand_unfinished(self, otherwise: str) -> None:
        """Demand that another iteration still gains. One or two iterations on slow data end far from the optimum."""
        if not self.gain() >= 1e-6 * abs(self.log_likelihood):
            raise CheckFailed(otherwise)


def _demand_finite(loss: expect) -> None:
    """Demand a finite bound. The sentences say what is known of one that is not."""
    loss.holds(
        not np.isnan(loss.array),
        "is NaN. No comparison with NaN is true, so a restart that ends in NaN can stay the best: leave it out.",
    )
    loss.holds(
        not np.isposinf(loss.array),
        "is infinite. The bound of a component that collapses grows without limit: leave such a restart out.",
    )
    loss.holds(not np.isneginf(loss.array), "is minus infinity: did any restart get to its end?")


def trained(student: Any, case: Case) -> Training:
    """The same for another case of the same check. The message then names the case."""
    try:
        return Training(student, case)
    except CheckFailed as failed:
        raise CheckFailed(f"with {case.name}: {failed}", failed.deviation) from None


def demand_fitted(student: Any, case: Case) -> None:
    """Demand a trained mixture. A valid mixture without any training earns no points."""
    training = trained(student, case)
    training.demand_above(case)
    _demand_optimum(training, case, _SETTLED)


def demand_best(student: Any, case: Case, tolerance: float) -> None:
    """Demand the best of several optima. A spike on one point can have any likelihood, so it is not accepted."""
    training = Training(student, case)
    _demand_optimum(training, case, _NEARLY_SETTLED)
    shortfall = (case.best - training.log_likelihood) / abs(case.best)
    if not shortfall <= tolerance:
        raise CheckFailed(
            f"train_EM returned a poorer local optimum. The log-likelihood of the best one is larger, by "
            f"{shortfall:.2g} of its value (tolerance {tolerance:.1g}){_beside_a_single_run(student, case, training)}.",
            shortfall,
        )


def _beside_a_single_run(student: Any, case: Case, training: Training) -> str:
    """What is known about a single restart on the same data, as the end of a sentence."""
    if case.restarts == 1:
        return ""
    try:
        once = Training(student, case.single).log_likelihood
    except CheckFailed:
        return ""
    if abs(once - training.log_likelihood) <= 1e-9 * abs(once):
        return ", and with restarts = 1 it returns the same optimum"
    return ", and with restarts = 1 it returns a better one" if once > training.log_likelihood else ""


def demand_other_ends(student: Any, case: Case) -> None:
    """Demand that several restarts do not end where a single one does, on one of the pairs of the case at least.

    Both calls draw the same random numbers. Code that ignores `restarts`, or repeats one run, ends in the same place.
    """
    failed, compared = None, 0
    for single, several in case.pairs:
        try:
            once, more = (trained(student, one).log_likelihood for one in (single, several))
        except CheckFailed as problem:  # a single run of right code may collapse
            failed = problem
            continue
        if abs(more - once) > 1e-9 * abs(once):
            return
        compared += 1
    if failed and not compared:
        raise failed
    raise CheckFailed(f"on {compared} data sets, train_EM ends in the same place with one restart as with more.")


def demand_bound_of_parameters(student: Any, case: Case) -> None:
    """Demand that best_loss is the bound of the returned parameters, by the true bound or the student's own."""
    training = Training(student, case)
    expected, theta = training.log_likelihood, (training.pi.array, training.mu.array, training.sigma.array)
    # The bound of an iteration may be taken before its last E-step. This matters where a run stopped too early.
    room = case.tolerance + 10 * min(max(training.gain(), 0.0) / abs(expected), _UNFINISHED)
    try:
        training.loss.close_to(expected, room)
    except CheckFailed:
        own_gamma = expect(student.E_step(case.X, *theta), "gamma").shape(len(case.X), case.C).finite()
        own, other = (
            expect(student.compute_vlb(case.X, *theta, gamma), "loss").shape().finite().array
            for gamma in (own_gamma.array, np.full((len(case.X), case.C), 1 / case.C))
        )
        # A bound that is the same for all gamma says nothing about the parameters.
        if own == other or not abs(training.loss.array - own) <= room * abs(own):
            raise


def _demand_optimum(training: Training, case: Case, most: float) -> None:
    """Demand that EM has ended, and that no component is as narrow as a few points on a line.

    Another iteration may gain at most `most` of the log-likelihood.
    """
    training.demand_finished(f"with {case.name}, ", most)
    training.demand_breadth(_SLIVER, case)


def iterates(student: Any, case: Case) -> bool:
    """Whether three iterations from the same start end where one or two more steps of EM lead from the first one."""
    try:
        one, three = (Training(student, run) for run in (case.one, case.three))
        one.demand_moments("")
        steps = [one.log_likelihood, one.after(1), one.after(2)]
    except (CheckFailed, LinAlgError):
        return False
    room = _ROUNDING * abs(steps[0])
    return steps[1] - steps[0] > 2 * room and steps[1] - room <= three.log_likelihood <= steps[2] + room
