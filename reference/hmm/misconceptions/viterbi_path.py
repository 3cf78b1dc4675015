"""viterbi: mistakes in the walk along the pointers, and in what is returned. The recursion is right."""

import numpy as np

from autograder.assignment import misconception
from reference.hmm.misconceptions._shared import _followed, _pointers


@misconception(
    "viterbi",
    hint="Your pointers are off by one: the state before time t stands in psi_t, not in the psi of the time before.",
    see="Task 4",
)
def pointers_off_by_one(A, B, pi, obs):
    """path[t] = psi[t, path[t + 1]]."""
    delta, pointers = _pointers(A, B, pi, obs)
    psi = np.array([np.zeros(len(A), dtype=int), *pointers])
    path = np.zeros(len(obs), dtype=int)
    path[-1] = delta[-1].argmax()
    for t in range(len(obs) - 2, -1, -1):
        path[t] = psi[t, path[t + 1]]
    return path


@misconception(
    "viterbi",
    hint="You follow the pointers from the same last state each time, in place of the state that you just found.",
    see="Task 4",
)
def pointers_of_the_last_state(A, B, pi, obs):
    """psi[t + 1, path[-1]]."""
    delta, pointers = _pointers(A, B, pi, obs)
    last = int(delta[-1].argmax())
    return np.array([*(int(pointer[last]) for pointer in pointers), last])


@misconception(
    "viterbi",
    hint="You go back from state 0, but the best path ends in the arg max of the last delta.",
    see="Task 4",
)
def back_from_the_first_state(A, B, pi, obs):
    """path[-1] = 0."""
    delta, pointers = _pointers(A, B, pi, obs)
    return _followed(np.eye(delta.shape[1])[0], pointers)


@misconception(
    "viterbi",
    hint="You follow the pointers forward from the first state, but they lead backward from the last one.",
    see="Task 4",
)
def pointers_followed_forward(A, B, pi, obs):
    """path[t] = psi[t, path[t - 1]]."""
    delta, pointers = _pointers(A, B, pi, obs)
    path = [int(delta[0].argmax())]
    for pointer in pointers:
        path.append(int(pointer[path[-1]]))
    return np.array(path)


@misconception("viterbi", hint="Your path is in the order of the loop, from the end: turn it round.", see="Task 4")
def path_not_turned_round(A, B, pi, obs):
    """The first entry is the last state."""
    delta, pointers = _pointers(A, B, pi, obs)
    return _followed(delta[-1], pointers)[::-1]


@misconception(
    "viterbi",
    hint="Your pointers ignore the transitions: they are the arg max of delta times a, not of delta.",
    see="Task 4",
    same_answers_as="arg_max_of_delta",
)
def pointers_without_transitions(A, B, pi, obs):
    """psi = argmax(delta)."""
    delta, _ = _pointers(A, B, pi, obs)
    return _followed(delta[-1], [np.full(len(A), row.argmax()) for row in delta[:-1]])


@misconception("viterbi", hint="Your states are counted from 1, but they begin at 0.", see="Names and shapes")
def states_counted_from_one(A, B, pi, obs):
    """path + 1."""
    delta, pointers = _pointers(A, B, pi, obs)
    return _followed(delta[-1], pointers) + 1


@misconception("viterbi", hint="Your path lacks a state: there is one for each symbol.", see="Names and shapes")
def path_too_short(A, B, pi, obs):
    """Only the pointers, without the last state."""
    delta, pointers = _pointers(A, B, pi, obs)
    return _followed(delta[-1], pointers)[:-1]


@misconception("viterbi", hint="You return the probability beside the path, but only the path is due.", see="Task 4")
def probability_beside_the_path(A, B, pi, obs):
    """return path, delta.max()."""
    delta, pointers = _pointers(A, B, pi, obs)
    return _followed(delta[-1], pointers), delta[-1].max()


@misconception("viterbi", hint="You return delta, the table of scores: follow the pointers to a path.", see="Task 4")
def scores_in_place_of_the_path(A, B, pi, obs):
    """return delta."""
    return _pointers(A, B, pi, obs)[0]


@misconception("viterbi", hint="You return the symbols: the states of the path are due.", see="Task 4")
def most_probable_symbols(A, B, pi, obs):
    """B[path].argmax(axis=1)."""
    delta, pointers = _pointers(A, B, pi, obs)
    return B[_followed(delta[-1], pointers)].argmax(axis=1)
