"""posterior, written in other ways."""

import numpy as np
from scipy.special import logsumexp

from autograder.assignment import alternative
from reference.hmm.alternatives._shared import _log, _scaled_alpha
from reference.hmm.solution import backward, forward


@alternative("posterior")
def posterior_with_scaling_of_its_own(A, B, pi, obs):
    """Scaled variables, each row divided by its own sum, and each table divided by its sum in the end."""
    T, K = len(obs), len(pi)
    b = B[:, obs].T
    alpha, beta = np.zeros((T, K)), np.ones((T, K))
    alpha[0] = pi * b[0]
    alpha[0] /= alpha[0].sum()
    for t in range(1, T):
        alpha[t] = alpha[t - 1] @ A * b[t]
        alpha[t] /= alpha[t].sum()
    for t in range(T - 2, -1, -1):
        beta[t] = A @ (b[t + 1] * beta[t + 1])
        beta[t] /= beta[t].sum()
    gamma = alpha * beta
    gamma /= gamma.sum(axis=1, keepdims=True)
    xi = np.zeros((T - 1, K, K))
    for t in range(T - 1):
        xi[t] = alpha[t][:, None] * A * b[t + 1] * beta[t + 1]
        xi[t] /= xi[t].sum()
    return gamma, xi


@alternative("posterior")
def posterior_with_scaling_as_corrected(A, B, pi, obs):
    """The divisors of the forward recursion for both, as in Rabiner with the factor that his text leaves out."""
    alpha, c = _scaled_alpha(A, B, pi, obs)
    b = B[:, obs].T
    beta = np.ones((len(obs), len(pi)))
    beta[-1] /= c[-1]
    for t in range(len(obs) - 2, -1, -1):
        beta[t] = A @ (b[t + 1] * beta[t + 1]) / c[t]
    gamma = alpha * beta * c[:, None]
    xi = np.einsum("ti,ij,tj->tij", alpha[:-1], A, b[1:] * beta[1:])
    return gamma, xi


@alternative("posterior")
def posterior_with_the_own_functions(A, B, pi, obs):
    """Calls backward and forward, and computes only the forward variables again."""
    with np.errstate(divide="ignore"):
        log_A, log_b, log_pi = np.log(A), np.log(B[:, obs].T), np.log(pi)
    log_beta, loglik = np.asarray(backward(A, B, pi, obs)), forward(A, B, pi, obs)
    log_alpha = np.zeros(log_b.shape)
    log_alpha[0] = log_pi + log_b[0]
    for t in range(1, len(obs)):
        log_alpha[t] = logsumexp(log_alpha[t - 1][:, None] + log_A, axis=0) + log_b[t]
    gamma = np.exp(log_alpha + log_beta - loglik)
    xi = np.zeros((len(obs) - 1, len(pi), len(pi)))
    for t in range(len(obs) - 1):
        xi[t] = np.exp(log_alpha[t][:, None] + log_A + log_b[t + 1] + log_beta[t + 1] - loglik)
    return gamma, xi


@alternative("posterior")
def posterior_by_smoothing(A, B, pi, obs):
    """Filters forward, and corrects backward from the end: no backward variables at all."""
    filtered, _ = _scaled_alpha(A, B, pi, obs)
    T, K = filtered.shape
    gamma, xi = filtered.copy(), np.zeros((T - 1, K, K))
    for t in range(T - 2, -1, -1):
        joint = filtered[t][:, None] * A  # P(s_t, s_{t+1} | the symbols so far)
        predicted = joint.sum(axis=0)
        # a state that cannot come next has gamma zero too
        xi[t] = joint * np.divide(gamma[t + 1], predicted, out=np.zeros(K), where=predicted > 0)
        gamma[t] = xi[t].sum(axis=1)
    return gamma, xi


@alternative("posterior")
def posterior_with_gamma_from_xi(A, B, pi, obs):
    """gamma as a sum over xi, and the last row as the sum over the other axis."""
    log_beta = np.asarray(backward(A, B, pi, obs))
    log_A, log_b = _log(A), _log(B[:, obs].T)
    alpha = _log(pi) + log_b[0]
    if len(obs) == 1:
        return np.exp(alpha - logsumexp(alpha))[None], np.empty((0, len(pi), len(pi)))
    xi = []
    for t in range(len(obs) - 1):
        joint = alpha[:, None] + log_A + (log_b[t + 1] + log_beta[t + 1])[None]
        xi.append(np.exp(joint - logsumexp(joint)))
        alpha = logsumexp(alpha[:, None] + log_A, axis=0) + log_b[t + 1]
    xi = np.array(xi)
    return np.concatenate([xi.sum(axis=2), xi[-1:].sum(axis=1)]), xi


@alternative("posterior", blends=False)
def posterior_returns_lists(A, B, pi, obs):
    """A list with two lists in it."""
    alpha, _ = _scaled_alpha(A, B, pi, obs)
    log_beta = np.asarray(backward(A, B, pi, obs))
    gamma, xi = [], []
    for t in range(len(obs)):
        row = alpha[t] * np.exp(log_beta[t] - log_beta[t].max())
        gamma.append((row / row.sum()).tolist())
        if t > 0:
            table = alpha[t - 1][:, None] * A * B[:, obs[t]] * np.exp(log_beta[t] - log_beta[t].max())
            xi.append((table / table.sum()).tolist())
    return [gamma, np.array(xi).reshape(len(obs) - 1, len(pi), len(pi))]
