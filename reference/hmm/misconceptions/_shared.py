"""Helpers of the mistakes. Each helper is right."""

import numpy as np

from reference.hmm.solution import forward, posterior


def _log(p):
    """The logarithm, with -inf for zero."""
    with np.errstate(divide="ignore"):
        return np.log(p)


def _sum(log_p, axis):
    """The logarithm of a sum of exponentials."""
    return np.logaddexp.reduce(log_p, axis=axis)


def _log_alpha(log_A, log_B, log_pi, obs):
    """Logarithms of the forward variables, (T, K)."""
    rows = [log_pi + log_B[:, obs[0]]]
    for symbol in obs[1:]:
        rows.append(_sum(rows[-1][:, None] + log_A, axis=0) + log_B[:, symbol])
    return np.array(rows)


def _log_beta(log_A, log_B, obs):
    """Logarithms of the backward variables, (T, K)."""
    rows = [np.zeros(len(log_A))]
    for symbol in obs[:0:-1]:
        rows.append(_sum(log_A + log_B[:, symbol] + rows[-1], axis=1))
    return np.array(rows[::-1])


def _tables(A, B, pi, obs):
    """log_A, log_b (T, K), log_alpha and log_beta."""
    log_A, log_B = _log(A), _log(B)
    return log_A, log_B[:, obs].T, _log_alpha(log_A, log_B, _log(pi), obs), _log_beta(log_A, log_B, obs)


def _plain_tables(A, B, pi, obs):
    """b (T, K), alpha and beta as they are: they underflow for long sequences."""
    _, log_b, log_alpha, log_beta = _tables(A, B, pi, obs)
    return np.exp(log_b), np.exp(log_alpha), np.exp(log_beta)


def _scaled_tables(A, B, pi, obs):
    """b (T, K), scaled alpha and beta (T, K), and their divisors c (T,), which are the same for both."""
    b = B[:, obs].T
    T, K = b.shape
    alpha, beta, c = np.zeros((T, K)), np.ones((T, K)), np.zeros(T)
    for t in range(T):
        alpha[t] = b[t] * (alpha[t - 1] @ A if t else pi)
        c[t] = alpha[t].sum()
        alpha[t] /= c[t]
    beta[-1] /= c[-1]
    for t in range(T - 2, -1, -1):
        beta[t] = A @ (b[t + 1] * beta[t + 1]) / c[t]
    return b, alpha, beta, c


def _gamma(A, B, pi, obs):
    """The right gamma."""
    _, _, log_alpha, log_beta = _tables(A, B, pi, obs)
    log_gamma = log_alpha + log_beta
    return np.exp(log_gamma - _sum(log_gamma, axis=1)[:, None])


def _log_joint_pairs(A, B, pi, obs):
    """log P(obs, s_t = i, s_{t+1} = j), (T - 1, K, K)."""
    log_A, log_b, log_alpha, log_beta = _tables(A, B, pi, obs)
    return log_alpha[:-1, :, None] + log_A + (log_b + log_beta)[1:, None, :]


def _normalised(log_p):
    """exp of the logarithms (T - 1, K, K), each matrix with sum one."""
    total = _sum(_sum(log_p, axis=2), axis=1)
    return np.exp(log_p - total[:, None, None])


def _xi(A, B, pi, obs):
    """The right xi."""
    return _normalised(_log_joint_pairs(A, B, pi, obs))


def _decoded(log_pi, log_A, log_b):
    """The right Viterbi path for these logarithms, (T,)."""
    delta, pointers = log_pi + log_b[0], []
    for row in log_b[1:]:
        scores = delta[:, None] + log_A
        pointers.append(scores.argmax(axis=0))
        delta = scores.max(axis=0) + row
    return _followed(delta, pointers)


def _pointers(A, B, pi, obs):
    """The right delta (T, K), and the pointers of the times after the first."""
    log_A, log_b = _log(A), _log(B[:, obs].T)
    delta, pointers = [_log(pi) + log_b[0]], []
    for row in log_b[1:]:
        scores = delta[-1][:, None] + log_A
        pointers.append(scores.argmax(axis=0))
        delta.append(scores.max(axis=0) + row)
    return np.array(delta), pointers


def _followed(delta, pointers):
    """The path along the pointers of the times after the first, from the best last state."""
    path = [int(np.argmax(delta))]
    for pointer in reversed(pointers):
        path.append(int(pointer[path[-1]]))
    return np.array(path[::-1])


def _rows(rows, columns):
    """Random distributions as rows."""
    return np.random.dirichlet(np.full(columns, 2.0), rows)


def _start(K, M):
    """Random A, B, pi."""
    return _rows(K, K), _rows(K, M), _rows(1, K)[0]


def _ratio(counts, total, before):
    """Each row divided by its total. A row whose total is zero stays as before."""
    total = np.reshape(total, (-1, 1))
    return np.where(total > 0, counts / np.where(total > 0, total, 1.0), before)


def _symbols(obs, M):
    """A table (T, M) with a one at each symbol."""
    return np.eye(M)[obs]


def _m_step(A, B, gamma, xi, obs):
    """The right M-step."""
    new_A = _ratio(xi.sum(axis=0), gamma[:-1].sum(axis=0), A)
    return new_A, _ratio(gamma.T @ _symbols(obs, B.shape[1]), gamma.sum(axis=0), B), gamma[0]


def _loglik(A, B, pi, obs):
    return float(np.squeeze(forward(A, B, pi, obs)))


def _e_step(A, B, pi, obs):
    return tuple(np.asarray(value) for value in posterior(A, B, pi, obs))


def _climb(obs, start, rtol, max_iter, m_step=_m_step, e_step=_e_step):
    """One run: the log-likelihood, A, B, pi. With a wrong step, everything else is still right."""
    A, B, pi = start
    loglik = _loglik(A, B, pi, obs)
    for _ in range(max_iter):
        A, B, pi = m_step(A, B, *e_step(A, B, pi, obs), obs)
        previous, loglik = loglik, _loglik(A, B, pi, obs)
        if abs(loglik - previous) <= rtol * abs(previous):
            break
    return loglik, A, B, pi


def _best(runs):
    """The best of several runs, given as functions without arguments. NaN never wins, unless it comes first."""
    best = None
    for run in runs:
        result = run()
        if best is None or result[0] > best[0]:
            best = result
    return best


def _trained(obs, K, M, rtol, max_iter, restarts, m_step=_m_step, e_step=_e_step):
    """Right training but for these steps."""
    return _best([lambda: _climb(obs, _start(K, M), rtol, max_iter, m_step, e_step)] * restarts)
