"""M-step: mistakes in the weights."""

import numpy as np

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _covariances, _means


@misconception(
    "m_step.pi",
    hint="You divide by the number of the samples you know, but N is given by the shapes of the arguments.",
    see="The shapes table",
)
def pi_of_280_points(X, gamma):
    """N wired in."""
    mu = _means(X, gamma)
    return gamma.sum(axis=0) / 280, mu, _covariances(X, gamma, mu)


@misconception("m_step.pi", hint="Each weight is divided by itself, so all of them are one.", see="Task 2, pi")
def pi_of_ones(X, gamma):
    """N_c / N_c."""
    N_c = gamma.sum(axis=0)
    mu = _means(X, gamma)
    return N_c / gamma.sum(axis=0), mu, _covariances(X, gamma, mu)


@misconception("m_step.pi", hint="You have summed over the components too, and one number is left.", see="Task 2, pi")
def pi_as_one_number(X, gamma):
    """A sum over both axes."""
    mu = _means(X, gamma)
    return np.sum(gamma) / len(X), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="Your weights are expected numbers of points, and they do not sum to one.",
    see="Task 2, pi",
)
def pi_not_normalised(X, gamma):
    """N_c itself."""
    mu = _means(X, gamma)
    return gamma.sum(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="You average over the wrong axis: one weight for each component is due, not one for each point.",
    see="The shapes table",
)
def pi_for_each_point(X, gamma):
    """The mean over the components."""
    mu = _means(X, gamma)
    return gamma.mean(axis=1), mu, _covariances(X, gamma, mu)


@misconception("m_step.pi", hint="You count each point for its most probable component only.", see="Task 2, pi")
def pi_of_hard_assignments(X, gamma):
    """Counts of arg max."""
    mu = _means(X, gamma)
    counts = np.bincount(gamma.argmax(axis=1), minlength=gamma.shape[1])
    return counts / len(X), mu, _covariances(X, gamma, mu)


@misconception("m_step.pi", hint="Your weights are equal whatever the responsibilities say.", see="Task 2, pi")
def pi_uniform(X, gamma):
    """1 / C."""
    C = gamma.shape[1]
    mu = _means(X, gamma)
    return np.ones(C) / C, mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="Adding a point to every component pulls the weights together, and no derivation leads there.",
    see="Task 2, pi",
)
def pi_smoothed(X, gamma):
    """Laplace smoothing."""
    N, C = gamma.shape
    mu = _means(X, gamma)
    return (gamma.sum(axis=0) + 1) / (N + C), mu, _covariances(X, gamma, mu)


@misconception("m_step.pi", hint="A division that drops the fraction leaves nothing of a weight.", see="Task 2, pi")
def pi_with_integer_division(X, gamma):
    """// instead of /."""
    mu = _means(X, gamma)
    return gamma.sum(axis=0) // len(X), mu, _covariances(X, gamma, mu)
