"""What the experiments have in common: which checks they explain, and how near is the same."""

from __future__ import annotations

import numpy as np

from reference.hmm.returned import Model

CLEAR = 0.02  # of a log-likelihood; the next maximum lies 30 % below the best
SAME = 1e-9
ALL = (
    *("training_reaches_a_maximum", "training_for_any_size", "an_iteration_is_a_step_of_em"),
    *("loglik_belongs_to_the_parameters", "finds_the_best_maximum", "stops_when_it_should"),
    "training_on_long_sequences",
)


def never_changes(run: Model) -> bool:
    """Whether the state stays as it is, with probability 1."""
    return bool(np.allclose(run.A.array, np.eye(run.K)))
