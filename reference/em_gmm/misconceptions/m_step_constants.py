"""M-step: small constants that are added, or at which something is clipped. `a` and `b` are the constants."""

import numpy as np

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _covariances, _means, _scatter


def _padded_means(X, gamma, a):
    """Means with N_c + a in the denominator."""
    return gamma.T @ X / (gamma.sum(axis=0)[:, None] + a)


def _padded_covariances(X, gamma, mu, a):
    """Covariances with N_c + a in the denominator."""
    return _scatter(X, gamma, mu) / (gamma.sum(axis=0) + a)[:, None, None]


# ---------------------------------------------------------------- mu


@misconception(
    "m_step.mu",
    hint="You add {a} to the denominator of the means, which changes them: treat an empty component in another way.",
    see="Derivation 2a",
    examples=(1e-3, 1.0),
)
def mu_with_an_epsilon_in_the_denominator(X, gamma, *, a):
    """N_c + a, to avoid a division by zero."""
    mu = _padded_means(X, gamma, a)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="You keep the denominator of the means at {a} or more, which changes the mean of a small component.",
    see="Derivation 2a",
    examples=(1.0,),
)
def mu_with_a_floor_of_the_denominator(X, gamma, *, a):
    """np.maximum(N_c, a)."""
    mu = gamma.T @ X / np.maximum(gamma.sum(axis=0), a)[:, None]
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


# ---------------------------------------------------------------- sigma


@misconception(
    "m_step.sigma",
    hint="You add {a} to the diagonal: this moves the matrix away from the maximum, all the more if the data are small "
    "numbers.",
    see="Derivation 2c",
    examples=(1e-3, 1e-6),
)
def sigma_with_a_ridge(X, gamma, *, a):
    """a on the diagonal."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu) + a * np.eye(X.shape[1])


@misconception(
    "m_step.sigma",
    hint="You add {a} to the diagonal of the sums, before the division.",
    see="Derivation 2c",
    same_answers_as="sigma_with_a_ridge",
    examples=(1e-3,),
)
def sigma_with_a_ridge_in_the_sums(X, gamma, *, a):
    """a on the diagonal of the scatter matrix."""
    mu = _means(X, gamma)
    scatter = _scatter(X, gamma, mu) + a * np.eye(X.shape[1])
    return gamma.mean(axis=0), mu, scatter / gamma.sum(axis=0)[:, None, None]


@misconception(
    "m_step.sigma",
    hint="You add {a} to every entry of the covariances, which moves them away from the maximum.",
    see="Derivation 2c",
    examples=(1e-3,),
)
def sigma_with_an_epsilon_everywhere(X, gamma, *, a):
    """a on and off the diagonal."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu) + a


@misconception(
    "m_step.sigma",
    hint="You do not let a variance or an eigenvalue be smaller than {a}, but those of small numbers are.",
    see="Derivation 2c",
    examples=(1e-3,),
)
def sigma_with_a_floor(X, gamma, *, a):
    """Eigenvalues of at least a."""
    mu = _means(X, gamma)
    values, vectors = np.linalg.eigh(_covariances(X, gamma, mu))
    return gamma.mean(axis=0), mu, (vectors * np.maximum(values, a)[:, None, :]) @ vectors.transpose(0, 2, 1)


@misconception(
    "m_step.sigma",
    hint="You do not let a variance be smaller than {a}, but those of small numbers are.",
    see="Derivation 2c",
    same_answers_as="sigma_with_a_floor",
    examples=(1e-3,),
)
def sigma_with_a_floor_of_the_variances(X, gamma, *, a):
    """Entries of the diagonal of at least a."""
    mu = _means(X, gamma)
    sigma = _covariances(X, gamma, mu)
    diagonal = np.arange(X.shape[1])
    sigma[:, diagonal, diagonal] = np.maximum(sigma[:, diagonal, diagonal], a)
    return gamma.mean(axis=0), mu, sigma


