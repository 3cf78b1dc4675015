"""Measures how hard a student's samples and hidden training are. This must be about the same for all students.

PROPERTIES maps the name of each property to the two bounds that it must lie between. `measure(seed)` returns the values
for a student, and `measure(None)` those for the common samples.
"""

from __future__ import annotations

import numpy as np

from reference.em_gmm import cases, solution, training
from reference.em_gmm.solution import Array

RUNS = 100  # standard error of a share: 0.05
_SAME = 0.005  # of the bound; the tolerance of the key

PROPERTIES = {
    "points N": (280, 280),
    "dimensions d": (2, 2),
    "components C": (3, 3),
    # With the smallest share, ten restarts, as in the notebook, miss the best optimum less than once in 390 trainings.
    "share of single runs that find the best optimum": (0.45, 0.97),
    "what the next optimum lies below it, in %": (1.0, 100.0),
    # 1/3 is as good as guessing. With 1, the first E-step would already separate the clusters.
    "largest responsibility in the first E-step, mean": (0.5, 0.8),
    "smallest share of a component in it": (0.2, 0.4),
    "spread of a coordinate": (1.2, 2.2),
    # The true share is 0.5 to 0.7, and 100 runs add some chance. At 0.35, 5 restarts miss the best optimum in one
    # training of nine. Then comes a second look, whose 16 restarts miss it once in 1,000.
    "share of single runs that find it in hidden training, least": (0.35, 0.9),
    "share of single runs that collapse there, in %": (0.0, 5.0),
}


def measure(seed: int | None) -> dict[str, float]:
    """The value of each property."""
    X = cases.samples(seed)["data"]
    gamma = solution.E_step(X, cases.pi0, cases.mu0, cases.sigma0)
    # Right training from other starts than the key's. A quarter of the runs go on to the end to find the next optimum.
    best = float(cases.public_answer("best_loss", {}, seed))
    losses = _ends(X, 3, RUNS, 1e-3, 100)
    below = (best - _ends(X, 3, RUNS // 4, 1e-7, 500)) / abs(best)
    others = below[(below > _SAME) & np.isfinite(below)]
    ridges = [
        (case.best, _ends(case.X, case.C, RUNS, case.rtol, case.max_iter)) for case in training.crossing_ridges(seed)
    ]
    values = [
        *X.shape,
        gamma.shape[1],
        float(np.mean((best - losses) / abs(best) <= _SAME)),
        100 * float(others.min(initial=1.0)),
        _top(gamma),
        float(gamma.mean(axis=0).min()),
        float(X.std()),
        min(float(np.mean((best - losses) / abs(best) <= _SAME)) for best, losses in ridges),
        100 * float(np.mean([np.isneginf(losses) for _, losses in ridges])),
    ]
    return dict(zip(PROPERTIES, values, strict=True))


def _ends(X: Array, C: int, runs: int, rtol: float, max_iter: int) -> Array:
    """The bounds at which this number of single runs end, -inf if a component collapsed."""
    rng = np.random.default_rng(0)
    starts = np.stack([X[rng.choice(len(X), C, replace=False)] for _ in range(runs)])
    return solution.run_all(X, starts, rtol, max_iter)[0]


def _top(gamma: Array) -> float:
    return float(gamma.max(axis=1).mean())
