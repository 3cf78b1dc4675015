"""E-step: mistakes in the table: its sums, its shape, and where its numbers come from."""

import numpy as np
from scipy.special import logsumexp

from autograder.assignment import misconception
from reference.em_gmm.cases import mu0, pi0, sigma0
from reference.em_gmm.misconceptions._shared import _log_joint, _log_weights, _normalise


@misconception(
    "e_step",
    hint="You normalise over the points, but the responsibilities of each point must sum to one over the components.",
    see="Task 1",
)
def normalised_over_the_points(X, pi, mu, sigma):
    """Columns that sum to one instead of rows."""
    log_p = _log_joint(X, pi, mu, sigma)
    return np.exp(log_p - logsumexp(log_p, axis=0))


@misconception(
    "e_step",
    hint="You divide each row by its largest entry, but Bayes' rule has another denominator.",
    see="Task 1",
)
def divided_by_the_maximum(X, pi, mu, sigma):
    """Forgets to normalise after the max trick."""
    log_p = _log_joint(X, pi, mu, sigma)
    return np.exp(log_p - log_p.max(axis=1, keepdims=True))


@misconception(
    "e_step",
    hint="You choose one component for each point, but the E-step asks for the probability of each component.",
    see="Task 1",
)
def hard_assignments(X, pi, mu, sigma):
    """As in k-means: one for the most probable component, zero for the others."""
    best = _log_joint(X, pi, mu, sigma).argmax(axis=1)
    return np.eye(len(pi))[best]


@misconception("e_step", hint="Your table is transposed: it must have one row for each point.", see="Names and shapes")
def transposed_table(X, pi, mu, sigma):
    """(C, N) instead of (N, C)."""
    return _normalise(_log_joint(X, pi, mu, sigma)).T


@misconception(
    "e_step", hint="You return more than one array, but the E-step returns only gamma.", see="Names and shapes"
)
def log_table_returned_too(X, pi, mu, sigma):
    """A tuple of the responsibilities and the logarithms behind them."""
    log_p = _log_joint(X, pi, mu, sigma)
    return _normalise(log_p), log_p


@misconception("e_step", hint="Your loop over the components ends one component too early.", see="Names and shapes")
def last_component_skipped(X, pi, mu, sigma):
    """range(C - 1)."""
    log_p = np.full((len(X), len(pi)), -1e10)
    for c in range(len(pi) - 1):
        log_p[:, c] = _log_joint(X, pi[[c]], mu[[c]], sigma[[c]])[:, 0]
    return _normalise(log_p)


@misconception(
    "e_step",
    hint="You subtract each mean from points from which you have subtracted the means before it: if this changed X "
    "itself, also run the cell that loads the data again.",
    see="Task 1",
)
def points_centred_in_place(X, pi, mu, sigma):
    """X -= mu[c] in the loop: the shifts add up over the components."""
    log_p = np.zeros((len(X), len(pi)))
    for c in range(len(pi)):
        X -= mu[c]
        distance = np.sum(np.linalg.solve(sigma[c], X.T).T * X, axis=1)
        log_p[:, c] = _log_weights(pi[c]) - 0.5 * np.linalg.slogdet(sigma[c])[1] - 0.5 * distance
    return _normalise(log_p)


@misconception(
    "e_step",
    hint="You use the means of the notebook instead of those that your function gets as an argument.",
    see="Task 1",
    raises=("ValueError",),
)
def means_of_the_notebook(X, pi, mu, sigma):
    """The global mu0 instead of the argument."""
    return _normalise(_log_joint(X, pi, mu0, sigma))


@misconception(
    "e_step",
    hint="You use the weights of the notebook instead of those that your function gets as an argument.",
    see="Task 1",
    raises=("ValueError",),
)
def weights_of_the_notebook(X, pi, mu, sigma):
    """The global pi0 instead of the argument."""
    return _normalise(_log_joint(X, pi0, mu, sigma))


@misconception(
    "e_step",
    hint="You use the covariances of the notebook instead of those that your function gets as an argument.",
    see="Task 1",
    raises=("ValueError",),
)
def covariances_of_the_notebook(X, pi, mu, sigma):
    """The global sigma0 instead of the argument."""
    return _normalise(_log_joint(X, pi, mu, sigma0))


@misconception(
    "e_step",
    hint="Your function works for three components only, but C is given by the shapes of its arguments.",
    see="Names and shapes",
    raises=("IndexError",),
)
def three_components_wired_in(X, pi, mu, sigma):
    """range(3) and an array with three columns."""
    log_p = np.zeros((X.shape[0], 3))
    for c in range(3):
        log_p[:, c] = _log_joint(X, pi[c : c + 1], mu[c : c + 1], sigma[c : c + 1])[:, 0]
    return _normalise(log_p)


@misconception(
    "e_step",
    hint="Your function works for points in the plane only, but d is given by the shape of X.",
    see="Names and shapes",
    raises=("IndexError",),
)
def two_dimensions_wired_in(X, pi, mu, sigma):
    """Writes out the inverse of a 2 by 2 matrix."""
    log_p = np.zeros((len(X), len(pi)))
    for c in range(len(pi)):
        x, y = X[:, 0] - mu[c, 0], X[:, 1] - mu[c, 1]
        s = sigma[c]
        det = s[0, 0] * s[1, 1] - s[0, 1] ** 2
        distance = (s[1, 1] * x**2 - 2 * s[0, 1] * x * y + s[0, 0] * y**2) / det
        log_p[:, c] = _log_weights(pi[c]) - 0.5 * np.log(det) - 0.5 * distance
    return _normalise(log_p)


@misconception(
    "e_step",
    hint="Your function works for 280 points only, but N is given by the shapes of its arguments.",
    see="Names and shapes",
    raises=("ValueError",),
)
def number_of_points_wired_in(X, pi, mu, sigma):
    """np.zeros((280, C))."""
    log_p = np.zeros((280, len(pi)))
    for c in range(len(pi)):
        log_p[:, c] = _log_joint(X, pi[[c]], mu[[c]], sigma[[c]])[:, 0]
    return _normalise(log_p)


@misconception(
    "e_step",
    hint="You use a name that NumPy has removed: Python has a type of the same name.",
    see="Task 1",
    raises=("AttributeError",),
)
def removed_numpy_name(X, pi, mu, sigma):
    """np.float, which NumPy 1.24 removed."""
    gamma = np.zeros((X.shape[0], pi.shape[0]), dtype=np.float)
    gamma[:] = _normalise(_log_joint(X, pi, mu, sigma))
    return gamma


@misconception(
    "e_step",
    hint="You divide by the sum of the whole table, but the responsibilities of each point must sum to one.",
    see="Task 1",
)
def normalised_over_the_whole_table(X, pi, mu, sigma):
    """logsumexp without an axis."""
    log_p = _log_joint(X, pi, mu, sigma)
    return np.exp(log_p - logsumexp(log_p))
