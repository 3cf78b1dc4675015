"""E-step: mistakes with the logarithms, and with numbers that vanish or overflow for a faraway point."""

import numpy as np

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _distances, _log_joint, _normalise, _plain_joint


@misconception(
    "e_step",
    hint="All numerators of a faraway point become zero: subtract its own maximum from its logarithms before exp.",
    see="Task 1, Trick 1",
)
def densities_without_logarithms(X, pi, mu, sigma):
    """Bayes' rule as it stands, with densities that are zero for points far away."""
    p = _plain_joint(X, pi, mu, sigma)
    return p / p.sum(axis=1, keepdims=True)


@misconception(
    "e_step",
    hint="You divide by the maximum, but the densities of a faraway point are zero by then: use their logarithms.",
    see="Task 1, Trick 1",
    same_answers_as="densities_without_logarithms",
)
def max_trick_on_densities(X, pi, mu, sigma):
    """Divides the densities by their maximum, but they are zero already."""
    p = _plain_joint(X, pi, mu, sigma)
    p = p / p.max(axis=1, keepdims=True)
    return p / p.sum(axis=1, keepdims=True)


@misconception(
    "e_step",
    hint="You subtract one maximum from the whole table, so all numerators of a faraway point are still zero.",
    see="Task 1, Trick 1",
    same_answers_as="densities_without_logarithms",
)
def one_maximum_for_all_points(X, pi, mu, sigma):
    """The maximum of the whole table instead of one for each row."""
    log_p = _log_joint(X, pi, mu, sigma)
    p = np.exp(log_p - np.max(log_p))
    return p / np.sum(p, axis=1, keepdims=True)


@misconception(
    "e_step",
    hint="You subtract a different number from each component, so it does not cancel in the fraction.",
    see="Task 1, Trick 1",
)
def maximum_over_the_points(X, pi, mu, sigma):
    """The maximum of each column instead of each row."""
    log_p = _log_joint(X, pi, mu, sigma)
    p = np.exp(log_p - log_p.max(axis=0))
    return p / p.sum(axis=1, keepdims=True)


@misconception(
    "e_step",
    hint="You subtract the largest distance, so exp can overflow: look at the minus sign in the exponent.",
    see="Task 1, Trick 1",
)
def maximum_of_the_distances(X, pi, mu, sigma):
    """Subtracts the largest distance instead of the smallest one, and takes exp of large positive numbers."""
    distance = _distances(X, mu, sigma)
    distance = distance - distance.max(axis=1, keepdims=True)
    p = pi / np.sqrt(np.linalg.det(sigma)) * np.exp(-0.5 * distance)
    return p / p.sum(axis=1, keepdims=True)


@misconception(
    "e_step",
    hint="You exponentiate twice: softmax expects logarithms and gets densities.",
    see="Task 1, Trick 1",
)
def softmax_of_densities(X, pi, mu, sigma):
    """A softmax of the densities."""
    return _normalise(_plain_joint(X, pi, mu, sigma))


@misconception(
    "e_step",
    hint="All numerators of a faraway point become zero. You hide the 0/0 instead of avoiding it, so its row sums to "
    "zero.",
    see="Task 1, Trick 1",
)
def rows_of_zeros_for_far_points(X, pi, mu, sigma):
    """A number in the denominator that is too small to matter, except in 0/0."""
    p = _plain_joint(X, pi, mu, sigma)
    return p / (p.sum(axis=1, keepdims=True) + 1e-300)


@misconception(
    "e_step",
    hint="You hide the 0/0 of the faraway points instead of avoiding it, so their rows sum to zero.",
    see="Task 1, Trick 1",
    same_answers_as="rows_of_zeros_for_far_points",
)
def nan_replaced_by_zero(X, pi, mu, sigma):
    """np.nan_to_num after 0/0."""
    p = _plain_joint(X, pi, mu, sigma)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(p / p.sum(axis=1, keepdims=True))
