"""baum_welch: mistakes with restarts and starts. The steps of EM and the end of a run are right."""

import numpy as np

from autograder.assignment import misconception
from reference.hmm.misconceptions._shared import _best, _climb, _e_step, _loglik, _m_step, _rows, _start, _trained


@misconception(
    "baum_welch",
    hint="You return a local maximum: does each restart begin in another place, and do you keep the best?",
    see="Task 5",
)
def local_maximum(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """One run for every value of `restarts`."""
    return _climb(obs, _start(K, M), rtol, max_iter)


@misconception(
    "baum_welch",
    hint="You return the result of the first restart: does a better one replace it?",
    see="Task 5",
    same_answers_as="local_maximum",
)
def first_restart_kept(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """Stores a result only while there is none."""
    best = None
    for _ in range(restarts):
        result = _climb(obs, _start(K, M), rtol, max_iter)
        if best is None:
            best = result
    return best


@misconception(
    "baum_welch",
    hint="You set the seed inside the loop, so all of the restarts are the same.",
    see="Task 5",
    same_answers_as="local_maximum",
)
def same_seed_for_every_restart(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """np.random.seed in every restart."""

    def run():
        np.random.seed(0)
        return _climb(obs, _start(K, M), rtol, max_iter)

    return _best([run] * restarts)


@misconception(
    "baum_welch",
    hint="You draw the start only once, so the second restart continues where the first one ended.",
    see="Task 5",
    same_answers_as="local_maximum",
)
def drawn_once_before_the_restarts(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """The start stands above the loop over the restarts."""
    best, theta = None, _start(K, M)
    for _ in range(restarts):
        loglik, *theta = _climb(obs, theta, rtol, max_iter)
        if best is None or loglik > best[0]:
            best = (loglik, *theta)
    return best


@misconception(
    "baum_welch",
    hint="You return as soon as one restart has converged, so the others never run.",
    see="Task 5",
    same_answers_as="local_maximum",
)
def returned_at_the_first_convergence(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """return instead of break."""
    for _ in range(restarts):
        theta = _start(K, M)
        previous = _loglik(*theta, obs)
        for _ in range(max_iter):
            theta = _m_step(*theta[:2], *_e_step(*theta, obs), obs)
            loglik = _loglik(*theta, obs)
            if abs(loglik - previous) <= rtol * abs(previous):
                return loglik, *theta
            previous = loglik
    return loglik, *theta


@misconception(
    "baum_welch",
    hint="You return the result of the last restart, even if an earlier one was better.",
    see="Task 5",
    may_be_named_as=("local_maximum",),
)
def last_restart_kept(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """Returns the variables of the loop."""
    for _ in range(restarts):
        result = _climb(obs, _start(K, M), rtol, max_iter)
    return result


@misconception(
    "baum_welch",
    hint="You keep the smallest log-likelihood, but the largest is the best: all of them are negative.",
    see="Task 5",
    may_be_named_as=("local_maximum", "last_restart_kept"),
)
def smallest_likelihood_kept(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """min, or the largest absolute value."""
    results = [_climb(obs, _start(K, M), rtol, max_iter) for _ in range(restarts)]
    return min(results, key=lambda result: result[0])


@misconception(
    "baum_welch",
    hint="Your best log-likelihood starts at a value that is larger than every log-likelihood: begin at -np.inf.",
    see="Task 5",
)
def best_starts_at_zero(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """best_loglik = 0."""
    best_loglik, best_A, best_B, best_pi = 0.0, None, None, None
    for _ in range(restarts):
        loglik, A, B, pi = _climb(obs, _start(K, M), rtol, max_iter)
        if loglik > best_loglik:
            best_loglik, best_A, best_B, best_pi = loglik, A, B, pi
    return best_loglik, best_A, best_B, best_pi


@misconception(
    "baum_welch",
    hint="You return the largest log-likelihood, but the parameters are those of the last restart.",
    see="Task 5",
    same_answers_as="best_parameters_overwritten",
)
def best_likelihood_with_the_last_parameters(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """max of the log-likelihoods only."""
    best_loglik = -np.inf
    for _ in range(restarts):
        loglik, *theta = _climb(obs, _start(K, M), rtol, max_iter)
        best_loglik = max(best_loglik, loglik)
    return best_loglik, *theta


@misconception(
    "baum_welch",
    hint="The parameters that you return are those of the last restart: keep copies of the best ones.",
    see="Task 5",
)
def best_parameters_overwritten(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """The best arrays are the working arrays, which the next restart fills again."""
    A, B, pi = np.empty((K, K)), np.empty((K, M)), np.empty(K)
    best_loglik = -np.inf
    for _ in range(restarts):
        A[:], B[:], pi[:] = _start(K, M)
        loglik, A[:], B[:], pi[:] = _climb(obs, (A.copy(), B.copy(), pi.copy()), rtol, max_iter)
        if loglik > best_loglik:
            best_loglik, best_A, best_B, best_pi = loglik, A, B, pi
    return best_loglik, best_A, best_B, best_pi


# ---------------------------------------------------------------- the start


@misconception(
    "baum_welch",
    hint="All states start equal, and so they stay equal: draw the rows at random.",
    see="Task 5",
)
def equal_states(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """Uniform rows."""
    start = np.full((K, K), 1 / K), np.full((K, M), 1 / M), np.full(K, 1 / K)
    return _climb(obs, start, rtol, max_iter)


@misconception(
    "baum_welch",
    hint="Your start contains zeros, and a zero stays zero in all iterations.",
    see="Task 5",
)
def started_with_zeros(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """A is the identity at first, so the state never changes."""
    return _best([lambda: _climb(obs, (np.eye(K), _rows(K, M), _rows(1, K)[0]), rtol, max_iter)] * restarts)


@misconception(
    "baum_welch",
    hint="You count the symbols that occur in obs, but M is an argument: a symbol may not occur at all.",
    see="Task 5",
)
def symbols_counted_in_the_sequence(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """M = obs.max() + 1."""
    return _trained(obs, K, int(obs.max()) + 1, rtol, max_iter, restarts)
