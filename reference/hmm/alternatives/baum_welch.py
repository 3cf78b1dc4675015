"""Training, written in other ways: other starts, and other ways to keep the best restart."""

import numpy as np
from scipy.special import softmax

from autograder.assignment import alternative
from reference.hmm.alternatives._shared import _climb, _random_rows, _random_start, _scaled_alpha, _update
from reference.hmm.solution import forward, posterior


@alternative("baum_welch")
def training_in_one_function(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """Everything in one function, with sums over a one-hot table."""
    best_loglik, best_A, best_B, best_pi = -np.inf, None, None, None
    one_hot = (np.asarray(obs)[:, None] == np.arange(M)).astype(float)
    for _ in range(restarts):
        A = np.random.dirichlet(np.ones(K) * 2, K)
        B = np.random.dirichlet(np.ones(M) * 2, K)
        pi = np.random.dirichlet(np.ones(K) * 2)
        previous = forward(A, B, pi, obs)
        for _ in range(max_iter):
            gamma, xi = posterior(A, B, pi, obs)
            A = xi.sum(axis=0) / np.maximum(gamma[:-1].sum(axis=0), 1e-300)[:, None]
            B = gamma.T @ one_hot / np.maximum(gamma.sum(axis=0), 1e-300)[:, None]
            A, B = A / np.maximum(A.sum(axis=1), 1e-300)[:, None], B / np.maximum(B.sum(axis=1), 1e-300)[:, None]
            pi = gamma[0]
            loglik = forward(A, B, pi, obs)
            if np.abs((loglik - previous) / previous) <= rtol:
                break
            previous = loglik
        if loglik > best_loglik:
            best_loglik, best_A, best_B, best_pi = loglik, A.copy(), B.copy(), pi.copy()
    return best_loglik, best_A, best_B, best_pi


@alternative("baum_welch")
def training_with_argmax_at_the_end(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """Keeps every restart and picks the best at the end."""
    runs = [_climb(obs, *_random_start(K, M), rtol, max_iter) for _ in range(restarts)]
    return runs[int(np.argmax([run[0] for run in runs]))]


@alternative("baum_welch")
def training_from_nearly_equal_states(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """Starts near the uniform distributions, with a little noise."""
    rng = np.random.default_rng()

    def nearly_uniform(*shape):
        p = 1 + 0.3 * rng.random(shape)
        return p / p.sum(axis=-1, keepdims=True)

    best = None
    for _ in range(restarts):
        result = _climb(obs, nearly_uniform(K, K), nearly_uniform(K, M), nearly_uniform(K), rtol, max_iter)
        if best is None or result[0] > best[0]:
            best = result
    return best


@alternative("baum_welch")
def training_from_random_logits(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """Rows that are the softmax of normal numbers."""
    rng = np.random.default_rng()
    results = {}
    for number in range(restarts):
        start = [softmax(rng.normal(size=shape), axis=-1) for shape in ((K, K), (K, M), (K,))]
        results[number] = _climb(obs, *start, rtol, max_iter)
    return max(results.values(), key=lambda result: result[0])


@alternative("baum_welch")
def training_with_equal_transitions_at_first(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """Only B starts at random. It is enough that the states differ in one thing."""
    best = (-np.inf,)
    for _ in range(restarts):
        A, pi = np.full((K, K), 1 / K), np.full(K, 1 / K)
        result = _climb(obs, A, _random_rows(K, M), pi, rtol, max_iter)
        best = result if result[0] > best[0] else best
    loglik, A, B, pi = best
    return loglik, A, B, pi


@alternative("baum_welch")
def training_with_a_while_loop(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """Counts the iterations itself, stores all likelihoods, and returns a list."""
    winner = None
    while restarts > 0:
        restarts -= 1
        A, B, pi = _random_start(K, M)
        history = [float(np.squeeze(forward(A, B, pi, obs)))]
        while len(history) <= max_iter:
            gamma, xi = map(np.array, posterior(A, B, pi, obs))
            A, B, pi = _update(A, B, gamma, xi, obs)
            history += [float(np.squeeze(forward(A, B, pi, obs)))]
            if abs(history[-1] - history[-2]) <= rtol * abs(history[-2]):
                break
        if winner is None or history[-1] > winner[0]:
            winner = [history[-1], A, B, pi]
    return winner


@alternative("baum_welch")
def training_with_likelihoods_of_its_own(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """Uses neither forward nor posterior: scaled recursions, and all sums in loops over the times."""

    def e_step(A, B, pi):
        alpha, c = _scaled_alpha(A, B, pi, obs)
        moves, emits = np.zeros((K, K)), np.zeros((K, M))
        beta = np.ones(K)
        for t in range(len(obs) - 1, -1, -1):
            gamma = alpha[t] * beta
            emits[:, obs[t]] += gamma
            if t > 0:
                ahead = B[:, obs[t]] * beta / c[t]
                moves += alpha[t - 1][:, None] * A * ahead
                beta = A @ ahead
        return np.log(c).sum(), moves, emits, gamma

    def rows(counts, before):
        total = counts.sum(axis=1, keepdims=True)
        return np.where(total > 0, counts / np.where(total > 0, total, 1), before)

    best = None
    for _ in range(restarts):
        A, B, pi = _random_start(K, M)
        loglik, moves, emits, first = e_step(A, B, pi)
        for _ in range(max_iter):
            A, B, pi = rows(moves, A), rows(emits, B), first / first.sum()
            before = loglik
            loglik, moves, emits, first = e_step(A, B, pi)
            if abs(loglik - before) <= rtol * abs(before):
                break
        if best is None or best[0] < loglik:
            best = (loglik, A, B, pi)
    return best
