"""Task 4: a most probable path."""

from __future__ import annotations

from typing import Any

from autograder.assignment import Case, check
from reference.hmm import cases
from reference.hmm.checks._shared import demand_best_path


def _right_path(student: Any, case: Case) -> None:
    path = student.viterbi(case.A, case.B, case.pi, case.obs)
    demand_best_path(path, (case.A, case.B, case.pi), case.obs, case.tolerance)


@check("viterbi", points=9, cases=cases.ordinary)
def path_is_best(student: Any, case: Case) -> None:
    """The path is a most probable one for models and sequences not seen before."""
    _right_path(student, case)


@check("viterbi", points=4, cases=lambda seed: cases.any_shape(seed) + cases.short(seed))
def path_for_any_size(student: Any, case: Case) -> None:
    """The path is a most probable one for any K, M and T, also for a single symbol."""
    _right_path(student, case)


@check("viterbi", points=4, cases=cases.with_zeros)
def path_with_zeros(student: Any, case: Case) -> None:
    """The path is a most probable one when some probabilities are zero, and never an impossible one."""
    _right_path(student, case)


@check("viterbi", points=3, cases=cases.long)
def path_of_long_sequences(student: Any, case: Case) -> None:
    """The path is a most probable one for a sequence whose probability is too small for a float."""
    _right_path(student, case)
