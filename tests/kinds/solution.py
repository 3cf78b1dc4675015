"""Counts words, finds paths, and fits a Markov chain."""

import itertools

import numpy as np


def shares(words):
    """The share of each word in a list of words: a dict."""
    return {str(word): float(np.mean([one == word for one in words])) for word in words}


def best_path(scores):
    """The state with the largest score at each time, (T,), for scores (T, K)."""
    return [int(row.argmax()) for row in scores]


class Chain:
    """A Markov chain with n_states states."""

    def __init__(self, n_states):
        self.n_states = n_states

    def fit(self, states):
        """Estimate the transitions (K, K) from a sequence of states."""
        counts = np.zeros((self.n_states, self.n_states))
        for one, other in itertools.pairwise(states):
            counts[one, other] += 1
        self.transitions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return self

    def most_likely_next(self, state):
        """The state that follows a state most often."""
        return int(self.transitions[state].argmax())


def groups(x):
    """The number of the group of each point in x, (N,): one group below the mean, and one above it."""
    return (x > np.mean(x)).astype(int)


answer_4 = "B"
answer_5 = 44
