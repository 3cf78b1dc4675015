# %% [markdown]
# # line
#
# Fit a line to points.

# %% setup
import numpy as np

from grader import Grader

grader = Grader()
samples = np.load("samples.npz")
x, y = samples["x"], samples["y"]


# %% answer
def fit_line(x, y):
    """Return ... for x (N,)."""
    ### BEGIN SOLUTION
    slope, intercept = np.polyfit(x, y, 1)
    return intercept, slope
    ### END SOLUTION


# %% test_answer 10
w = fit_line(x, y)
grader.submit_line(w)
