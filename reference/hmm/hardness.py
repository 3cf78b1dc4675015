"""Measures how hard a student's samples and hidden training are. This must be about the same for all students.

PROPERTIES maps the name of each property to the two bounds that it must lie between. `measure(seed)` returns the values
for a student, and `measure(None)` those for the common samples.
"""

from __future__ import annotations

import numpy as np

from reference.hmm import cases, solution, training
from reference.hmm.solution import Array

RUNS = 24  # standard error of a share: 0.1
_SAME = 0.005  # of a log-likelihood

PROPERTIES = {
    "symbols T": (80, 80),
    "symbols in the longer sequence": (600, 600),
    # With the smallest share, ten restarts, as in the notebook, miss the best maximum once in 10 trainings.
    "share of single runs that find the best maximum": (0.2, 0.97),
    "what the next maximum lies below it, in %": (0.3, 100.0),
    "nats by which the best path leads": (1e-6, 100.0),
    # 0.5 is as good as guessing.
    "largest posterior of a state, mean": (0.85, 0.99),
    # The true share is about 0.5, and the runs add some chance.
    "share of single runs that find it in hidden training, least": (0.2, 0.9),
}


def measure(seed: int | None) -> dict[str, float]:
    """The value of each property."""
    public = cases.samples(seed)
    theta, obs = (public["A0"], public["B0"], public["pi0"]), public["obs"]
    best = float(cases.public_answer("best_loglik", {}, seed))
    below = (best - _ends(obs, 6, 1e-5, 100)) / abs(best)
    others = below[below > _SAME]
    hidden = [
        float(np.mean((case.best - _ends(case.obs, case.M, case.rtol, case.max_iter)) / abs(case.best) <= 0.01))
        for case in training.the_best_of_several(seed)
    ]
    values = [
        len(obs),
        len(public["new_obs"]),
        float(np.mean(below <= _SAME)),
        100 * float(others.min(initial=1.0)),
        cases.lead_of_the_best_path(*theta, obs),
        float(solution.posterior(*theta, obs)[0].max(axis=1).mean()),
        min(hidden),
    ]
    return dict(zip(PROPERTIES, values, strict=True))


def _ends(obs: Array, M: int, rtol: float, max_iter: int) -> Array:
    """The log-likelihoods at which single runs with two states end."""
    return solution.run_all(obs, *cases.starts(RUNS, 2, M, 1), rtol, max_iter)[0]
