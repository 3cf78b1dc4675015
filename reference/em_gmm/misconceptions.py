"""Wrong solutions that real people write, each with the sentence that its author should read.

The helpers below are right. A function deviates from them where its mistake is, and nowhere else, so that
a check which rejects it does so because of this mistake. Each function is one person's code: it uses the
notebook's own E_step, M_step and compute_vlb, and only where the mistake demands it its X, pi0, mu0, sigma0.
"""

import numpy as np
from numpy.linalg import LinAlgError
from scipy.special import logsumexp, xlogy
from scipy.stats import multivariate_normal

from autograder.assignment import misconception
from reference.em_gmm.cases import X, mu0, pi0, sigma0
from reference.em_gmm.solution import E_step, M_step, compute_vlb


def _distances(X, mu, sigma):
    """Squared Mahalanobis distances, (N, C)."""
    diff = X - mu[:, None, :]
    return np.sum(diff * np.linalg.solve(sigma, diff.transpose(0, 2, 1)).transpose(0, 2, 1), axis=2).T


def _log_density(X, mu, sigma):
    """log N(x_i | mu_c, sigma_c), (N, C)."""
    log_det = np.linalg.slogdet(sigma)[1]
    return -0.5 * (X.shape[1] * np.log(2 * np.pi) + log_det + _distances(X, mu, sigma))


def _log_weights(pi):
    """log pi_c, with -inf for a weight of zero."""
    with np.errstate(divide="ignore"):
        return np.log(pi)


def _log_joint(X, pi, mu, sigma):
    """log pi_c + log N(x_i | mu_c, sigma_c), (N, C)."""
    return _log_weights(pi) + _log_density(X, mu, sigma)


def _normalise(log_p):
    """exp of the logarithms, scaled to a sum of one in each row."""
    p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def _plain_joint(X, pi, mu, sigma):
    """The same as _log_joint without the logarithm: zero for points that are far away."""
    return np.exp(_log_joint(X, pi, mu, sigma))


def _expected(gamma, values):
    """sum of gamma times values; a value counts nothing where gamma is zero."""
    return np.sum(gamma[gamma > 0] * values[gamma > 0])


def _entropy(gamma):
    """-sum gamma log gamma."""
    return -np.sum(xlogy(gamma, gamma))


def _means(X, gamma):
    """The right means, (C, d)."""
    return gamma.T @ X / gamma.sum(axis=0)[:, None]


def _scatter(X, gamma, mu):
    """sum of gamma_ic (x_i - mu_c)(x_i - mu_c)^T over the points, (C, d, d)."""
    diff = X - mu[:, None, :]
    return (gamma.T[:, :, None] * diff).transpose(0, 2, 1) @ diff


def _covariances(X, gamma, mu):
    """The right covariances around the given means, (C, d, d)."""
    return _scatter(X, gamma, mu) / gamma.sum(axis=0)[:, None, None]


def _data_covariance(X):
    """Covariance of all points, (d, d)."""
    return np.atleast_2d(np.cov(X, rowvar=False, bias=True))


def _start(X, C):
    """C of the points as means, equal weights, the covariance of the data for each component."""
    means = X[np.random.choice(len(X), C, replace=False)]
    return np.full(C, 1 / C), means, np.tile(_data_covariance(X), (C, 1, 1))


def _random_start(X, C):
    """Random weights and narrow random covariances: only few such restarts end well, so the choice shows."""
    root = np.linalg.cholesky(0.1 * _data_covariance(X))
    A = np.random.randn(C, X.shape[1], X.shape[1])
    pi, means, _ = _start(X, C)
    return np.random.dirichlet(10 * pi), means, root @ A @ A.transpose(0, 2, 1) @ root.T


def _iterate(X, pi, mu, sigma):
    """One iteration with its bound; LinAlgError when a component collapses."""
    gamma = E_step(X, pi, mu, sigma)
    pi, mu, sigma = M_step(X, gamma)
    loss = float(np.squeeze(compute_vlb(X, pi, mu, sigma, gamma)))
    if not np.isfinite(loss) or np.linalg.eigvalsh(sigma).min() < 1e-9 * X.var(axis=0).min():
        raise LinAlgError("a component has collapsed")
    return loss, pi, mu, sigma


def _climb(X, start, rtol, max_iter):
    """One restart: loss, pi, mu, sigma; LinAlgError when a component collapses."""
    theta, previous = start, None
    for _ in range(max_iter):
        loss, *theta = _iterate(X, *theta)
        if previous is not None and abs(loss - previous) <= rtol * abs(previous):
            break
        previous = loss
    return loss, *theta


def _best(runs):
    """The best of several runs, given as functions without arguments; collapsed ones are skipped."""
    best = None
    for run in runs:
        try:
            result = run()
        except LinAlgError:
            continue
        if best is None or result[0] > best[0]:
            best = result
    if best is None:
        raise RuntimeError("a component collapsed in every restart")
    return best


# ---------------------------------------------------------------- E-step: the logarithms


@misconception(
    "e_step",
    hint="A faraway point ends in zeros only: each point needs a maximum of its own, taken from logarithms before exp.",
    see="Task 1, Trick 1",
)
def densities_without_logarithms(X, pi, mu, sigma):
    """Bayes' rule as it stands, with densities that are zero for points far away."""
    p = _plain_joint(X, pi, mu, sigma)
    return p / p.sum(axis=1, keepdims=True)


@misconception(
    "e_step",
    hint="You divide by the maximum when the densities of a faraway point are zero already: take it from logarithms.",
    see="Task 1, Trick 1",
    like="densities_without_logarithms",
)
def max_trick_on_densities(X, pi, mu, sigma):
    """Divides the densities by their maximum, when they are zero already."""
    p = _plain_joint(X, pi, mu, sigma)
    p = p / p.max(axis=1, keepdims=True)
    return p / p.sum(axis=1, keepdims=True)


@misconception(
    "e_step",
    hint="You subtract one maximum from the whole table, and a faraway point still ends in zeros.",
    see="Task 1, Trick 1",
    like="densities_without_logarithms",
)
def one_maximum_for_all_points(X, pi, mu, sigma):
    """The maximum of the whole table instead of one for each row."""
    log_p = _log_joint(X, pi, mu, sigma)
    p = np.exp(log_p - np.max(log_p))
    return p / np.sum(p, axis=1, keepdims=True)


@misconception(
    "e_step",
    hint="You subtract a different number from each component, so it does not cancel in the fraction.",
    see="Task 1, Trick 1",
)
def maximum_over_the_points(X, pi, mu, sigma):
    """The maximum of each column instead of each row."""
    log_p = _log_joint(X, pi, mu, sigma)
    p = np.exp(log_p - log_p.max(axis=0))
    return p / p.sum(axis=1, keepdims=True)


@misconception(
    "e_step",
    hint="You take the largest distance off before the minus sign, so the exponentials can overflow.",
    see="Task 1, Trick 1",
)
def maximum_of_the_distances(X, pi, mu, sigma):
    """Subtracts the largest distance, where the smallest was meant: exp of large positive numbers."""
    distance = _distances(X, mu, sigma)
    distance = distance - distance.max(axis=1, keepdims=True)
    p = pi / np.sqrt(np.linalg.det(sigma)) * np.exp(-0.5 * distance)
    return p / p.sum(axis=1, keepdims=True)


