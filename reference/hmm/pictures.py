"""Pictures for a student's feedback: what the student's functions return for the public samples, and what is right."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from autograder.assignment import CheckFailed
from reference.hmm import solution
from reference.hmm.cases import samples

Array = NDArray[np.float64]
WORDS = {
    "forward": "Your log-likelihood of the first 1, 2, 3 … symbols of the notebook's obs (orange), and the expected "
    "one (blue, dashed).",
    "backward": "Your log beta of both states for the notebook's obs (orange), and the expected one (blue, dashed).",
    "gamma": "Your gamma for the notebook's obs, the expected one, and the difference. A column is a time.",
    "xi": "Your xi for the notebook's obs, added up over the times, the expected sum, and the difference.",
    "viterbi": "Your path for the notebook's obs (orange), and the expected one (blue, dashed).",
    "baum_welch": "The log-likelihood of what your training returns after 1, 2, 4 … iterations of a single restart on "
    "the notebook's obs.",
}
YOURS, EXPECTED = "#D55E00", "#0072B2"  # colours of Okabe and Ito: colour-blind readers can tell them apart
_LENGTHS = (1, 2, 3, 5, 8, 12, 20, 35, 60, 100, 150)
_ITERATIONS = (1, 2, 4, 8, 16, 32)


def draw(part: str, student: Any, seed: int | None = None) -> Figure | None:
    """Draw the picture of a part on the samples of a `seed`; None if the student's value cannot be drawn."""
    public = samples(seed)
    A, B, pi, obs = public["A0"], public["B0"], public["pi0"], public["obs"]
    if part == "forward":
        pairs = [
            (_array(student.forward(A, B, pi, obs[:length]), ()), solution.forward(A, B, pi, obs[:length]))
            for length in _LENGTHS
        ]
        yours = [np.nan if y is None else float(y) for y, _ in pairs]
        return _curves(_LENGTHS, np.array(yours), np.array([e for _, e in pairs]), "symbols", "log-likelihood")
    if part == "backward":
        expected = solution.backward(A, B, pi, obs)
        mine = _array(student.backward(A, B, pi, obs), expected.shape)
        return None if mine is None else _curves(np.arange(len(obs)), mine, expected, "time", "log beta")
    if part.startswith("posterior."):
        return _tables(part, student.posterior(A, B, pi, obs), solution.posterior(A, B, pi, obs))
    if part == "viterbi":
        path = _array(student.viterbi(A, B, pi, obs), obs.shape)
        right = solution.viterbi(A, B, pi, obs)
        return None if path is None else _curves(np.arange(len(obs)), path, right, "time", "state")
    return _training(student, obs)


def _array(value: Any, shape: tuple[int, ...]) -> Array | None:
    try:
        array = np.asarray(value, float)
    except (TypeError, ValueError):
        return None
    return array if array.shape == shape and np.isfinite(array).all() and np.abs(array).max() < 1e6 else None


def _curves(at: Any, yours: Array, expected: Array | None, x: str, y: str) -> Figure | None:
    if np.isnan(yours).all():
        return None
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(at, yours, "-" if len(yours) > len(_LENGTHS) else "o-", color=YOURS, markersize=4, label="yours")
    if expected is not None:
        axes.plot(at, expected, "--", color=EXPECTED, linewidth=2, label="expected")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    handles, labels = axes.get_legend_handles_labels()
    first = {label: handle for handle, label in zip(handles, labels, strict=True)}
    axes.legend(first.values(), first.keys())
    return figure


def _tables(part: str, returned: Any, expected: tuple[Array, Array]) -> Figure | None:
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        return None
    index = ("gamma", "xi").index(part)
    yours, right = _array(returned[index], expected[index].shape), expected[index]
    if yours is None:
        return None
    yours, right = (yours.T, right.T) if index == 0 else (yours.sum(axis=0), right.sum(axis=0))
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    shape = (3, 1) if index == 0 else (1, 3)
    top = float(right.max())
    shown = (
        ("yours", yours, "Blues", 0.0),
        ("expected", right, "Blues", 0.0),
        ("difference", yours - right, "PuOr", -top),
    )
    for axes, (title, table, colours, low) in zip(figure.subplots(*shape).flat, shown, strict=True):
        image = axes.imshow(table, aspect="auto", cmap=colours, vmin=low, vmax=top, interpolation="nearest")
        axes.set_title(title)
        axes.set_yticks(range(len(table)))
        figure.colorbar(image, ax=axes, shrink=0.8)
    return figure


def _training(student: Any, obs: Array) -> Figure | None:
    found: list[float] = []
    for iterations in _ITERATIONS:
        try:
            returned = student.baum_welch(obs, 2, 6, 1e-12, iterations, 1)
            A, B, pi = (_array(v, s) for v, s in zip(returned[1:4], ((2, 2), (2, 6), (2,)), strict=True))
        except (CheckFailed, TypeError, ValueError, IndexError):
            break  # the curve ends where the function fails
        if A is None or B is None or pi is None or min(A.min(), B.min(), pi.min()) < 0:
            break
        found.append(solution.forward(A, B, pi, obs))
    if not found:
        return None
    return _curves(_ITERATIONS[: len(found)], np.array(found), None, "iterations", "log-likelihood")
