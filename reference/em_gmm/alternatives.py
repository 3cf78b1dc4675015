"""Correct solutions, written in the ways people write them; a check that rejects one of these is wrong.

They differ in arithmetic (and hence in the last digits), in the kind of thing they return, and, for
`train_EM`, in how a restart begins and how the best one is kept. None of them warns, and all but one are silent.
"""

import contextlib
import math

import numpy as np
from numpy.linalg import LinAlgError
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import entr, logsumexp, softmax, xlogy
from scipy.stats import entropy, multivariate_normal

from autograder.assignment import alternative
from reference.em_gmm.solution import E_step, M_step, compute_vlb

# ---------------------------------------------------------------- E-step


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
    """All components at once with einsum; the constant (2 pi)^d is left out because it cancels."""
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
    """Only the result is stored in single precision, not the arithmetic behind it."""
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
    """A number near the smallest float beside the weights, so that the logarithm never sees a zero."""
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
    """Arguments of its own after the four, and columns that lie together in memory."""
    log_p = np.asarray(_log_joint(X, pi, mu, sigma), dtype=dtype, order=order)
    log_p = log_p - log_p.max(axis=1, keepdims=True)
    return np.exp(log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True)))


@alternative("E_step", blends=False)
def e_step_with_renamed_arguments(points, weights, means, covariances):
    """Names of its own for the four arguments, in the order that was asked for."""
    log_p = _log_joint(points, weights, means, covariances)
    return np.exp(log_p - logsumexp(log_p, axis=1)[:, None])


# ---------------------------------------------------------------- M-step


@alternative("M_step")
def m_step_with_machine_epsilon_in_the_denominator(X, gamma):
    """A number that no sum can see against a division by zero."""
    N_c = gamma.sum(axis=0) + np.finfo(float).eps
    mu = gamma.T @ X / N_c[:, None]
    sigma = [((X - m) * w[:, None]).T @ (X - m) / n for m, w, n in zip(mu, gamma.T, N_c, strict=True)]
    return gamma.sum(axis=0) / len(gamma), mu, np.stack(sigma)


@alternative("M_step", blends=False)
def m_step_with_renamed_arguments(points, responsibilities):
    """Names of its own for the two arguments, in the order that was asked for."""
    share = responsibilities / responsibilities.sum(axis=0)
    means = share.T @ points
    diff = points - means[:, None]
    return responsibilities.mean(axis=0), means, np.einsum("nc,cni,cnj->cij", share, diff, diff)


@alternative("M_step")
def m_step_with_loops(X, gamma):
    """A sum of outer products, point by point."""
    N, d = X.shape
    C = gamma.shape[1]
    pi, mu, sigma = np.zeros(C), np.zeros((C, d)), np.zeros((C, d, d))
    for c in range(C):
        N_c = 0.0
        for i in range(N):
            N_c += gamma[i, c]
            mu[c] += gamma[i, c] * X[i]
        mu[c] /= N_c
        for i in range(N):
            sigma[c] += gamma[i, c] * np.outer(X[i] - mu[c], X[i] - mu[c])
        sigma[c] /= N_c
        pi[c] = N_c / N
    return pi, mu, sigma


@alternative("M_step")
def m_step_with_einsum(X, gamma):
    """einsum for every sum."""
    N_c = np.einsum("ic->c", gamma)
    mu = np.einsum("ic,id->cd", gamma, X) / N_c[:, None]
    diff = X[:, None, :] - mu
    sigma = np.einsum("ic,icj,ick->cjk", gamma, diff, diff) / N_c[:, None, None]
    return N_c / len(X), mu, sigma


@alternative("M_step")
def m_step_with_square_roots(X, gamma):
    """The square root of the weights on both sides of one matrix product."""
    N_c = gamma.sum(axis=0)
    mu = gamma.T @ X / N_c[:, np.newaxis]
    half = np.sqrt(gamma / N_c).T[:, :, np.newaxis] * (X - mu[:, np.newaxis])
    return gamma.mean(axis=0), mu, half.transpose(0, 2, 1) @ half


