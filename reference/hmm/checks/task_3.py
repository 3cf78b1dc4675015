"""Task 3: the posterior of the states and of the transitions."""

from __future__ import annotations

from typing import Any

from autograder.assignment import Case, check, expect, unpack
from reference.hmm import cases
from reference.hmm.checks._shared import INPUTS
from reference.hmm.solution import posterior


def _right_posterior(student: Any, case: Case, name: str) -> None:
    names, (T, K) = ("gamma", "xi"), (len(case.obs), len(case.pi))
    index = names.index(name)
    value = unpack(student.posterior(case.A, case.B, case.pi, case.obs), names)[index]
    shapes: tuple[tuple[int, ...], ...] = ((T, K), (T - 1, K, K))
    shaped = expect(value, name, names).shape(*shapes[index], axes=(("T", "K"), ("T - 1", "K", "K"))[index])
    shaped.finite().close_to(case.compute_once(posterior, *INPUTS)[index], case.tolerance, scale=1.0)


@check("gamma", points=5, cases=cases.ordinary)
def gamma_is_right(student: Any, case: Case) -> None:
    """gamma is the posterior of the states for models and sequences not seen before."""
    _right_posterior(student, case, "gamma")


@check("gamma", points=1, cases=cases.any_shape)
def gamma_for_any_size(student: Any, case: Case) -> None:
    """gamma is right for any K, M and T, also for a single symbol."""
    _right_posterior(student, case, "gamma")


@check("gamma", points=2, cases=cases.with_zeros)
def gamma_with_zeros(student: Any, case: Case) -> None:
    """gamma is right when some probabilities are zero."""
    _right_posterior(student, case, "gamma")


@check("gamma", points=2, cases=cases.long)
def gamma_of_long_sequences(student: Any, case: Case) -> None:
    """gamma is right for a sequence whose probability is too small for a float."""
    _right_posterior(student, case, "gamma")


@check("xi", points=5, cases=cases.ordinary)
def xi_is_right(student: Any, case: Case) -> None:
    """xi is the posterior of the transitions for models and sequences not seen before."""
    _right_posterior(student, case, "xi")


@check("xi", points=1, cases=cases.any_shape)
def xi_for_any_size(student: Any, case: Case) -> None:
    """xi is right for any K, M and T. A single symbol has no transitions."""
    _right_posterior(student, case, "xi")


@check("xi", points=2, cases=cases.with_zeros)
def xi_with_zeros(student: Any, case: Case) -> None:
    """xi is right when some probabilities are zero."""
    _right_posterior(student, case, "xi")


@check("xi", points=2, cases=cases.long)
def xi_of_long_sequences(student: Any, case: Case) -> None:
    """xi is right for a sequence whose probability is too small for a float."""
    _right_posterior(student, case, "xi")
