"""Training: other ways to begin a restart, to end it, and to go on to the next one."""

import contextlib

import numpy as np
from numpy.linalg import LinAlgError
from scipy.special import softmax

from autograder.assignment import alternative
from reference.em_gmm.alternatives._shared import _best_of, _climb, _collapsed, _covariance, _points_as_means
from reference.em_gmm.solution import E_step, M_step, compute_vlb


@alternative("train_EM")
def train_from_random_points(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Random points as means and the covariance of the data, everything in one function."""
    best_loss, best_pi, best_mu, best_sigma = -np.inf, None, None, None
    for _ in range(restarts):
        pi = np.ones(C) / C
        mu = X[np.random.permutation(X.shape[0])[:C]]
        sigma = np.array([_covariance(X)] * C)
        prev_loss = None
        try:
            for _ in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if _collapsed(X, loss, sigma):
                    raise LinAlgError
                if prev_loss is not None and np.abs((loss - prev_loss) / prev_loss) <= rtol:
                    break
                prev_loss = loss
        except LinAlgError:
            continue
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi.copy(), mu.copy(), sigma.copy()
    if best_pi is None:
        raise RuntimeError("no restart survived")
    return best_loss, best_pi, best_mu, best_sigma


@alternative("train_EM")
def train_from_far_apart_points(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Each further mean is drawn with a probability that grows with its distance from the others."""
    rng = np.random.default_rng()

    def start():
        means = [X[rng.integers(len(X))]]
        while len(means) < C:
            distance = np.min([((X - m) ** 2).sum(axis=1) for m in means], axis=0)
            means.append(X[rng.choice(len(X), p=distance / distance.sum())])
        return np.full(C, 1 / C), np.array(means), np.stack([_covariance(X) / C] * C)

    return _best_of((start() for _ in range(restarts)), X, rtol, max_iter)


@alternative("train_EM")
def train_from_random_responsibilities(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Begins with an M-step, from random responsibilities that favour the points on one side."""
    rng = np.random.default_rng()
    scale = np.sqrt(np.trace(_covariance(X))) + 1e-300
    best = None
    for _ in range(restarts):
        # Independent rows would give each component nearly the mean of all points.
        directions = rng.normal(size=(X.shape[1], C)) * 3 / scale
        tilt = softmax((X - X.mean(axis=0)) @ directions, axis=1)
        gamma = tilt * rng.dirichlet(np.full(C, 0.3), size=len(X)) + 0.01
        gamma /= gamma.sum(axis=1, keepdims=True)
        try:
            result = _climb(X, *M_step(X, gamma), rtol, max_iter)
        except LinAlgError:
            continue
        if best is None or result[0] > best[0]:
            best = result
    if best is None:
        raise ValueError("no restart survived")
    return best


@alternative("train_EM")
def train_from_round_components(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Round components with the variance of the data, and weights from a Dirichlet distribution."""
    N, d = X.shape
    best = (-np.inf,)
    for _ in range(restarts):
        pi = np.random.dirichlet([5.0] * C)
        mu = X[np.random.choice(N, size=C, replace=False), :]
        sigma = np.eye(d)[None].repeat(C, axis=0) * X.var(axis=0).mean()
        with contextlib.suppress(LinAlgError):
            best = max(best, _climb(X, pi, mu, sigma, rtol, max_iter), key=lambda result: result[0])
    if len(best) == 1:
        raise LinAlgError("all restarts have failed")
    return best


@alternative("train_EM")
def train_from_a_random_partition(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Assigns the points to C random centres, and takes the covariance of the points around each centre."""
    N, d = X.shape
    starts = []
    for _ in range(restarts):
        centres = X[np.random.choice(N, C, replace=False)]
        nearest = np.argmin(((X[:, None] - centres) ** 2).sum(axis=2), axis=1)
        pi, mu, sigma = np.zeros(C), np.zeros((C, d)), np.zeros((C, d, d))
        for c in range(C):
            members = np.vstack([X[nearest == c], centres[c]])  # at least the centre itself
            pi[c], mu[c] = len(members) / (N + C), members.mean(axis=0)
            # A share of the whole covariance keeps a small cell from being flat.
            sigma[c] = (members - mu[c]).T @ (members - mu[c]) / len(members) + 0.1 * _covariance(X)
        starts.append((pi, mu, sigma))
    return _best_of(starts, X, rtol, max_iter)


@alternative("train_EM")
def train_from_random_covariances(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Random positive definite matrices, A A^T, at the scale of the data."""
    N, d = X.shape
    root = np.linalg.cholesky(_covariance(X))
    starts = []
    for _ in range(restarts):
        A = np.random.normal(size=(C, d, 2 * d + 2)) / np.sqrt(2 * d + 2)
        sigma = root @ A @ A.transpose(0, 2, 1) @ root.T
        pi = np.random.rand(C) + 0.5
        starts.append((pi / pi.sum(), X[np.random.choice(N, C, replace=False)], sigma))
    return _best_of(starts, X, rtol, max_iter)


@alternative("train_EM")
def train_with_an_absolute_tolerance(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Stops when the bound changes by at most rtol nats, which is stricter for a large bound."""
    results = []
    for _ in range(restarts):
        pi, mu, sigma = _points_as_means(X, C)
        last = -np.inf
        try:
            for _ in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if _collapsed(X, loss, sigma):
                    raise LinAlgError("collapse")
                if abs(loss - last) <= min(rtol, rtol * abs(loss)):
                    break
                last = loss
            results.append((loss, pi, mu, sigma))
        except LinAlgError:
            continue
    if not results:
        raise RuntimeError("no restart survived")
    return max(results, key=lambda result: result[0])


@alternative("train_EM")
def train_with_further_arguments(X, C, rtol=1e-3, max_iter=100, restarts=10, verbose=False, tol=0.0):
    """Its own arguments after the five, a seed for each restart, and np.isclose as the stopping rule."""
    best = [-np.inf, None, None, None]
    for r, seed in enumerate(np.random.SeedSequence().spawn(restarts)):
        rng = np.random.default_rng(seed)
        pi, sigma = rng.dirichlet(np.full(C, 10.0)), np.repeat(_covariance(X)[None] / C, C, axis=0)
        mu = X[rng.choice(len(X), C, replace=False)]
        previous, iteration, done = np.inf, 0, False
        try:
            while iteration < max_iter and not done:
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if _collapsed(X, loss, sigma):
                    raise LinAlgError("collapse")
                done = bool(np.isclose(loss, previous, rtol=rtol, atol=tol))
                previous, iteration = loss, iteration + 1
        except LinAlgError:
            continue
        if verbose:
            print(f"restart {r}: {loss:.3f} after {iteration} iterations")
        if loss > best[0]:
            best = [loss, pi, mu, sigma]
    if best[1] is None:
        raise RuntimeError("no restart survived")
    return best


@alternative("train_EM")
def train_that_replaces_collapsed_restarts(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Draws another start for each restart that collapsed. Makes at most 10 * restarts attempts."""
    finished, attempts = [], 0
    while len(finished) < restarts and attempts < 10 * restarts:
        attempts += 1
        try:
            finished.append(_climb(X, *_points_as_means(X, C), rtol, max_iter))
        except LinAlgError:
            continue
    if not finished:
        raise RuntimeError("a component collapses from every start")
    order = np.argsort([np.squeeze(result[0]) for result in finished])
    return finished[order[-1]]


@alternative("train_EM")
def train_with_recursion(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Does one restart, and calls itself for the others."""

    def best_of(remaining, best):
        if remaining == 0:
            return best
        try:
            result = _climb(X, *_points_as_means(X, C), rtol, max_iter)
        except LinAlgError:
            return best_of(remaining - 1, best)
        return best_of(remaining - 1, result if best is None or result[0] > best[0] else best)

    winner = best_of(restarts, None)
    if winner is None:
        raise RuntimeError("no restart survived")
    return winner
