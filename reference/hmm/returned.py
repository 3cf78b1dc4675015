"""Checks what baum_welch returned, or what fit has set: each value before it is used, and how well it fits."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.assignment import Case, CheckFailed, expect, unpack
from reference.hmm.solution import Array, forward, posterior, reestimate

_NAMES = ("best_loglik", "best_A", "best_B", "best_pi")
_ROUNDING = 1e-6  # of a sum of probabilities
_NEAR = 0.01  # of a log-likelihood; what matters is which optimum it is, and not how early a run ends


class Model:
    """A log-likelihood and the parameters A, B, pi. Raises CheckFailed if one of them is wrong."""

    def __init__(self, values: Any, names: tuple[str, ...], obs: Array, K: int, M: int) -> None:
        loglik, A, B, pi = values
        among = names if len(names) > 1 else ()
        self.obs, self.K, self.M = obs, K, M
        self.loglik = expect(loglik, names[0], among).shape()
        self.A = expect(A, names[1], among).shape(K, K, axes=("K", "K"))
        self.B = expect(B, names[2], among).shape(K, M, axes=("K", "M"))
        self.pi = expect(pi, names[3], among).shape(K, axes=("K",))

    @property
    def theta(self) -> tuple[Array, Array, Array]:
        return self.A.array, self.B.array, self.pi.array

    def demand_valid(self) -> None:
        """Demand that all rows are distributions, and that the log-likelihood is a number."""
        for one in (self.A, self.B, self.pi):
            one.finite()
            one.holds(bool((one.array >= -1e-12).all()), "has negative entries.")
            row_sums = one.array.sum(axis=-1)
            what = "does not sum to one." if one is self.pi else "has rows that do not sum to one."
            one.holds(bool(np.abs(row_sums - 1).max() <= _ROUNDING), what)
        self.loglik.finite()

    def true_loglik(self) -> float:
        """The log-likelihood of the parameters. -inf if they cannot produce the sequence."""
        self.demand_valid()
        A, B, pi = (np.clip(p, 0, None) for p in self.theta)
        return forward(A, B, pi, self.obs)

    def after_a_step(self) -> tuple[Array, Array, Array]:
        """The parameters after another right iteration."""
        self.demand_valid()
        A, B, pi = (np.clip(p, 0, None) for p in self.theta)
        return reestimate(A, B, *posterior(A, B, pi, self.obs), self.obs)

    def gain(self) -> float:
        """By how much another right iteration raises the log-likelihood."""
        return forward(*self.after_a_step(), self.obs) - self.true_loglik()

    def same_as(self, other: Model) -> bool:
        """Whether both have the same parameters, to nine digits."""
        return all(np.allclose(a, b, rtol=0, atol=1e-9) for a, b in zip(self.theta, other.theta, strict=True))

    def distance_to(self, theta: tuple[Array, Array, Array]) -> float:
        """The largest difference of a probability."""
        with np.errstate(invalid="ignore"):  # infinity minus infinity
            return max(float(np.abs(a - b).max()) for a, b in zip(self.theta, theta, strict=True))


def trained(student: Any, case: Case) -> Model:
    """What baum_welch returns for a case."""
    returned = student.baum_welch(case.obs, case.K, case.M, case.rtol, case.max_iter, case.restarts)
    return Model(unpack(returned, _NAMES), _NAMES, case.obs, case.K, case.M)


def fitted(student: Any, obs: Array, K: int, M: int) -> tuple[Any, Model]:
    """A new model after `fit`: its handle and its attributes."""
    handle = student.new("HMM", n_states=K, n_symbols=M)
    handle.fit(obs)
    return handle, attributes(handle, obs, K, M)


def attributes(handle: Any, obs: Array, K: int, M: int) -> Model:
    """The attributes of a model that was trained with obs."""
    names = ("loglik", "A", "B", "pi")
    return Model([handle.value(name) for name in names], names, obs, K, M)


def demand_loglik(model: Model, tolerance: float) -> None:
    """Demand that the log-likelihood is that of the parameters."""
    expected = model.true_loglik()
    if not np.isfinite(expected):
        raise CheckFailed("the returned parameters cannot produce the sequence that they were trained with.")
    model.loglik.close_to(expected, tolerance)


def demand_best(model: Model, best: float, tolerance: float) -> None:
    """Demand the best of several optima. The next one lies 30 % below."""
    shortfall = (best - model.true_loglik()) / abs(best) - _NEAR
    if not shortfall <= tolerance:
        raise CheckFailed(
            f"the parameters are a poorer local maximum: the best log-likelihood is larger, by {shortfall + _NEAR:.2g} "
            "of its value.",
            shortfall if np.isfinite(shortfall) else np.inf,
        )
