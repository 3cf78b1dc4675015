"""Customers, the public samples, and the hidden cases."""

from pathlib import Path

import numpy as np
from reference.kmeans import solution

from autograder.assignment import Case

CUSTOMERS = Path(__file__).parents[2] / "source" / "kmeans" / "customers.csv"


def _customers():
    return np.loadtxt(CUSTOMERS, delimiter=",", skiprows=1)


def _clouds(seed, sizes, d, width=0.5, spread=10.0):
    """Points around one middle for each size, in a random order."""
    rng = np.random.default_rng(seed)
    points = [rng.normal(rng.uniform(0, spread, size=d), width, size=(size, d)) for size in sizes]
    return rng.permutation(np.vstack(points))


def samples():
    rng = np.random.default_rng(0)
    return {
        "start": np.array([[1.0, 1.0], [5.0, 2.0], [3.0, 5.0], [7.5, 7.5]]),
        "some_labels": rng.integers(4, size=140),
    }


def public_answer(value, functions):
    X = _customers()
    start, labels = samples().values()
    if value == "labels":
        return functions.get("assign", solution.assign)(X, start)
    if value == "centres":
        return functions.get("update", solution.update)(X, labels, start)
    if value == "J":
        return functions.get("inertia", solution.inertia)(X, labels, start)
    if value == "largest":
        return functions.get("largest", lambda: solution.largest)()
    return functions.get("kmeans", solution.kmeans)(X, 4, 10, 1)[value == "best_labels"]


def public_scale(value, expected):
    return float(np.abs(expected).max())


def places():
    rng = np.random.default_rng(1)
    sizes = [(60, 4, 2), (1, 3, 2), (9, 1, 1), (30, 5, 6)]
    return [
        Case(f"N = {N}, K = {K} and d = {d}", {"X": rng.normal(size=(N, d)), "centres": rng.normal(size=(K, d))})
        for N, K, d in sizes
    ]


def ties():
    X = np.array([[0, 0], [1, 1], [2, 0], [0, 2], [1, 0]])
    return [
        Case("points between centres", {"X": X, "centres": np.array([[2, 2], [0, 0], [2, 0]])}),
        Case("the same centre twice", {"X": X, "centres": np.array([[5, 5], [1, 1], [1, 1]])}),
    ]


def far_away():
    rng = np.random.default_rng(2)
    X = 1e9 + 10 * rng.normal(size=(40, 2))
    return [Case("coordinates of about a billion", {"X": X, "centres": X[:4] + 1})]


def full_clusters():
    made = []
    for seed, (N, K, d) in enumerate([(50, 3, 2), (20, 1, 3), (40, 6, 1)]):
        rng = np.random.default_rng(10 + seed)
        labels = rng.permutation(np.arange(N) % K)
        inputs = {"X": rng.normal(2, 3, size=(N, d)), "labels": labels, "centres": rng.normal(size=(K, d))}
        made.append(Case(f"N = {N}, K = {K} and d = {d}", inputs))
    return made


def empty_clusters():
    rng = np.random.default_rng(20)
    X, centres = rng.normal(1, 2, size=(12, 2)), rng.normal(size=(4, 2))
    return [
        Case("an empty cluster in the middle", {"X": X, "labels": np.arange(12) % 3 * 3 % 4, "centres": centres}),
        Case("an empty last cluster", {"X": X, "labels": np.arange(12) % 3, "centres": centres}),
    ]


def whole_numbers():
    rng = np.random.default_rng(21)
    X = rng.normal(0, 3, size=(15, 2))
    return [
        Case("centres of whole numbers", {"X": X, "labels": np.arange(15) % 2, "centres": np.array([[1, 2], [3, 4]])})
    ]


def nearest_labels():
    return [Case(case.name, {**case.inputs, "labels": solution.assign(case.X, case.centres)}) for case in places()]


def other_labels():
    return full_clusters()


def one_run():
    return [
        Case(f"K = {K} and one restart", {"X": _clouds(30 + K, [10] * 5, 2, 2.0), "K": K, "restarts": 1, "seed": K})
        for K in (1, 3, 6)
    ]


def own_centres():
    return [
        Case(f"{N} points and {N} centres", {"X": _clouds(40 + N, [N], 2), "K": N, "restarts": 1, "seed": 5})
        for N in (6, 8)
    ]


def many_restarts():
    inputs = {"X": _clouds(62, [10, 9, 8, 7, 6], 2), "K": 5, "restarts": 20}
    return [Case(f"20 restarts, seed {seed}", {**inputs, "seed": seed}) for seed in (1, 2)]


def typed_in():
    return [Case("the notebook", {})]


def further():
    case = one_run()[1]
    return [
        ("assign", (case.X, case.X[:3])),
        ("update", (case.X, np.arange(50) % 4, np.zeros((5, 2)))),
        ("inertia", (case.X, np.arange(50) % 4, np.ones((4, 2)))),
        ("kmeans", (case.X, 2, 20, 3)),
    ]
