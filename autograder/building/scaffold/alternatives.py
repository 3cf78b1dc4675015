"""Correct solutions of $slug, written differently: they tell how far correct code strays."""

from autograder.assignment import alternative


@alternative("answer")
def answer_with_a_loop(x):
    """Say how it differs."""
    raise NotImplementedError
