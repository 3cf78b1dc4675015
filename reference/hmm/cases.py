"""Problems for the assignment: the public samples, and the hidden cases of single functions.

Everything is made from fixed seeds, so the same code gives the same bytes. With a `seed`, the samples and the hidden
cases are those of one student. They are as large and as hard as the common ones, with other numbers in them.
Shapes: A (K, K), B (K, M), pi (K,), obs (T,).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.assignment import Case, Function
from reference.hmm import solution
from reference.hmm.models import dead_end, drawn, first_drawn, left_to_right, sequence
from reference.hmm.solution import Array

T, T_NEW = 80, 600
# No two numbers are equal. Otherwise several paths would be equally good, and the local grader knows only one.
_A = np.array([[0.93, 0.07], [0.10, 0.90]])
_B = np.array([[0.42, 0.29, 0.16, 0.07, 0.04, 0.02], [0.02, 0.03, 0.08, 0.15, 0.27, 0.45]])
_PI = np.array([0.6, 0.4])
_CLEAR = 1e-6  # nats by which the best path is better than any other
_NOTEBOOK = 1e-5, 100  # rtol and max_iter of baum_welch, unless they are given
_SHARE, _SHARE_OF_NEARLY_EQUAL = 0.4, 0.25  # of single runs that find the best maximum, at least
_GAP = 0.02  # of the best maximum that the next one lies below it, at least
_SPREAD = 3e-4  # of the score of the longer sequence: by how much right code may differ
_SAME = 4e-5  # of a log-likelihood: the tolerance of the key
_RUNS, _FEW = 16, 8


def samples(seed: int | None = None) -> dict[str, Array]:
    """The public samples under their names in samples.npz; with a `seed`, one student's samples."""
    return {name: array.copy() for name, array in _samples(seed).items()}


@functools.lru_cache(maxsize=2)
def _samples(seed: int | None) -> dict[str, Array]:
    rng = np.random.default_rng([4, 2])
    states, obs = sequence(_A, _B, _PI, T, rng)
    if seed is not None:
        rng = np.random.default_rng([seed, 2])
        obs, new_obs = _exchanged(states, obs, rng)
    else:
        new_obs = sequence(_A, _B, _PI, T_NEW, rng)[1]
    return {"obs": obs, "new_obs": new_obs, "states": states, "A0": _A, "B0": _B, "pi0": _PI}