@misconception(
    "m_step.sigma",
    hint="You add {a} to the denominator of the covariances, which changes them: treat an empty component in another "
    "way.",
    see="Derivation 2c",
    examples=(1e-3, 1e-4),
)
def sigma_with_an_epsilon_in_the_denominator(X, gamma, *, a):
    """N_c + a in sigma only."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, _padded_covariances(X, gamma, mu, a)


@misconception(
    "m_step.sigma",
    hint="You add {a} to the number of points of a component, which changes its mean and its covariance.",
    see="Derivation 2c",
    same_answers_as="sigma_with_an_epsilon_in_the_denominator",
    also_breaks=("m_step.mu",),
    may_be_named_as=("mu_with_an_epsilon_in_the_denominator",),
    examples=(1e-3,),
)
def sigma_and_mu_with_an_epsilon_in_the_denominator(X, gamma, *, a):
    """N_c + a in mu and in sigma."""
    mu = _padded_means(X, gamma, a)
    return gamma.mean(axis=0), mu, _padded_covariances(X, gamma, mu, a)


@misconception(
    "m_step.sigma",
    hint="You add {a} to the diagonal and {b} to the denominator of the covariances: both change them.",
    see="Derivation 2c",
    may_be_named_as=("sigma_with_a_ridge", "sigma_with_an_epsilon_in_the_denominator"),
    examples=((1e-3, 1e-3),),
)
def sigma_with_a_ridge_and_an_epsilon(X, gamma, *, a, b):
    """A ridge, and N_c + b."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, _padded_covariances(X, gamma, mu, b) + a * np.eye(X.shape[1])


@misconception(
    "m_step.sigma",
    hint="You add {a} to the diagonal and {b} to the denominator of the covariances: both change them.",
    see="Derivation 2c",
    same_answers_as="sigma_with_a_ridge_and_an_epsilon",
    may_be_named_as=(
        "sigma_with_a_ridge",
        "sigma_with_an_epsilon_in_the_denominator",
        "mu_with_an_epsilon_in_the_denominator",
    ),
    also_breaks=("m_step.mu",),
    examples=((1e-3, 1e-3),),
)
def sigma_with_a_ridge_and_two_epsilons(X, gamma, *, a, b):
    """A ridge, and N_c + b in mu and in sigma."""
    mu = _padded_means(X, gamma, b)
    return gamma.mean(axis=0), mu, _padded_covariances(X, gamma, mu, b) + a * np.eye(X.shape[1])


# ---------------------------------------------------------------- pi


@misconception(
    "m_step.pi",
    hint="You add {a} points to every component, but the derivation does not do that.",
    see="Derivation 2b",
    examples=(1.0, 2.0),
)
def pi_smoothed(X, gamma, *, a):
    """Laplace smoothing."""
    N, C = gamma.shape
    mu = _means(X, gamma)
    return (gamma.sum(axis=0) + a) / (N + C * a), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="You add {a} to the weights, or to their numerator or denominator, so they do not sum to one.",
    see="Derivation 2b",
    examples=(1e-1,),
)
def pi_with_an_epsilon(X, gamma, *, a):
    """pi + a."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0) + a, mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="You add {a} to the numerators of the weights, so they do not sum to one.",
    see="Derivation 2b",
    same_answers_as="pi_with_an_epsilon",
    examples=(1.0,),
)
def pi_with_an_epsilon_in_the_numerator(X, gamma, *, a):
    """(N_c + a) / N."""
    mu = _means(X, gamma)
    return (gamma.sum(axis=0) + a) / len(X), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="You add {a} to the denominator of the weights, so they do not sum to one.",
    see="Derivation 2b",
    same_answers_as="pi_with_an_epsilon",
    examples=(1.0,),
)
def pi_with_an_epsilon_in_the_denominator(X, gamma, *, a):
    """N_c / (N + a)."""
    mu = _means(X, gamma)
    return gamma.sum(axis=0) / (len(X) + a), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="You do not let a weight be smaller than {a}, but the weight of a small component is.",
    see="Derivation 2b",
    examples=(0.3,),
)
def pi_with_a_floor(X, gamma, *, a):
    """np.maximum(pi, a)."""
    mu = _means(X, gamma)
    return np.maximum(gamma.mean(axis=0), a), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="You do not let a weight be smaller than {a} before you normalise again.",
    see="Derivation 2b",
    same_answers_as="pi_with_a_floor",
    examples=(0.3,),
)
def pi_with_a_floor_and_normalised(X, gamma, *, a):
    """np.maximum(pi, a), divided by its sum."""
    mu = _means(X, gamma)
    pi = np.maximum(gamma.mean(axis=0), a)
    return pi / pi.sum(), mu, _covariances(X, gamma, mu)