@alternative("M_step")
def m_step_with_numpy_statistics(X, gamma):
    """np.average and np.cov with weights."""
    d, C = X.shape[1], gamma.shape[1]
    mu = np.array([np.average(X, axis=0, weights=gamma[:, c]) for c in range(C)])
    sigma = np.array([np.cov(X, rowvar=False, bias=True, aweights=gamma[:, c]).reshape(d, d) for c in range(C)])
    return np.average(gamma, axis=0), mu, sigma


@alternative("M_step", blends=False)
def m_step_with_a_column_of_weights(X, gamma):
    """The weights as a column (C, 1), and the covariances as a list of arrays."""
    N_c = gamma.sum(axis=0).reshape(-1, 1)
    mu = gamma.T.dot(X) / N_c
    sigma = []
    for c in range(len(N_c)):
        diff = X - mu[c]
        sigma.append((gamma[:, [c]] * diff).T.dot(diff) / N_c[c])
    return N_c / X.shape[0], mu, sigma


@alternative("M_step", blends=False)
def m_step_returns_lists(X, gamma):
    """Nested lists instead of arrays, and a list around the three."""
    gamma = np.asarray(gamma)
    N_c = gamma.sum(0)
    mu = (gamma / N_c).T @ X
    sigma = [((X - m).T * w) @ (X - m) / n for m, w, n in zip(mu, gamma.T, N_c, strict=True)]
    return [(N_c / N_c.sum()).tolist(), mu.tolist(), [S.tolist() for S in sigma]]


@alternative("M_step")
def m_step_in_blocks(X, gamma):
    """Adds up the points in blocks of 64, from the end of the data to its beginning."""
    N, d = X.shape
    C = gamma.shape[1]
    blocks = [slice(max(0, stop - 64), stop) for stop in range(N, 0, -64)]
    N_c, sums = np.zeros(C), np.zeros((C, d))
    for block in blocks:
        N_c += gamma[block].sum(axis=0)
        sums += gamma[block].T @ X[block]
    mu = sums / N_c[:, None]
    sigma = np.zeros((C, d, d))
    for block in blocks:
        diff = X[block] - mu[:, None]
        sigma += np.einsum("nc,cni,cnj->cij", gamma[block], diff, diff)
    return N_c / N, mu, sigma / N_c[:, None, None]


@alternative("M_step")
def m_step_with_running_means(X, gamma):
    """One pass over the points that updates means and scatter matrices as it goes (Welford)."""
    N, d = X.shape
    C = gamma.shape[1]
    N_c, mu, scatter = np.zeros(C), np.zeros((C, d)), np.zeros((C, d, d))
    for x, g in zip(X, gamma, strict=True):
        N_c += g
        step = x - mu
        share = np.divide(g, N_c, out=np.zeros(C), where=N_c > 0)
        mu += share[:, None] * step
        scatter += g[:, None, None] * step[:, :, None] * (x - mu)[:, None, :]
    return N_c / N, mu, scatter / N_c[:, None, None]


@alternative("M_step")
def m_step_with_tensordot(X, gamma):
    """tensordot over the table of all outer products, component by component."""
    pi = np.mean(gamma, axis=0)
    share = gamma / gamma.sum(axis=0, keepdims=True)
    mu = np.tensordot(share, X, axes=(0, 0))
    sigma = np.empty((*mu.shape, X.shape[1]))
    for c, mean in enumerate(mu):
        outer = (X - mean)[:, :, None] * (X - mean)[:, None, :]
        sigma[c] = np.tensordot(share[:, c], outer, axes=1)
    return pi, mu, sigma


@alternative("M_step")
def m_step_entry_by_entry(X, gamma):
    """Fills the upper triangle, mirrors it, and sums exactly with fsum."""
    N, d = X.shape
    C = gamma.shape[1]
    N_c = np.array([math.fsum(gamma[:, c]) for c in range(C)])
    mu = np.array([[math.fsum(gamma[:, c] * X[:, j]) / N_c[c] for j in range(d)] for c in range(C)])
    sigma = np.zeros((C, d, d))
    for c in range(C):
        for j in range(d):
            for k in range(j, d):
                products = gamma[:, c] * (X[:, j] - mu[c, j]) * (X[:, k] - mu[c, k])
                sigma[c, j, k] = sigma[c, k, j] = math.fsum(products) / N_c[c]
    return N_c / N, mu, sigma


