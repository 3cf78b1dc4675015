"""Training that is right and slow. The limit of a call follows from the slowest right solution."""

import numpy as np
from scipy.special import logsumexp

from autograder.assignment import alternative
from reference.hmm.alternatives._shared import _log, _random_start, _update


def _slow_tables(A, B, pi, obs):
    """log_alpha and log_beta (T, K), one entry at a time."""
    log_A, log_B, log_pi = _log(A), _log(B), _log(pi)
    T, K = len(obs), len(pi)
    log_alpha, log_beta = np.full((T, K), -np.inf), np.zeros((T, K))
    for i in range(K):
        log_alpha[0, i] = log_pi[i] + log_B[i, obs[0]]
    for t in range(1, T):
        for j in range(K):
            log_alpha[t, j] = logsumexp([log_alpha[t - 1, i] + log_A[i, j] for i in range(K)]) + log_B[j, obs[t]]
    for t in range(T - 2, -1, -1):
        for i in range(K):
            log_beta[t, i] = logsumexp([log_A[i, j] + log_B[j, obs[t + 1]] + log_beta[t + 1, j] for j in range(K)])
    return log_alpha, log_beta


def _slow_posterior(A, B, log_alpha, log_beta, obs):
    log_A, log_B = _log(A), _log(B)
    T, K = log_alpha.shape
    loglik = logsumexp(log_alpha[-1])
    gamma, xi = np.zeros((T, K)), np.zeros((T - 1, K, K))
    for t in range(T):
        for i in range(K):
            gamma[t, i] = np.exp(log_alpha[t, i] + log_beta[t, i] - loglik)
            for j in range(K if t + 1 < T else 0):
                ahead = log_A[i, j] + log_B[j, obs[t + 1]] + log_beta[t + 1, j]
                xi[t, i, j] = np.exp(log_alpha[t, i] + ahead - loglik)
    return gamma, xi


def _slow_training(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    best = (-np.inf,)
    for _ in range(restarts):
        A, B, pi = _random_start(K, M)
        tables = _slow_tables(A, B, pi, obs)
        loglik = logsumexp(tables[0][-1])
        for _ in range(max_iter):
            A, B, pi = _update(A, B, *_slow_posterior(A, B, *tables, obs), obs)
            tables = _slow_tables(A, B, pi, obs)
            previous, loglik = loglik, logsumexp(tables[0][-1])
            if abs(loglik - previous) <= rtol * abs(previous):
                break
        if loglik > best[0]:
            best = (loglik, A, B, pi)
    return best


@alternative("baum_welch", slow=True)
def training_with_slow_loops(obs, K, M, rtol=1e-5, max_iter=100, restarts=10):
    """SciPy's logsumexp for each state at each time, in functions of its own."""
    return _slow_training(obs, K, M, rtol, max_iter, restarts)


@alternative("HMM", slow=True)
class ModelWithSlowLoops:
    """The same training inside the class."""

    def __init__(self, n_states, n_symbols):
        self.n_states, self.n_symbols = n_states, n_symbols

    def fit(self, obs):
        self.loglik, self.A, self.B, self.pi = _slow_training(obs, self.n_states, self.n_symbols)
        return self

    def predict(self, obs):
        log_A, log_B = _log(self.A), _log(self.B)
        delta, pointers = _log(self.pi) + log_B[:, obs[0]], []
        for symbol in obs[1:]:
            scores = delta[:, None] + log_A
            pointers.append(scores.argmax(axis=0))
            delta = scores.max(axis=0) + log_B[:, symbol]
        path = [int(np.argmax(delta))]
        for pointer in reversed(pointers):
            path.insert(0, int(pointer[path[0]]))
        return path

    def score(self, obs):
        return logsumexp(_slow_tables(self.A, self.B, self.pi, obs)[0][-1])
