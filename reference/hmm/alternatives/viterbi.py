"""viterbi, written in other ways."""

import math

import numpy as np

from autograder.assignment import alternative
from reference.hmm.alternatives._shared import _log


@alternative("viterbi")
def viterbi_with_a_table(A, B, pi, obs):
    """Tables of delta and psi for all times."""
    T, K = len(obs), len(pi)
    with np.errstate(divide="ignore"):
        log_A, log_B, log_pi = np.log(A), np.log(B), np.log(pi)
    delta, psi = np.zeros((T, K)), np.zeros((T, K), dtype=int)
    delta[0] = log_pi + log_B[:, obs[0]]
    for t in range(1, T):
        for j in range(K):
            options = delta[t - 1] + log_A[:, j]
            psi[t, j] = np.argmax(options)
            delta[t, j] = options[psi[t, j]] + log_B[j, obs[t]]
    path = [int(np.argmax(delta[T - 1]))]
    for t in range(T - 1, 0, -1):
        path.append(int(psi[t, path[-1]]))
    return np.array(path[::-1])


@alternative("viterbi")
def viterbi_with_scaling(A, B, pi, obs):
    """Probabilities, divided by the largest at each time."""
    T, K = len(obs), len(pi)
    psi = np.zeros((T, K), dtype=np.int64)
    delta = pi * B[:, obs[0]]
    for t in range(1, T):
        delta = delta / delta.max()
        options = delta[:, None] * A
        psi[t] = options.argmax(axis=0)
        delta = options.max(axis=0) * B[:, obs[t]]
    path = np.empty(T, dtype=np.int64)
    path[T - 1] = delta.argmax()
    for t in range(T - 2, -1, -1):
        path[t] = psi[t + 1][path[t + 1]]
    return path


@alternative("viterbi")
def viterbi_of_whole_paths(A, B, pi, obs):
    """Keeps the whole best path to each state in place of pointers."""
    K = len(pi)
    log_A, log_B = _log(A), _log(B)
    best = [(_log(pi)[i] + log_B[i, obs[0]], [i]) for i in range(K)]
    for symbol in obs[1:]:
        best = [
            max(
                ((score + log_A[path[-1], j] + log_B[j, symbol], [*path, j]) for score, path in best),
                key=lambda x: x[0],
            )
            for j in range(K)
        ]
    return max(best, key=lambda x: x[0])[1]


@alternative("viterbi")
def viterbi_that_prefers_the_last_state(A, B, pi, obs):
    """Of several best states it takes the last one, because it compares with >=."""
    T, K = len(obs), len(pi)
    came_from = [[0] * K for _ in range(T)]
    delta = [_log(pi)[i] + _log(B)[i, obs[0]] for i in range(K)]
    log_A, log_B = _log(A), _log(B)
    for t in range(1, T):
        new = []
        for j in range(K):
            best, at = -math.inf, 0
            for i in range(K):
                if delta[i] + log_A[i, j] >= best:
                    best, at = delta[i] + log_A[i, j], i
            new.append(best + log_B[j, obs[t]])
            came_from[t][j] = at
        delta = new
    state = max(reversed(range(K)), key=lambda i: delta[i])
    path = [state]
    for t in range(T - 1, 0, -1):
        state = came_from[t][state]
        path.insert(0, state)
    return tuple(path)


@alternative("viterbi")
def viterbi_from_the_end(A, B, pi, obs):
    """The best way to go on from each state, and then a walk forward."""
    log_A, log_b = _log(A), _log(B[:, obs].T)
    T, K = log_b.shape
    ahead, next_state = np.zeros(K), np.zeros((T, K), dtype=int)
    for t in range(T - 2, -1, -1):
        options = log_A + log_b[t + 1] + ahead
        next_state[t], ahead = options.argmax(axis=1), options.max(axis=1)
    path = [int(np.argmax(_log(pi) + log_b[0] + ahead))]
    for t in range(T - 1):
        path.append(int(next_state[t, path[-1]]))
    return np.array(path, dtype=np.int32)


@alternative("viterbi")
def viterbi_as_a_column(A, B, pi, obs):
    """A column of whole numbers that are stored as floats."""
    log_A = _log(A)
    delta, pointers = _log(pi * B[:, obs[0]]), []
    for symbol in obs[1:]:
        scores = (delta + log_A.T).T
        pointers.append(np.argmax(scores, axis=0))
        delta = np.amax(scores, axis=0) + _log(B[:, symbol])
    path = np.zeros((len(obs), 1))
    path[-1, 0] = np.argmax(delta)
    for t, pointer in reversed(list(enumerate(pointers))):
        path[t, 0] = pointer[int(path[t + 1, 0])]
    return path