@misconception(
    "e_step",
    hint="You exponentiate twice: softmax expects logarithms and gets densities.",
    see="Task 1, Trick 1",
)
def softmax_of_densities(X, pi, mu, sigma):
    """A softmax of the densities."""
    return _normalise(_plain_joint(X, pi, mu, sigma))


@misconception(
    "e_step",
    hint="You hide the 0/0 of the faraway points instead of avoiding it, so their rows sum to zero.",
    see="Task 1, Trick 1",
)
def nan_replaced_by_zero(X, pi, mu, sigma):
    """np.nan_to_num after 0/0."""
    p = _plain_joint(X, pi, mu, sigma)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(p / p.sum(axis=1, keepdims=True))


@misconception(
    "e_step",
    hint="The small number that you add to the densities is large compared with those of a faraway point.",
    see="Task 1, Trick 1",
)
def epsilon_beside_the_densities(X, pi, mu, sigma):
    """1e-10 in numerator and denominator, which wins over the densities of faraway points."""
    p = _plain_joint(X, pi, mu, sigma)
    return (p + 1e-10) / (p.sum(axis=1, keepdims=True) + 1e-10)


@misconception(
    "e_step",
    hint="The constant that you add to every responsibility makes the rows sum to more than one.",
    see="Task 1",
)
def epsilon_beside_the_responsibilities(X, pi, mu, sigma):
    """Adds 1e-3 to the finished responsibilities."""
    gamma = _normalise(_log_joint(X, pi, mu, sigma))
    return gamma + 1e-3


# ---------------------------------------------------------------- E-step: the density


@misconception(
    "e_step",
    hint="The power of 2 pi in the density has nothing to do with the number of points.",
    see="Reminder",
)
def two_pi_to_the_number_of_points(X, pi, mu, sigma):
    """(2 pi)^N in plain arithmetic: it cancels until N is so large that it overflows."""
    N = len(X)
    p = np.zeros((N, len(pi)))
    for c in range(len(pi)):
        diff = X - mu[c]
        distance = np.sum(np.linalg.solve(sigma[c], diff.T).T * diff, axis=1)
        norm = np.sqrt(np.power(2 * np.pi, N, dtype=float) * np.linalg.det(sigma[c]))
        p[:, c] = pi[c] * np.exp(-0.5 * distance) / norm
    return p / p.sum(axis=1, keepdims=True)


@misconception("e_step", hint="Look at the power of the determinant in the density once more.", see="Reminder")
def determinant_without_root(X, pi, mu, sigma):
    """|Sigma| where its square root is due."""
    log_det = np.linalg.slogdet(sigma)[1]
    return _normalise(_log_weights(pi) - log_det - 0.5 * _distances(X, mu, sigma))


@misconception("e_step", hint="A wider component must have a lower peak, and yours has a higher one.", see="Reminder")
def determinant_in_the_numerator(X, pi, mu, sigma):
    """Multiplies by the root of the determinant."""
    log_det = np.linalg.slogdet(sigma)[1]
    return _normalise(_log_weights(pi) + 0.5 * log_det - 0.5 * _distances(X, mu, sigma))


@misconception("e_step", hint="A factor is missing in front of the squared distance in the exponent.", see="Reminder")
def no_half_in_the_exponent(X, pi, mu, sigma):
    """exp(-distance) instead of exp(-distance / 2)."""
    log_det = np.linalg.slogdet(sigma)[1]
    return _normalise(_log_weights(pi) - 0.5 * log_det - _distances(X, mu, sigma))


@misconception(
    "e_step",
    hint="You whiten the points with the upper triangular factor, and the lower one is due.",
    see="Task 1, Trick 2",
)
def transposed_cholesky_factor(X, pi, mu, sigma):
    """Solves with L^T: right only when the covariance is diagonal."""
    log_p = np.zeros((len(X), len(pi)))
    for c in range(len(pi)):
        L = np.linalg.cholesky(sigma[c])
        z = np.linalg.solve(L.T, (X - mu[c]).T)
        log_p[:, c] = _log_weights(pi[c]) - np.log(np.diag(L)).sum() - 0.5 * (z**2).sum(axis=0)
    return _normalise(log_p)


@misconception(
    "e_step",
    hint="You multiply by the covariance matrix, where the density has its inverse.",
    see="Task 1, Trick 2",
)
def inverse_forgotten(X, pi, mu, sigma):
    """x^T Sigma x instead of x^T Sigma^-1 x."""
    log_p = np.zeros((len(X), len(pi)))
    for c in range(len(pi)):
        diff = X - mu[c]
        log_p[:, c] = -0.5 * np.sum(diff @ sigma[c] * diff, axis=1)
    return _normalise(_log_weights(pi) + log_p - 0.5 * np.linalg.slogdet(sigma)[1])


@misconception(
    "e_step",
    hint="You use the variances only, and the covariances beside the diagonal are lost.",
    see="Reminder",
)
def diagonal_of_the_covariance(X, pi, mu, sigma):
    """Treats the coordinates as independent."""
    log_p = np.zeros((len(X), len(pi)))
    for c in range(len(pi)):
        var = np.diag(sigma[c])
        log_p[:, c] = -0.5 * np.sum((X - mu[c]) ** 2 / var + np.log(var), axis=1)
    return _normalise(_log_weights(pi) + log_p)


@misconception("e_step", hint="The weights of the components are missing in the numerators.", see="Task 1")
def priors_ignored(X, pi, mu, sigma):
    """Bayes' rule without the prior."""
    return _normalise(_log_density(X, mu, sigma))


@misconception(
    "e_step",
    hint="Every component gets the weight of the first one, which then cancels.",
    see="Task 1",
    like="priors_ignored",
)
def first_prior_for_all(X, pi, mu, sigma):
    """pi[0] where pi[c] was meant."""
    return _normalise(_log_weights(pi[0]) + _log_density(X, mu, sigma))


@misconception("e_step", hint="Each numerator contains the weight of its component twice.", see="Task 1")
def priors_squared(X, pi, mu, sigma):
    """Multiplies by pi both inside and outside of the density."""
    p = _log_joint(X, pi, mu, sigma) + _log_weights(pi)
    return _normalise(p)


# ---------------------------------------------------------------- E-step: the table


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


# ---------------------------------------------------------------- M-step: mu


