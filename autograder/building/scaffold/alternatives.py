"""Correct solutions of $slug, written differently: they show how large the deviations of correct code are."""

from autograder.assignment import alternative


@alternative("answer")
def answer_with_a_loop(x):
    """Say how this solution differs from the reference."""
    raise NotImplementedError
