"""Wrong solutions of $slug that students write: they show how small the deviations of wrong code are.

Feedback names them when a student makes the same mistake.
"""

from autograder.assignment import misconception


@misconception("answer", hint="Say what is wrong without giving the solution away.", see="Task 1")
def name_of_the_mistake(x):
    """Say what this code gets wrong."""
    raise NotImplementedError