@misconception(
    "m_step.mu",
    hint="Your function fills the means of three components only, but C is given by the shapes of its arguments.",
    see="The shapes table",
)
def mu_of_three_components(X, gamma):
    """A loop over range(3)."""
    mu = np.zeros((gamma.shape[1], X.shape[1]))
    for c in range(min(3, len(mu))):
        mu[c] = gamma[:, c] @ X / gamma[:, c].sum()
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="You divide by the number of all points, but a component answers for a part of them only.",
    see="Task 2, mu",
)
def mu_divided_by_all_points(X, gamma):
    """N instead of N_c below the means."""
    mu = gamma.T @ X / X.shape[0]
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception("m_step.mu", hint="Your means are sums: the division is missing.", see="Task 2, mu")
def mu_not_divided(X, gamma):
    """Weighted sums instead of weighted means."""
    mu = gamma.T @ X
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="All of your means are equal, because the responsibilities play no part in them.",
    see="Task 2, mu",
)
def mu_without_weights(X, gamma):
    """The mean of all points for every component."""
    mu = np.tile(X.mean(axis=0), (gamma.shape[1], 1))
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="You give each point to one component, but a point belongs to each of them in part.",
    see="Task 2, mu",
    shows=("local_optimum",),
)
def mu_of_hard_assignments(X, gamma):
    """Means of the points for which the component is the most probable one."""
    labels = gamma.argmax(axis=1)
    mu = np.zeros((gamma.shape[1], X.shape[1]))
    for c in np.unique(labels):
        mu[c] = X[labels == c].mean(axis=0)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="The responsibilities enter your means with a power that is not in the derivation.",
    see="Task 2, mu",
)
def mu_with_squared_weights(X, gamma):
    """gamma^2 as weights."""
    mu = _means(X, gamma**2)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="The number that you add to the denominator is not small beside a small component.",
    see="Task 2, mu",
)
def mu_with_a_padded_denominator(X, gamma):
    """N_c + 1 against a division by zero."""
    mu = gamma.T @ X / (gamma.sum(axis=0)[:, None] + 1)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="The number that you add to the denominator shows: a component that answers for nothing needs another way out.",
    see="Task 2, mu",
)
def mu_with_an_epsilon_in_the_denominator(X, gamma):
    """N_c + 1e-3 against a division by zero."""
    mu = gamma.T @ X / (gamma.sum(axis=0)[:, None] + 1e-3)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="You index the columns of X by the component, but they are the coordinates of the points.",
    see="The shapes table",
    reaches=("m_step.sigma", "m_step.pi"),
)
def coordinates_indexed_by_component(X, gamma):
    """X[:, c] for the points of component c."""
    C, d = gamma.shape[1], X.shape[1]
    mu = np.zeros((C, d))
    for c in range(C):
        mu[c] = np.sum(gamma[:, c] * X[:, c]) / gamma[:, c].sum()
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="The means lie on their side: one row for each component is due.",
    see="The shapes table",
)
def mu_transposed(X, gamma):
    """(d, C) instead of (C, d)."""
    mu = X.T @ gamma / gamma.sum(axis=0)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu.T)


@misconception("m_step.mu", hint="The means are stored as integers, so their decimals are lost.", see="Task 2, mu")
def mu_stored_as_integers(X, gamma):
    """An array of integers for the result."""
    mu = np.zeros((gamma.shape[1], X.shape[1]), dtype=int)
    for c in range(gamma.shape[1]):
        mu[c] = gamma[:, c] @ X / gamma[:, c].sum()
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="You return the right values in another order than the one that was asked for.",
    see="The shapes table",
    reaches=("m_step.pi",),
)
def returned_in_another_order(X, gamma):
    """mu, pi, sigma instead of pi, mu, sigma."""
    mu = _means(X, gamma)
    return mu, gamma.mean(axis=0), _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="Your function writes its results into variables of the notebook and returns nothing.",
    see="The shapes table",
    reaches=("m_step.sigma", "m_step.pi"),
)
def written_into_globals(X, gamma):
    """Global statements and no return."""
    global pi, mu, sigma
    pi = gamma.mean(axis=0)
    mu = _means(X, gamma)
    sigma = _covariances(X, gamma, mu)


@misconception(
    "m_step.mu",
    hint="You compute new parameters and then return the old ones of the notebook.",
    see="Task 2, mu",
    reaches=("m_step.sigma", "m_step.pi"),
)
def starting_values_returned(X, gamma):
    """Returns the globals pi0, mu0, sigma0."""
    new_pi = gamma.mean(axis=0)
    new_mu = _means(X, gamma)
    new_sigma = _covariances(X, gamma, new_mu)
    assert new_pi.size and new_sigma.size
    return pi0, mu0, sigma0


# ---------------------------------------------------------------- M-step: sigma


@misconception(
    "m_step.sigma", hint="You have forgotten to subtract the means before you multiply.", see="Task 2, sigma"
)
def sigma_not_centred(X, gamma):
    """Second moments instead of covariances."""
    return gamma.mean(axis=0), _means(X, gamma), _covariances(X, gamma, np.zeros_like(_means(X, gamma)))


@misconception(
    "m_step.sigma",
    hint="The covariances are taken around old means, but the new ones are known by then.",
    see="Task 2, sigma",
    reaches=("m_step.pi", "m_step.mu"),
)
def sigma_around_old_means(X, gamma):
    """Centred on the notebook's mu0."""
    return gamma.mean(axis=0), _means(X, gamma), _covariances(X, gamma, mu0)


@misconception(
    "m_step.sigma",
    hint="The covariances are taken around the centre of all points, but each component has its own.",
    see="Task 2, sigma",
)
def sigma_around_the_common_mean(X, gamma):
    """Centres the points once, with the mean of the data."""
    centre = np.tile(X.mean(axis=0), (gamma.shape[1], 1))
    return gamma.mean(axis=0), _means(X, gamma), _covariances(X, gamma, centre)


@misconception(
    "m_step.sigma",
    hint="You divide by the number of all points, but a component answers for a part of them only.",
    see="Task 2, sigma",
)
def sigma_divided_by_all_points(X, gamma):
    """N instead of N_c below the covariances."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, _scatter(X, gamma, mu) / len(X)


@misconception("m_step.sigma", hint="Your covariances are sums: the division is missing.", see="Task 2, sigma")
def sigma_not_divided(X, gamma):
    """Scatter matrices instead of covariances."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, _scatter(X, gamma, mu)


@misconception(
    "m_step.sigma",
    hint="Your denominator is that of the unbiased estimate, which is not the one of the maximum.",
    see="Task 2, sigma",
)
def sigma_unbiased(X, gamma):
    """N_c - 1 in the denominator."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, _scatter(X, gamma, mu) / (gamma.sum(axis=0) - 1)[:, None, None]


@misconception(
    "m_step.sigma",
    hint="Your function fills a covariance of two dimensions only, but d is given by the shapes of its arguments.",
    see="The shapes table",
)
def sigma_of_the_plane(X, gamma):
    """Entries written out for two coordinates."""
    mu = _means(X, gamma)
    weights = gamma / gamma.sum(axis=0)
    sigma = np.zeros((len(mu), X.shape[1], X.shape[1]))
    for c in range(len(mu)):
        first, last = X[:, 0] - mu[c, 0], X[:, -1] - mu[c, -1]
        sigma[c, 0, 0] = weights[:, c] @ first**2
        sigma[c, -1, -1] = weights[:, c] @ last**2
        sigma[c, 0, -1] = sigma[c, -1, 0] = weights[:, c] @ (first * last)
    return gamma.mean(axis=0), mu, sigma


@misconception(
    "m_step.sigma",
    hint="You solved for the inverse of the covariance matrix and returned that.",
    see="Task 2, sigma",
)
def sigma_inverted(X, gamma):
    """The precision matrices."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, np.linalg.pinv(_covariances(X, gamma, mu))


