"""Training that is right and slow. The limit of a call follows from the slowest right solution."""

import math

import numpy as np
from numpy.linalg import LinAlgError

from autograder.assignment import alternative
from reference.em_gmm.alternatives._shared import _collapsed, _points_as_means
from reference.em_gmm.alternatives.m_step import m_step_with_loops


def _log_term(x, weight, mean, cov):
    """log pi_c + log N(x | mu_c, sigma_c) of one point; it inverts the covariance each time."""
    diff = x - mean
    log_weight = math.log(weight) if weight > 0 else -math.inf
    constant = len(x) * math.log(2 * math.pi) + math.log(np.linalg.det(cov))
    return log_weight - 0.5 * (constant + diff @ np.linalg.inv(cov) @ diff)


def _loops_for_gamma(X, pi, mu, sigma):
    C = len(pi)
    gamma = np.zeros((len(X), C))
    for i, x in enumerate(X):
        terms = [_log_term(x, pi[c], mu[c], sigma[c]) for c in range(C)]
        for c in range(C):
            gamma[i, c] = 1 / sum(math.exp(min(700, term - terms[c])) for term in terms) if pi[c] > 0 else 0.0
    return gamma


def _loops_for_the_bound(X, pi, mu, sigma, gamma):
    loss = 0.0
    for i, x in enumerate(X):
        for c in range(len(pi)):
            if gamma[i, c] > 0:
                loss += gamma[i, c] * (_log_term(x, pi[c], mu[c], sigma[c]) - math.log(gamma[i, c]))
    return loss


@alternative("train_EM", slow=True)
def train_with_loops_over_points(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Steps of its own, each a plain loop over points and components."""
    best = None
    for _ in range(restarts):
        pi, mu, sigma = _points_as_means(X, C)
        previous = None
        try:
            for _ in range(max_iter):
                gamma = _loops_for_gamma(X, pi, mu, sigma)
                pi, mu, sigma = m_step_with_loops(X, gamma)
                loss = _loops_for_the_bound(X, pi, mu, sigma, gamma)
                if _collapsed(X, loss, sigma):
                    raise LinAlgError("a component has collapsed")
                if previous is not None and abs(loss - previous) <= rtol * abs(previous):
                    break
                previous = loss
        except (LinAlgError, ValueError):  # the logarithm of a determinant of zero is a ValueError
            continue
        if best is None or loss > best[0]:
            best = (loss, pi, mu, sigma)
    if best is None:
        raise RuntimeError("a component collapsed in every restart")
    return best
