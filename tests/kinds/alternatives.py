"""Right solutions."""

import collections
from dataclasses import dataclass

import numpy as np

from autograder.assignment import alternative


@alternative("shares")
def by_counter(words):
    """A Counter, which is a dict too, with NumPy's numbers."""
    counts = collections.Counter(words)
    return collections.OrderedDict((w, np.float64(n) / len(words)) for w, n in counts.items())


@alternative("best_path")
def last_of_ties(scores):
    """Takes the last of several best states, as an array."""
    return scores.shape[1] - 1 - scores[:, ::-1].argmax(axis=1)


@alternative("Chain")
@dataclass
class ChainByAdd:
    """A data class, and np.add.at."""

    n_states: int

    def fit(self, states):
        counts = np.zeros((self.n_states, self.n_states))
        np.add.at(counts, (states[:-1], states[1:]), 1)
        self._rows = counts.sum(axis=1, keepdims=True)
        self.transitions = counts / np.where(self._rows == 0, 1, self._rows)

    def most_likely_next(self, state):
        return np.argmax(self.transitions, axis=1)[state]


@alternative("answer_4")
def the_letter():
    return "B"


@alternative("answer_5")
def the_number():
    return 44


@alternative("groups")
def by_other_numbers(x):
    return [1 if value < np.mean(x) else 0 for value in x]
