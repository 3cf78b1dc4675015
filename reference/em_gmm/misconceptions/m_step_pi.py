"""M-step: mistakes in the weights."""

import numpy as np

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _covariances, _means


@misconception(
    "m_step.pi",
    hint="You divide by the number of points in the notebook, but N is given by the shapes of the arguments.",
    see="Names and shapes",
)
def pi_of_280_points(X, gamma):
    """A fixed N."""
    mu = _means(X, gamma)
    return gamma.sum(axis=0) / 280, mu, _covariances(X, gamma, mu)


@misconception("m_step.pi", hint="You divide each sum by itself, so all weights are one.", see="Derivation 2b")
def pi_of_ones(X, gamma):
    """N_c / N_c."""
    N_c = gamma.sum(axis=0)
    mu = _means(X, gamma)
    return N_c / gamma.sum(axis=0), mu, _covariances(X, gamma, mu)


@misconception("m_step.pi", hint="You sum over the components too, so only one number is left.", see="Derivation 2b")
def pi_as_one_number(X, gamma):
    """A sum over both axes."""
    mu = _means(X, gamma)
    return np.sum(gamma) / len(X), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="Your weights are expected numbers of points, but they must sum to one.",
    see="Derivation 2b",
)
def pi_not_normalised(X, gamma):
    """N_c itself."""
    mu = _means(X, gamma)
    return gamma.sum(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="You average over the wrong axis: there must be one weight for each component, not one for each point.",
    see="Names and shapes",
)
def pi_for_each_point(X, gamma):
    """The mean over the components."""
    mu = _means(X, gamma)
    return gamma.mean(axis=1), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="You count each point only for its most probable component, but it belongs to each in part.",
    see="Derivation 2b",
)
def pi_of_hard_assignments(X, gamma):
    """Counts of arg max."""
    mu = _means(X, gamma)
    counts = np.bincount(gamma.argmax(axis=1), minlength=gamma.shape[1])
    return counts / len(X), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi", hint="Your weights are always equal, because you do not use the responsibilities.", see="Derivation 2b"
)
def pi_uniform(X, gamma):
    """1 / C."""
    C = gamma.shape[1]
    mu = _means(X, gamma)
    return np.ones(C) / C, mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi", hint="Your division drops the fraction, so every weight below one becomes zero.", see="Derivation 2b"
)
def pi_with_integer_division(X, gamma):
    """// instead of /."""
    mu = _means(X, gamma)
    return gamma.sum(axis=0) // len(X), mu, _covariances(X, gamma, mu)