@misconception(
    "m_step.sigma",
    hint="The covariances that you compute never reach the array that you return.",
    see="Task 2, sigma",
)
def sigma_left_at_zero(X, gamma):
    """The loop assigns to a variable of its own."""
    mu = _means(X, gamma)
    sigma = np.zeros((len(mu), X.shape[1], X.shape[1]))
    for c, S in enumerate(sigma):
        diff = X - mu[c]
        S = S + (gamma[:, [c]] * diff).T @ diff / gamma[:, c].sum()
    return gamma.mean(axis=0), mu, sigma


@misconception(
    "m_step.sigma",
    hint="Your matrices are diagonal: a square of each coordinate is not yet the product of every pair.",
    see="Task 2, sigma",
)
def sigma_without_cross_terms(X, gamma):
    """Variances on the diagonal and zeros beside it."""
    mu = _means(X, gamma)
    variances = np.stack([w @ (X - m) ** 2 / w.sum() for w, m in zip(gamma.T, mu, strict=True)])
    return gamma.mean(axis=0), mu, variances[:, :, None] * np.eye(X.shape[1])


@misconception(
    "m_step.sigma",
    hint="The rows of each matrix are all alike, because the same variances are copied into them.",
    see="Task 2, sigma",
)
def sigma_of_broadcast_variances(X, gamma):
    """Assigns d variances to a d by d matrix, which NumPy repeats row by row."""
    mu = _means(X, gamma)
    sigma = np.zeros((len(mu), X.shape[1], X.shape[1]))
    for c in range(len(mu)):
        sigma[c] = gamma[:, c] @ (X - mu[c]) ** 2 / gamma[:, c].sum()
    return gamma.mean(axis=0), mu, sigma


@misconception(
    "m_step.sigma",
    hint="One variance for all directions cannot describe a stretched cloud.",
    see="Task 2, sigma",
)
def sigma_spherical(X, gamma):
    """One variance for each component, times the identity."""
    mu = _means(X, gamma)
    d = X.shape[1]
    variance = np.trace(_covariances(X, gamma, mu), axis1=1, axis2=2) / d
    return gamma.mean(axis=0), mu, variance[:, None, None] * np.eye(d)


@misconception(
    "m_step.sigma",
    hint="A row times a column is a number, and the derivation has a column times a row.",
    see="Task 2, sigma",
)
def sigma_of_inner_products(X, gamma):
    """The inner product in place of the outer product."""
    mu = _means(X, gamma)
    d = X.shape[1]
    sigma = np.zeros((len(mu), d, d))
    for c in range(len(mu)):
        diff = X - mu[c]
        sigma[c] += np.sum(gamma[:, c] * np.sum(diff * diff, axis=1)) / gamma[:, c].sum()
    return gamma.mean(axis=0), mu, sigma


@misconception(
    "m_step.sigma",
    hint="You return standard deviations, and a covariance matrix holds variances.",
    see="Task 2, sigma",
)
def sigma_of_standard_deviations(X, gamma):
    """A matrix square root: standard deviations instead of variances."""
    mu = _means(X, gamma)
    values, vectors = np.linalg.eigh(_covariances(X, gamma, mu))
    roots = np.sqrt(np.maximum(values, 0))
    return gamma.mean(axis=0), mu, (vectors * roots[:, None, :]) @ vectors.transpose(0, 2, 1)


@misconception(
    "m_step.sigma",
    hint="Both factors of your product carry the responsibilities, so they count twice.",
    see="Task 2, sigma",
)
def sigma_weighted_twice(X, gamma):
    """Weights the centred points and then multiplies them with themselves."""
    mu = _means(X, gamma)
    sigma = []
    for c in range(len(mu)):
        diff = gamma[:, [c]] * (X - mu[c])
        sigma.append(diff.T @ diff / gamma[:, c].sum())
    return gamma.mean(axis=0), mu, np.array(sigma)


@misconception(
    "m_step.sigma",
    hint="All points count the same in your covariances, whoever is responsible for them.",
    see="Task 2, sigma",
)
def sigma_without_weights(X, gamma):
    """Leaves the responsibilities out."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, np.array([(X - m).T @ (X - m) / len(X) for m in mu])


@misconception(
    "m_step.sigma",
    hint="What you add to the diagonal moves the matrix away from the maximum.",
    see="Task 2, sigma",
)
def sigma_with_a_ridge(X, gamma):
    """1e-3 on the diagonal."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu) + 1e-3 * np.eye(X.shape[1])


@misconception(
    "m_step.sigma",
    hint="What you add to the diagonal looks tiny, but it is not when the data are small numbers.",
    see="Task 2, sigma",
)
def sigma_with_a_small_ridge(X, gamma):
    """1e-6 on the diagonal, which is a variance of data at the scale 1e-3."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, _covariances(X, gamma, mu) + 1e-6 * np.eye(X.shape[1])


@misconception(
    "m_step.sigma",
    hint="Your covariances have seven digits only, as float32 has: float64 is due.",
    see="The shapes table",
)
def sigma_in_single_precision(X, gamma):
    """float32 for the arithmetic of the covariances."""
    mu = _means(X, gamma)
    single = [a.astype(np.float32) for a in (X, gamma, mu)]
    return gamma.mean(axis=0), mu, _covariances(*single)


# ---------------------------------------------------------------- M-step: pi


@misconception(
    "m_step.pi",
    hint="You divide by the number of the samples you know, but N is given by the shapes of the arguments.",
    see="The shapes table",
)
def pi_of_280_points(X, gamma):
    """N wired in."""
    mu = _means(X, gamma)
    return gamma.sum(axis=0) / 280, mu, _covariances(X, gamma, mu)


@misconception("m_step.pi", hint="Each weight is divided by itself, so all of them are one.", see="Task 2, pi")
def pi_of_ones(X, gamma):
    """N_c / N_c."""
    N_c = gamma.sum(axis=0)
    mu = _means(X, gamma)
    return N_c / gamma.sum(axis=0), mu, _covariances(X, gamma, mu)


@misconception("m_step.pi", hint="You have summed over the components too, and one number is left.", see="Task 2, pi")
def pi_as_one_number(X, gamma):
    """A sum over both axes."""
    mu = _means(X, gamma)
    return np.sum(gamma) / len(X), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="Your weights are expected numbers of points, and they do not sum to one.",
    see="Task 2, pi",
)
def pi_not_normalised(X, gamma):
    """N_c itself."""
    mu = _means(X, gamma)
    return gamma.sum(axis=0), mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="You average over the wrong axis: one weight for each component is due, not one for each point.",
    see="The shapes table",
)
def pi_for_each_point(X, gamma):
    """The mean over the components."""
    mu = _means(X, gamma)
    return gamma.mean(axis=1), mu, _covariances(X, gamma, mu)


@misconception("m_step.pi", hint="You count each point for its most probable component only.", see="Task 2, pi")
def pi_of_hard_assignments(X, gamma):
    """Counts of arg max."""
    mu = _means(X, gamma)
    counts = np.bincount(gamma.argmax(axis=1), minlength=gamma.shape[1])
    return counts / len(X), mu, _covariances(X, gamma, mu)


@misconception("m_step.pi", hint="Your weights are equal whatever the responsibilities say.", see="Task 2, pi")
def pi_uniform(X, gamma):
    """1 / C."""
    C = gamma.shape[1]
    mu = _means(X, gamma)
    return np.ones(C) / C, mu, _covariances(X, gamma, mu)


@misconception(
    "m_step.pi",
    hint="Adding a point to every component pulls the weights together, and no derivation leads there.",
    see="Task 2, pi",
)
def pi_smoothed(X, gamma):
    """Laplace smoothing."""
    N, C = gamma.shape
    mu = _means(X, gamma)
    return (gamma.sum(axis=0) + 1) / (N + C), mu, _covariances(X, gamma, mu)


@misconception("m_step.pi", hint="A division that drops the fraction leaves nothing of a weight.", see="Task 2, pi")
def pi_with_integer_division(X, gamma):
    """// instead of /."""
    mu = _means(X, gamma)
    return gamma.sum(axis=0) // len(X), mu, _covariances(X, gamma, mu)


