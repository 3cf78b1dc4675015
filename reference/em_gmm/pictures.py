"""Pictures for a student's feedback: what the student's functions return for the public samples, and what is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from autograder.assignment import CheckFailed
from reference.em_gmm import solution
from reference.em_gmm.cases import X as COMMON
from reference.em_gmm.cases import mu0, pi0, samples, sigma0

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import Ellipse

Array = NDArray[np.float64]
WORDS = {
    "e_step": "Your responsibilities for the samples of the notebook, the expected ones, and the difference. "
    "Each row is a point, each column a component.",
    "m_step.mu": "Your means (orange crosses) and the expected ones (blue dots) for the samples of the notebook.",
    "m_step.sigma": "Your covariances (orange, solid) and the expected ones (blue, dashed), as 2-sigma ellipses, for "
    "the samples of the notebook.",
    "m_step.pi": "Your weights beside the expected ones, for the samples of the notebook.",
    "vlb": "Your bound (orange) and the expected one (blue, dashed) over the iterations of a right EM on the samples "
    "of the notebook.",
    "em": "The bound over the iterations of EM on the samples of the notebook: with your E-step and M-step (orange), "
    "and as expected (blue, dashed).",
}
YOURS, EXPECTED = "#D55E00", "#0072B2"  # colours of Okabe and Ito: colour-blind readers can tell them apart
ITERATIONS = 25
_LEFT, _BOTTOM = 0.14, 0.14  # room for labels; matplotlib's own layout takes as long as the drawing


def draw(part: str, student: Any, seed: int | None = None) -> Figure | None:
    """Draw the picture of a part on the samples of a `seed`; None if the student's value cannot be drawn."""
    X = COMMON if seed is None else samples(seed)["data"]
    gamma = solution.E_step(X, pi0, mu0, sigma0)
    if part == "e_step":
        return _responsibilities(_array(student.E_step(X, pi0, mu0, sigma0), gamma.shape), gamma)
    if part.startswith("m_step."):
        expected = solution.M_step(X, gamma)
        return _mixture(part, student.M_step(X, gamma), expected, X)
    if part == "vlb":
        yours = _bound(X, student.compute_vlb, solution.E_step, solution.M_step)
    else:
        yours = _bound(X, solution.compute_vlb, student.E_step, student.M_step)
    return _curves(yours, _bound(X, solution.compute_vlb, solution.E_step, solution.M_step))


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure  # takes half a second, which a submission without pictures need not spend

    return Figure(figsize=(width, height))


def _array(value: Any, shape: tuple[int, ...]) -> Array | None:
    try:
        array = np.asarray(value, float)
    except (TypeError, ValueError):
        return None
    return array if array.shape == shape and np.isfinite(array).all() and np.abs(array).max() < 1e6 else None


def _responsibilities(yours: Array | None, expected: Array) -> Figure | None:
    if yours is None:
        return None
    order = np.lexsort((expected.max(axis=1), expected.argmax(axis=1)))
    figure = _figure(6.4, 3.6)
    panels = figure.subplots(1, 3)
    figure.subplots_adjust(left=0.05, right=0.95, bottom=0.14, top=0.92, wspace=0.2)
    shown = (("yours", yours, "Blues", 0, 1), ("expected", expected, "Blues", 0, 1))
    for axes, (title, gamma, colours, low, high) in zip(
        panels, (*shown, ("yours - expected", yours - expected, "PuOr", -1, 1)), strict=True
    ):
        image = axes.imshow(gamma[order], aspect="auto", cmap=colours, vmin=low, vmax=high, interpolation="nearest")
        axes.set_title(title)
        axes.set_xlabel("component")
        axes.set_xticks(range(expected.shape[1]))
        axes.set_yticks([])
        figure.colorbar(image, ax=axes, shrink=0.8, ticks=np.linspace(low, high, 3))
    panels[0].set_ylabel("points, sorted by expected component")
    return figure


