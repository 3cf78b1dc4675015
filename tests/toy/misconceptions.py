"""Wrong fits of a line."""

import numpy as np

from autograder.assignment import misconception


@misconception("line", hint="The two numbers are in the wrong order.", see="Task 1")
def slope_first(x, y):
    """Returns the numbers in the order of np.polyfit."""
    return np.polyfit(x, y, 1)


@misconception("line", hint="The line need not pass through the origin.", see="Task 1")
def through_the_origin(x, y):
    """Fits no intercept."""
    return np.array([0.0, x @ y / (x @ x)])


@misconception("line", hint="Points may lie anywhere, not only around zero.", see="Task 1")
def centred_points(x, y):
    """Right only if all x are within 10 of zero."""
    slope, intercept = np.polyfit(x if np.abs(x).max() < 10 else x - x.mean(), y, 1)
    return np.array([intercept, slope])