@alternative("M_step")
def m_step_in_place_on_a_copy(X, gamma):
    """Divides a copy of the responsibilities in place and symmetrises the covariances."""
    weights = np.array(gamma)
    pi = weights.sum(axis=0)
    weights /= pi
    pi /= len(X)
    mu = np.matmul(weights.T, X)
    sigma = np.empty((len(pi), X.shape[1], X.shape[1]))
    for c in range(len(pi)):
        Y = X - mu[c]
        S = Y.T @ np.diag(weights[:, c]) @ Y if len(X) <= 300 else Y.T @ (Y * weights[:, c, None])
        sigma[c] = (S + S.T) / 2
    return pi, mu, sigma


# ---------------------------------------------------------------- variational lower bound


def _log_density(X, mean, cov):
    """log N(x_i | mean, cov) of each point, shape (N,)."""
    L = np.linalg.cholesky(cov)
    z = solve_triangular(L, (X - mean).T, lower=True)
    return -0.5 * (X.shape[1] * np.log(2 * np.pi) + np.sum(z**2, axis=0)) - np.log(np.diag(L)).sum()


def _log_joint(X, pi, mu, sigma):
    """log pi_c + log N(x_i | mu_c, sigma_c), shape (N, C); a component of weight zero gets -inf."""
    with np.errstate(divide="ignore"):
        log_pi = np.log(pi)
    return log_pi + np.stack([_log_density(X, mu[c], sigma[c]) for c in range(len(pi))], axis=1)


def _expected_log_joint(X, pi, mu, sigma, gamma):
    """sum gamma log joint, where an entry without responsibility counts as zero."""
    return np.sum(np.where(gamma > 0, gamma * _finite(_log_joint(X, pi, mu, sigma)), 0.0))


def _finite(a):
    """Replaces -inf by the most negative number, so that zero times it is zero."""
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
    """A number inside the logarithm of a responsibility that no sum can see."""
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
    """Row times column, and so an array of shape (1, 1)."""
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
    """An argument of its own after the five."""
    log_p = _finite(_log_joint(X, pi, mu, sigma))
    rows = np.einsum("ic,ic->i", gamma, log_p) + entr(gamma).sum(axis=1)
    return rows if per_point else rows.sum()


