"""E-step: mistakes in the density and in the weights of the components."""

import numpy as np

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _distances, _log_density, _log_joint, _log_weights, _normalise


@misconception(
    "e_step",
    hint="The power of 2 pi in the density has nothing to do with the number of points.",
    see="The Gaussian mixture",
    may_be_named_as=("densities_without_logarithms",),
)
def two_pi_to_the_number_of_points(X, pi, mu, sigma):
    """(2 pi)^N in plain arithmetic: it cancels until N is so large that it overflows."""
    N = len(X)
    p = np.zeros((N, len(pi)))
    for c in range(len(pi)):
        diff = X - mu[c]
        distance = np.sum(np.linalg.solve(sigma[c], diff.T).T * diff, axis=1)
        norm = np.sqrt(np.power(2 * np.pi, N, dtype=float) * np.linalg.det(sigma[c]))
        p[:, c] = pi[c] * np.exp(-0.5 * distance) / norm
    return p / p.sum(axis=1, keepdims=True)


@misconception(
    "e_step",
    hint="The determinant in your density has a wrong power: compare it with the formula.",
    see="The Gaussian mixture",
)
def determinant_without_root(X, pi, mu, sigma):
    """|Sigma| instead of its square root."""
    log_det = np.linalg.slogdet(sigma)[1]
    return _normalise(_log_weights(pi) - log_det - 0.5 * _distances(X, mu, sigma))


@misconception(
    "e_step",
    hint="In your density a wider component has a higher peak, but it must have a lower one.",
    see="The Gaussian mixture",
)
def determinant_in_the_numerator(X, pi, mu, sigma):
    """Multiplies by the root of the determinant."""
    log_det = np.linalg.slogdet(sigma)[1]
    return _normalise(_log_weights(pi) + 0.5 * log_det - 0.5 * _distances(X, mu, sigma))


@misconception(
    "e_step", hint="A factor is missing in front of the squared distance in the exponent.", see="The Gaussian mixture"
)
def no_half_in_the_exponent(X, pi, mu, sigma):
    """exp(-distance) instead of exp(-distance / 2)."""
    log_det = np.linalg.slogdet(sigma)[1]
    return _normalise(_log_weights(pi) - 0.5 * log_det - _distances(X, mu, sigma))


@misconception(
    "e_step",
    hint="You solve with the upper triangular factor, but the density needs the lower one.",
    see="Task 1, Trick 2",
)
def transposed_cholesky_factor(X, pi, mu, sigma):
    """Solves with L^T: right only when the covariance is diagonal."""
    log_p = np.zeros((len(X), len(pi)))
    for c in range(len(pi)):
        L = np.linalg.cholesky(sigma[c])
        z = np.linalg.solve(L.T, (X - mu[c]).T)
        log_p[:, c] = _log_weights(pi[c]) - np.log(np.diag(L)).sum() - 0.5 * (z**2).sum(axis=0)
    return _normalise(log_p)


@misconception(
    "e_step",
    hint="You multiply by the covariance matrix, but the density contains its inverse.",
    see="Task 1, Trick 2",
)
def inverse_forgotten(X, pi, mu, sigma):
    """x^T Sigma x instead of x^T Sigma^-1 x."""
    log_p = np.zeros((len(X), len(pi)))
    for c in range(len(pi)):
        diff = X - mu[c]
        log_p[:, c] = -0.5 * np.sum(diff @ sigma[c] * diff, axis=1)
    return _normalise(_log_weights(pi) + log_p - 0.5 * np.linalg.slogdet(sigma)[1])


@misconception(
    "e_step",
    hint="You use only the variances on the diagonal and ignore the covariances outside it.",
    see="The Gaussian mixture",
)
def diagonal_of_the_covariance(X, pi, mu, sigma):
    """Treats the coordinates as independent."""
    log_p = np.zeros((len(X), len(pi)))
    for c in range(len(pi)):
        var = np.diag(sigma[c])
        log_p[:, c] = -0.5 * np.sum((X - mu[c]) ** 2 / var + np.log(var), axis=1)
    return _normalise(_log_weights(pi) + log_p)


@misconception("e_step", hint="The weights of the components are missing in the numerators.", see="Task 1")
def priors_ignored(X, pi, mu, sigma):
    """Bayes' rule without the prior."""
    return _normalise(_log_density(X, mu, sigma))


@misconception(
    "e_step",
    hint="Every component gets the weight of the first one, and this weight cancels in the fraction.",
    see="Task 1",
    same_answers_as="priors_ignored",
)
def first_prior_for_all(X, pi, mu, sigma):
    """pi[0] instead of pi[c]."""
    return _normalise(_log_weights(pi[0]) + _log_density(X, mu, sigma))


@misconception("e_step", hint="Each numerator contains the weight of its component twice.", see="Task 1")
def priors_squared(X, pi, mu, sigma):
    """Multiplies by pi both inside and outside of the density."""
    p = _log_joint(X, pi, mu, sigma) + _log_weights(pi)
    return _normalise(p)


@misconception(
    "e_step",
    hint="The logarithm of the determinant has a wrong factor: from a Cholesky factor you get only half of it.",
    see="The Gaussian mixture",
)
def half_of_the_log_determinant(X, pi, mu, sigma):
    """sum log L_jj in place of log |Sigma|."""
    return _normalise(_log_joint(X, pi, mu, sigma) + 0.25 * np.linalg.slogdet(sigma)[1])
