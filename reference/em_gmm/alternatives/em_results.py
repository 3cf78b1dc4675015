"""Training: other ways to keep the best restart and to return it.

The last four differ in something else. Two of them begin in another way, one computes the bound by itself, and
one prints a megabyte.
"""

import numpy as np
from numpy.linalg import LinAlgError

from autograder.assignment import alternative
from reference.em_gmm.alternatives._shared import _best_of, _climb, _collapsed, _covariance, _points_as_means
from reference.em_gmm.solution import E_step, M_step, compute_vlb


@alternative("train_EM")
def train_into_a_dictionary(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Keeps the best state in a dictionary of copies, because the run overwrites its arrays in place."""
    best = {"loss": None}
    for _ in range(restarts):
        state = dict(zip(("pi", "mu", "sigma"), _points_as_means(X, C), strict=True))
        state = {name: np.array(value) for name, value in state.items()}
        losses = []
        try:
            for i in range(max_iter):
                gamma = E_step(X, **state)
                for name, value in zip(state, M_step(X, gamma), strict=True):
                    state[name][...] = value
                losses.append(compute_vlb(X, gamma=gamma, **state))
                if _collapsed(X, losses[-1], state["sigma"]):
                    raise LinAlgError("collapse")
                if i > 0 and abs(losses[-1] / losses[-2] - 1) <= rtol:
                    break
        except LinAlgError:
            continue
        if best["loss"] is None or losses[-1] > best["loss"]:
            best = {"loss": losses[-1], **{name: value.copy() for name, value in state.items()}}
    if best["loss"] is None:
        raise RuntimeError("no restart survived")
    return tuple(best[name] for name in ("loss", "pi", "mu", "sigma"))


@alternative("train_EM")
def train_with_a_first_loss_of_zero(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """A first loss of zero. NumPy's division then gives inf, so the run does not stop."""
    best_loss, best_theta = None, None
    for _ in range(restarts):
        theta = _points_as_means(X, C)
        loss = np.float64(0.0)
        try:
            for _ in range(max_iter):
                old = loss
                gamma = E_step(X, *theta)
                theta = M_step(X, gamma)
                loss = np.float64(np.squeeze(compute_vlb(X, *theta, gamma)))
                if _collapsed(X, loss, theta[2]):
                    raise LinAlgError("collapse")
                with np.errstate(divide="ignore"):
                    change = np.abs((loss - old) / old)
                if change <= rtol:
                    break
        except LinAlgError:
            continue
        if best_loss is None or loss > best_loss:
            best_loss, best_theta = loss, theta
    if best_theta is None:
        raise RuntimeError("no restart survived")
    best_pi, best_mu, best_sigma = best_theta
    return best_loss, best_pi, best_mu, best_sigma


@alternative("train_EM")
def train_with_a_1_by_1_loss(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """The loss is always an array of shape (1, 1)."""
    best_loss = np.full((1, 1), -np.inf)
    best = None
    for _ in range(restarts):
        try:
            loss, *theta = _climb(X, *_points_as_means(X, C), rtol, max_iter)
        except LinAlgError:
            continue
        loss = np.reshape(loss, (1, 1))
        if loss > best_loss:
            best_loss, best = loss, [np.copy(a) for a in theta]
    if best is None:
        raise RuntimeError("no restart survived")
    return best_loss, *best


@alternative("train_EM")
def train_with_argmax_at_the_end(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Keeps every restart, a collapsed one with a loss of -inf, and picks the best at the end."""
    losses, parameters = [], []
    for _ in range(restarts):
        try:
            loss, *theta = _climb(X, *_points_as_means(X, C), rtol, max_iter)
        except LinAlgError:
            loss, theta = -np.inf, None
        losses.append(np.squeeze(loss))
        parameters.append(theta)
    if np.isneginf(losses).all():
        raise RuntimeError("no restart survived")
    winner = int(np.argmax(losses))
    return losses[winner], *parameters[winner]


@alternative("train_EM")
def train_with_the_e_step_last(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """M-step first and E-step last, so that the bound of an iteration is the log-likelihood itself."""
    best = None
    for _ in range(restarts):
        gamma = E_step(X, *_points_as_means(X, C))
        losses = []
        try:
            while len(losses) < max_iter:
                pi, mu, sigma = M_step(X, gamma)
                gamma = E_step(X, pi, mu, sigma)
                losses.append(compute_vlb(X, pi, mu, sigma, gamma))
                if _collapsed(X, losses[-1], sigma):
                    raise LinAlgError("collapse")
                if len(losses) > 1 and abs(losses[-1] - losses[-2]) <= rtol * abs(losses[-2]):
                    break
        except LinAlgError:
            continue
        if best is None or losses[-1] > best[0]:
            best = losses[-1], pi, mu, sigma
    if best is None:
        raise RuntimeError("no restart survived")
    return best


@alternative("train_EM")
def train_in_silence(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Marks a collapse by a loss of NaN, detects flat components by their inverse, and switches warnings off."""
    whole = _covariance(X)
    best_loss = -np.inf
    for _ in range(restarts):
        pi, mu, sigma = _points_as_means(X, C)
        previous = np.nan
        with np.errstate(all="ignore"):
            for _ in range(max_iter):
                try:
                    gamma = E_step(X, pi, mu, sigma)
                    pi, mu, sigma = M_step(X, gamma)
                    loss = compute_vlb(X, pi, mu, sigma, gamma)
                    narrowness = np.abs(np.linalg.inv(sigma) @ whole).max()
                except np.linalg.LinAlgError:
                    loss = np.nan
                if not np.isfinite(loss) or not narrowness < 1e9:
                    loss = np.nan
                    break
                if np.abs(loss - previous) / np.abs(previous) <= rtol:
                    break
                previous = loss
        if not np.isnan(loss) and loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi, mu, sigma
    if np.isneginf(best_loss):
        raise LinAlgError("no restart survived")
    return best_loss, best_pi, best_mu, best_sigma


@alternative("train_EM")
def train_from_k_means(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """A few rounds of k-means from random points; each cluster gives a mean, all share the covariance of the data."""
    starts = []
    for _ in range(restarts):
        centres = X[np.random.choice(len(X), C, replace=False)]
        for _ in range(3):
            label = ((X[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
            filled = np.unique(label)
            centres = centres.copy()
            centres[filled] = [X[label == c].mean(axis=0) for c in filled]
        starts.append((np.full(C, 1 / C), centres, np.stack([_covariance(X)] * C)))
    return _best_of(starts, X, rtol, max_iter)


@alternative("train_EM")
def train_from_the_identity(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Random points as means, and the identity as every covariance."""
    eye = np.array([np.eye(X.shape[1])] * C)
    starts = [(np.ones(C) / C, X[np.random.permutation(len(X))[:C]], eye) for _ in range(restarts)]
    return _best_of(starts, X, rtol, max_iter)


@alternative("train_EM")
def train_with_a_bound_of_its_own(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Needs a bound of shape (1, 1), and so defines a bound of its own."""

    def bound(pi, mu, sigma, gamma):
        return np.reshape(compute_vlb(X, pi, mu, sigma, gamma), (1, 1))

    best = None
    for _ in range(restarts):
        theta, previous = _points_as_means(X, C), None
        try:
            for _ in range(max_iter):
                gamma = E_step(X, *theta)
                theta = M_step(X, gamma)
                loss = bound(*theta, gamma)[0, 0]
                if _collapsed(X, loss, theta[2]):
                    raise LinAlgError("a component has collapsed")
                if previous is not None and abs(loss - previous) <= rtol * abs(previous):
                    break
                previous = loss
        except LinAlgError:
            continue
        if best is None or loss > best[0]:
            best = (loss, *theta)
    if best is None:
        raise RuntimeError("no restart survived")
    return best


@alternative("train_EM")
def train_that_prints_a_megabyte(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Prints its debugging output."""
    for _ in range(10):
        print("x" * 100_000)
    return _best_of([_points_as_means(X, C) for _ in range(restarts)], X, rtol, max_iter)
