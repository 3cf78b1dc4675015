"""M-step, written in other ways."""

import math

import numpy as np

from autograder.assignment import alternative


@alternative("M_step")
def m_step_with_machine_epsilon_in_the_denominator(X, gamma):
    """Adds machine epsilon to the denominators, to avoid a division by zero."""
    N_c = gamma.sum(axis=0) + np.finfo(float).eps
    mu = gamma.T @ X / N_c[:, None]
    sigma = [((X - m) * w[:, None]).T @ (X - m) / n for m, w, n in zip(mu, gamma.T, N_c, strict=True)]
    return gamma.sum(axis=0) / len(gamma), mu, np.stack(sigma)


@alternative("M_step", blends=False)
def m_step_with_renamed_arguments(points, responsibilities):
    """Its own names for the two arguments, in the order of the assignment."""
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
    """Multiplies both factors of one matrix product by the square root of the weights."""
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
    """Nested lists instead of arrays, and a list instead of a tuple."""
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
    """One pass over the points that updates the means and scatter matrices at each point (Welford)."""
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
