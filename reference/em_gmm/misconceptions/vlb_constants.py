"""Variational lower bound: a constant that is added, or at which something is clipped. `a` is the constant."""

import numpy as np

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _log_density, _log_joint, _log_weights, _plain_joint
from reference.em_gmm.misconceptions.vlb import _entropy, _expected


def _pdf(X, mu, sigma):
    """The densities, which are zero for points that are far away."""
    return np.exp(_log_density(X, mu, sigma))


# ---------------------------------------------------------------- at the densities


@misconception(
    "vlb",
    hint="Numbers as small as the density of a faraway point are replaced, or {a} is added to them, so the point costs "
    "too little.",
    see="Task 3",
    examples=(1e-10, 1e-6),
)
def densities_with_a_floor(X, pi, mu, sigma, gamma, *, a):
    """log(pi * pdf + a)."""
    return _expected(gamma, np.log(_plain_joint(X, pi, mu, sigma) + a)) + _entropy(gamma)


@misconception(
    "vlb",
    hint="You add {a} to the densities, but those of faraway points are smaller.",
    see="Task 3",
    same_answers_as="densities_with_a_floor",
    examples=(1e-9,),
)
def densities_with_an_epsilon(X, pi, mu, sigma, gamma, *, a):
    """log(pdf + a)."""
    return _expected(gamma, _log_weights(pi) + np.log(_pdf(X, mu, sigma) + a)) + _entropy(gamma)


@misconception(
    "vlb",
    hint="You clip the densities at {a}, but those of faraway points are smaller.",
    see="Task 3",
    same_answers_as="densities_with_a_floor",
    examples=(1e-300,),
)
def densities_clipped_in_the_bound(X, pi, mu, sigma, gamma, *, a):
    """log(max(pdf, a))."""
    return _expected(gamma, _log_weights(pi) + np.log(np.maximum(_pdf(X, mu, sigma), a))) + _entropy(gamma)


@misconception(
    "vlb",
    hint="You clip the densities at {a}, but those of faraway points are smaller.",
    see="Task 3",
    same_answers_as="densities_with_a_floor",
    examples=(1e-300,),
)
def weighted_densities_clipped(X, pi, mu, sigma, gamma, *, a):
    """log(max(pi * pdf, a))."""
    return _expected(gamma, np.log(np.maximum(_plain_joint(X, pi, mu, sigma), a))) + _entropy(gamma)


_LOWEST_LOGARITHMS = (20, 30, 36, 40, 50, 80, 100, 200, 300, 500, 600, 690, 700, 708, 709, 740, 745, 750, 800, 1000)


@misconception(
    "vlb",
    hint="You clip the logarithms of the densities at -{a}, but those of faraway points are below that.",
    see="Task 3",
    same_answers_as="densities_with_a_floor",
    examples=(700,),
    usual=_LOWEST_LOGARITHMS,
)
def log_densities_clipped_in_the_bound(X, pi, mu, sigma, gamma, *, a):
    """max(logpdf, -700)."""
    return _expected(gamma, _log_weights(pi) + np.maximum(_log_density(X, mu, sigma), -a)) + _entropy(gamma)


@misconception(
    "vlb",
    hint="You clip the logarithms at -{a}, but those of faraway points are below that.",
    see="Task 3",
    same_answers_as="densities_with_a_floor",
    examples=(500,),
    usual=_LOWEST_LOGARITHMS,
)
def logarithms_clipped_in_the_bound(X, pi, mu, sigma, gamma, *, a):
    """max(log pi + logpdf, -500)."""
    return _expected(gamma, np.maximum(_log_joint(X, pi, mu, sigma), -a)) + _entropy(gamma)


# ---------------------------------------------------------------- at the responsibilities


@misconception(
    "vlb",
    hint="You add {a} to the responsibilities, or move them away from zero, and that changes the bound.",
    see="Task 3",
    examples=(1e-3,),
)
def responsibilities_clipped(X, pi, mu, sigma, gamma, *, a):
    """np.clip(gamma, a, 1), in both sums."""
    gamma = np.clip(gamma, a, 1)
    return _expected(gamma, _log_joint(X, pi, mu, sigma)) + _entropy(gamma)


