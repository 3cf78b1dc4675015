"""Training: mistakes in what is returned."""

import numpy as np
from numpy.linalg import LinAlgError

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _best, _climb, _iterate, _start
from reference.em_gmm.solution import E_step


@misconception(
    "em",
    hint="The bound that you return is from an earlier iteration than the parameters that you return.",
    see="Task 4",
)
def bound_of_the_first_iteration(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """losses[0] instead of losses[-1]."""
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


@misconception("em", hint="You return minus the bound: it is called a loss, but its sign stays as it is.", see="Task 4")
def sign_of_a_loss(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Finds the right restart and flips the sign at the end."""
    loss, pi, mu, sigma = _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * restarts)
    return -loss, pi, mu, sigma


@misconception("em", hint="You return the bound for one point, but the bound is a sum over all points.", see="Task 4")
def bound_for_one_point(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Divides by N at the end."""
    loss, pi, mu, sigma = _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * restarts)
    return loss / len(X), pi, mu, sigma


@misconception("em", hint="You return one value more than the assignment asks for.", see="Task 4")
def responsibilities_returned_too(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Five values instead of four."""
    loss, *theta = _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * restarts)
    return loss, *theta, E_step(X, *theta)


@misconception("em", hint="You return the right values in another order than the assignment asks for.", see="Task 4")
def parameters_in_another_order(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """loss, mu, pi, sigma."""
    loss, pi, mu, sigma = _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * restarts)
    return loss, mu, pi, sigma
