"""Variational lower bound, written in other ways."""

import math

import numpy as np
from scipy.special import entr, logsumexp, xlogy
from scipy.stats import entropy, multivariate_normal

from autograder.assignment import alternative
from reference.em_gmm.alternatives._shared import _log_density, _log_joint


def _expected_log_joint(X, pi, mu, sigma, gamma):
    """sum gamma log joint, where an entry without responsibility counts as zero."""
    return np.sum(np.where(gamma > 0, gamma * _finite(_log_joint(X, pi, mu, sigma)), 0.0))


def _finite(a):
    """Replaces -inf by -1e300, so that zero times it is zero."""
    return np.maximum(a, -1e300)


@alternative("compute_vlb")
def vlb_with_entr(X, pi, mu, sigma, gamma):
    """scipy.special.entr for the entropy and xlogy for the weights."""
    log_n = np.array([_log_density(X, m, S) for m, S in zip(mu, sigma, strict=True)]).T
    return np.sum(gamma * log_n) + np.sum(xlogy(gamma.sum(axis=0), pi)) + np.sum(entr(gamma))


@alternative("compute_vlb")
def vlb_with_a_mask(X, pi, mu, sigma, gamma):
    """Only the entries with a responsibility above zero."""
    log_p = _log_joint(X, pi, mu, sigma)
    mask = gamma > 0
    return float(np.sum(gamma[mask] * (log_p[mask] - np.log(gamma[mask]))))


@alternative("compute_vlb")
def vlb_with_1e_300_inside_the_logarithm(X, pi, mu, sigma, gamma):
    """Adds 1e-300 inside the logarithm of a responsibility, which is too small to change the bound."""
    return _expected_log_joint(X, pi, mu, sigma, gamma) - np.sum(gamma * np.log(gamma + 1e-300))


@alternative("compute_vlb")
def vlb_with_machine_epsilon_inside_the_logarithm(X, pi, mu, sigma, gamma):
    """np.finfo(float).eps inside the logarithm of a responsibility."""
    eps = np.finfo(float).eps
    return _expected_log_joint(X, pi, mu, sigma, gamma) - np.sum(gamma * np.log(gamma + eps))


@alternative("compute_vlb")
def vlb_with_1e_10_inside_the_logarithm(X, pi, mu, sigma, gamma):
    """1e-10 inside the logarithm of a probability: each entry moves by 1e-10 at most."""
    return _expected_log_joint(X, pi, mu, sigma, gamma) - np.sum(gamma * np.log(gamma + 1e-10))


@alternative("compute_vlb")
def vlb_with_a_clipped_logarithm(X, pi, mu, sigma, gamma):
    """Clips the responsibilities inside the logarithm only."""
    log_gamma = np.log(np.clip(gamma, 1e-200, None))
    return np.sum(gamma * (_finite(_log_joint(X, pi, mu, sigma)) - log_gamma))


@alternative("compute_vlb")
def vlb_from_likelihood_and_divergence(X, pi, mu, sigma, gamma):
    """The log-likelihood minus the divergence from the posterior, as in the reminder."""
    log_p = _log_joint(X, pi, mu, sigma)
    evidence = logsumexp(log_p, axis=1, keepdims=True)
    divergence = xlogy(gamma, gamma) - np.where(gamma > 0, gamma * _finite(log_p - evidence), 0.0)
    return evidence.sum() - divergence.sum()


@alternative("compute_vlb")
def vlb_as_a_1_by_1_array(X, pi, mu, sigma, gamma):
    """A row times a column, which is an array of shape (1, 1)."""
    log_p = _finite(_log_joint(X, pi, mu, sigma))
    terms = gamma.reshape(1, -1) @ log_p.reshape(-1, 1)
    return terms - xlogy(gamma, gamma).sum()


@alternative("compute_vlb")
def vlb_as_a_0d_array(X, pi, mu, sigma, gamma):
    """An array without axes instead of a number."""
    log_gamma = np.zeros(gamma.shape)
    np.log(gamma, out=log_gamma, where=gamma > 0)
    terms = gamma * (_finite(_log_joint(X, pi, mu, sigma)) - log_gamma)
    return np.asarray(terms.sum())


@alternative("compute_vlb")
def vlb_with_loops(X, pi, mu, sigma, gamma):
    """One term after the other, added up exactly."""
    N, C = np.shape(gamma)
    d = X.shape[1]
    terms = []
    for c in range(C):
        constant = d * math.log(2 * math.pi) + np.linalg.slogdet(sigma[c])[1]
        y = np.linalg.solve(sigma[c], (X - mu[c]).T).T
        for i in range(N):
            if gamma[i, c] > 0:
                log_n = -0.5 * (constant + np.dot(X[i] - mu[c], y[i]))
                terms.append(gamma[i, c] * (math.log(pi[c]) + log_n - math.log(gamma[i, c])))
    return math.fsum(terms)


@alternative("compute_vlb")
def vlb_from_scatter_matrices(X, pi, mu, sigma, gamma):
    """The traces of inverse covariance times scatter matrix, one number for each component."""
    d = X.shape[1]
    bound = 0.0
    for c in range(len(pi)):
        N_c = gamma[:, c].sum()
        diff = X - mu[c]
        scatter = (gamma[:, c, None] * diff).T @ diff
        bound += xlogy(N_c, pi[c]) - 0.5 * np.trace(np.linalg.solve(sigma[c], scatter))
        bound -= 0.5 * N_c * (d * np.log(2 * np.pi) + np.linalg.slogdet(sigma[c])[1])
        bound += entr(gamma[:, c]).sum()
    return bound


@alternative("compute_vlb")
def vlb_with_scipy_statistics(X, pi, mu, sigma, gamma):
    """The log-densities and the entropy of scipy.stats."""
    bound = np.sum(entropy(gamma, axis=1))
    for c in range(gamma.shape[1]):
        if pi[c] > 0:
            log_n = multivariate_normal(mu[c], sigma[c]).logpdf(X)
            bound += np.sum(gamma[:, c] * (np.log(pi[c]) + log_n))
    return bound


@alternative("compute_vlb")
def vlb_with_further_arguments(X, pi, mu, sigma, gamma, per_point=False):
    """Its own argument after the five."""
    log_p = _finite(_log_joint(X, pi, mu, sigma))
    rows = np.einsum("ic,ic->i", gamma, log_p) + entr(gamma).sum(axis=1)
    return rows if per_point else rows.sum()


@alternative("compute_vlb")
def vlb_with_nansum(X, pi, mu, sigma, gamma):
    """Replaces each entry 0 log 0 by NaN without a warning, and leaves these entries out of the sum."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = gamma * (_log_joint(X, pi, mu, sigma) - np.log(gamma))
    terms[gamma == 0] = np.nan
    return np.nansum(terms)


@alternative("compute_vlb")
def vlb_with_zeros_replaced_in_a_copy(X, pi, mu, sigma, gamma):
    """Replaces the zeros by ones in a copy, and uses the copy only in the logarithm."""
    safe = gamma.copy()
    safe[safe == 0] = 1.0
    log_p = _finite(_log_joint(X, pi, mu, sigma))
    return (gamma * log_p).sum(axis=0).sum() - (gamma * np.log(safe)).sum(axis=1).sum()
