# %% setup
import numpy as np

from grader import Grader

grader = Grader()
samples = np.load("samples.npz")


# %% shares
def shares(words):
    """The share of each word in a list of words: a dict."""
    ### BEGIN SOLUTION
    words = list(words)
    return {word: words.count(word) / len(words) for word in words}
    ### END SOLUTION


# %% test_shares 10
table = shares(samples["words"].tolist())
grader.submit_shares(table)


# %% best_path
def best_path(scores):
    """The state with the largest score at each time, (T,), for scores (T, K)."""
    ### BEGIN SOLUTION
    return scores.argmax(axis=1)
    ### END SOLUTION


# %% test_path 10
grader.submit_path(best_path(samples["scores"]))


# %% chain
class Chain:
    """A Markov chain with n_states states."""

    ### BEGIN SOLUTION
    def __init__(self, n_states):
        self.n_states = n_states

    def fit(self, states):
        counts = np.zeros((self.n_states, self.n_states))
        np.add.at(counts, (states[:-1], states[1:]), 1)
        self.transitions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return self

    def most_likely_next(self, state):
        return self.transitions[state].argmax()

    ### END SOLUTION


# %% test_chain 20
chain = Chain(3).fit(samples["states"])
grader.submit_chain(chain.transitions)

# %% answer_4
answer_4 = ...
### BEGIN SOLUTION
answer_4 = "B"
### END SOLUTION

# %% test_choice 5
grader.submit_choice(answer_4)

# %% answer_5
answer_5 = ...
### BEGIN SOLUTION
answer_5 = 44
### END SOLUTION

# %% test_count 5
grader.submit_count(answer_5)


# %% groups
def groups(x):
    ### BEGIN SOLUTION
    return (x > np.mean(x)).astype(int)
    ### END SOLUTION


# %% test_groups 10
grader.submit_groups(groups(samples["x"]))
