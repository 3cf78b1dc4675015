"""Two pictures: a mixture of Gaussians in the plane, and a bound over the iterations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grader import values

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
# The colours of Okabe and Ito, which colour-blind readers can tell apart; yellow is too pale on white.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
_MARKERS = "os^Dv"  # markers tell components apart when the colours repeat


def plot_mixture(X: object, pi: object, mu: object, sigma: object) -> Axes:
    """Draw points X (N, 2), coloured by their likeliest component, and the components' 2-sigma ellipses.

    pi (C,), mu (C, 2) and sigma (C, 2, 2) are the weights, centres and covariances.
    Raises ValueError with a sentence when the points are not in the plane or a shape does not fit.
    """
    points, weights, centres, covariances = _mixture(X, pi, mu, sigma)
    from matplotlib import pyplot as plt
    from matplotlib.patches import Ellipse

    variances, directions = _principal_axes(covariances)
    owner = _log_joint(points, weights, centres, variances, directions).argmax(axis=1)
    ax: Axes = plt.subplots(figsize=(6.4, 5.6))[1]
    for c in range(len(weights)):
        colour = _COLOURS[c % len(_COLOURS)]
        marker = _MARKERS[c % len(_MARKERS)]
        own = points[owner == c]
        ax.scatter(own[:, 0], own[:, 1], s=16, color=colour, marker=marker, alpha=0.6, linewidths=0)
        width, height = 4 * np.sqrt(variances[c])  # from -2 to +2 standard deviations
        angle = np.degrees(np.arctan2(directions[c, 1, 0], directions[c, 0, 0]))
        x, y = float(centres[c, 0]), float(centres[c, 1])
        ax.add_patch(Ellipse((x, y), width, height, angle=angle, fill=False, edgecolor=colour, linewidth=2))
        label = f"component {c}: pi = {weights[c]:.3g}"
        ax.plot(
            x,
            y,
            marker=marker,
            color=colour,
            markersize=10,
            markeredgecolor="white",
            linestyle="",
            label=label,
        )
    ax.set_aspect("equal", adjustable="datalim")
    ax.autoscale_view()
    ax.legend()
    return ax


def plot_progress(losses: object) -> Axes:
    """Draw a bound over the iterations, losses (T,), with red marks where it goes down.

    Raises ValueError with a sentence when `losses` is not one row of numbers.
    """
    bound = values.read(losses, "losses")
    if bound.ndim != 1:
        raise values.BadValue(f"losses must be one row of numbers, not an array of shape {bound.shape}.")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import MaxNLocator

    ax: Axes = plt.subplots(figsize=(6.4, 4.0))[1]
    iterations = np.arange(len(bound))
    ax.plot(iterations, bound, "o-", color=_COLOURS[0], markersize=4, label="bound")
    down = 1 + np.flatnonzero(_falls(bound))
    if down.size:
        ax.plot(down, bound[down], "v", color="#CC0000", markersize=11, label="it goes down here")
        ax.legend()
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("iteration")
    ax.set_ylabel("bound")
    return ax


def _mixture(X: object, pi: object, mu: object, sigma: object) -> tuple[Array, Array, Array, Array]:
    points = values.read(X, "X")
    if points.ndim != 2 or points.shape[1] != 2:
        raise values.BadValue(f"Only points in the plane can be drawn: X must be (N, 2), but is {points.shape}.")
    C = values.read(pi, "pi").size
    weights = values.as_array(pi, (C,), "pi", ("C",))
    centres = values.as_array(mu, (C, 2), "mu", ("C", "d"))
    covariances = values.as_array(sigma, (C, 2, 2), "sigma", ("C", "d", "d"))
    for name, array in (("X", points), ("pi", weights), ("mu", centres), ("sigma", covariances)):
        values.finite(array, name)
    return points, weights, centres, covariances


def _principal_axes(covariances: Array) -> tuple[Array, Array]:
    """Variances (C, 2) along the principal directions, the columns of (C, 2, 2)."""
    variances, directions = np.linalg.eigh((covariances + covariances.swapaxes(1, 2)) / 2)
    # A collapsed or broken component is drawn as a line, because then the student needs the picture most.
    floor = 1e-9 * np.abs(variances).max(axis=1, keepdims=True) + 1e-300
    return np.maximum(variances, floor), directions


def _log_joint(points: Array, weights: Array, centres: Array, variances: Array, directions: Array) -> Array:
    """The log of pi_c N(x_i | mu_c, sigma_c) up to one constant, (N, C). No density can underflow here."""
    with np.errstate(divide="ignore", over="ignore"):  # a component of weight zero owns nothing
        along = np.einsum("nci,cij->ncj", points[:, None] - centres, directions)
        log_weights = np.log(np.maximum(weights, 0))
        squares = (along**2 / variances).sum(axis=2)
    joint: Array = log_weights - 0.5 * (squares + np.log(variances).sum(axis=1))
    return joint


def _falls(bound: Array) -> NDArray[np.bool_]:
    """Whether the next entry is lower by more than rounding errors explain, (T - 1,)."""
    with np.errstate(invalid="ignore"):
        steps = np.diff(bound)
    falls: NDArray[np.bool_] = steps < -1e-10 * np.maximum(1.0, np.abs(bound[:-1]))
    return falls