@alternative("compute_vlb")
def vlb_with_nansum(X, pi, mu, sigma, gamma):
    """Lets 0 log 0 become NaN entry by entry, silently, and leaves those entries out."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = gamma * (_log_joint(X, pi, mu, sigma) - np.log(gamma))
    terms[gamma == 0] = np.nan
    return np.nansum(terms)


@alternative("compute_vlb")
def vlb_with_zeros_replaced_in_a_copy(X, pi, mu, sigma, gamma):
    """Ones in place of the zeros, in a copy that only the logarithm sees."""
    safe = gamma.copy()
    safe[safe == 0] = 1.0
    log_p = _finite(_log_joint(X, pi, mu, sigma))
    return (gamma * log_p).sum(axis=0).sum() - (gamma * np.log(safe)).sum(axis=1).sum()


# ---------------------------------------------------------------- training


def _covariance(X):
    """Covariance of all points, (d, d), also for one dimension."""
    return np.atleast_2d(np.cov(X, rowvar=False, bias=True))


def _collapsed(X, loss, sigma):
    """Whether a bound or a covariance matrix is not to be trusted, judged at the scale of the data."""
    if not np.all(np.isfinite(loss)) or not np.all(np.isfinite(sigma)):
        return True
    return bool(np.linalg.eigvalsh(sigma).min() < 1e-9 * X.var(axis=0).min())


def _points_as_means(X, C):
    """Equal weights, C of the points as means, the covariance of the data for each component."""
    means = X[np.random.choice(len(X), C, replace=False)]
    return np.full(C, 1 / C), means, np.tile(_covariance(X), (C, 1, 1))


def _climb(X, pi, mu, sigma, rtol, max_iter):
    """EM from the given parameters; LinAlgError when a component collapses."""
    previous = None
    for _ in range(max_iter):
        gamma = E_step(X, pi, mu, sigma)
        pi, mu, sigma = M_step(X, gamma)
        loss = compute_vlb(X, pi, mu, sigma, gamma)
        if _collapsed(X, loss, sigma):
            raise LinAlgError("a component has collapsed")
        if previous is not None and abs(loss - previous) <= rtol * abs(previous):
            break
        previous = loss
    return loss, pi, mu, sigma


def _best_of(starts, X, rtol, max_iter):
    """The best of the runs from the given starts, and a clear error when none of them survives."""
    best = None
    for start in starts:
        try:
            result = _climb(X, *start, rtol, max_iter)
        except LinAlgError:
            continue
        if best is None or result[0] > best[0]:
            best = result
    if best is None:
        raise RuntimeError("a component collapsed in every restart")
    return best


@alternative("train_EM")
def train_from_random_points(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Random points as means and the covariance of the data, everything in one function."""
    best_loss, best_pi, best_mu, best_sigma = -np.inf, None, None, None
    for _ in range(restarts):
        pi = np.ones(C) / C
        mu = X[np.random.permutation(X.shape[0])[:C]]
        sigma = np.array([_covariance(X)] * C)
        prev_loss = None
        try:
            for _ in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if _collapsed(X, loss, sigma):
                    raise LinAlgError
                if prev_loss is not None and np.abs((loss - prev_loss) / prev_loss) <= rtol:
                    break
                prev_loss = loss
        except LinAlgError:
            continue
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi.copy(), mu.copy(), sigma.copy()
    if best_pi is None:
        raise RuntimeError("no restart survived")
    return best_loss, best_pi, best_mu, best_sigma


