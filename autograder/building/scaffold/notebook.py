# %% [markdown]
# # Example: the weighted mean
#
# This notebook works without changes, so that you can try everything at once. CHANGE: replace the tasks by your own.
# In JupyterLab, nbgrader's sidebar "Create Assignment" shows and
# changes the id of each cell. Or make the notebook from a Python file: docs/reference.md of the kit says how.
#
# ## Installation
#
#     pip install numpy jupyter
#
# Write your code where you see `# YOUR CODE HERE`. After each task a test cell gives your answer to a local grader,
# which answers at once.

# %% setup
import numpy as np
from grader import Grader

grader = Grader()
samples = np.load("samples.npz")
x, w = samples["x"], samples["w"]

# %% [markdown]
# ## Task 1: the weighted mean
#
# The weighted mean of numbers $$x_i$$ with weights $$w_i$$ is $$\sum_i w_i x_i \,/\, \sum_i w_i$$.


# %% weighted_mean
def weighted_mean(x, w):
    """Return the weighted mean of x (N,) with the weights w (N,)."""
    ### BEGIN SOLUTION
    return np.sum(w * x) / np.sum(w)
    ### END SOLUTION


# %% test_weighted_mean 10
mean = weighted_mean(x, w)
grader.submit_mean(mean)

# %% [markdown]
# ## Question 2
#
# All weights are doubled. What happens to the weighted mean? A: it doubles. B: it stays the same. C: it is halved.

# %% answer_2
answer_2 = ...  # "A", "B" or "C"
### BEGIN SOLUTION
answer_2 = "B"
### END SOLUTION

# %% test_answer_2 2
grader.submit_answer_2(answer_2)

# %% [markdown]
# ## Your points

# %% status
grader.status()

# %% [markdown]
# ## Hand in
#
# Save the notebook first. If the course has no service, the next cell writes a file, and says what to do with it.

# %%
STUDENT_EMAIL = ""
STUDENT_TOKEN = ""

# %% submit
grader.submit(STUDENT_EMAIL, STUDENT_TOKEN)
