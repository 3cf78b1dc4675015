"""E-step: mistakes in the table: its sums, its shape, and where its numbers come from."""

import numpy as np
from scipy.special import logsumexp

from autograder.assignment import misconception
from reference.em_gmm.cases import mu0, pi0, sigma0
from reference.em_gmm.misconceptions._shared import _log_joint, _log_weights, _normalise


@misconception(
    "e_step",
    hint="You normalise over the points, but the components of one point must share its probability.",
    see="Task 1",
)
def normalised_over_the_points(X, pi, mu, sigma):
    """Columns that sum to one instead of rows."""
    log_p = _log_joint(X, pi, mu, sigma)
    return np.exp(log_p - logsumexp(log_p, axis=0))


@misconception(
    "e_step",
    hint="Each row is divided by its largest entry, and Bayes' rule asks for another denominator.",
    see="Task 1",
)
def divided_by_the_maximum(X, pi, mu, sigma):
    """Forgets to normalise after the max trick."""
    log_p = _log_joint(X, pi, mu, sigma)
    return np.exp(log_p - log_p.max(axis=1, keepdims=True))


@misconception(
    "e_step",
    hint="You decide on one component for each point, but the E-step asks how probable each of them is.",
    see="Task 1",
)
def hard_assignments(X, pi, mu, sigma):
    """k-means: one for the most probable component, zero for the others."""
    best = _log_joint(X, pi, mu, sigma).argmax(axis=1)
    return np.eye(len(pi))[best]


@misconception("e_step", hint="The table lies on its side: one row for each point is due.", see="The shapes table")
def transposed_table(X, pi, mu, sigma):
    """(C, N) instead of (N, C)."""
    return _normalise(_log_joint(X, pi, mu, sigma)).T


@misconception("e_step", hint="The E-step returns one array, and you return more than that.", see="The shapes table")
def log_table_returned_too(X, pi, mu, sigma):
    """A tuple of the responsibilities and the logarithms behind them."""
    log_p = _log_joint(X, pi, mu, sigma)
    return _normalise(log_p), log_p


@misconception("e_step", hint="Your loop over the components ends one too early.", see="The shapes table")
def last_component_skipped(X, pi, mu, sigma):
    """range(C - 1)."""
    log_p = np.full((len(X), len(pi)), -1e10)
    for c in range(len(pi) - 1):
        log_p[:, c] = _log_joint(X, pi[[c]], mu[[c]], sigma[[c]])[:, 0]
    return _normalise(log_p)


@misconception(
    "e_step",
    hint="Subtracting a mean in place moves the points for all components that follow, and for your caller.",
    see="Task 1",
)
def points_centred_in_place(X, pi, mu, sigma):
    """X -= mu[c] adds the shifts up, component after component."""
    log_p = np.zeros((len(X), len(pi)))
    for c in range(len(pi)):
        X -= mu[c]
        distance = np.sum(np.linalg.solve(sigma[c], X.T).T * X, axis=1)
        log_p[:, c] = _log_weights(pi[c]) - 0.5 * np.linalg.slogdet(sigma[c])[1] - 0.5 * distance
    return _normalise(log_p)


@misconception(
    "e_step",
    hint="The means are those of the notebook and not those that your function was given.",
    see="Task 1",
)
def means_of_the_notebook(X, pi, mu, sigma):
    """The global mu0 instead of the argument."""
    return _normalise(_log_joint(X, pi, mu0, sigma))


@misconception(
    "e_step",
    hint="The weights are those of the notebook and not those that your function was given.",
    see="Task 1",
)
def weights_of_the_notebook(X, pi, mu, sigma):
    """The global pi0 instead of the argument."""
    return _normalise(_log_joint(X, pi0, mu, sigma))


@misconception(
    "e_step",
    hint="The covariances are those of the notebook and not those that your function was given.",
    see="Task 1",
)
def covariances_of_the_notebook(X, pi, mu, sigma):
    """The global sigma0 instead of the argument."""
    return _normalise(_log_joint(X, pi, mu, sigma0))


@misconception(
    "e_step",
    hint="Your function works for three components only, but C is given by the shapes of its arguments.",
    see="The shapes table",
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
    see="The shapes table",
)
def two_dimensions_wired_in(X, pi, mu, sigma):
    """Writes the inverse of a 2 by 2 matrix out."""
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
    see="The shapes table",
)
def number_of_points_wired_in(X, pi, mu, sigma):
    """np.zeros((280, C))."""
    log_p = np.zeros((280, len(pi)))
    for c in range(len(pi)):
        log_p[:, c] = _log_joint(X, pi[[c]], mu[[c]], sigma[[c]])[:, 0]
    return _normalise(log_p)


@misconception(
    "e_step",
    hint="NumPy has removed a name that you use; Python's own type of that name does the same.",
    see="Task 1",
)
def removed_numpy_name(X, pi, mu, sigma):
    """np.float, gone since NumPy 1.24."""
    gamma = np.zeros((X.shape[0], pi.shape[0]), dtype=np.float)
    gamma[:] = _normalise(_log_joint(X, pi, mu, sigma))
    return gamma
