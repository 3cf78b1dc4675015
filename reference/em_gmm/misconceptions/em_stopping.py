"""Training: mistakes about when a restart stops, and how many restarts there are."""

import numpy as np
from numpy.linalg import LinAlgError

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _best, _climb, _iterate, _random_start, _start
from reference.em_gmm.solution import E_step, compute_vlb


@misconception(
    "em",
    hint="You compare the bound with the best of all restarts instead of the previous iteration of this restart.",
    see="Task 4",
    same_answers_as="local_optimum",
    may_be_named_as=("change_without_brackets",),
    raises=("TypeError",),
)
def given_up_when_behind_the_best(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Compares with best_loss. So a restart ends at once unless it begins above the best one."""
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
    hint="Your runs stop while the bound still changes: check the sign of the change and its comparison with rtol.",
    see="Task 4",
)
def difference_in_the_wrong_order(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """L_old - L without an absolute value: always stops in the second iteration."""

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
    hint="Your relative change has no absolute value, so it is negative if the bound is negative.",
    see="Task 4",
    same_answers_as="difference_in_the_wrong_order",
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
    hint="You stop while the bound still changes, and you continue when it no longer changes.",
    see="Task 4",
    same_answers_as="difference_in_the_wrong_order",
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
    hint="In the first iteration of a restart there is no previous bound, and you divide by zero there.",
    see="Task 4",
    raises=("ZeroDivisionError",),
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
    hint="Your function ignores max_iter: it does as many iterations for a small one as for a large one.",
    see="Task 4",
)
def limit_of_iterations_ignored(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """range(1000)."""
    return _best([lambda: _climb(X, _start(X, C), rtol, 1000)] * restarts)


@misconception(
    "em",
    hint="Each of your runs takes the same number of iterations: it ignores max_iter and rtol.",
    see="Task 4",
)
def number_of_iterations_wired_in(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """range(60), without a look at the change of the bound."""
    return _best([lambda: _climb(X, _start(X, C), 0.0, 60)] * restarts)


@misconception(
    "em",
    hint="Your loop does one iteration fewer than max_iter: check where its range begins and ends.",
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
    hint="Your function ignores the argument restarts and uses its own number of restarts.",
    see="Task 4",
)
def number_of_restarts_ignored(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """range(10)."""
    return _best([lambda: _climb(X, _start(X, C), rtol, max_iter)] * 10)


@misconception(
    "em",
    hint="A run goes on although the bound changes by less than rtol: compare the relative change of the bound with rtol.",
    see="Task 4",
)
def change_without_brackets(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """previous / previous is 1, so abs(loss - 1) is compared with rtol."""

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
    hint="Your function ignores the argument rtol and ends its runs by a rule of its own.",
    see="Task 4",
)
def tolerance_ignored(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """A fixed tolerance of 1e-2."""
    return _best([lambda: _climb(X, _start(X, C), 1e-2, max_iter)] * restarts)


@misconception(
    "em",
    hint="Your restarts gain nothing after their first iteration: does each iteration do both steps?",
    see="Task 4",
)
def one_step_of_em(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """A single E-step and M-step for each restart."""
    return _best([lambda: _iterate(X, *_start(X, C))] * restarts)
