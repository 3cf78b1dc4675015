"""Wrong solutions of $slug that people write: they tell how near wrong code comes, and are named in feedback."""

from autograder.assignment import misconception


@misconception("answer", hint="Say what is wrong without giving the solution away.", see="Task 1")
def name_of_the_mistake(x):
    """Say what this code gets wrong."""
    raise NotImplementedError