# ---------------------------------------------------------------- variational lower bound


@misconception("vlb", hint="A responsibility of exactly zero turns your bound into NaN.", see="Task 3")
def zero_times_log_zero(X, pi, mu, sigma, gamma):
    """0 log 0 is NaN in NumPy."""
    return np.sum(gamma * _log_joint(X, pi, mu, sigma)) - np.sum(gamma * np.log(gamma))


@misconception(
    "vlb",
    hint="You leave a point out altogether as soon as one of its responsibilities is zero.",
    see="Task 3",
)
def points_with_a_zero_dropped(X, pi, mu, sigma, gamma):
    """nansum over the points, after the NaN has spread over the row."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rows = np.sum(gamma * (_log_joint(X, pi, mu, sigma) - np.log(gamma)), axis=1)
    return np.nansum(rows)


@misconception(
    "vlb",
    hint="You take the logarithm of densities, and that of a faraway point is stored as zero.",
    see="Task 1, Trick 1",
)
def logarithm_of_vanished_densities(X, pi, mu, sigma, gamma):
    """log(pdf) instead of logpdf."""
    loss = _entropy(gamma)
    for c in range(len(pi)):
        density = multivariate_normal.pdf(X, mean=mu[c], cov=sigma[c])
        loss += np.sum(gamma[:, c] * np.log(pi[c] * density))
    return loss


@misconception(
    "vlb",
    hint="The small number beside the densities is a floor that faraway points cannot fall below.",
    see="Task 3",
)
def densities_with_a_floor(X, pi, mu, sigma, gamma):
    """log(density + 1e-10)."""
    return np.sum(gamma * np.log(_plain_joint(X, pi, mu, sigma) + 1e-10)) + _entropy(gamma)


@misconception(
    "vlb",
    hint="You move the responsibilities away from zero before you use them, and that changes the bound.",
    see="Task 3",
)
def responsibilities_clipped(X, pi, mu, sigma, gamma):
    """np.clip(gamma, 1e-3, 1) against log 0."""
    gamma = np.clip(gamma, 1e-3, 1)
    return _expected(gamma, _log_joint(X, pi, mu, sigma)) + _entropy(gamma)


@misconception("vlb", hint="The second sum of the bound is missing.", see="Task 3")
def entropy_missing(X, pi, mu, sigma, gamma):
    """The expected log joint only."""
    return _expected(gamma, _log_joint(X, pi, mu, sigma))


@misconception("vlb", hint="The second sum of the bound has the wrong sign.", see="Task 3")
def entropy_with_the_wrong_sign(X, pi, mu, sigma, gamma):
    """Adds sum gamma log gamma."""
    return _expected(gamma, _log_joint(X, pi, mu, sigma)) - _entropy(gamma)


@misconception(
    "vlb", hint="The second sum of the bound runs over a few points only.", see="Task 3", shows=("entropy_missing",)
)
def entropy_of_a_few_points(X, pi, mu, sigma, gamma):
    """Loops over range(C) where the points were meant."""
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
    """pi[0] where pi[c] was meant."""
    return _expected(gamma, _log_weights(pi[0]) + _log_density(X, mu, sigma)) + _entropy(gamma)


@misconception("vlb", hint="The sum over the components has to stand outside of the logarithm.", see="Task 3")
def sum_inside_the_logarithm(X, pi, mu, sigma, gamma):
    """log of sum gamma pi N."""
    with np.errstate(divide="ignore"):
        return np.sum(logsumexp(np.log(gamma) + _log_joint(X, pi, mu, sigma), axis=1)) + _entropy(gamma)


@misconception(
    "vlb",
    hint="This is the log-likelihood, and the bound reaches it for one choice of gamma only.",
    see="Task 3",
)
def log_likelihood_instead_of_bound(X, pi, mu, sigma, gamma):
    """Ignores gamma: right after an E-step, wrong after an M-step."""
    return np.sum(logsumexp(_log_joint(X, pi, mu, sigma), axis=1))


@misconception("vlb", hint="One of the components enters the sum twice.", see="Task 3")
def first_component_counted_twice(X, pi, mu, sigma, gamma):
    """The sum starts at the first component's terms, and the loop adds them again."""
    log_p = _log_joint(X, pi, mu, sigma)
    loss = _expected(gamma[:, 0], log_p[:, 0])
    for c in range(len(pi)):
        loss += _expected(gamma[:, c], log_p[:, c])
    return loss + _entropy(gamma)


@misconception(
    "vlb",
    hint="The bound is a sum over the points, and you return their mean.",
    see="Task 3",
    shows=("bound_for_one_point",),
)
def mean_instead_of_sum(X, pi, mu, sigma, gamma):
    """The bound for one point."""
    return (_expected(gamma, _log_joint(X, pi, mu, sigma)) + _entropy(gamma)) / len(X)


@misconception(
    "vlb",
    hint="The bound is one number for all points together, and you return one for each of them.",
    see="The shapes table",
)
def bound_of_each_point(X, pi, mu, sigma, gamma):
    """The sum over the points is missing."""
    terms = np.where(gamma > 0, gamma * _log_joint(X, pi, mu, sigma), 0) - xlogy(gamma, gamma)
    return terms.sum(axis=1)


@misconception("vlb", hint="You return minus the bound, but it is called a loss by tradition only.", see="Task 3")
def bound_with_the_sign_of_a_loss(X, pi, mu, sigma, gamma):
    """Something to be minimised."""
    return -(_expected(gamma, _log_joint(X, pi, mu, sigma)) + _entropy(gamma))


@misconception("vlb", hint="The constant of the density cancels in the E-step, but not here.", see="Reminder")
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


@misconception("vlb", hint="Look at the power of the determinant in the density once more.", see="Reminder")
def bound_with_a_determinant_without_root(X, pi, mu, sigma, gamma):
    """log |Sigma| without the factor 1/2."""
    log_n = _log_density(X, mu, sigma) - 0.5 * np.linalg.slogdet(sigma)[1]
    return _expected(gamma, _log_weights(pi) + log_n) + _entropy(gamma)