def _exchanged(states: Array, obs: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """The same states with the symbols of each state in another order, and a longer sequence.

    They are drawn until the best path, the best maximum of training and the score of the longer sequence are clear, and
    the best path ends in state 1. Otherwise code that goes back from state 0 in any case would find it too.
    """
    while True:
        other = obs.copy()
        for state in (0, 1):
            other[states == state] = rng.permutation(obs[states == state])
        if lead_of_the_best_path(_A, _B, _PI, other) <= _CLEAR or solution.viterbi(_A, _B, _PI, other)[-1] == 0:
            continue
        ends, A, B, pi = solution.run_all(other, *starts(_FEW, 2, 6), *_NOTEBOOK)
        below = (ends.max() - ends) / abs(ends.max())
        best = below <= _SAME
        if best.mean() < _SHARE or below[~best].min(initial=1.0) < _GAP:
            continue
        new_obs = sequence(_A, _B, _PI, T_NEW, rng)[1]
        scores = [solution.forward(A[i], B[i], pi[i], new_obs) for i in np.flatnonzero(best)]
        if np.ptp(scores) > _SPREAD * abs(np.mean(scores)):
            continue
        # Some students start from nearly equal rows. They have to find the best maximum too.
        nearly = solution.run_all(other, *nearly_equal_starts(_FEW, 2, 6), *_NOTEBOOK)[0]
        if np.mean((ends.max() - nearly) / abs(ends.max()) <= _SAME) >= _SHARE_OF_NEARLY_EQUAL:
            return other, new_obs


def lead_of_the_best_path(A: Array, B: Array, pi: Array, obs: Array) -> float:
    """By how many nats the best path is better than the best of all others. The probabilities are positive."""
    log_A, log_b = np.log(A), np.log(B[:, obs].T)
    before, after = log_b.copy(), np.zeros_like(log_b)
    before[0] += np.log(pi)
    for t in range(1, len(obs)):
        before[t] += (before[t - 1][:, None] + log_A).max(axis=0)
    for t in range(len(obs) - 2, -1, -1):
        after[t] = (log_A + log_b[t + 1] + after[t + 1]).max(axis=1)
    through = np.sort(before + after, axis=1)  # the best path through each state at each time
    return float(through[0, -1] - through[:, -2].max())


def public_answer(value: str, functions: Mapping[str, Function], seed: int | None = None) -> Array:
    """What the notebook's test cell submits as `value`, when `functions` replace the reference's.

    Each value is computed from right inputs, so that a wrong function changes only its own answer.
    """
    public = samples(seed)
    theta = public["A0"], public["B0"], public["pi0"]
    if value == "loglik":
        return np.asarray(functions.get("forward", solution.forward)(*theta, public["new_obs"]))
    if value == "log_beta":
        return np.asarray(functions.get("backward", solution.backward)(*theta, public["obs"]))
    if value in ("gamma", "xi"):
        both = functions.get("posterior", solution.posterior)(*theta, public["obs"])
        return np.asarray(both[("gamma", "xi").index(value)])
    if value == "path":
        return np.asarray(functions.get("viterbi", solution.viterbi)(*theta, public["obs"]))
    if value == "best_loglik":
        known = "baum_welch" not in functions
        return np.asarray(_public_fit(seed)[0] if known else functions["baum_welch"](public["obs"], 2, 6)[0])
    if "HMM" not in functions:
        return np.asarray(solution.forward(*_public_fit(seed)[1:], public["new_obs"]))
    model = functions["HMM"](2, 6)
    model.fit(public["obs"])
    return np.asarray(model.score(public["new_obs"]))


def public_mistakes(value: str, seed: int | None = None) -> list[dict[str, Any]]:
    """The answers of known mistakes, if the value of right code depends on chance: name, answer and tolerance.

    Each name is that of a misconception, which has the hint.
    """
    best, *theta = _public_fit(seed)
    if value == "best_loglik":
        found = [
            ("sign_of_a_loss", -best, 5e-3),
            ("likelihood_of_one_symbol", best / T, 5e-3 / T),
            *(("local_maximum", end, 5e-4) for end in _poorer_end(seed)),
        ]
    elif value == "score":
        score = solution.forward(theta[0], theta[1], theta[2], samples(seed)["new_obs"])
        found = [
            ("score_of_the_training_sequence", best, 5e-3),
            ("score_with_the_wrong_sign", -score, 1e-2),
            ("score_of_one_symbol", score / T_NEW, 1e-2 / T_NEW),
        ]
    else:
        found = []
    return [{"name": name, "answer": answer, "tolerance": tolerance} for name, answer, tolerance in found]


def _poorer_end(seed: int | None) -> list[float]:
    """The commonest log-likelihood of the single runs that miss the best one. Empty if none misses it."""
    best, ends = _public_fit(seed)[0], _single_runs(seed)[0]
    poorer = ends[best - ends > 0.01 * abs(best)]
    company = (np.abs(poorer[:, None] - poorer) <= 1e-3 * abs(best)).sum(axis=1)
    return [float(poorer[np.argmax(company)])] if poorer.size else []


def starts(runs: int, K: int, M: int, number: int = 0) -> tuple[Array, Array, Array]:
    """Random A (R, K, K), B (R, K, M), pi (R, K) to start from."""
    rng = np.random.default_rng(number)
    return (
        rng.dirichlet(np.full(K, 2.0), (runs, K)),
        rng.dirichlet(np.full(M, 2.0), (runs, K)),
        rng.dirichlet(np.full(K, 2.0), runs),
    )


def nearly_equal_starts(runs: int, K: int, M: int, number: int = 0) -> tuple[Array, Array, Array]:
    """As `starts`, with rows that are uniform but for a little noise."""
    rng = np.random.default_rng([number, 1])
    A, B, pi = (1 + 0.3 * rng.random(shape) for shape in ((runs, K, K), (runs, K, M), (runs, K)))
    return A / A.sum(-1, keepdims=True), B / B.sum(-1, keepdims=True), pi / pi.sum(-1, keepdims=True)


@functools.lru_cache(maxsize=2)
def _single_runs(seed: int | None) -> tuple[Array, Array, Array, Array]:
    """Single runs on the public samples: log-likelihoods, A, B, pi. There are more of them for the common samples."""
    return solution.run_all(samples(seed)["obs"], *starts(40 if seed is None else _RUNS, 2, 6), *_NOTEBOOK)


@functools.lru_cache(maxsize=2)
def _public_fit(seed: int | None = None) -> tuple[float, Array, Array, Array]:
    """The best log-likelihood on the public samples, and its parameters, as right training finds them.

    One run starts from the parameters that the samples were drawn from, the others at random. Of those that end at the
    best maximum, the one in the middle counts: right code ends a little above or below it.
    """
    obs = samples(seed)["obs"]
    drawn_from = solution.run_all(obs, _A[None], _B[None], _PI[None], *_NOTEBOOK)
    ends = [np.concatenate(pair) for pair in zip(_single_runs(seed), drawn_from, strict=True)]
    best = np.flatnonzero(ends[0] >= ends[0].max() - _SAME * abs(ends[0].max()))
    middle = best[np.argsort(ends[0][best])[len(best) // 2]]
    loglik, A, B, pi = (values[middle] for values in ends)
    return float(loglik), A, B, pi


def public_scale(value: str, expected: Array, seed: int | None = None) -> float:
    """The unit for a deviation of `value`: for probabilities and states 1, otherwise the largest absolute value."""
    return 1.0 if value in ("gamma", "xi", "path") else float(np.abs(expected).max())


# ---------------------------------------------------------------- hidden cases


def _sizes(K: int, M: int, length: int) -> str:
    return f"K = {K}, M = {M}, T = {length}"


def ordinary(seed: int | None = None) -> list[Case]:
    """Other models of two states and six symbols, as in the notebook."""
    return [Case("another model of the same size", drawn(number, 2, 6, 25, seed)) for number in (1, 2, 3)]


def any_shape(seed: int | None = None) -> list[Case]:
    """Other numbers of states, symbols and times, from one upward."""
    sizes = [(3, 4, 12), (1, 3, 5), (2, 5, 1), (4, 2, 9), (3, 1, 6), (6, 8, 20), (1, 1, 1), (2, 2, 2)]
    return [Case(_sizes(*size), drawn(4, *size, seed)) for size in sizes]


def short(seed: int | None = None) -> list[Case]:
    """Sequences of one to three symbols, with many states. If there is one symbol, it needs pi to decide the state."""
    sizes = [(5, 6, 1), (6, 6, 1), (7, 6, 1), (8, 6, 1), (9, 6, 1)]
    found = [Case(_sizes(*size), first_drawn(_both_decide, 11, size, seed)) for size in sizes]
    return found + [Case(_sizes(*size), drawn(11, *size, seed)) for size in [(6, 5, 2), (7, 5, 2), (8, 5, 3)]]


def _both_decide(p: Mapping[str, Any]) -> bool:
    """Whether neither pi alone nor the first symbol alone gives the most probable first state."""
    symbol = p["B"][:, p["obs"][0]]
    return np.argmax(p["pi"] * symbol) not in (np.argmax(p["pi"]), np.argmax(symbol))


def with_zeros(seed: int | None = None) -> list[Case]:
    """Models in which some transitions, symbols and first states are impossible. Their sequences are possible."""
    found = [Case("probabilities of zero", drawn(number, 4, 5, 12, seed, zeros=0.45)) for number in (5, 6, 7)]
    named = {"states in a fixed order": left_to_right(seed), "a state that leads nowhere": dead_end(seed)}
    return [*found, *(Case(name, inputs) for name, inputs in named.items()), *rare(seed)]


def rare(seed: int | None = None) -> list[Case]:
    """A sequence that needs four improbable symbols. Each path without them has an impossible transition."""
    first, second = (0.2 + 0.2 * p for p in drawn(9, 2, 2, 1, seed)["pi"])
    tiny = 1e-5
    # State 0 hardly produces symbol 1, and state 1 hardly produces symbol 0. Neither is ever left.
    B = np.array([[1 - first - tiny, tiny, first], [tiny, 1 - second - tiny, second]])
    obs = np.array([0, 0, 2, 0, 0, 1, 1, 1, 2, 1, 1])
    inputs = dict(A=np.eye(2), B=B, pi=np.array([0.5, 0.5]), obs=obs)
    return [Case("improbable symbols and impossible transitions", inputs)]


def impossible(seed: int | None = None) -> list[Case]:
    """Sequences that the model cannot produce: from the first symbol, in the middle, at the end, by a transition."""
    p = left_to_right(seed)
    B = np.array([[0.7, 0.3, 0.0, 0.0], [0.0, 0.4, 0.6, 0.0], [0.5, 0.0, 0.5, 0.0]])
    sequences = {
        "a first symbol that no first state has": [2, 1, 2, 0],
        "a symbol that no state has, in the middle": [0, 1, 3, 2, 2],
        "a last symbol that no state has": [0, 1, 2, 3],
        "a sequence of one impossible symbol": [3],
        "an order of symbols that no path has": [0, 1, 2, 0, 1, 1],
    }
    return [Case(name, dict(A=p["A"], B=B, pi=p["pi"], obs=np.array(obs))) for name, obs in sequences.items()]


def long(seed: int | None = None) -> list[Case]:
    """A sequence whose probability is too small for a float. Near its end, the best path leaves state 0.

    State 0 is the arg max of probabilities that are all zero.
    """
    return [Case("a sequence of 600 symbols", first_drawn(_underflows, 10, (3, 5, 600), seed))]


def _underflows(p: Mapping[str, Any]) -> bool:
    theta = p["A"], p["B"], p["pi"], p["obs"]
    # The smallest float is exp(-745), so products are zero before the last thirtieth of the sequence.
    return solution.forward(*theta) < -800 and bool(solution.viterbi(*theta)[-len(p["obs"]) // 30 :].any())


def further() -> list[tuple[str, tuple[Any, ...]]]:
    """Calls beyond the hidden cases. If a mutant passes all checks, they show whether it still gives a wrong answer."""
    calls: list[tuple[str, tuple[Any, ...]]] = []
    sizes = [(2, 3, 40), (1, 1, 1), (5, 3, 7), (3, 6, 200)]
    problems = [drawn(30 + i, *size) for i, size in enumerate(sizes)] + [drawn(40, 4, 4, 9, None, 0.5)]
    problems += [dict(case.inputs) for case in impossible()[1:3]]
    for p in problems:
        arguments = (p["A"], p["B"], p["pi"], p["obs"])
        calls += [(name, arguments) for name in ("forward", "backward", "posterior", "viterbi")]
    for number in range(3):
        obs = drawn(50 + number, 2, 4, 40)["obs"]
        calls.append(("baum_welch", (obs, 2, 5, 1e-6, 100, 5, number)))
        calls.append(("baum_welch", (obs, 3, 4, 1e-3, 20, 2, number)))
    return calls
