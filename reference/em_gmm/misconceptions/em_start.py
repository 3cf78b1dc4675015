"""Training: mistakes in how a restart begins, and in what each iteration uses."""

import numpy as np

from autograder.assignment import misconception
from reference.em_gmm.cases import X, mu0, pi0, sigma0
from reference.em_gmm.misconceptions._shared import _best, _climb, _data_covariance, _start
from reference.em_gmm.solution import E_step, M_step, compute_vlb


@misconception(
    "em",
    hint="Your initial weights can be negative, so they are not on the simplex.",
    see="Task 4",
    raises=("LinAlgError",),
)
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


@misconception(
    "em",
    hint="Your initial matrices are symmetric, but they are not positive definite.",
    see="Task 4",
    raises=("LinAlgError",),
)
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


@misconception(
    "em",
    hint="Your components start with equal means and equal covariances, so EM can never make them different.",
    see="Task 4",
)
def identical_components(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Equal means and equal covariances; only the weights are random."""

    def run():
        pi = np.random.dirichlet(np.ones(C))
        mu = np.tile(X.mean(axis=0), (C, 1))
        return _climb(X, (pi, mu, np.tile(_data_covariance(X), (C, 1, 1))), rtol, max_iter)

    return _best([run] * restarts)


@misconception(
    "em",
    hint="Your initial means do not depend on the points, so a component far from all points can lose all of them.",
    see="Task 4",
    raises=("RuntimeError",),
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
    hint="Every restart begins at the starting guess of the notebook, so all restarts are the same.",
    see="Task 4",
    raises=("ValueError", "RuntimeError"),
)
def starts_from_the_notebook(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """The globals pi0, mu0, sigma0."""
    return _best([lambda: _climb(X, (pi0, mu0, sigma0), rtol, max_iter)] * restarts)


@misconception(
    "em",
    hint="You train on the points of the notebook instead of those that your function gets as an argument.",
    see="Task 4",
)
def trains_on_the_notebook(data, C, rtol=1e-3, max_iter=100, restarts=10):
    """The global X instead of the argument."""
    return _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * restarts)


@misconception(
    "em",
    hint="Your function always fits three components, but C says how many the caller wants.",
    see="Task 4",
    raises=("RuntimeError",),
)
def number_of_components_ignored(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """C = 3 in the first line."""
    C = 3
    return _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * restarts)


@misconception(
    "em",
    hint="You compute the responsibilities only once, but the parameters change in each iteration.",
    see="Task 4",
    same_answers_as="one_step_of_em",
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


@misconception("em", hint="You do not use the result of the M-step, so the parameters never change.", see="Task 4")
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
