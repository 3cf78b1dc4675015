"""Right solutions of $slug, written in other ways: they show how far right answers are from the reference.

CHANGE: write solutions as different as those of your students. Each has to pass all checks. `build` puts the tolerance
between these and misconceptions.py. docs/authors-loop.md of the kit says how.
"""

import numpy as np

from autograder.assignment import alternative


@alternative("weighted_mean")
def with_a_loop(x, w):
    """Sums in a loop."""
    total = 0.0
    for number, weight in zip(x, w, strict=True):
        total += weight * number
    return total / sum(w)


@alternative("weighted_mean")
def with_shares(x, w):
    """Makes shares of the weights first."""
    return np.dot(w / w.sum(), x)


@alternative("answer_2")
def in_a_small_letter():
    """The evidence for a variable is a function that returns its value."""
    return "b"