@misconception("vlb", hint="You change the responsibilities of your caller while you remove their zeros.", see="Task 3")
def zeros_replaced_in_a_view(X, pi, mu, sigma, gamma):
    """A transposed view is no copy: gamma itself has ones where it had zeros."""
    safe = gamma.T
    safe[safe == 0] = 1.0
    return np.sum(gamma * _log_joint(X, pi, mu, sigma)) - np.sum(safe * np.log(safe))


@misconception(
    "vlb",
    hint="The value is right, but you have used the caller's responsibilities as scrap paper.",
    see="Task 3",
)
def responsibilities_overwritten(X, pi, mu, sigma, gamma):
    """Multiplies gamma in place: right once, and the caller's array is spoilt."""
    entropy = _entropy(gamma)
    log_p = np.maximum(_log_joint(X, pi, mu, sigma), -1e300)
    gamma *= log_p
    return gamma.sum() + entropy


@misconception(
    "vlb",
    hint="A name that you use is defined in no cell, so it works only until the kernel restarts.",
    see="Task 3",
)
def name_of_a_deleted_cell(X, pi, mu, sigma, gamma):
    """A helper of a cell that is gone."""
    log_p = log_joint_probability(X, pi, mu, sigma)  # noqa: F821
    return _expected(gamma, log_p) + _entropy(gamma)


# ---------------------------------------------------------------- training: which restart wins


