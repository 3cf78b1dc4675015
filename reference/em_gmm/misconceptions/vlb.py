"""Variational lower bound: mistakes in its two sums, and with zeros."""

import numpy as np
from scipy.special import logsumexp, xlogy

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _distances, _log_density, _log_joint, _log_weights, _plain_joint


def _expected(gamma, values):
    """sum of gamma times values, without the entries where gamma is zero."""
    return np.sum(gamma[gamma > 0] * values[gamma > 0])


def _entropy(gamma):
    """-sum gamma log gamma."""
    return -np.sum(xlogy(gamma, gamma))


@misconception("vlb", hint="A responsibility of exactly zero turns your bound into NaN.", see="Task 3")
def zero_times_log_zero(X, pi, mu, sigma, gamma):
    """0 log 0 is NaN in NumPy."""
    return np.sum(gamma * _log_joint(X, pi, mu, sigma)) - np.sum(gamma * np.log(gamma))


@misconception(
    "vlb",
    hint="If one of the responsibilities of a point is zero, you leave out the entire point.",
    see="Task 3",
)
def points_with_a_zero_dropped(X, pi, mu, sigma, gamma):
    """nansum over the points, after the NaN has spread over the row."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rows = np.sum(gamma * (_log_joint(X, pi, mu, sigma) - np.log(gamma)), axis=1)
    return np.nansum(rows)


@misconception(
    "vlb",
    hint="You take the logarithm of densities, but the density of a faraway point is stored as zero.",
    see="Task 1, Trick 1",
)
def logarithm_of_vanished_densities(X, pi, mu, sigma, gamma):
    """log(pdf) instead of logpdf."""
    from scipy.stats import multivariate_normal  # here, so that a worker need not import it to name other mistakes

    loss = _entropy(gamma)
    for c in range(len(pi)):
        density = multivariate_normal.pdf(X, mean=mu[c], cov=sigma[c])
        loss += np.sum(gamma[:, c] * np.log(pi[c] * density))
    return loss


@misconception("vlb", hint="The second sum of the bound is missing.", see="Task 3")
def entropy_missing(X, pi, mu, sigma, gamma):
    """The expected log joint only."""
    return _expected(gamma, _log_joint(X, pi, mu, sigma))


@misconception("vlb", hint="The second sum of the bound has the wrong sign.", see="Task 3")
def entropy_with_the_wrong_sign(X, pi, mu, sigma, gamma):
    """Adds sum gamma log gamma."""
    return _expected(gamma, _log_joint(X, pi, mu, sigma)) - _entropy(gamma)


@misconception(
    "vlb",
    hint="The second sum of the bound runs over a few points only.",
    see="Task 3",
    may_be_named_as=("entropy_missing",),
    raises=("IndexError",),
)
def entropy_of_a_few_points(X, pi, mu, sigma, gamma):
    """Loops over range(C) instead of the points."""
    loss = _expected(gamma, _log_joint(X, pi, mu, sigma))
    for i in range(len(pi)):
        loss += _entropy(gamma[i])
    return loss


@misconception("vlb", hint="The two sums have logarithms of different bases.", see="Task 3")
def entropy_in_bits(X, pi, mu, sigma, gamma):
    """log2 in the entropy."""
    return _expected(gamma, _log_joint(X, pi, mu, sigma)) + _entropy(gamma) / np.log(2)


@misconception("vlb", hint="The weights of the components are missing in the bound.", see="Task 3")
def weights_missing(X, pi, mu, sigma, gamma):
    """No log pi."""
    return _expected(gamma, _log_density(X, mu, sigma)) + _entropy(gamma)


@misconception("vlb", hint="Every component gets the weight of the first one.", see="Task 3")
def weight_of_the_first_component(X, pi, mu, sigma, gamma):
    """pi[0] instead of pi[c]."""
    return _expected(gamma, _log_weights(pi[0]) + _log_density(X, mu, sigma)) + _entropy(gamma)


@misconception(
    "vlb", hint="You sum over the components inside the logarithm, but this sum must be outside.", see="Task 3"
)
def sum_inside_the_logarithm(X, pi, mu, sigma, gamma):
    """log of sum gamma pi N."""
    with np.errstate(divide="ignore"):
        return np.sum(logsumexp(np.log(gamma) + _log_joint(X, pi, mu, sigma), axis=1)) + _entropy(gamma)


@misconception(
    "vlb",
    hint="You return the log-likelihood, but the bound equals it for only one choice of gamma.",
    see="Task 3",
)
def log_likelihood_instead_of_bound(X, pi, mu, sigma, gamma):
    """Ignores gamma: right after an E-step, wrong after an M-step."""
    return np.sum(logsumexp(_log_joint(X, pi, mu, sigma), axis=1))


@misconception("vlb", hint="Your sum contains one of the components twice.", see="Task 3")
def first_component_counted_twice(X, pi, mu, sigma, gamma):
    """The sum starts at the first component's terms, and the loop adds them again."""
    log_p = _log_joint(X, pi, mu, sigma)
    loss = _expected(gamma[:, 0], log_p[:, 0])
    for c in range(len(pi)):
        loss += _expected(gamma[:, c], log_p[:, c])
    return loss + _entropy(gamma)


