"""E-step: small constants that are added, or at which something is clipped. `a` is the constant."""

import numpy as np

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _log_density, _log_joint, _log_weights, _normalise, _plain_joint


def _divided(p):
    """Each row divided by its sum."""
    return p / p.sum(axis=1, keepdims=True)


# ---------------------------------------------------------------- at the densities


@misconception(
    "e_step",
    hint="Numbers as small as the density of a faraway point are replaced, or {a} is added to them, so the point itself "
    "no longer counts.",
    see="Task 1, Trick 1",
    examples=(1e-9,),
)
def densities_with_a_floor_in_the_e_step(X, pi, mu, sigma, *, a):
    """pdf + a, written without logarithms."""
    return _divided(pi * (np.exp(_log_density(X, mu, sigma)) + a))


@misconception(
    "e_step",
    hint="You add {a} to the numerators and to the denominator, which is more than the densities of a faraway point.",
    see="Task 1, Trick 1",
    same_answers_as="densities_with_a_floor_in_the_e_step",
    examples=(1e-10,),
)
def epsilon_beside_the_densities(X, pi, mu, sigma, *, a):
    """The same constant in the numerator and in the denominator."""
    p = _plain_joint(X, pi, mu, sigma)
    return (p + a) / (p.sum(axis=1, keepdims=True) + a)


@misconception(
    "e_step",
    hint="You add {a} to every numerator, which is more than the densities of a faraway point.",
    see="Task 1, Trick 1",
    same_answers_as="densities_with_a_floor_in_the_e_step",
    examples=(1e-9,),
)
def epsilon_beside_the_numerators(X, pi, mu, sigma, *, a):
    """The constant in the numerators, which are then divided by their sum."""
    return _divided(_plain_joint(X, pi, mu, sigma) + a)


@misconception(
    "e_step",
    hint="You clip the densities at {a}, which is more than the densities of a faraway point.",
    see="Task 1, Trick 1",
    same_answers_as="densities_with_a_floor_in_the_e_step",
    examples=(1e-300,),
)
def densities_clipped(X, pi, mu, sigma, *, a):
    """np.maximum(pdf, a)."""
    return _divided(pi * np.maximum(np.exp(_log_density(X, mu, sigma)), a))


@misconception(
    "e_step",
    hint="You clip the numerators at {a}, which is more than the densities of a faraway point.",
    see="Task 1, Trick 1",
    same_answers_as="densities_with_a_floor_in_the_e_step",
    examples=(1e-300,),
)
def numerators_clipped(X, pi, mu, sigma, *, a):
    """np.maximum(pi * pdf, a)."""
    return _divided(np.maximum(_plain_joint(X, pi, mu, sigma), a))


_LOWEST_LOGARITHMS = (20, 30, 36, 40, 50, 80, 100, 200, 300, 500, 600, 690, 700, 708, 709, 740, 745, 750, 800, 1000)


@misconception(
    "e_step",
    hint="You clip the logarithms of the numerators at -{a}, but those of a faraway point are below that.",
    see="Task 1, Trick 1",
    same_answers_as="densities_with_a_floor_in_the_e_step",
    examples=(700,),
    usual=_LOWEST_LOGARITHMS,
)
def logarithms_clipped(X, pi, mu, sigma, *, a):
    """np.clip(log_p, -700, 700) before the softmax."""
    return _normalise(np.clip(_log_joint(X, pi, mu, sigma), -a, a))


@misconception(
    "e_step",
    hint="You clip the logarithms of the densities at -{a}, but those of a faraway point are below that.",
    see="Task 1, Trick 1",
    same_answers_as="densities_with_a_floor_in_the_e_step",
    examples=(500,),
    usual=_LOWEST_LOGARITHMS,
)
def log_densities_clipped(X, pi, mu, sigma, *, a):
    """np.maximum(logpdf, -500)."""
    return _normalise(_log_weights(pi) + np.maximum(_log_density(X, mu, sigma), -a))


# ---------------------------------------------------------------- in the denominator


@misconception(
    "e_step",
    hint="You add {a} to a denominator, so the responsibilities of a point do not sum to one.",
    see="Task 1",
    examples=(1e-2,),
)
def epsilon_in_the_denominator(X, pi, mu, sigma, *, a):
    """sum + a, after the trick with the maximum."""
    log_p = _log_joint(X, pi, mu, sigma)
    p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    return p / (p.sum(axis=1, keepdims=True) + a)


@misconception(
    "e_step",
    hint="You add {a} to the sum of the densities, which is more than those of a faraway point.",
    see="Task 1, Trick 1",
    same_answers_as="epsilon_in_the_denominator",
    examples=(1e-8,),
)
def epsilon_in_the_sum_of_densities(X, pi, mu, sigma, *, a):
    """sum + a, without logarithms."""
    p = _plain_joint(X, pi, mu, sigma)
    return p / (p.sum(axis=1, keepdims=True) + a)


