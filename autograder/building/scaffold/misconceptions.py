"""Wrong solutions of $slug that students write: they show how near wrong answers come to right ones.

CHANGE: write the mistakes that you know. Each has to fail a check of its part. A student with the same mistake reads
its `hint`. docs/reference.md of the kit has all that `misconception` takes.
"""

import numpy as np

from autograder.assignment import misconception


@misconception("mean", hint="The weights need not add up to the number of points.", see="Task 1")
def divided_by_the_number(x, w):
    """Divides by N."""
    return np.sum(w * x) / len(x)


@misconception("mean", hint="You do not use the weights.", see="Task 1")
def plain_mean(x, w):
    """Ignores w."""
    return np.mean(x)


@misconception("mean", hint="You add {a} to the sum of the weights.", see="Task 1", examples=(1e-3, 0.1))
def padded_sum(x, w, *, a):
    """A family: a mistake with a free number. The kit finds the number in a student's answers."""
    return np.sum(w * x) / (np.sum(w) + a)


@misconception("mean", hint="You round the weights up to whole numbers.", see="Task 1")
def rounded_weights(x, w):
    """Rounds up."""
    return np.sum(np.ceil(w) * x) / np.sum(np.ceil(w))


@misconception("mean", hint="You limit the weights. They may be of any size.", see="Task 1")
def clipped_weights(x, w):
    """Right as long as no weight is large."""
    return np.average(x, weights=np.minimum(w, 1e6))


@misconception("question", hint="Each weight counts only beside the sum of all weights.", see="Question 2")
def doubles():
    """It forgets the denominator."""
    return "A"
