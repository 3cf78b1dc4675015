"""viterbi: mistakes in the recursion, and other ways to choose the states."""

import numpy as np

from autograder.assignment import misconception
from reference.hmm.misconceptions._shared import _decoded, _followed, _gamma, _log, _log_alpha, _pointers, _sum


@misconception(
    "viterbi",
    hint="You take the most probable state of each time from gamma: together these need not be the best path.",
    see="Task 4",
)
def arg_max_of_gamma(A, B, pi, obs):
    """posterior(...)[0].argmax(axis=1)."""
    return _gamma(A, B, pi, obs).argmax(axis=1)


@misconception(
    "viterbi",
    hint="You take the arg max of delta at each time, but the best path so far need not go on: follow the pointers.",
    see="Task 4",
)
def arg_max_of_delta(A, B, pi, obs):
    """delta.argmax(axis=1)."""
    return _pointers(A, B, pi, obs)[0].argmax(axis=1)


@misconception(
    "viterbi",
    hint="You take the arg max of the forward variables, which know nothing of what comes later.",
    see="Task 4",
)
def arg_max_of_alpha(A, B, pi, obs):
    """alpha.argmax(axis=1)."""
    return _log_alpha(_log(A), _log(B), _log(pi), obs).argmax(axis=1)


@misconception("viterbi", hint="You leave pi out, so every state is as good as a first state.", see="Task 4")
def path_without_pi(A, B, pi, obs):
    """delta_1 = b."""
    return _decoded(np.zeros(len(pi)), _log(A), _log(B[:, obs].T))


@misconception("viterbi", hint="Your first delta leaves out the first symbol.", see="Task 4")
def path_without_the_first_symbol(A, B, pi, obs):
    """delta_1 = pi."""
    log_b = _log(B[:, obs].T)
    return _decoded(_log(pi), _log(A), np.concatenate([np.zeros((1, len(pi))), log_b[1:]]))


@misconception("viterbi", hint="Your last delta leaves out the last symbol.", see="Task 4")
def path_without_the_last_symbol(A, B, pi, obs):
    """The last step is not done."""
    log_b = _log(B[:, obs].T)
    return _decoded(_log(pi), _log(A), np.concatenate([log_b[:-1], np.zeros((1, len(pi)))]))


@misconception(
    "viterbi",
    hint="You use the transitions backwards: A goes from the state of the row to the state of the column.",
    see="Names and shapes",
)
def path_with_transposed_transitions(A, B, pi, obs):
    """A.T."""
    return _decoded(_log(pi), _log(A).T, _log(B[:, obs].T))


@misconception(
    "viterbi", hint="You take the maximum over the state that comes next: it runs over the state before.", see="Task 4"
)
def maximum_over_the_wrong_axis(A, B, pi, obs):
    """max(axis=1)."""
    log_A, log_b = _log(A), _log(B[:, obs].T)
    delta, pointers = _log(pi) + log_b[0], []
    for row in log_b[1:]:
        scores = delta[:, None] + log_A
        pointers.append(scores.argmax(axis=1))
        delta = scores.max(axis=1) + row
    return _followed(delta, pointers)


@misconception(
    "viterbi", hint="You take the symbol of the time before, in place of the symbol of the new state.", see="Task 4"
)
def path_with_the_symbol_before(A, B, pi, obs):
    """B[:, obs[t - 1]]."""
    return _decoded(_log(pi), _log(A), _log(B[:, np.concatenate([obs[:1], obs[:-1]])].T))


@misconception("viterbi", hint="You leave the symbols out after the first one.", see="Task 4")
def path_without_symbols(A, B, pi, obs):
    """delta = max(delta a)."""
    log_b = _log(B[:, obs].T)
    return _decoded(_log(pi), _log(A), np.concatenate([log_b[:1], np.zeros_like(log_b[1:])]))


@misconception(
    "viterbi",
    hint="You leave the transitions out: each time is then judged by its symbol alone.",
    see="Task 4",
)
def path_of_the_best_symbols(A, B, pi, obs):
    """B[:, obs].argmax(axis=0)."""
    return B[:, obs].argmax(axis=0)


@misconception(
    "viterbi",
    hint="You choose the best next state step by step: a poorer step now may lead to a better path.",
    see="Task 4",
)
def greedy_path(A, B, pi, obs):
    """The arg max of a b from the state before."""
    path = [int(np.argmax(pi * B[:, obs[0]]))]
    for symbol in obs[1:]:
        path.append(int(np.argmax(A[path[-1]] * B[:, symbol])))
    return np.array(path)


@misconception(
    "viterbi",
    hint="You sum over the states before, as the forward recursion does, where the maximum is due.",
    see="Task 4",
)
def sum_in_place_of_the_maximum(A, B, pi, obs):
    """delta is alpha."""
    log_A, log_b = _log(A), _log(B[:, obs].T)
    delta, pointers = _log(pi) + log_b[0], []
    for row in log_b[1:]:
        scores = delta[:, None] + log_A
        pointers.append(scores.argmax(axis=0))
        delta = _sum(scores, axis=0) + row
    return _followed(delta, pointers)


@misconception(
    "viterbi",
    hint="You multiply probabilities until all are zero, and then state 0 wins: use logarithms.",
    see="Two things that go wrong",
)
def path_with_underflow(A, B, pi, obs):
    """Products."""
    delta, pointers = pi * B[:, obs[0]], []
    for symbol in obs[1:]:
        scores = delta[:, None] * A
        pointers.append(scores.argmax(axis=0))
        delta = scores.max(axis=0) * B[:, symbol]
    return _followed(delta, pointers)


@misconception(
    "viterbi",
    hint="You take 0 for the logarithm of zero, which is the logarithm of one: the impossible becomes certain.",
    see="Two things that go wrong",
)
def path_with_zero_for_the_logarithm_of_zero(A, B, pi, obs):
    """np.where(p > 0, np.log(p), 0)."""
    log_pi, log_A, log_b = (np.log(np.where(p > 0, p, 1.0)) for p in (pi, A, B[:, obs].T))
    return _decoded(log_pi, log_A, log_b)


@misconception(
    "viterbi",
    hint="You add a small number to probabilities: a path over an impossible transition then beats a very rare one.",
    see="Two things that go wrong",
)
def path_with_an_epsilon(A, B, pi, obs):
    """np.log(A + eps), and so on."""
    return _decoded(np.log(pi + 1e-10), np.log(A + 1e-10), np.log(B[:, obs].T + 1e-10))


@misconception(
    "viterbi",
    hint="Your function works for two states only, but K is given by the shapes.",
    see="Names and shapes",
    raises=("IndexError",),
)
def path_of_two_states(A, B, pi, obs):
    """Compares two numbers."""
    log_A, log_b = _log(A), _log(B[:, obs].T)
    delta, pointers = (_log(pi) + log_b[0])[:2], []
    for row in log_b[1:]:
        scores = delta[:, None] + log_A[:2, :2]
        pointers.append(np.where(scores[1] > scores[0], 1, 0))
        delta = scores.max(axis=0) + row[:2]
    return _followed(delta, pointers)