def _mixture(part: str, returned: Any, expected: tuple[Array, Array, Array], X: Array) -> Figure | None:
    if not isinstance(returned, tuple | list) or len(returned) != 3:
        return None
    pi, mu, sigma = (_array(value, right.shape) for value, right in zip(returned, expected, strict=True))
    if part == "m_step.pi":
        return None if pi is None else _weights(pi, expected[0])
    if mu is None or (part == "m_step.sigma" and sigma is None):
        return None
    figure, axes = _one_panel(5.2, 4.2)
    axes.scatter(X[:, 0], X[:, 1], s=8, color="0.6", linewidths=0)
    axes.plot(*expected[1].T, "o", color=EXPECTED, markersize=8, label="expected")
    axes.plot(*mu.T, "x", color=YOURS, markersize=10, markeredgewidth=3, label="yours")
    if part == "m_step.sigma":
        both = ((expected[1], expected[2], EXPECTED, "--"), (mu, sigma, YOURS, "-"))
        for centres, covariances, colour, style in both:
            for centre, covariance in zip(centres, np.asarray(covariances), strict=True):
                axes.add_patch(_ellipse(centre, covariance, colour, style))
    axes.set_aspect("equal", adjustable="datalim")
    axes.autoscale_view()
    axes.legend()
    return figure


def _weights(pi: Array, expected: Array) -> Figure:
    figure, axes = _one_panel(5.2, 4.2)
    at = np.arange(len(pi))
    axes.bar(at - 0.2, pi, 0.4, color=YOURS, label="yours")
    axes.bar(at + 0.2, expected, 0.4, color=EXPECTED, hatch="//", edgecolor="white", label="expected")
    axes.set_xticks(at)
    axes.set_xlabel("component")
    axes.set_ylabel("weight")
    axes.legend()
    return figure


def _one_panel(width: float, height: float) -> tuple[Figure, Any]:
    figure = _figure(width, height)
    axes = figure.subplots()
    figure.subplots_adjust(left=_LEFT, right=0.98, bottom=_BOTTOM, top=0.97)
    return figure, axes


def _ellipse(centre: Array, covariance: Array, colour: str, style: str) -> Ellipse:
    from matplotlib.patches import Ellipse

    variances, directions = np.linalg.eigh((covariance + covariance.T) / 2)
    width, height = 4 * np.sqrt(np.maximum(variances, 1e-9))
    angle = np.degrees(np.arctan2(directions[1, 0], directions[0, 0]))
    return Ellipse(
        (centre[0], centre[1]), width, height, angle=angle, fill=False, edgecolor=colour, linestyle=style, linewidth=2
    )


def _bound(X: Array, compute_vlb: Any, E_step: Any, M_step: Any) -> list[float]:
    """The bound after each E-step, until a function fails."""
    theta: tuple[Any, ...] = (pi0, mu0, sigma0)
    losses: list[float] = []
    try:
        for _ in range(ITERATIONS):
            gamma = _array(E_step(X, *theta), (len(X), len(pi0)))
            if gamma is None:
                break
            loss = _array(compute_vlb(X, *theta, gamma), ())
            if loss is None:
                break
            losses.append(float(loss))
            theta = tuple(_array(value, due.shape) for value, due in zip(M_step(X, gamma), theta, strict=True))
            if any(value is None for value in theta):
                break
    except (CheckFailed, ArithmeticError, ValueError, TypeError, np.linalg.LinAlgError):
        pass  # the curve ends where a function fails
    return losses


def _curves(yours: list[float], expected: list[float]) -> Figure | None:
    if not yours:
        return None
    figure, axes = _one_panel(6.0, 3.4)
    axes.plot(expected, "--", color=EXPECTED, linewidth=2, label="expected")
    axes.plot(yours, "o-", color=YOURS, markersize=4, label="yours")
    figure.subplots_adjust(left=0.19)
    axes.ticklabel_format(axis="y", style="plain", useOffset=False)  # a wrong bound may have six digits
    axes.set_xlabel("iteration")
    axes.set_ylabel("bound")
    axes.legend()
    return figure