@misconception(
    "vlb",
    hint="You return a mean over the points, but the bound is a sum over them.",
    see="Task 3",
    may_be_named_as=("bound_for_one_point",),
)
def mean_instead_of_sum(X, pi, mu, sigma, gamma):
    """The bound for one point."""
    return (_expected(gamma, _log_joint(X, pi, mu, sigma)) + _entropy(gamma)) / len(X)


@misconception(
    "vlb",
    hint="You return one number for each point, but the bound is one number for all points together.",
    see="The shapes table",
)
def bound_of_each_point(X, pi, mu, sigma, gamma):
    """The sum over the points is missing."""
    terms = np.where(gamma > 0, gamma * _log_joint(X, pi, mu, sigma), 0) - xlogy(gamma, gamma)
    return terms.sum(axis=1)


@misconception(
    "vlb", hint="You return minus the bound: it is called a loss, but its sign stays as it is.", see="Task 3"
)
def bound_with_the_sign_of_a_loss(X, pi, mu, sigma, gamma):
    """Minus the bound, which is to be minimised."""
    return -(_expected(gamma, _log_joint(X, pi, mu, sigma)) + _entropy(gamma))


@misconception(
    "vlb",
    hint="A constant factor of the density is missing: it cancels in the E-step, but not in the bound.",
    see="Reminder",
)
def two_pi_left_out(X, pi, mu, sigma, gamma):
    """No (2 pi)^(d/2)."""
    log_n = -0.5 * (np.linalg.slogdet(sigma)[1] + _distances(X, mu, sigma))
    return _expected(gamma, _log_weights(pi) + log_n) + _entropy(gamma)


@misconception(
    "vlb",
    hint="The power of 2 pi in the density has nothing to do with the number of components.",
    see="Reminder",
)
def two_pi_to_the_number_of_components(X, pi, mu, sigma, gamma):
    """(2 pi)^(C/2)."""
    log_n = -0.5 * (len(pi) * np.log(2 * np.pi) + np.linalg.slogdet(sigma)[1] + _distances(X, mu, sigma))
    return _expected(gamma, _log_weights(pi) + log_n) + _entropy(gamma)


@misconception(
    "vlb",
    hint="Your function works for points in the plane only, but d is given by the shape of X.",
    see="The shapes table",
)
def two_pi_of_the_plane(X, pi, mu, sigma, gamma):
    """log(2 pi) for d = 2, whatever d is."""
    log_n = -np.log(2 * np.pi) - 0.5 * (np.linalg.slogdet(sigma)[1] + _distances(X, mu, sigma))
    return _expected(gamma, _log_weights(pi) + log_n) + _entropy(gamma)


