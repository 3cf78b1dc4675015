"""Training: mistakes with a component that collapses, and with errors that are hidden."""

import numpy as np
from numpy.linalg import LinAlgError

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _climb, _data_covariance, _random_start, _start


@misconception("em", hint="If a component collapses, your whole function stops with an exception.", see="Task 4")
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
    hint="Your comparison chooses a collapsed restart, because its bound is NaN: leave such restarts out.",
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


@misconception(
    "em",
    hint="Your assertion demands a minimum variance, but data on a small scale have smaller variances.",
    see="Task 4",
)
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
    hint="Your except hides the error of a name that does not exist, so no restart ever runs: let such errors show.",
    see="Task 4",
)
def missing_import_hidden(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """except Exception hides that random was never imported."""
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