@misconception(
    "e_step",
    hint="You add {a} to the maximum and to the sum, so the responsibilities of a point do not sum to one.",
    see="Task 1, Trick 1",
    same_answers_as="epsilon_in_the_denominator",
    examples=(1e-3,),
)
def epsilon_in_two_denominators(X, pi, mu, sigma, *, a):
    """The densities divided by (maximum + a), then by (sum + a)."""
    p = _plain_joint(X, pi, mu, sigma)
    p = p / (p.max(axis=1, keepdims=True) + a)
    return p / (p.sum(axis=1, keepdims=True) + a)


@misconception(
    "e_step",
    hint="You keep the denominator at {a} or more, so the rows of faraway points do not sum to one.",
    see="Task 1, Trick 1",
    same_answers_as="epsilon_in_the_denominator",
    examples=(1e-4,),
)
def sum_of_densities_clipped(X, pi, mu, sigma, *, a):
    """np.maximum(sum, a), without logarithms."""
    p = _plain_joint(X, pi, mu, sigma)
    return p / np.maximum(p.sum(axis=1, keepdims=True), a)


# ---------------------------------------------------------------- at the responsibilities


@misconception(
    "e_step",
    hint="You add {a} to the responsibilities or clip them there: the E-step has no such number.",
    see="Task 1",
    examples=(1e-3,),
)
def epsilon_beside_the_responsibilities(X, pi, mu, sigma, *, a):
    """gamma + a."""
    return _normalise(_log_joint(X, pi, mu, sigma)) + a


@misconception(
    "e_step",
    hint="You add {a} to the responsibilities and normalise them again, which changes them.",
    see="Task 1",
    same_answers_as="epsilon_beside_the_responsibilities",
    examples=(1e-2,),
)
def responsibilities_smoothed(X, pi, mu, sigma, *, a):
    """gamma + a, divided by its sum."""
    return _divided(_normalise(_log_joint(X, pi, mu, sigma)) + a)


@misconception(
    "e_step",
    hint="You clip the responsibilities at {a}, but smaller ones are right as they are.",
    see="Task 1",
    same_answers_as="epsilon_beside_the_responsibilities",
    examples=(1e-2,),
)
def responsibilities_with_a_floor(X, pi, mu, sigma, *, a):
    """np.maximum(gamma, a)."""
    return np.maximum(_normalise(_log_joint(X, pi, mu, sigma)), a)


@misconception(
    "e_step",
    hint="You keep the responsibilities between {a} and one minus that, but others are right too.",
    see="Task 1",
    same_answers_as="epsilon_beside_the_responsibilities",
    examples=(1e-3,),
)
def responsibilities_kept_inside(X, pi, mu, sigma, *, a):
    """np.clip(gamma, a, 1 - a)."""
    return np.clip(_normalise(_log_joint(X, pi, mu, sigma)), a, 1 - a)


@misconception(
    "e_step",
    hint="You clip the responsibilities at {a} and normalise them again, which changes them.",
    see="Task 1",
    same_answers_as="epsilon_beside_the_responsibilities",
    examples=(1e-2,),
)
def responsibilities_clipped_and_normalised(X, pi, mu, sigma, *, a):
    """np.maximum(gamma, a), divided by its sum."""
    return _divided(np.maximum(_normalise(_log_joint(X, pi, mu, sigma)), a))


# ---------------------------------------------------------------- at the parameters


@misconception(
    "e_step",
    hint="You add {a} to the diagonal of the covariances, so your densities belong to other covariances.",
    see="The Gaussian mixture",
    examples=(1e-2,),
)
def covariances_with_a_ridge_in_the_e_step(X, pi, mu, sigma, *, a):
    """sigma + a I."""
    return _normalise(_log_joint(X, pi, mu, sigma + a * np.eye(X.shape[1])))


@misconception(
    "e_step",
    hint="You add {a} to the determinant, so your densities belong to other covariances.",
    see="The Gaussian mixture",
    examples=(1.0,),
)
def determinant_with_an_epsilon(X, pi, mu, sigma, *, a):
    """sqrt(det + a)."""
    log_det = np.linalg.slogdet(sigma)[1]
    padded = np.log(np.linalg.det(sigma) + a)
    return _normalise(_log_joint(X, pi, mu, sigma) + 0.5 * (log_det - padded))


@misconception(
    "e_step", hint="You add {a} to the weights of the components, or clip them there.", see="Task 1", examples=(1e-2,)
)
def epsilon_beside_the_weights(X, pi, mu, sigma, *, a):
    """log(pi + a)."""
    return _normalise(_log_weights(pi + a) + _log_density(X, mu, sigma))