@misconception(
    "vlb", hint="The determinant in your density has a wrong power: compare it with the formula.", see="Reminder"
)
def bound_with_a_determinant_without_root(X, pi, mu, sigma, gamma):
    """log |Sigma| without the factor 1/2."""
    log_n = _log_density(X, mu, sigma) - 0.5 * np.linalg.slogdet(sigma)[1]
    return _expected(gamma, _log_weights(pi) + log_n) + _entropy(gamma)


@misconception(
    "vlb", hint="You replace the zeros in the caller's array of responsibilities: is your array a copy?", see="Task 3"
)
def zeros_replaced_in_a_view(X, pi, mu, sigma, gamma):
    """A transposed view is not a copy, so gamma itself gets ones in place of its zeros."""
    safe = gamma.T
    safe[safe == 0] = 1.0
    return np.sum(gamma * _log_joint(X, pi, mu, sigma)) - np.sum(safe * np.log(safe))


@misconception("vlb", hint="You replace zeros in the caller's array of responsibilities: make a copy.", see="Task 3")
def zeros_replaced_in_place(X, pi, mu, sigma, gamma):
    """gamma[gamma == 0] = 1e-300: the value is right, but the caller's array is changed."""
    gamma[gamma == 0] = 1e-300
    return _expected(gamma, _log_joint(X, pi, mu, sigma)) + _entropy(gamma)


@misconception(
    "vlb",
    hint="The value is right, but your function overwrites the caller's array of responsibilities.",
    see="Task 3",
)
def responsibilities_overwritten(X, pi, mu, sigma, gamma):
    """Multiplies gamma in place: the value is right, but the caller's array is changed."""
    entropy = _entropy(gamma)
    log_p = np.maximum(_log_joint(X, pi, mu, sigma), -1e300)
    gamma *= log_p
    return gamma.sum() + entropy


@misconception(
    "vlb",
    hint="You use a name that no cell defines: your code stops working when the kernel restarts.",
    see="Task 3",
    raises=("NameError",),
)
def name_of_a_deleted_cell(X, pi, mu, sigma, gamma):
    """A helper of a deleted cell."""
    log_p = log_joint_probability(X, pi, mu, sigma)  # noqa: F821
    return _expected(gamma, log_p) + _entropy(gamma)


@misconception(
    "vlb", hint="A factor is missing in front of the squared distance in the logarithm of the density.", see="Reminder"
)
def bound_without_the_half(X, pi, mu, sigma, gamma):
    """-distance instead of -distance / 2."""
    log_p = _log_joint(X, pi, mu, sigma) - 0.5 * _distances(X, mu, sigma)
    return _expected(gamma, log_p) + _entropy(gamma)


@misconception(
    "vlb",
    hint="The logarithm of the determinant has a wrong factor: from a Cholesky factor you get only half of it.",
    see="Reminder",
)
def bound_with_half_of_the_log_determinant(X, pi, mu, sigma, gamma):
    """sum log L_jj in place of log |Sigma|."""
    log_n = _log_density(X, mu, sigma) + 0.25 * np.linalg.slogdet(sigma)[1]
    return _expected(gamma, _log_weights(pi) + log_n) + _entropy(gamma)


@misconception("vlb", hint="You add the weights of the components themselves, not their logarithms.", see="Task 3")
def weights_without_logarithm(X, pi, mu, sigma, gamma):
    """pi + log N instead of log pi + log N."""
    return _expected(gamma, pi + _log_density(X, mu, sigma)) + _entropy(gamma)


@misconception("vlb", hint="Your function returns inside its loops, after the first term of the sums.", see="Task 3")
def returned_inside_the_loops(X, pi, mu, sigma, gamma):
    """return is indented too far."""
    log_p = _log_joint(X, pi, mu, sigma)
    for i in range(len(X)):
        for c in range(len(pi)):
            return gamma[i, c] * log_p[i, c] - xlogy(gamma[i, c], gamma[i, c])
