"""Wrong solutions of k-means that students write."""

import numpy as np
from reference.kmeans.solution import assign, inertia, update

from autograder.assignment import misconception


@misconception("assign", hint="You look for the farthest centre, not the nearest.", see="Task 1")
def farthest_centre(X, centres):
    return np.argmax(((X[:, None] - centres) ** 2).sum(axis=2), axis=1)


@misconception("assign", hint="Your labels begin with 1. They begin with 0.", see="Task 1")
def labels_from_one(X, centres):
    return np.argmin(((X[:, None] - centres) ** 2).sum(axis=2), axis=1) + 1


@misconception("assign", hint="You add up absolute differences. The distance here is the Euclidean one.", see="Task 1")
def city_blocks(X, centres):
    return np.argmin(np.abs(X[:, None] - centres).sum(axis=2), axis=1)


@misconception("assign", hint="A large product of a point and a centre does not mean that they are near.", see="Task 1")
def largest_product(X, centres):
    return np.argmax(X @ centres.T, axis=1)


@misconception("assign", hint="You compare the first coordinates only.", see="Task 1")
def first_coordinate(X, centres):
    return np.argmin(np.abs(X[:, :1] - centres[:, 0]), axis=1)


@misconception("assign", hint="If centres are equally near, you take the last one.", see="Task 1")
def last_of_ties(X, centres):
    distances = ((X[:, None] - centres) ** 2).sum(axis=2)
    return len(centres) - 1 - np.argmin(distances[:, ::-1], axis=1)


@misconception(
    "assign", hint="You multiply the square out. Far from zero, rounding then hides the distances.", see="Task 1"
)
def multiplied_out(X, centres):
    return np.argmin((X**2).sum(axis=1)[:, None] - 2 * X @ centres.T + (centres**2).sum(axis=1), axis=1)


@misconception("update", hint="You divide by the number of all points, not of those in the cluster.", see="Task 2b")
def divided_by_all(X, labels, centres):
    new = np.array(centres, dtype=float)
    for k in range(len(new)):
        if np.any(labels == k):
            new[k] = X[labels == k].sum(axis=0) / len(X)
    return new


@misconception("update", hint="You take the median of each coordinate, not the mean.", see="Task 2b")
def medians(X, labels, centres):
    new = np.array(centres, dtype=float)
    for k in range(len(new)):
        if np.any(labels == k):
            new[k] = np.median(X[labels == k], axis=0)
    return new


@misconception("update", hint="You take the mean over all coordinates too. Each coordinate has its own.", see="Task 2b")
def mean_over_coordinates(X, labels, centres):
    new = np.array(centres, dtype=float)
    for k in range(len(new)):
        if np.any(labels == k):
            new[k] = X[labels == k].mean()
    return new


@misconception("update", hint="A centre without points goes to zero. It has to stay where it is.", see="Task 2b")
def empty_goes_to_zero(X, labels, centres):
    new = np.zeros(centres.shape)
    for k in range(len(new)):
        if np.any(labels == k):
            new[k] = X[labels == k].mean(axis=0)
    return new


@misconception("update", hint="A centre without points becomes NaN: the mean of nothing.", see="Task 2b")
def empty_becomes_nan(X, labels, centres):
    return np.array([X[labels == k].mean(axis=0) for k in range(len(centres))])


@misconception("update", hint="You return no row for a centre without points.", see="Task 2b")
def empty_is_dropped(X, labels, centres):
    return np.array([X[labels == k].mean(axis=0) for k in np.unique(labels)])


@misconception(
    "update", hint="The new centres are rounded, because you store them in an array of whole numbers.", see="Task 2b"
)
def kept_as_whole_numbers(X, labels, centres):
    new = centres.copy()
    for k in range(len(new)):
        if np.any(labels == k):
            new[k] = X[labels == k].mean(axis=0)
    return new


@misconception("inertia", hint="You add up distances. They have to be squared.", see="Task 3")
def not_squared(X, labels, centres):
    return np.linalg.norm(X - centres[labels], axis=1).sum()


@misconception("inertia", hint="You take the mean over the points. The inertia is a sum.", see="Task 3")
def mean_in_place_of_sum(X, labels, centres):
    return ((X - centres[labels]) ** 2).sum(axis=1).mean()


@misconception("inertia", hint="You measure to the nearest centre. The labels say which centre counts.", see="Task 3")
def to_the_nearest_centre(X, labels, centres):
    return ((X[:, None] - centres) ** 2).sum(axis=2).min(axis=1).sum()


@misconception("inertia", hint="You measure to all centres. Only that of the label counts.", see="Task 3")
def to_all_centres(X, labels, centres):
    return ((X[:, None] - centres) ** 2).sum()


def lloyd(X, centres, rounds=1000):
    labels = assign(X, centres)
    for _ in range(rounds):
        centres = update(X, labels, centres)
        before, labels = labels, assign(X, centres)
        if np.array_equal(before, labels):
            break
    return centres, labels


def restarted(X, K, restarts, seed, replace=False, rounds=1000):
    rng = np.random.default_rng(seed)
    runs = [lloyd(X, X[rng.choice(len(X), K, replace=replace)], rounds) for _ in range(restarts)]
    return runs, [inertia(X, labels, centres) for centres, labels in runs]


@misconception(
    "centres", hint="You stop at step {a}. Go on until the labels stay the same.", see="Task 4", examples=(1, 2)
)
def few_steps_only(X, K, restarts, seed, *, a):
    runs, found = restarted(X, K, restarts, seed, rounds=a)
    return runs[int(np.argmin(found))]


@misconception(
    "labels", also_breaks=("centres",), hint="You sort the centres, but the labels keep the old order.", see="Task 4"
)
def labels_of_another_order(X, K, restarts, seed):
    runs, found = restarted(X, K, restarts, seed)
    centres, labels = runs[int(np.argmin(found))]
    return centres[np.argsort(centres[:, 0])], labels


@misconception("centres", hint="You may draw the same point twice as a first centre.", see="Task 4")
def drawn_with_replacement(X, K, restarts, seed):
    runs, found = restarted(X, K, restarts, seed, replace=True)
    return runs[int(np.argmin(found))]


@misconception("centres", hint="You return the last restart, not the best one.", see="Task 4")
def last_restart(X, K, restarts, seed):
    return restarted(X, K, restarts, seed)[0][-1]


@misconception("centres", hint="You return the restart with the largest inertia.", see="Task 4")
def worst_restart(X, K, restarts, seed):
    runs, found = restarted(X, K, restarts, seed)
    return runs[int(np.argmax(found))]


@misconception("centres", hint="Each of your restarts begins with the same centres.", see="Task 4")
def same_start_each_time(X, K, restarts, seed):
    return restarted(X, K, 1, seed)[0][0]


@misconception("largest", hint="This is the smallest shop.", see="Task 5")
def smallest_shop():
    return 27


@misconception("largest", hint="This is the second largest shop.", see="Task 5")
def second_largest_shop():
    return 38


@misconception("largest", hint="You counted the line with the names of the columns too.", see="Task 5")
def counted_the_heading():
    return 45
