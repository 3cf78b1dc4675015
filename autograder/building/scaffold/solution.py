"""The reference solution of $slug: what is right. Checks compare with it. The notebook's solutions may differ from it.

CHANGE: write your functions here, with the names and arguments that they have in the notebook. Give shapes, and the
source of the formulas. docs/your-own-assignment.md of the kit shows each step.
"""

import numpy as np


def weighted_mean(x, w):
    """Return the weighted mean of x (N,) with the weights w (N,): one number."""
    return np.average(x, weights=w)


answer_2 = "B"
