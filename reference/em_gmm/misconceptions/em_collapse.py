"""Training: mistakes with a component that collapses, and with errors that are hidden."""

import numpy as np
from numpy.linalg import LinAlgError

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _climb, _data_covariance, _iterate, _random_start, _start


@misconception(
    "em",
    hint="If a component collapses, your whole function stops with an exception.",
    see="Task 4",
    raises=("LinAlgError",),
)
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
    raises=("AssertionError",),
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


@misconception(
    "em",
    hint="If your first restart ends in NaN, it stays the best: no comparison with NaN is true. Leave it out.",
    see="Task 4",
)
def nan_of_the_first_restart_kept(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """`best is None or loss > best` stores a NaN, which nothing replaces."""
    best = None
    for _ in range(restarts):
        theta = _start(X, C)
        try:
            result = _climb(X, theta, rtol, max_iter)
        except LinAlgError:
            result = (np.nan, *theta)
        if best is None or result[0] > best[0]:
            best = result
    return best


@misconception(
    "em",
    hint="You take the infinite bound of a collapsed component for the best one: leave such restarts out.",
    see="Task 4",
)
def infinite_bound_of_a_collapse_kept(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """A density of infinity gives a bound of infinity, and no other is larger."""
    best = (-np.inf, None, None, None)
    for _ in range(restarts):
        theta = _start(X, C)
        try:
            result = _climb(X, theta, rtol, max_iter)
        except LinAlgError:
            result = (np.inf, *theta)
        if result[0] > best[0]:
            best = result
    return best


@misconception(
    "em",
    hint="You store the best parameters within a run, so those of a component that is collapsing are kept.",
    see="Task 4",
)
def collapse_kept_inside_the_iterations(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Compares after each iteration instead of after each restart, so a later LinAlgError comes too late."""
    best = (-np.inf, None, None, None)
    for _ in range(restarts):
        theta, previous = _start(X, C), None
        try:
            for _ in range(max_iter):
                loss, *theta = _iterate(X, *theta)
                if loss > best[0]:
                    best = (loss, *theta)
                if previous is not None and abs(loss - previous) <= rtol * abs(previous):
                    break
                previous = loss
        except LinAlgError:
            continue
    return best


@misconception(
    "em",
    hint="After a collapse, your next restarts begin at what the collapse left: draw each start anew.",
    see="Task 4",
)
def starts_moved_from_the_last_end(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Each restart begins near the end of the one before. After NaN, all of them are NaN."""
    best, (pi, mu, sigma) = None, _start(X, C)
    whole = sigma
    for _ in range(restarts):
        begin = (np.full(C, 1 / C), mu + X.std(axis=0) * np.random.randn(*mu.shape), whole)
        try:
            loss, pi, mu, sigma = _climb(X, begin, rtol, max_iter)
        except LinAlgError:
            mu = np.full(mu.shape, np.nan)
            continue
        if best is None or loss > best[0]:
            best = (loss, pi, mu, sigma)
    return best
