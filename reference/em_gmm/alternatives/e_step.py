"""E-step, written in other ways."""

import math

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal

from autograder.assignment import alternative
from reference.em_gmm.alternatives._shared import _log_density, _log_joint


@alternative("E_step")
def e_step_with_loops(X, pi, mu, sigma):
    """Plain loops over points and components, with the functions of `math`."""
    N, d = X.shape
    C = len(pi)
    inverses = [np.linalg.inv(sigma[c]) for c in range(C)]
    logdets = [np.linalg.slogdet(sigma[c])[1] for c in range(C)]
    gamma = np.zeros((N, C))
    for i in range(N):
        logs = []
        for c in range(C):
            diff = X[i] - mu[c]
            log_pi = math.log(pi[c]) if pi[c] > 0 else -math.inf
            logs.append(log_pi - 0.5 * (d * math.log(2 * math.pi) + logdets[c] + diff @ inverses[c] @ diff))
        top = max(logs)
        row = [math.exp(a - top) for a in logs]
        for c in range(C):
            gamma[i, c] = row[c] / math.fsum(row)
    return gamma


@alternative("E_step")
def e_step_with_einsum(X, pi, mu, sigma):
    """All components at once with einsum. Leaves out the constant (2 pi)^d, because it cancels."""
    diff = X[:, None, :] - mu[None, :, :]
    distance = np.einsum("icj,cjk,ick->ic", diff, np.linalg.inv(sigma), diff)
    with np.errstate(divide="ignore"):
        log_p = np.log(pi) - 0.5 * np.linalg.slogdet(sigma)[1] - 0.5 * distance
    p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


@alternative("E_step")
def e_step_with_triangular_solves(X, pi, mu, sigma):
    """A Cholesky factor and a triangular solve for each component."""
    log_p = np.empty((X.shape[0], len(pi)))
    for c in range(len(pi)):
        L = np.linalg.cholesky(sigma[c])
        z = solve_triangular(L, (X - mu[c]).T, lower=True)
        with np.errstate(divide="ignore"):
            log_p[:, c] = np.log(pi[c]) - np.log(np.diag(L)).sum() - 0.5 * (z * z).sum(axis=0)
    log_p -= logsumexp(log_p, axis=1, keepdims=True)
    return np.exp(log_p)


@alternative("E_step")
def e_step_with_cho_solve(X, pi, mu, sigma):
    """SciPy's pair cho_factor and cho_solve, and its softmax."""
    columns = []
    for weight, mean, cov in zip(pi, mu, sigma, strict=True):
        factor = cho_factor(cov, lower=True)
        diff = X - mean
        distance = np.sum(diff.T * cho_solve(factor, diff.T), axis=0)
        with np.errstate(divide="ignore"):
            columns.append(np.log(weight) - np.log(np.diag(factor[0])).sum() - distance / 2)
    return softmax(np.stack(columns, axis=1), axis=1)


@alternative("E_step")
def e_step_with_eigenvectors(X, pi, mu, sigma):
    """Rotates into the principal axes of each component and scales them there."""
    values, vectors = np.linalg.eigh(sigma)
    rotated = np.einsum("ncj,cjk->nck", X[:, None, :] - mu, vectors)
    scaled = rotated / np.sqrt(values)
    with np.errstate(divide="ignore"):
        a = np.log(pi) - 0.5 * np.log(values).sum(axis=1) - 0.5 * (scaled**2).sum(axis=2)
    a = a - a.max(axis=1)[:, None]
    return np.exp(a) / np.exp(a).sum(axis=1)[:, None]


@alternative("E_step")
def e_step_with_inverse_and_slogdet(X, pi, mu, sigma):
    """The explicit inverse, against the advice, but with the log-determinant."""
    C = pi.shape[0]
    log_gamma = np.zeros((X.shape[0], C))
    for c in range(C):
        diff = X - mu[c]
        _, logdet = np.linalg.slogdet(2 * np.pi * sigma[c])
        distance = np.sum(diff @ np.linalg.inv(sigma[c]) * diff, axis=1)
        with np.errstate(divide="ignore"):
            log_gamma[:, c] = np.log(pi[c]) - 0.5 * (logdet + distance)
    log_gamma = log_gamma - np.max(log_gamma, axis=1, keepdims=True)
    gamma = np.exp(log_gamma)
    return gamma / np.sum(gamma, axis=1, keepdims=True)


@alternative("E_step")
def e_step_with_scipy_logpdf(X, pi, mu, sigma):
    """The log-densities of SciPy and its logsumexp, with the weights inside the sum."""
    log_n = np.stack([np.atleast_1d(multivariate_normal.logpdf(X, mu[c], sigma[c])) for c in range(len(pi))], axis=1)
    evidence = logsumexp(log_n, axis=1, b=np.broadcast_to(pi, log_n.shape), keepdims=True)
    return pi * np.exp(log_n - evidence)


@alternative("E_step")
def e_step_with_qr(X, pi, mu, sigma):
    """A QR factorisation in place of a Cholesky factorisation."""
    log_p = []
    for c in range(len(pi)):
        Q, R = np.linalg.qr(sigma[c])
        diff = (X - mu[c]).T
        distance = np.einsum("dn,dn->n", diff, solve_triangular(R, Q.T @ diff))
        with np.errstate(divide="ignore"):
            log_p.append(np.log(pi[c]) - 0.5 * np.log(np.abs(np.diag(R))).sum() - 0.5 * distance)
    log_p = np.array(log_p)
    return np.exp(log_p - np.logaddexp.reduce(log_p, axis=0)).T