@misconception(
    "vlb",
    hint="You keep the responsibilities between {a} and one minus that, and that changes the bound.",
    see="Task 3",
    same_answers_as="responsibilities_clipped",
    examples=(1e-2,),
)
def responsibilities_clipped_at_both_ends(X, pi, mu, sigma, gamma, *, a):
    """np.clip(gamma, a, 1 - a), in both sums."""
    gamma = np.clip(gamma, a, 1 - a)
    return _expected(gamma, _log_joint(X, pi, mu, sigma)) + _entropy(gamma)


@misconception(
    "vlb",
    hint="You add {a} to the responsibilities, and that changes the bound.",
    see="Task 3",
    same_answers_as="responsibilities_clipped",
    examples=(1e-3,),
)
def responsibilities_with_an_epsilon(X, pi, mu, sigma, gamma, *, a):
    """gamma + a, in both sums."""
    return _expected(gamma + a, _log_joint(X, pi, mu, sigma)) + _entropy(gamma + a)


@misconception(
    "vlb",
    hint="You add {a} to the responsibilities in the logarithm, and that changes the bound.",
    see="Task 3",
    same_answers_as="responsibilities_clipped",
    examples=(1e-2,),
)
def logarithm_of_responsibilities_with_an_epsilon(X, pi, mu, sigma, gamma, *, a):
    """gamma log(gamma + a)."""
    return _expected(gamma, _log_joint(X, pi, mu, sigma)) - np.sum(gamma * np.log(gamma + a))


@misconception(
    "vlb",
    hint="You clip the responsibilities at {a} in the logarithm, and that changes the bound.",
    see="Task 3",
    same_answers_as="responsibilities_clipped",
    examples=(1e-1,),
)
def logarithm_of_clipped_responsibilities(X, pi, mu, sigma, gamma, *, a):
    """gamma log(max(gamma, a))."""
    return _expected(gamma, _log_joint(X, pi, mu, sigma)) - np.sum(gamma * np.log(np.maximum(gamma, a)))


@misconception(
    "vlb",
    hint="You put {a} in place of responsibilities that are zero, and that changes the bound.",
    see="Task 3",
    same_answers_as="responsibilities_clipped",
    examples=(1e-2,),
)
def zeros_replaced(X, pi, mu, sigma, gamma, *, a):
    """gamma[gamma == 0] = a."""
    gamma = np.where(gamma == 0, a, gamma)
    return _expected(gamma, _log_joint(X, pi, mu, sigma)) + _entropy(gamma)


@misconception(
    "vlb",
    hint="You leave out responsibilities below {a}, but they count as well.",
    see="Task 3",
    examples=(1e-1,),
)
def small_responsibilities_left_out(X, pi, mu, sigma, gamma, *, a):
    """Only the entries with gamma > a."""
    gamma = np.where(gamma > a, gamma, 0.0)
    return _expected(gamma, _log_joint(X, pi, mu, sigma)) + _entropy(gamma)


# ---------------------------------------------------------------- at the parameters


@misconception(
    "vlb",
    hint="You add {a} to the diagonal of the covariances, so your densities belong to other covariances.",
    see="Task 3",
    examples=(1e-2,),
)
def covariances_with_a_ridge_in_the_bound(X, pi, mu, sigma, gamma, *, a):
    """sigma + a I."""
    return _expected(gamma, _log_joint(X, pi, mu, sigma + a * np.eye(X.shape[1]))) + _entropy(gamma)


@misconception(
    "vlb",
    hint="You add {a} to the weights of the components, and that changes the bound.",
    see="Task 3",
    examples=(1e-2,),
)
def weights_with_an_epsilon(X, pi, mu, sigma, gamma, *, a):
    """log(pi + a)."""
    return _expected(gamma, np.log(pi + a) + _log_density(X, mu, sigma)) + _entropy(gamma)
