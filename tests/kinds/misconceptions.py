"""Wrong solutions."""

import numpy as np

from autograder.assignment import misconception


@misconception("shares", hint="You count the words, but their shares are due.", see="Task 1")
def counts_of_words(words):
    return {word: float(list(words).count(word)) for word in words}


@misconception("shares", hint="You divide by the number of different words.", see="Task 1")
def different_words(words):
    return {word: list(words).count(word) / len(set(words)) for word in words}


@misconception("path", hint="You take the smallest score.", see="Task 2")
def smallest_score(scores):
    return scores.argmin(axis=1)


@misconception("path", hint="You return one-based states.", see="Task 2")
def one_based(scores):
    return scores.argmax(axis=1) + 1


@misconception("chain", hint="Your transitions are those from a state to the one before it.", see="Task 3")
class BackwardChain:
    def __init__(self, n_states):
        self.K = n_states

    def fit(self, states):
        counts = np.zeros((self.K, self.K))
        np.add.at(counts, (states[1:], states[:-1]), 1)
        self.transitions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return self

    def most_likely_next(self, state):
        return int(self.transitions[state].argmax())


@misconception("chain", hint="You leave out the transitions that stay in a state.", see="Task 3")
class NeverStays:
    def __init__(self, n_states):
        self.K = n_states

    def fit(self, states):
        counts = np.zeros((self.K, self.K))
        np.add.at(counts, (states[:-1], states[1:]), 1)
        np.fill_diagonal(counts, 0)
        self.transitions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def most_likely_next(self, state):
        return int(self.transitions[state].argmax())


@misconception("chain", hint="You return the probability of the next state, but its number is due.", see="Task 3")
class ProbabilityOfTheNext:
    def __init__(self, n_states):
        self.K = n_states

    def fit(self, states):
        counts = np.zeros((self.K, self.K))
        np.add.at(counts, (states[:-1], states[1:]), 1)
        self.transitions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def most_likely_next(self, state):
        return self.transitions[state].max()


@misconception("choice", hint="A chain has no memory beyond one state.", see="Question 4")
def with_memory():
    return "A"


@misconception("count", hint="You count one side only.", see="Question 5")
def one_side():
    return 22


@misconception("count", hint="You count both ends twice.", see="Question 5")
def ends_twice():
    return 46


@misconception("groups", hint="The border depends on the points.", see="Task 6")
def by_a_fixed_border(x):
    return (x > 4).astype(int)
