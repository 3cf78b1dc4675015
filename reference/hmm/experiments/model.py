"""The class."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.assignment import CheckFailed, experiment
from reference.hmm import training


@experiment("hmm", explains=("models_are_independent",))
def parameters_of_the_class(student: Any) -> bool:
    """After the training of a second model, the first one has the parameters of the second."""
    case = training.two_models(1)[0]
    first = student.new("HMM", n_states=case.K, n_symbols=case.M)
    first.fit(case.first)
    second = student.new("HMM", n_states=case.K, n_symbols=case.M)
    second.fit(case.second)
    try:
        pairs = [[np.asarray(one.value(name), float) for one in (first, second)] for name in ("A", "B", "pi")]
    except (TypeError, ValueError):
        raise CheckFailed("an attribute is not an array of numbers.") from None
    return all(np.array_equal(one, other) for one, other in pairs)
