"""Correct fits of a line."""

import numpy as np

from autograder.assignment import alternative


@alternative("fit_line")
def by_covariance(x, y):
    """Slope from the covariance."""
    slope = np.cov(x, y)[0, 1] / np.var(x, ddof=1)
    return [y.mean() - slope * x.mean(), slope]


@alternative("fit_line")
def by_normal_equations(x, y):
    """Solves the normal equations, a two by two system."""
    A = np.stack([np.ones_like(x), x], axis=1)
    return np.linalg.solve(A.T @ A, A.T @ y)
