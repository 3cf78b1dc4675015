"""Training: mistakes with the restarts: whether they differ, and which one is returned."""

import numpy as np
from numpy.linalg import LinAlgError

from autograder.assignment import misconception
from reference.em_gmm.misconceptions._shared import _best, _climb, _data_covariance, _iterate, _random_start, _start
from reference.em_gmm.solution import E_step, M_step, compute_vlb


@misconception(
    "em",
    hint="You do not keep the largest bound: it is called a loss, but a larger one is better, and its sign counts.",
    see="Task 4",
    may_be_named_as=("local_optimum",),
    raises=("TypeError",),
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
    hint="You return the result of the first restart: do the others run, and does a better one replace it?",
    see="Task 4",
    same_answers_as="local_optimum",
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
    "em",
    hint="You return a local optimum: does each restart begin in another place, and do you keep the best?",
    see="Task 4",
    raises=("RuntimeError",),
)
def local_optimum(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """One run for every value of `restarts`."""
    return _best([lambda: _climb(X, _start(X, C), rtol, max_iter)])


@misconception(
    "em",
    hint="You return the result of the last restart, or of another one, even if an earlier one was better.",
    see="Task 4",
    may_be_named_as=("local_optimum",),
    raises=("UnboundLocalError",),
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
    hint="You compare the absolute values of the bounds, but a bound can be negative.",
    see="Task 4",
    same_answers_as="smallest_bound_kept",
    may_be_named_as=("local_optimum",),
    raises=("TypeError",),
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


@misconception("em", hint="Your best bound starts at a value that is larger than every negative bound.", see="Task 4")
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
    hint="Your best bound starts at a number that is too large: a bound can be below it, so begin at -np.inf.",
    see="Task 4",
)
def best_loss_starts_too_high(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """best_loss = -20000, and zeros for the parameters."""
    d = X.shape[1]
    best_loss, best_pi, best_mu, best_sigma = -20000.0, np.zeros(C), np.zeros((C, d)), np.zeros((C, d, d))
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
    hint="You return the largest bound, but the parameters are those of the last restart.",
    see="Task 4",
    may_be_named_as=("best_parameters_overwritten",),
)
def largest_bound_with_the_last_parameters(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """max of the bounds only. The parameters are replaced each time."""
    best_loss = -np.inf
    for _ in range(restarts):
        try:
            loss, *theta = _climb(X, _start(X, C), rtol, max_iter)
        except LinAlgError:
            continue
        best_loss, best = max(best_loss, loss), theta
    return best_loss, *best


@misconception(
    "em",
    hint="A later restart has replaced the parameters that you return: store them together with the bound, as copies.",
    see="Task 4",
    raises=("UnboundLocalError",),
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
    hint="You draw the initial parameters only once, so the second restart continues where the first one ended.",
    see="Task 4",
    same_answers_as="local_optimum",
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
    hint="You run k-means to its end, so it gives the same groups each time, and all restarts end alike.",
    see="Task 4",
    same_answers_as="local_optimum",
)
def k_means_run_to_its_end(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Means of the groups that k-means ends with."""

    def run():
        means, label = _start(X, C)[1], None
        for _ in range(100):
            old, label = label, ((X[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
            if old is not None and (label == old).all():
                break
            means = np.array([X[label == c].mean(axis=0) if (label == c).any() else means[c] for c in range(C)])
        return _climb(X, (np.full(C, 1 / C), means, np.tile(_data_covariance(X), (C, 1, 1))), rtol, max_iter)

    return _best([run] * restarts)


@misconception(
    "em",
    hint="You set the seed inside the loop, so all of the restarts are the same.",
    see="Task 4",
    same_answers_as="local_optimum",
    raises=("RuntimeError",),
)
def same_seed_for_every_restart(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """np.random.seed in every restart."""

    def run():
        np.random.seed(42)
        return _climb(X, _start(X, C), rtol, max_iter)

    return _best([run] * restarts)


@misconception(
    "em",
    hint="You return as soon as one restart has converged, so the others never run.",
    see="Task 4",
    same_answers_as="local_optimum",
    raises=("UnboundLocalError",),
)
def returned_at_the_first_convergence(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """return instead of break."""
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
    hint="A tiny number on the diagonal hides that a component has collapsed: give such a restart up.",
    see="Task 4",
)
def collapse_hidden_by_a_tiny_ridge(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """sigma + 1e-12 I, without a check for a collapse."""

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