@alternative("E_step")
def e_step_rounded_to_float32(X, pi, mu, sigma):
    """Computes in double precision and stores the result in single precision."""
    L = np.linalg.cholesky(sigma)
    z = np.linalg.solve(L, (X[None] - mu[:, None]).transpose(0, 2, 1))
    with np.errstate(divide="ignore"):
        log_p = (np.log(pi) - np.log(np.diagonal(L, axis1=1, axis2=2)).sum(axis=1))[:, None]
    log_p = log_p - 0.5 * (z**2).sum(axis=1)
    p = np.exp(log_p - log_p.max(axis=0))
    with np.errstate(under="ignore"):
        return (p / p.sum(axis=0)).T.astype(np.float32)


@alternative("E_step")
def e_step_components_in_reverse(X, pi, mu, sigma):
    """Sums over the components from the last to the first."""
    C = len(pi)
    log_p = np.empty((len(X), C))
    for c in reversed(range(C)):
        diff = X - mu[c]
        with np.errstate(divide="ignore"):
            log_p[:, c] = np.log(pi[c]) - 0.5 * np.linalg.slogdet(sigma[c])[1]
        log_p[:, c] -= 0.5 * (np.linalg.solve(sigma[c], diff.T).T * diff).sum(axis=1)
    top = log_p.max(axis=1)
    total = np.zeros(len(X))
    for c in reversed(range(C)):
        total += np.exp(log_p[:, c] - top)
    return np.exp(log_p - top[:, None] - np.log(total)[:, None])


@alternative("E_step")
def e_step_in_place_on_a_copy(X, pi, mu, sigma):
    """In-place arithmetic, but on a copy of the points."""
    gamma = np.zeros((X.shape[0], pi.size))
    for c in range(pi.size):
        Y = X.copy()
        Y -= mu[c]
        Y *= np.linalg.solve(sigma[c], Y.T).T
        gamma[:, c] -= Y.sum(axis=1)
        gamma[:, c] -= np.linalg.slogdet(sigma[c]).logabsdet
    gamma *= 0.5
    with np.errstate(divide="ignore"):
        gamma += np.log(pi)
    gamma -= gamma.max(axis=1, keepdims=True)
    np.exp(gamma, out=gamma)
    gamma /= gamma.sum(axis=1, keepdims=True)
    return gamma


@alternative("E_step", blends=False)
def e_step_returns_lists(X, pi, mu, sigma):
    """A list of rows instead of an array."""
    log_joint = np.empty((len(X), len(pi)))
    for c, L in enumerate(np.linalg.cholesky(sigma)):
        with np.errstate(divide="ignore"):
            log_joint[:, c] = np.log(pi[c]) - np.log(np.diag(L)).sum()
        log_joint[:, c] -= 0.5 * np.linalg.norm(np.linalg.solve(L, (X - mu[c]).T), axis=0) ** 2
    gamma = np.exp(log_joint - log_joint.max(axis=1)[:, None])
    return [[float(p) for p in row / row.sum()] for row in gamma]


@alternative("E_step")
def e_step_with_a_tiny_number_beside_pi(X, pi, mu, sigma):
    """Adds a number near the smallest float to the weights, so that the logarithm never gets a zero."""
    d = X.shape[1]
    diff = X[:, np.newaxis] - mu
    distance = np.sum(diff * np.linalg.solve(sigma, diff.transpose(1, 2, 0)).transpose(2, 0, 1), axis=-1)
    logs = np.log(pi + 1e-300) - 0.5 * (d * np.log(2 * np.pi) + np.linalg.slogdet(sigma)[1] + distance)
    return softmax(logs, axis=1)


@alternative("E_step")
def e_step_compared_with_each_component(X, pi, mu, sigma):
    """One over the sum of ratios: an infinite ratio is harmless, because 1 / inf is 0."""
    log_n = np.stack([_log_density(X, mu[c], sigma[c]) for c in range(len(pi))])
    gamma = np.empty((len(X), len(pi)))
    with np.errstate(over="ignore"):
        for c in range(len(pi)):
            ratios = np.exp(log_n - log_n[c])
            # A weight of zero removes its term, also where the ratio of the densities is infinite.
            others = sum(pi[k] * ratios[k] for k in range(len(pi)) if pi[k] > 0 and k != c)
            gamma[:, c] = pi[c] / (pi[c] + others) if pi[c] > 0 else 0.0
    return gamma


@alternative("E_step")
def e_step_with_further_arguments(X, pi, mu, sigma, dtype=float, order="F"):
    """Its own arguments after the four, and an array that is stored column by column."""
    log_p = np.asarray(_log_joint(X, pi, mu, sigma), dtype=dtype, order=order)
    log_p = log_p - log_p.max(axis=1, keepdims=True)
    return np.exp(log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True)))


@alternative("E_step", blends=False)
def e_step_with_renamed_arguments(points, weights, means, covariances):
    """Its own names for the four arguments, in the order of the assignment."""
    log_p = _log_joint(points, weights, means, covariances)
    return np.exp(log_p - logsumexp(log_p, axis=1)[:, None])
