"""M-step: mistakes in the covariances."""

import numpy as np

from autograder.assignment import misconception
from reference.em_gmm.cases import mu0
from reference.em_gmm.misconceptions._shared import _covariances, _means, _scatter


@misconception(
    "m_step.sigma", hint="You have forgotten to subtract the means before you multiply.", see="Derivation 2c"
)
def sigma_not_centred(X, gamma):
    """Second moments instead of covariances."""
    return gamma.mean(axis=0), _means(X, gamma), _covariances(X, gamma, np.zeros_like(_means(X, gamma)))


@misconception(
    "m_step.sigma",
    hint="You take the covariances around old means, but the same M-step gives new ones.",
    see="Derivation 2c",
    also_breaks=("m_step.pi", "m_step.mu"),
    raises=("ValueError",),
)
def sigma_around_old_means(X, gamma):
    """Centred on the notebook's mu0."""
    return gamma.mean(axis=0), _means(X, gamma), _covariances(X, gamma, mu0)


@misconception(
    "m_step.sigma",
    hint="You take the covariances around the mean of all points, but each component has its own mean.",
    see="Derivation 2c",
)
def sigma_around_the_common_mean(X, gamma):
    """Centres the points once, with the mean of the data."""
    centre = np.tile(X.mean(axis=0), (gamma.shape[1], 1))
    return gamma.mean(axis=0), _means(X, gamma), _covariances(X, gamma, centre)


@misconception(
    "m_step.sigma",
    hint="You divide by the number of all points, but a component is responsible for only a part of them.",
    see="Derivation 2c",
)
def sigma_divided_by_all_points(X, gamma):
    """N instead of N_c in the denominator of the covariances."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, _scatter(X, gamma, mu) / len(X)


@misconception("m_step.sigma", hint="Your covariances are sums: the division is missing.", see="Derivation 2c")
def sigma_not_divided(X, gamma):
    """Scatter matrices instead of covariances."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, _scatter(X, gamma, mu)


@misconception(
    "m_step.sigma",
    hint="You use the denominator of the unbiased estimate, but the derivation has another one.",
    see="Derivation 2c",
)
def sigma_unbiased(X, gamma):
    """N_c - 1 in the denominator."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, _scatter(X, gamma, mu) / (gamma.sum(axis=0) - 1)[:, None, None]


@misconception(
    "m_step.sigma",
    hint="Your function fills a covariance of two dimensions only, but d is given by the shapes of its arguments.",
    see="Names and shapes",
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
    hint="You return the inverse of the covariance matrix instead of the matrix itself.",
    see="Derivation 2c",
)
def sigma_inverted(X, gamma):
    """The precision matrices."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, np.linalg.pinv(_covariances(X, gamma, mu))


@misconception(
    "m_step.sigma",
    hint="You compute the covariances but do not store them in the array that you return.",
    see="Derivation 2c",
)
def sigma_left_at_zero(X, gamma):
    """The loop assigns to a new variable, not to the array."""
    mu = _means(X, gamma)
    sigma = np.zeros((len(mu), X.shape[1], X.shape[1]))
    for c, S in enumerate(sigma):
        diff = X - mu[c]
        S = S + (gamma[:, [c]] * diff).T @ diff / gamma[:, c].sum()
    return gamma.mean(axis=0), mu, sigma


@misconception(
    "m_step.sigma",
    hint="Your matrices are diagonal, because the products of different coordinates are missing.",
    see="Derivation 2c",
)
def sigma_without_cross_terms(X, gamma):
    """Variances on the diagonal and zeros elsewhere."""
    mu = _means(X, gamma)
    variances = np.stack([w @ (X - m) ** 2 / w.sum() for w, m in zip(gamma.T, mu, strict=True)])
    return gamma.mean(axis=0), mu, variances[:, :, None] * np.eye(X.shape[1])


@misconception(
    "m_step.sigma",
    hint="All rows of each matrix are equal, because NumPy copies the same variances into each row.",
    see="Derivation 2c",
)
def sigma_of_broadcast_variances(X, gamma):
    """Assigns d variances to a d by d matrix. NumPy copies them into each row."""
    mu = _means(X, gamma)
    sigma = np.zeros((len(mu), X.shape[1], X.shape[1]))
    for c in range(len(mu)):
        sigma[c] = gamma[:, c] @ (X - mu[c]) ** 2 / gamma[:, c].sum()
    return gamma.mean(axis=0), mu, sigma


@misconception(
    "m_step.sigma",
    hint="You use one variance for all directions, but a component may be wider in one direction than in another.",
    see="Derivation 2c",
)
def sigma_spherical(X, gamma):
    """One variance for each component, times the identity."""
    mu = _means(X, gamma)
    d = X.shape[1]
    variance = np.trace(_covariances(X, gamma, mu), axis1=1, axis2=2) / d
    return gamma.mean(axis=0), mu, variance[:, None, None] * np.eye(d)


@misconception(
    "m_step.sigma",
    hint="You multiply a row by a column, which gives a number, but the derivation has a column times a row.",
    see="Derivation 2c",
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
    hint="You return standard deviations, but a covariance matrix holds variances.",
    see="Derivation 2c",
)
def sigma_of_standard_deviations(X, gamma):
    """A matrix square root: standard deviations instead of variances."""
    mu = _means(X, gamma)
    values, vectors = np.linalg.eigh(_covariances(X, gamma, mu))
    roots = np.sqrt(np.maximum(values, 0))
    return gamma.mean(axis=0), mu, (vectors * roots[:, None, :]) @ vectors.transpose(0, 2, 1)


@misconception(
    "m_step.sigma",
    hint="Both factors of your product contain the responsibilities, so they count twice.",
    see="Derivation 2c",
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
    hint="All points have the same weight in your covariances, because you do not use the responsibilities.",
    see="Derivation 2c",
)
def sigma_without_weights(X, gamma):
    """Leaves the responsibilities out."""
    mu = _means(X, gamma)
    return gamma.mean(axis=0), mu, np.array([(X - m).T @ (X - m) / len(X) for m in mu])


@misconception(
    "m_step.sigma",
    hint="Your covariances have only the seven digits of float32: compute in float64.",
    see="Names and shapes",
)
def sigma_in_single_precision(X, gamma):
    """float32 for the arithmetic of the covariances."""
    mu = _means(X, gamma)
    single = [a.astype(np.float32) for a in (X, gamma, mu)]
    return gamma.mean(axis=0), mu, _covariances(*single)


@misconception(
    "m_step.sigma",
    hint="np.cov with weights has another denominator than your derivation, unless you set ddof.",
    see="Derivation 2c",
)
def sigma_from_np_cov(X, gamma):
    """np.cov(X.T, aweights=gamma[:, c]) with the default ddof."""
    mu = _means(X, gamma)
    d = X.shape[1]
    sigma = [np.cov(X.T, aweights=gamma[:, c]).reshape(d, d) for c in range(len(mu))]
    return gamma.mean(axis=0), mu, np.array(sigma)