@alternative("train_EM")
def train_from_far_apart_points(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Each further mean is drawn with a probability that grows with its distance from the others."""
    rng = np.random.default_rng()

    def start():
        means = [X[rng.integers(len(X))]]
        while len(means) < C:
            distance = np.min([((X - m) ** 2).sum(axis=1) for m in means], axis=0)
            means.append(X[rng.choice(len(X), p=distance / distance.sum())])
        return np.full(C, 1 / C), np.array(means), np.stack([_covariance(X) / C] * C)

    return _best_of((start() for _ in range(restarts)), X, rtol, max_iter)


@alternative("train_EM")
def train_from_random_responsibilities(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Begins with an M-step, from random responsibilities that favour the points on one side."""
    rng = np.random.default_rng()
    scale = np.sqrt(np.trace(_covariance(X))) + 1e-300
    best = None
    for _ in range(restarts):
        # Independent rows would give each component nearly the mean of all points.
        directions = rng.normal(size=(X.shape[1], C)) * 3 / scale
        tilt = softmax((X - X.mean(axis=0)) @ directions, axis=1)
        gamma = tilt * rng.dirichlet(np.full(C, 0.3), size=len(X)) + 0.01
        gamma /= gamma.sum(axis=1, keepdims=True)
        try:
            result = _climb(X, *M_step(X, gamma), rtol, max_iter)
        except LinAlgError:
            continue
        if best is None or result[0] > best[0]:
            best = result
    if best is None:
        raise ValueError("no restart survived")
    return best


@alternative("train_EM")
def train_from_round_components(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Round components with the variance of the data, and weights from a Dirichlet distribution."""
    N, d = X.shape
    best = (-np.inf,)
    for _ in range(restarts):
        pi = np.random.dirichlet([5.0] * C)
        mu = X[np.random.choice(N, size=C, replace=False), :]
        sigma = np.eye(d)[None].repeat(C, axis=0) * X.var(axis=0).mean()
        with contextlib.suppress(LinAlgError):
            best = max(best, _climb(X, pi, mu, sigma, rtol, max_iter), key=lambda result: result[0])
    if len(best) == 1:
        raise LinAlgError("all restarts have failed")
    return best


@alternative("train_EM")
def train_from_a_random_partition(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Splits the points among C random centres, and takes the covariance of what lies around each."""
    N, d = X.shape
    starts = []
    for _ in range(restarts):
        centres = X[np.random.choice(N, C, replace=False)]
        nearest = np.argmin(((X[:, None] - centres) ** 2).sum(axis=2), axis=1)
        pi, mu, sigma = np.zeros(C), np.zeros((C, d)), np.zeros((C, d, d))
        for c in range(C):
            members = np.vstack([X[nearest == c], centres[c]])  # at least the centre itself
            pi[c], mu[c] = len(members) / (N + C), members.mean(axis=0)
            # A share of the whole covariance keeps a small cell from being flat.
            sigma[c] = (members - mu[c]).T @ (members - mu[c]) / len(members) + 0.1 * _covariance(X)
        starts.append((pi, mu, sigma))
    return _best_of(starts, X, rtol, max_iter)


@alternative("train_EM")
def train_from_random_covariances(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Random positive definite matrices, A A^T, at the scale of the data."""
    N, d = X.shape
    root = np.linalg.cholesky(_covariance(X))
    starts = []
    for _ in range(restarts):
        A = np.random.normal(size=(C, d, 2 * d + 2)) / np.sqrt(2 * d + 2)
        sigma = root @ A @ A.transpose(0, 2, 1) @ root.T
        pi = np.random.rand(C) + 0.5
        starts.append((pi / pi.sum(), X[np.random.choice(N, C, replace=False)], sigma))
    return _best_of(starts, X, rtol, max_iter)


@alternative("train_EM")
def train_with_an_absolute_tolerance(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Waits for the bound to move by no more than rtol nats, which is stricter for a large bound."""
    results = []
    for _ in range(restarts):
        pi, mu, sigma = _points_as_means(X, C)
        last = -np.inf
        try:
            for _ in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if _collapsed(X, loss, sigma):
                    raise LinAlgError("collapse")
                if abs(loss - last) <= min(rtol, rtol * abs(loss)):
                    break
                last = loss
            results.append((loss, pi, mu, sigma))
        except LinAlgError:
            continue
    if not results:
        raise RuntimeError("no restart survived")
    return max(results, key=lambda result: result[0])


@alternative("train_EM")
def train_with_further_arguments(X, C, rtol=1e-3, max_iter=100, restarts=10, verbose=False, tol=0.0):
    """Arguments of its own after the five, a seed for each restart, and np.isclose as the rule."""
    best = [-np.inf, None, None, None]
    for r, seed in enumerate(np.random.SeedSequence().spawn(restarts)):
        rng = np.random.default_rng(seed)
        pi, sigma = rng.dirichlet(np.full(C, 10.0)), np.repeat(_covariance(X)[None] / C, C, axis=0)
        mu = X[rng.choice(len(X), C, replace=False)]
        previous, iteration, done = np.inf, 0, False
        try:
            while iteration < max_iter and not done:
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if _collapsed(X, loss, sigma):
                    raise LinAlgError("collapse")
                done = bool(np.isclose(loss, previous, rtol=rtol, atol=tol))
                previous, iteration = loss, iteration + 1
        except LinAlgError:
            continue
        if verbose:
            print(f"restart {r}: {loss:.3f} after {iteration} iterations")
        if loss > best[0]:
            best = [loss, pi, mu, sigma]
    if best[1] is None:
        raise RuntimeError("no restart survived")
    return best


@alternative("train_EM")
def train_that_replaces_collapsed_restarts(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Draws another start for each restart that collapsed, up to ten times as many."""
    finished, attempts = [], 0
    while len(finished) < restarts and attempts < 10 * restarts:
        attempts += 1
        try:
            finished.append(_climb(X, *_points_as_means(X, C), rtol, max_iter))
        except LinAlgError:
            continue
    if not finished:
        raise RuntimeError("a component collapses from every start")
    order = np.argsort([np.squeeze(result[0]) for result in finished])
    return finished[order[-1]]


@alternative("train_EM")
def train_with_recursion(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """One restart here, the others in a call of itself."""

    def best_of(remaining, best):
        if remaining == 0:
            return best
        try:
            result = _climb(X, *_points_as_means(X, C), rtol, max_iter)
        except LinAlgError:
            return best_of(remaining - 1, best)
        return best_of(remaining - 1, result if best is None or result[0] > best[0] else best)

    winner = best_of(restarts, None)
    if winner is None:
        raise RuntimeError("no restart survived")
    return winner


@alternative("train_EM")
def train_into_a_dictionary(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """The best state lives in a dictionary of copies; the run itself overwrites its arrays in place."""
    best = {"loss": None}
    for _ in range(restarts):
        state = dict(zip(("pi", "mu", "sigma"), _points_as_means(X, C), strict=True))
        state = {name: np.array(value) for name, value in state.items()}
        losses = []
        try:
            for i in range(max_iter):
                gamma = E_step(X, **state)
                for name, value in zip(state, M_step(X, gamma), strict=True):
                    state[name][...] = value
                losses.append(compute_vlb(X, gamma=gamma, **state))
                if _collapsed(X, losses[-1], state["sigma"]):
                    raise LinAlgError("collapse")
                if i > 0 and abs(losses[-1] / losses[-2] - 1) <= rtol:
                    break
        except LinAlgError:
            continue
        if best["loss"] is None or losses[-1] > best["loss"]:
            best = {"loss": losses[-1], **{name: value.copy() for name, value in state.items()}}
    if best["loss"] is None:
        raise RuntimeError("no restart survived")
    return tuple(best[name] for name in ("loss", "pi", "mu", "sigma"))


@alternative("train_EM")
def train_with_a_first_loss_of_zero(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """A first loss of zero, where NumPy's division gives inf and no stop."""
    best_loss, best_theta = None, None
    for _ in range(restarts):
        theta = _points_as_means(X, C)
        loss = np.float64(0.0)
        try:
            for _ in range(max_iter):
                old = loss
                gamma = E_step(X, *theta)
                theta = M_step(X, gamma)
                loss = np.float64(np.squeeze(compute_vlb(X, *theta, gamma)))
                if _collapsed(X, loss, theta[2]):
                    raise LinAlgError("collapse")
                with np.errstate(divide="ignore"):
                    change = np.abs((loss - old) / old)
                if change <= rtol:
                    break
        except LinAlgError:
            continue
        if best_loss is None or loss > best_loss:
            best_loss, best_theta = loss, theta
    if best_theta is None:
        raise RuntimeError("no restart survived")
    best_pi, best_mu, best_sigma = best_theta
    return best_loss, best_pi, best_mu, best_sigma


@alternative("train_EM")
def train_with_a_1_by_1_loss(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """The loss is an array of shape (1, 1) all the way."""
    best_loss = np.full((1, 1), -np.inf)
    best = None
    for _ in range(restarts):
        try:
            loss, *theta = _climb(X, *_points_as_means(X, C), rtol, max_iter)
        except LinAlgError:
            continue
        loss = np.reshape(loss, (1, 1))
        if loss > best_loss:
            best_loss, best = loss, [np.copy(a) for a in theta]
    if best is None:
        raise RuntimeError("no restart survived")
    return best_loss, *best


@alternative("train_EM")
def train_with_argmax_at_the_end(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Keeps every restart, a collapsed one with a loss of -inf, and picks the best at the end."""
    losses, parameters = [], []
    for _ in range(restarts):
        try:
            loss, *theta = _climb(X, *_points_as_means(X, C), rtol, max_iter)
        except LinAlgError:
            loss, theta = -np.inf, None
        losses.append(np.squeeze(loss))
        parameters.append(theta)
    if np.isneginf(losses).all():
        raise RuntimeError("no restart survived")
    winner = int(np.argmax(losses))
    return losses[winner], *parameters[winner]


@alternative("train_EM")
def train_with_the_e_step_last(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """M-step first and E-step last, so that the bound of an iteration is the log-likelihood itself."""
    best = None
    for _ in range(restarts):
        gamma = E_step(X, *_points_as_means(X, C))
        losses = []
        try:
            while len(losses) < max_iter:
                pi, mu, sigma = M_step(X, gamma)
                gamma = E_step(X, pi, mu, sigma)
                losses.append(compute_vlb(X, pi, mu, sigma, gamma))
                if _collapsed(X, losses[-1], sigma):
                    raise LinAlgError("collapse")
                if len(losses) > 1 and abs(losses[-1] - losses[-2]) <= rtol * abs(losses[-2]):
                    break
        except LinAlgError:
            continue
        if best is None or losses[-1] > best[0]:
            best = losses[-1], pi, mu, sigma
    if best is None:
        raise RuntimeError("no restart survived")
    return best


@alternative("train_EM")
def train_in_silence(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Marks a collapse by a loss of NaN, sees flat components by their inverse, warnings switched off."""
    whole = _covariance(X)
    best_loss = -np.inf
    for _ in range(restarts):
        pi, mu, sigma = _points_as_means(X, C)
        previous = np.nan
        with np.errstate(all="ignore"):
            for _ in range(max_iter):
                try:
                    gamma = E_step(X, pi, mu, sigma)
                    pi, mu, sigma = M_step(X, gamma)
                    loss = compute_vlb(X, pi, mu, sigma, gamma)
                    narrowness = np.abs(np.linalg.inv(sigma) @ whole).max()
                except np.linalg.LinAlgError:
                    loss = np.nan
                if not np.isfinite(loss) or not narrowness < 1e9:
                    loss = np.nan
                    break
                if np.abs(loss - previous) / np.abs(previous) <= rtol:
                    break
                previous = loss
        if not np.isnan(loss) and loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi, mu, sigma
    if np.isneginf(best_loss):
        raise LinAlgError("no restart survived")
    return best_loss, best_pi, best_mu, best_sigma


@alternative("train_EM")
def train_from_k_means(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """A few rounds of k-means from random points; each cluster gives a mean, all share the covariance of the data."""
    starts = []
    for _ in range(restarts):
        centres = X[np.random.choice(len(X), C, replace=False)]
        for _ in range(3):
            label = ((X[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
            filled = np.unique(label)
            centres = centres.copy()
            centres[filled] = [X[label == c].mean(axis=0) for c in filled]
        starts.append((np.full(C, 1 / C), centres, np.stack([_covariance(X)] * C)))
    return _best_of(starts, X, rtol, max_iter)


@alternative("train_EM")
def train_from_the_identity(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Random points as means, and the identity as every covariance."""
    eye = np.array([np.eye(X.shape[1])] * C)
    starts = [(np.ones(C) / C, X[np.random.permutation(len(X))[:C]], eye) for _ in range(restarts)]
    return _best_of(starts, X, rtol, max_iter)


@alternative("train_EM")
def train_with_a_bound_of_its_own(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Counts on a bound of shape (1, 1), and so brings along one that has it."""

    def bound(pi, mu, sigma, gamma):
        return np.reshape(compute_vlb(X, pi, mu, sigma, gamma), (1, 1))

    best = None
    for _ in range(restarts):
        theta, previous = _points_as_means(X, C), None
        try:
            for _ in range(max_iter):
                gamma = E_step(X, *theta)
                theta = M_step(X, gamma)
                loss = bound(*theta, gamma)[0, 0]
                if _collapsed(X, loss, theta[2]):
                    raise LinAlgError("a component has collapsed")
                if previous is not None and abs(loss - previous) <= rtol * abs(previous):
                    break
                previous = loss
        except LinAlgError:
            continue
        if best is None or loss > best[0]:
            best = (loss, *theta)
    if best is None:
        raise RuntimeError("no restart survived")
    return best


@alternative("train_EM")
def train_that_prints_a_megabyte(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Left its debugging output in."""
    for _ in range(10):
        print("x" * 100_000)
    return _best_of([_points_as_means(X, C) for _ in range(restarts)], X, rtol, max_iter)
