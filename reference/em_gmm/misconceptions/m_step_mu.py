"""M-step: mistakes in the means, and in all three results at once."""

import numpy as np

from autograder.assignment import misconception
from reference.em_gmm.cases import mu0, pi0, sigma0
from reference.em_gmm.misconceptions._shared import _covariances, _means


@misconception(
    "m_step.mu",
    hint="Your function fills the means of three components only, but C is given by the shapes of its arguments.",
    see="Names and shapes",
)
def mu_of_three_components(X, gamma):
    """A loop over range(3)."""
    mu = np.zeros((gamma.shape[1], X.shape[1]))
    for c in range(min(3, len(mu))):
        mu[c] = gamma[:, c] @ X / gamma[:, c].sum()
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="You divide by the number of all points, but a component is responsible for only a part of them.",
    see="Derivation 2a",
)
def mu_divided_by_all_points(X, gamma):
    """N instead of N_c in the denominator of the means."""
    mu = gamma.T @ X / X.shape[0]
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception("m_step.mu", hint="Your means are sums: the division is missing.", see="Derivation 2a")
def mu_not_divided(X, gamma):
    """Weighted sums instead of weighted means."""
    mu = gamma.T @ X
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="All of your means are equal, because you do not use the responsibilities.",
    see="Derivation 2a",
)
def mu_without_weights(X, gamma):
    """The mean of all points for every component."""
    mu = np.tile(X.mean(axis=0), (gamma.shape[1], 1))
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="You assign each point to one component, but it belongs to each component in part.",
    see="Derivation 2a",
    may_be_named_as=("local_optimum",),
)
def mu_of_hard_assignments(X, gamma):
    """Means of the points for which the component is the most probable one."""
    labels = gamma.argmax(axis=1)
    mu = np.zeros((gamma.shape[1], X.shape[1]))
    for c in np.unique(labels):
        mu[c] = X[labels == c].mean(axis=0)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="Your means contain a power of the responsibilities that is not in the derivation.",
    see="Derivation 2a",
)
def mu_with_squared_weights(X, gamma):
    """gamma^2 as weights."""
    mu = _means(X, gamma**2)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="You index the columns of X by the component, but the columns are the coordinates of the points.",
    see="Names and shapes",
    also_breaks=("m_step.sigma", "m_step.pi"),
    raises=("IndexError",),
)
def coordinates_indexed_by_component(X, gamma):
    """X[:, c] for the points of component c."""
    C, d = gamma.shape[1], X.shape[1]
    mu = np.zeros((C, d))
    for c in range(C):
        mu[c] = np.sum(gamma[:, c] * X[:, c]) / gamma[:, c].sum()
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="Your means are transposed: the array must have one row for each component.",
    see="Names and shapes",
)
def mu_transposed(X, gamma):
    """(d, C) instead of (C, d)."""
    mu = X.T @ gamma / gamma.sum(axis=0)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu.T)


@misconception("m_step.mu", hint="You store the means as integers, so their decimals are lost.", see="Derivation 2a")
def mu_stored_as_integers(X, gamma):
    """An array of integers for the result."""
    mu = np.zeros((gamma.shape[1], X.shape[1]), dtype=int)
    for c in range(gamma.shape[1]):
        mu[c] = gamma[:, c] @ X / gamma[:, c].sum()
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="You return the right values in another order than the assignment asks for.",
    see="Names and shapes",
    also_breaks=("m_step.pi",),
)
def returned_in_another_order(X, gamma):
    """mu, pi, sigma instead of pi, mu, sigma."""
    mu = _means(X, gamma)
    return mu, gamma.mean(axis=0), _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="You compute new parameters and then return the old ones of the notebook.",
    see="Derivation 2a",
    also_breaks=("m_step.sigma", "m_step.pi"),
)
def starting_values_returned(X, gamma):
    """Returns the globals pi0, mu0, sigma0."""
    new_pi = gamma.mean(axis=0)
    new_mu = _means(X, gamma)
    new_sigma = _covariances(X, gamma, new_mu)
    assert new_pi.size and new_sigma.size
    return pi0, mu0, sigma0
