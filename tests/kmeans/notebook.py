# %% [markdown]
# # k-means clustering
#
# A bakery wants to open $K$ shops. It knows where its customers live. You look for $K$ places, the *centres*
# $c_1, \dots, c_K$, so that the customers $x_1, \dots, x_N$ have short ways. Customer $x_i$ goes to the shop $z_i$.
# The *inertia* is the sum of squared distances
#
# $$J(z, c) = \sum_{i=1}^{N} \lVert x_i - c_{z_i} \rVert^2 .$$
#
# You write the two steps of Lloyd's algorithm, then the inertia, and then the whole algorithm with restarts.
#
# ## Installation
#
#     pip install numpy jupyter
#
# Write your code where you see `# YOUR CODE HERE`. After each task a test cell gives your answer to a local grader,
# which answers at once. Labels count from 0 to $K - 1$, as Python does.

# %% setup
import numpy as np

from grader import Grader

grader = Grader()
customers = np.loadtxt("customers.csv", delimiter=",", skiprows=1)
samples = np.load("samples.npz")
start, some_labels = samples["start"], samples["some_labels"]

# %% [markdown]
# ## Task 1: assign points to centres
#
# Return for each point the label of its nearest centre. If several centres are equally near, take the smallest label.
# The points may lie far from zero.


# %% assign
def assign(X, centres):
    """Return the labels (N,) of the nearest centres, for points X (N, d) and centres (K, d)."""
    ### BEGIN SOLUTION
    return np.argmin(((X[:, None, :] - centres) ** 2).sum(axis=2), axis=1)
    ### END SOLUTION


# %% test_assign 10
labels = assign(customers, start)
grader.submit_assign(labels)

# %% [markdown]
# ## Task 2: update the centres
#
# **2a)** Fix the labels. Show that the inertia is smallest if each centre is the mean of its points. Say what this
# means for a centre without points.

# %% [markdown] derivation 5
# <!-- ### BEGIN SOLUTION -->
# The inertia is a sum over the clusters. Let cluster $k$ have $n_k > 0$ points. The gradient of its part is
# $\sum_{i: z_i = k} 2 (c_k - x_i) = 2 n_k c_k - 2 \sum_{i: z_i = k} x_i$. It is zero only at the mean. The second
# derivative is $2 n_k I$, which is positive definite, so the mean is the minimum. If $n_k = 0$, then $c_k$ does not
# occur in $J$, and every place is equally good.
# <!-- ### END SOLUTION -->

# %% [markdown]
# **2b)** Return the new centres. A centre without points stays where it is. The centres that come in may be whole
# numbers. The ones that you return are not.


# %% update
def update(X, labels, centres):
    """Return the new centres (K, d), for points X (N, d), their labels (N,) and the old centres (K, d)."""
    ### BEGIN SOLUTION
    new = np.array(centres, dtype=float)
    for k in range(len(new)):
        if np.any(labels == k):
            new[k] = X[labels == k].mean(axis=0)
    return new
    ### END SOLUTION


# %% test_update 10
centres = update(customers, some_labels, start)
grader.submit_update(centres)

# %% [markdown]
# ## Task 3: the inertia
#
# Return the inertia $J$ of the given labels and centres. The labels need not be those of the nearest centres.


# %% inertia
def inertia(X, labels, centres):
    """Return the inertia, one number, for points X (N, d), labels (N,) and centres (K, d)."""
    ### BEGIN SOLUTION
    return ((X - centres[labels]) ** 2).sum()
    ### END SOLUTION


# %% test_inertia 6
J = inertia(customers, some_labels, start)
grader.submit_inertia(J)

# %% [markdown]
# ## Task 4: Lloyd's algorithm with restarts
#
# Begin with `rng = np.random.default_rng(seed)`. For each restart:
#
# 1. Draw $K$ different rows of `X` with `rng`. They are the first centres.
# 2. Assign the points, and update the centres. Repeat this until the labels stay the same.
#
# Return the centres and the labels of the restart with the smallest inertia. Their order is up to you. Use your
# functions `assign`, `update` and `inertia`.


# %% kmeans
def kmeans(X, K, restarts, seed):
    """Return the centres (K, d) and the labels (N,) of the best of this many restarts, for points X (N, d)."""
    ### BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    best = np.inf
    for _ in range(restarts):
        centres = X[rng.choice(len(X), size=K, replace=False)]
        labels = assign(X, centres)
        while True:
            centres = update(X, labels, centres)
            before, labels = labels, assign(X, centres)
            if np.array_equal(before, labels):
                break
        found = inertia(X, labels, centres)
        if found < best:
            best, best_centres, best_labels = found, centres, labels
    return best_centres, best_labels
    ### END SOLUTION


# %% test_kmeans 12
best_centres, best_labels = kmeans(customers, 4, 10, 1)
grader.submit_kmeans(best_centres, best_labels)

# %% [markdown]
# ## Task 5: the largest shop
#
# The bakery opens four shops, where your `kmeans` puts them. How many customers has the shop with the most customers?

# %% largest
largest = ...  # a whole number
### BEGIN SOLUTION
largest = 44
### END SOLUTION

# %% test_largest 2
grader.submit_largest(largest)

# %% [markdown]
# ## Your points, and handing in
#
# Save the notebook before you hand in.

# %% status
grader.status()

# %%
STUDENT_EMAIL = ""
STUDENT_TOKEN = ""

# %% submit
grader.submit(STUDENT_EMAIL, STUDENT_TOKEN)
