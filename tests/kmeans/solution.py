"""k-means: assignment, update, inertia, and Lloyd's algorithm with restarts."""

import numpy as np


def assign(X, centres):
    """The labels (N,) of the nearest centres. Ties go to the smallest label."""
    return np.argmin(np.stack([np.sum((X - centre) ** 2, axis=1) for centre in centres]), axis=0)


def update(X, labels, centres):
    """The mean (K, d) of the points of each centre. A centre without points stays."""
    return np.array([X[labels == k].mean(axis=0) if k in labels else centre for k, centre in enumerate(centres)], float)


def inertia(X, labels, centres):
    """The sum of the squared distances of the points to the centres of their labels."""
    return float(np.sum((X - centres[labels]) ** 2))


def kmeans(X, K, restarts, seed):
    """The centres (K, d) and labels (N,) of the best restart."""
    rng = np.random.default_rng(seed)
    results = []
    for _ in range(restarts):
        centres, before, labels = X[rng.permutation(len(X))[:K]], None, None
        while before is None or not np.array_equal(before, labels):
            before, labels = labels, assign(X, centres)
            centres = update(X, labels, centres)
        results.append((inertia(X, labels, centres), centres, labels))
    return min(results, key=lambda result: result[0])[1:]


largest = 44
