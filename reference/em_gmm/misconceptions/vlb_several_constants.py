"""Variational lower bound: constants inside several logarithms at once. `a` and `b` are the constants."""

import numpy as np

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _log_density, _log_weights, _plain_joint
from reference.em_gmm.misconceptions.vlb import _entropy, _expected


def _pdf(X, mu, sigma):
    """The densities, which are zero for points that are far away."""
    return np.exp(_log_density(X, mu, sigma))


_TRUE_AS_WELL = ("densities_with_a_floor", "responsibilities_clipped")


@misconception(
    "vlb",
    hint="You add {a} inside several logarithms, and that changes the bound.",
    see="Task 3",
    may_be_named_as=_TRUE_AS_WELL,
    examples=(1e-4,),
)
def epsilon_in_several_logarithms(X, pi, mu, sigma, gamma, *, a):
    """log(pi + a), log(pdf + a) and log(gamma + a)."""
    log_p = np.log(pi + a) + np.log(_pdf(X, mu, sigma) + a)
    return np.sum(gamma * log_p) - np.sum(gamma * np.log(gamma + a))


@misconception(
    "vlb",
    hint="You add {a} inside both logarithms, and that changes the bound.",
    see="Task 3",
    same_answers_as="epsilon_in_several_logarithms",
    may_be_named_as=_TRUE_AS_WELL,
    examples=(1e-4,),
)
def epsilon_in_both_logarithms(X, pi, mu, sigma, gamma, *, a):
    """log(pi * pdf + a) and log(gamma + a)."""
    return np.sum(gamma * (np.log(_plain_joint(X, pi, mu, sigma) + a) - np.log(gamma + a)))


@misconception(
    "vlb",
    hint="You add {a} to densities and to responsibilities inside the logarithms.",
    see="Task 3",
    same_answers_as="epsilon_in_several_logarithms",
    may_be_named_as=_TRUE_AS_WELL,
    examples=(1e-4,),
)
def epsilon_beside_densities_and_responsibilities(X, pi, mu, sigma, gamma, *, a):
    """log(pdf + a) and log(gamma + a)."""
    log_p = _log_weights(pi) + np.log(_pdf(X, mu, sigma) + a)
    return np.sum(gamma * log_p) - np.sum(gamma * np.log(gamma + a))


@misconception(
    "vlb",
    hint="You add {a} to densities and weights inside the logarithms.",
    see="Task 3",
    same_answers_as="epsilon_in_several_logarithms",
    may_be_named_as=_TRUE_AS_WELL,
    examples=(1e-4,),
)
def epsilon_beside_densities_and_weights(X, pi, mu, sigma, gamma, *, a):
    """log(pi + a) and log(pdf + a)."""
    return _expected(gamma, np.log(pi + a) + np.log(_pdf(X, mu, sigma) + a)) + _entropy(gamma)


@misconception(
    "vlb",
    hint="You add {a} to weights and responsibilities inside the logarithms.",
    see="Task 3",
    same_answers_as="epsilon_in_several_logarithms",
    may_be_named_as=_TRUE_AS_WELL,
    examples=(1e-2,),
)
def epsilon_beside_weights_and_responsibilities(X, pi, mu, sigma, gamma, *, a):
    """log(pi + a) and log(gamma + a)."""
    log_p = np.log(pi + a) + _log_density(X, mu, sigma)
    return _expected(gamma, log_p) - np.sum(gamma * np.log(gamma + a))


@misconception(
    "vlb",
    hint="You clip densities and responsibilities at {a} inside the logarithms.",
    see="Task 3",
    same_answers_as="epsilon_in_several_logarithms",
    may_be_named_as=_TRUE_AS_WELL,
    examples=(1e-3,),
)
def densities_and_responsibilities_clipped(X, pi, mu, sigma, gamma, *, a):
    """log(max(pdf, a)) and log(max(gamma, a))."""
    log_p = _log_weights(pi) + np.log(np.maximum(_pdf(X, mu, sigma), a))
    return np.sum(gamma * log_p) - np.sum(gamma * np.log(np.maximum(gamma, a)))


@misconception(
    "vlb",
    hint="You add {a} to the densities and {b} to the responsibilities inside the logarithms.",
    see="Task 3",
    same_answers_as="epsilon_in_several_logarithms",
    may_be_named_as=_TRUE_AS_WELL,
    examples=((1e-5, 1e-3),),
)
def two_epsilons_beside_densities_and_responsibilities(X, pi, mu, sigma, gamma, *, a, b):
    """log(pdf + a) and log(gamma + b)."""
    log_p = _log_weights(pi) + np.log(_pdf(X, mu, sigma) + a)
    return np.sum(gamma * log_p) - np.sum(gamma * np.log(gamma + b))


@misconception(
    "vlb",
    hint="You add {a} to the weighted densities and {b} to the responsibilities inside the logarithms.",
    see="Task 3",
    same_answers_as="epsilon_in_several_logarithms",
    may_be_named_as=_TRUE_AS_WELL,
    examples=((1e-5, 1e-3),),
)
def two_epsilons_in_both_logarithms(X, pi, mu, sigma, gamma, *, a, b):
    """log(pi * pdf + a) and log(gamma + b)."""
    return np.sum(gamma * (np.log(_plain_joint(X, pi, mu, sigma) + a) - np.log(gamma + b)))
