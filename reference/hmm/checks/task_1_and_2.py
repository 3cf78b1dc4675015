"""Tasks 1 and 2: the forward and the backward recursion."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.assignment import Case, check, expect
from reference.hmm import cases
from reference.hmm.checks._shared import INPUTS, nats
from reference.hmm.solution import backward, forward


def _right_loglik(student: Any, case: Case) -> None:
    loglik = student.forward(case.A, case.B, case.pi, case.obs)
    expected = case.compute_once(forward, *INPUTS)
    expect(loglik, "loglik").shape().close_to(expected, case.tolerance, nats(expected))


@check("forward", points=7, cases=cases.ordinary)
def forward_is_right(student: Any, case: Case) -> None:
    """The log-likelihood is right for models and sequences not seen before."""
    _right_loglik(student, case)


@check("forward", points=2, cases=cases.any_shape)
def forward_for_any_size(student: Any, case: Case) -> None:
    """The log-likelihood is right for any K, M and T, also for a single symbol."""
    _right_loglik(student, case)


@check("forward", points=2, cases=cases.with_zeros)
def forward_with_zeros(student: Any, case: Case) -> None:
    """The log-likelihood is right when some probabilities are zero."""
    _right_loglik(student, case)


@check("forward", points=2, cases=cases.impossible)
def forward_of_the_impossible(student: Any, case: Case) -> None:
    """The log-likelihood of a sequence that the model cannot produce is -inf."""
    loglik = expect(student.forward(case.A, case.B, case.pi, case.obs), "loglik").shape()
    loglik.holds(bool(np.isneginf(loglik.array)), "is not -inf, although the model cannot produce the sequence.")
    # A constant is no answer: the same model can produce the sequence of symbol 0 alone.
    possible = np.zeros(1, dtype=int)
    loglik = expect(student.forward(case.A, case.B, case.pi, possible), "loglik").shape()
    loglik.holds(bool(np.isfinite(loglik.array)), "is not finite for a sequence that is possible.")


@check("forward", points=2, cases=cases.long)
def forward_of_long_sequences(student: Any, case: Case) -> None:
    """The log-likelihood is right for a sequence whose probability is too small for a float."""
    _right_loglik(student, case)


def _right_log_beta(student: Any, case: Case) -> None:
    log_beta = student.backward(case.A, case.B, case.pi, case.obs)
    shaped = expect(log_beta, "log_beta").shape(len(case.obs), len(case.pi), axes=("T", "K"))
    expected = case.compute_once(backward, *INPUTS)
    shaped.close_to(expected, case.tolerance, nats(expected))


@check("backward", points=5, cases=cases.ordinary)
def backward_is_right(student: Any, case: Case) -> None:
    """The backward variables are right for models and sequences not seen before."""
    _right_log_beta(student, case)


@check("backward", points=1, cases=cases.any_shape)
def backward_for_any_size(student: Any, case: Case) -> None:
    """The backward variables are right for any K, M and T, also for a single symbol."""
    _right_log_beta(student, case)


@check("backward", points=2, cases=lambda seed: cases.with_zeros(seed) + cases.impossible(seed))
def backward_with_zeros(student: Any, case: Case) -> None:
    """The backward variables are right when some probabilities are zero: -inf where the rest is impossible."""
    _right_log_beta(student, case)


@check("backward", points=2, cases=cases.long)
def backward_of_long_sequences(student: Any, case: Case) -> None:
    """The backward variables are right for a sequence whose probability is too small for a float."""
    _right_log_beta(student, case)