@misconception(
    "em",
    hint="You keep the smallest bound: it is called a loss, but it is a bound, and its sign counts.",
    see="Task 4",
    shows=("local_optimum",),
)
def smallest_bound_kept(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Minimises a lower bound because it is called a loss."""
    best_loss, best = np.inf, None
    for _ in range(restarts):
        try:
            loss, *theta = _climb(X, _random_start(X, C), rtol, max_iter)
        except LinAlgError:
            continue
        if loss < best_loss:
            best_loss, best = loss, theta
    return best_loss, *best


@misconception(
    "em",
    hint="Your best result is that of the first restart: do the others happen, and can they win?",
    see="Task 4",
    shows=("local_optimum",),
)
def first_restart_kept(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Stores a result only while there is none."""
    best = None
    for _ in range(restarts):
        try:
            result = _climb(X, _random_start(X, C), rtol, max_iter)
        except LinAlgError:
            continue
        if best is None:
            best = result
    return best


@misconception(
    "em", hint="A local optimum: does every restart start elsewhere, and do you keep the best of them?", see="Task 4"
)
def local_optimum(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """One run, whatever `restarts` says."""
    return _best([lambda: _climb(X, _start(X, C), rtol, max_iter)])


@misconception(
    "em",
    hint="Your best result is that of the last restart, whatever the others have found.",
    see="Task 4",
    shows=("local_optimum",),
)
def last_restart_kept(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Returns the variables of the loop."""
    for _ in range(restarts):
        try:
            loss, pi, mu, sigma = _climb(X, _random_start(X, C), rtol, max_iter)
        except LinAlgError:
            continue
    return loss, pi, mu, sigma


@misconception(
    "em",
    hint="You compare the sizes of the bounds without their signs, but most of them are below zero.",
    see="Task 4",
    like="smallest_bound_kept",
    shows=("local_optimum",),
)
def compared_without_the_sign(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Keeps the bound with the largest absolute value."""
    best_loss, best = 0.0, None
    for _ in range(restarts):
        try:
            loss, *theta = _climb(X, _random_start(X, C), rtol, max_iter)
        except LinAlgError:
            continue
        if abs(loss) > abs(best_loss):
            best_loss, best = loss, theta
    return best_loss, *best


@misconception("em", hint="Your best bound starts at a value that a bound below zero can never beat.", see="Task 4")
def best_loss_starts_at_zero(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """best_loss = 0."""
    best_loss, best_pi, best_mu, best_sigma = 0.0, None, None, None
    for _ in range(restarts):
        try:
            loss, pi, mu, sigma = _climb(X, _start(X, C), rtol, max_iter)
        except LinAlgError:
            continue
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi, mu, sigma
    return best_loss, best_pi, best_mu, best_sigma


@misconception(
    "em",
    hint="The parameters that you return were overwritten by a later restart: what you kept was no copy.",
    see="Task 4",
)
def best_parameters_overwritten(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """The best arrays are the working arrays, which the next restart fills again."""
    pi, mu, sigma = (np.empty_like(a) for a in _random_start(X, C))
    best_loss = -np.inf
    for _ in range(restarts):
        pi[:], mu[:], sigma[:] = _random_start(X, C)
        previous = None
        try:
            for _ in range(max_iter):
                loss, pi[:], mu[:], sigma[:] = _iterate(X, pi, mu, sigma)
                if previous is not None and abs((loss - previous) / previous) <= rtol:
                    break
                previous = loss
        except LinAlgError:
            continue
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi, mu, sigma
    return best_loss, best_pi, best_mu, best_sigma


@misconception(
    "em",
    hint="Your parameters are drawn only once, so the second restart goes on where the first one ended.",
    see="Task 4",
    shows=("local_optimum",),
)
def drawn_once_before_the_restarts(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """The initial values stand above the loop over the restarts."""
    best, theta = None, _random_start(X, C)
    for _ in range(restarts):
        try:
            loss, *theta = _climb(X, theta, rtol, max_iter)
        except LinAlgError:
            continue
        if best is None or loss > best[0]:
            best = (loss, *theta)
    return best


@misconception(
    "em",
    hint="Run to its end, k-means gives the same groups whatever it began with: all of your restarts climb the same hill.",
    see="Task 4",
    shows=("local_optimum",),
)
def k_means_run_to_its_end(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Means of the groups that k-means settles on."""

    def run():
        means, label = _start(X, C)[1], None
        for _ in range(100):
            old, label = label, ((X[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
            if old is not None and (label == old).all():
                break
            means = np.array([X[label == c].mean(axis=0) if (label == c).any() else means[c] for c in range(C)])
        return _climb(X, (np.full(C, 1 / C), means, np.tile(_data_covariance(X), (C, 1, 1))), rtol, max_iter)

    return _best([run] * restarts)


@misconception("em", hint="You set the seed inside the loop, so all of the restarts are the same.", see="Task 4")
def same_seed_for_every_restart(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """np.random.seed in every restart."""

    def run():
        np.random.seed(42)
        return _climb(X, _start(X, C), rtol, max_iter)

    return _best([run] * restarts)


@misconception(
    "em",
    hint="You return as soon as one restart has converged, so the others never happen.",
    see="Task 4",
    like="first_restart_kept",
    shows=("local_optimum",),
)
def returned_at_the_first_convergence(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """return where break was meant."""
    for _ in range(restarts):
        theta, previous = _random_start(X, C), None
        try:
            for _ in range(max_iter):
                loss, *theta = _iterate(X, *theta)
                if previous is not None and abs((loss - previous) / previous) <= rtol:
                    return loss, *theta
                previous = loss
        except LinAlgError:
            continue
    return loss, *theta


@misconception(
    "em", hint="One collapsed component ends your training, but it should only end its restart.", see="Task 4"
)
def given_up_at_the_first_collapse(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Returns from the handler of the exception."""
    best = (-np.inf, None, None, None)
    for _ in range(restarts):
        try:
            result = _climb(X, _random_start(X, C), rtol, max_iter)
        except LinAlgError:
            return None
        if result[0] > best[0]:
            best = result
    return best


@misconception(
    "em",
    hint="A tiny number on the diagonal keeps sigma invertible, and so keeps a component that sits on two points alive.",
    see="Task 4",
)
def collapse_hidden_by_a_tiny_ridge(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """sigma + 1e-12 I, and no look at what became of it."""

    def run():
        (pi, mu, sigma), previous = _start(X, C), None
        for _ in range(max_iter):
            gamma = E_step(X, pi, mu, sigma)
            pi, mu, sigma = M_step(X, gamma)
            sigma = sigma + 1e-12 * np.eye(X.shape[1])
            loss = float(np.squeeze(compute_vlb(X, pi, mu, sigma, gamma)))
            if not np.isfinite(loss):
                raise LinAlgError("the bound is not finite")
            if previous is not None and abs(loss - previous) <= rtol * abs(previous):
                break
            previous = loss
        return loss, pi, mu, sigma

    return _best([run] * restarts)


# ---------------------------------------------------------------- training: when to stop


@misconception(
    "em",
    hint="You compare with the best bound of all restarts, and not with the previous iteration of this one.",
    see="Task 4",
    shows=("local_optimum",),
)
def given_up_when_behind_the_best(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """The gain over best_loss decides, so a restart ends at once unless it begins above the best one."""
    best_loss, best = -np.inf, None
    for _ in range(restarts):
        theta = _random_start(X, C)
        try:
            for _ in range(max_iter):
                loss, *theta = _iterate(X, *theta)
                if (loss - best_loss) / abs(best_loss) <= rtol:
                    break
        except LinAlgError:
            continue
        if loss > best_loss:
            best_loss, best = loss, theta
    return best_loss, *best


@misconception(
    "em",
    hint="Your runs stop while the bound still moves: mind the signs in the relative change, and what it is compared with.",
    see="Task 4",
)
def difference_in_the_wrong_order(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """L_old - L without an absolute value: stops in the second iteration, always."""

    def run():
        theta, previous = _start(X, C), None
        for _ in range(max_iter):
            loss, *theta = _iterate(X, *theta)
            if previous is not None and (previous - loss) / abs(previous) <= rtol:
                break
            previous = loss
        return loss, *theta

    return _best([run] * restarts)


@misconception(
    "em",
    hint="Your relative change has no absolute value, and it is negative when the bound is.",
    see="Task 4",
    like="difference_in_the_wrong_order",
)
def change_without_absolute_value(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Stops in the second iteration when the bound is negative."""

    def run():
        theta, previous = _start(X, C), None
        for _ in range(max_iter):
            loss, *theta = _iterate(X, *theta)
            if previous is not None and (loss - previous) / previous <= rtol:
                break
            previous = loss
        return loss, *theta

    return _best([run] * restarts)


@misconception(
    "em",
    hint="You stop while the bound is still moving, and go on when it stands still.",
    see="Task 4",
    like="difference_in_the_wrong_order",
)
def stops_while_moving(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """>= instead of <=."""

    def run():
        theta, previous = _start(X, C), None
        for _ in range(max_iter):
            loss, *theta = _iterate(X, *theta)
            if previous is not None and abs((loss - previous) / previous) >= rtol:
                break
            previous = loss
        return loss, *theta

    return _best([run] * restarts)


@misconception(
    "em",
    hint="In its first iteration a restart has nothing to compare with, and you divide by zero there.",
    see="Task 4",
)
def first_change_divided_by_zero(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """prev = 0.0 and Python's division."""

    def run():
        theta, previous = _start(X, C), 0.0
        for _ in range(max_iter):
            loss, *theta = _iterate(X, *theta)
            if abs((loss - previous) / previous) <= rtol:
                break
            previous = loss
        return loss, *theta

    return _best([run] * restarts)


@misconception(
    "em",
    hint="The number of iterations is your own choice, and the limit that was given is ignored.",
    see="Task 4",
)
def limit_of_iterations_ignored(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """range(1000)."""
    return _best([lambda: _climb(X, _start(X, C), rtol, 1000)] * restarts)


@misconception(
    "em",
    hint="Each of your runs takes the same number of iterations, whatever max_iter and rtol say.",
    see="Task 4",
)
def number_of_iterations_wired_in(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """range(60), and no look at the change of the bound."""
    return _best([lambda: _climb(X, _start(X, C), 0.0, 60)] * restarts)


@misconception(
    "em",
    hint="Your loop does one iteration fewer than max_iter: mind where its range begins and ends.",
    see="Task 4",
)
def one_iteration_too_few(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """range(1, max_iter)."""

    def run():
        theta = _start(X, C)
        loss = float(compute_vlb(X, *theta, E_step(X, *theta)))
        return _climb(X, theta, rtol, max_iter - 1) if max_iter > 1 else (loss, *theta)

    return _best([run] * restarts)


@misconception(
    "em",
    hint="Your function runs as often as it likes: it does not look at the number of restarts that it was given.",
    see="Task 4",
)
def number_of_restarts_ignored(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """range(10)."""
    return _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * 10)


@misconception(
    "em",
    hint="Your runs never stop before their last iteration: mind the order of operations in the relative change.",
    see="Task 4",
)
def change_without_brackets(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """The quotient is one, and what is compared is the bound itself."""

    def run():
        theta, previous = _start(X, C), None
        for _ in range(max_iter):
            loss, *theta = _iterate(X, *theta)
            if previous is not None and abs(loss - previous / previous) <= rtol:
                break
            previous = loss
        return loss, *theta

    return _best([run] * restarts)


@misconception(
    "em",
    hint="Your function stops at a tolerance of its own and does not look at the one that it was given.",
    see="Task 4",
)
def tolerance_ignored(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """1e-2 wired in."""
    return _best([lambda: _climb(X, _start(X, C), 1e-2, max_iter)] * restarts)


@misconception(
    "em", hint="A restart gains nothing after its first step: do both steps happen in every iteration?", see="Task 4"
)
def one_step_of_em(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """A single E-step and M-step for each restart."""
    return _best([lambda: _iterate(X, *_start(X, C))] * restarts)


# ---------------------------------------------------------------- training: how to start, what to use


@misconception("em", hint="Your initial weights can be negative, so they are not on the simplex.", see="Task 4")
def negative_initial_weights(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """randn, divided by its sum."""
    best = None
    for _ in range(restarts):
        _, mu, sigma = _start(X, C)
        pi = np.random.randn(C)
        result = _climb(X, (pi / pi.sum(), mu, sigma), rtol, max_iter)
        if best is None or result[0] > best[0]:
            best = result
    return best


@misconception("em", hint="Your initial matrices are symmetric, but they are not positive definite.", see="Task 4")
def indefinite_initial_covariances(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """A + A^T instead of A A^T."""
    best = None
    for _ in range(restarts):
        pi, mu, _ = _start(X, C)
        A = np.random.randn(C, X.shape[1], X.shape[1])
        result = _climb(X, (pi, mu, A + A.transpose(0, 2, 1)), rtol, max_iter)
        if best is None or result[0] > best[0]:
            best = result
    return best


@misconception("em", hint="Your components start as twins, and EM has no way to tell them apart.", see="Task 4")
def identical_components(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Equal means and equal covariances; only the weights are random."""

    def run():
        pi = np.random.dirichlet(np.ones(C))
        mu = np.tile(X.mean(axis=0), (C, 1))
        return _climb(X, (pi, mu, np.tile(_data_covariance(X), (C, 1, 1))), rtol, max_iter)

    return _best([run] * restarts)


@misconception(
    "em",
    hint="Your initial means do not depend on the points, and a component far from all of them loses them.",
    see="Task 4",
)
def starts_far_from_the_points(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Means anywhere between 0 and 100, the identity for the covariances."""

    def run():
        d = X.shape[1]
        pi = np.random.dirichlet(np.ones(C))
        return _climb(X, (pi, 100 * np.random.rand(C, d), np.array([np.eye(d)] * C)), rtol, max_iter)

    return _best([run] * restarts)


@misconception(
    "em",
    hint="Every restart begins at the starting guess of the notebook, so nothing about it is random.",
    see="Task 4",
)
def starts_from_the_notebook(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """The globals pi0, mu0, sigma0."""
    return _best([lambda: _climb(X, (pi0, mu0, sigma0), rtol, max_iter)] * restarts)


@misconception(
    "em",
    hint="You train on the points of the notebook and not on those that your function was given.",
    see="Task 4",
)
def trains_on_the_notebook(data, C, rtol=1e-3, max_iter=100, restarts=10):
    """The global X instead of the argument."""
    return _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * restarts)


@misconception("em", hint="Your function always fits three components, whatever number it is asked for.", see="Task 4")
def number_of_components_ignored(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """C = 3 in the first line."""
    C = 3
    return _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * restarts)


@misconception(
    "em",
    hint="You compute the responsibilities once, but they have to follow the parameters.",
    see="Task 4",
    like="one_step_of_em",
)
def e_step_outside_the_loop(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """The E-step stands before the loop over the iterations."""

    def run():
        gamma = E_step(X, *_start(X, C))
        previous = None
        for _ in range(max_iter):
            pi, mu, sigma = M_step(X, gamma)
            loss = float(np.squeeze(compute_vlb(X, pi, mu, sigma, gamma)))
            if previous is not None and abs((loss - previous) / previous) <= rtol:
                break
            previous = loss
        return loss, pi, mu, sigma

    return _best([run] * restarts)


@misconception("em", hint="You throw the result of the M-step away, so the parameters never change.", see="Task 4")
def result_of_the_m_step_lost(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Calls M_step as if it worked in place."""

    def run():
        pi, mu, sigma = _start(X, C)
        previous = None
        for _ in range(max_iter):
            gamma = E_step(X, pi, mu, sigma)
            M_step(X, gamma)
            loss = float(np.squeeze(compute_vlb(X, pi, mu, sigma, gamma)))
            if previous is not None and abs((loss - previous) / previous) <= rtol:
                break
            previous = loss
        return loss, pi, mu, sigma

    return _best([run] * restarts)


# ---------------------------------------------------------------- training: collapse and errors


@misconception("em", hint="A component that collapses stops your whole function with an exception.", see="Task 4")
def collapse_not_caught(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """No try around the restart."""
    best = None
    for _ in range(restarts):
        result = _climb(X, _start(X, C), rtol, max_iter)
        if best is None or result[0] > best[0]:
            best = result
    return best


@misconception(
    "em",
    hint="A collapsed restart wins in your comparison, because no number is larger than NaN.",
    see="Task 4",
)
def nan_of_a_collapsed_restart_wins(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """np.argmax takes NaN for the maximum."""
    results = []
    for _ in range(restarts):
        theta = _random_start(X, C)
        try:
            results.append(_climb(X, theta, rtol, max_iter))
        except LinAlgError:
            results.append((np.nan, *theta))
    return results[int(np.argmax([result[0] for result in results]))]


@misconception("em", hint="Your own assertion demands a variance that data on a small scale do not have.", see="Task 4")
def assertion_about_the_scale(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """assert that every eigenvalue is above 1e-3."""
    best = None
    for _ in range(restarts):
        try:
            result = _climb(X, _start(X, C), rtol, max_iter)
        except LinAlgError:
            continue
        assert np.all(np.linalg.eigvalsh(result[3]) > 1e-3), "sigma is not positive definite"
        if best is None or result[0] > best[0]:
            best = result
    return best


@misconception(
    "em",
    hint="An except without a type has swallowed a name that does not exist, so no restart was ever run.",
    see="Task 4",
)
def missing_import_hidden(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """A bare except hides that random was never imported."""
    best_loss, best_pi, best_mu, best_sigma = -np.inf, None, None, None
    for _ in range(restarts):
        try:
            mu = X[random.sample(range(len(X)), C)]  # noqa: F821
            pi, sigma = np.ones(C) / C, np.array([_data_covariance(X)] * C)
            loss, pi, mu, sigma = _climb(X, (pi, mu, sigma), rtol, max_iter)
        except Exception:
            continue
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi, mu, sigma
    return best_loss, best_pi, best_mu, best_sigma


# ---------------------------------------------------------------- training: what is returned


@misconception(
    "em",
    hint="The bound that you return belongs to an earlier iteration than the parameters beside it.",
    see="Task 4",
)
def bound_of_the_first_iteration(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """losses[0] where losses[-1] was meant."""
    best_loss, best = -np.inf, None
    for _ in range(restarts):
        theta, losses = _start(X, C), []
        try:
            for _ in range(max_iter):
                loss, *theta = _iterate(X, *theta)
                losses.append(loss)
                if len(losses) > 1 and abs((losses[-1] - losses[-2]) / losses[-2]) <= rtol:
                    break
        except LinAlgError:
            continue
        if losses[-1] > best_loss:
            best_loss, best = losses[-1], (losses[0], *theta)
    return best


@misconception("em", hint="You return minus the bound, but it is called a loss by tradition only.", see="Task 4")
def sign_of_a_loss(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Finds the right restart and flips the sign at the end."""
    loss, pi, mu, sigma = _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * restarts)
    return -loss, pi, mu, sigma


@misconception("em", hint="You return the bound for one point, but the bound of all of them is due.", see="Task 4")
def bound_for_one_point(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Divides by N at the end."""
    loss, pi, mu, sigma = _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * restarts)
    return loss / len(X), pi, mu, sigma


@misconception("em", hint="You return one value more than was asked for.", see="Task 4")
def responsibilities_returned_too(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Five values instead of four."""
    loss, *theta = _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * restarts)
    return loss, *theta, E_step(X, *theta)


@misconception("em", hint="You return the right values in another order than the one that was asked for.", see="Task 4")
def parameters_in_another_order(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """loss, mu, pi, sigma."""
    loss, pi, mu, sigma = _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * restarts)
    return loss, mu, pi, sigma
