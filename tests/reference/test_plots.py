"""The pictures show what they claim, and refuse what cannot be drawn with a sentence."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

_SPEC = importlib.util.spec_from_file_location("plots", Path(__file__).parents[2] / "source" / "em_gmm" / "plots.py")
assert _SPEC
assert _SPEC.loader
plots = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(plots)
plot_mixture, plot_progress = plots.plot_mixture, plots.plot_progress
pytestmark = pytest.mark.filterwarnings("error")

X = np.array([[0.0, 0.1], [0.2, 0.0], [9.0, 9.1], [9.2, 9.0], [8.9, 9.0]])
PI, MU = np.array([0.4, 0.6]), np.array([[0.0, 0.0], [9.0, 9.0]])
SIGMA = np.array([[[4.0, 0.0], [0.0, 1.0]], [[1.0, 0.5], [0.5, 1.0]]])


@pytest.fixture(autouse=True)
def figures_without_a_window() -> Iterator[None]:
    plt.switch_backend("agg")
    yield
    plt.close("all")


def owned(ax: Any) -> list[int]:
    return [len(points.get_offsets()) for points in ax.collections]


def test_points_belong_to_their_likeliest_component() -> None:
    ax = plot_mixture(X, PI, MU, SIGMA)
    assert owned(ax) == [2, 3]
    first, second = ax.collections
    assert to_hex(first.get_facecolor()[0]) != to_hex(second.get_facecolor()[0])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "component 0: pi = 0.4",
        "component 1: pi = 0.6",
    ]
    assert ax.get_aspect() == 1


def test_ellipses_reach_two_standard_deviations_along_the_principal_axes() -> None:
    for ellipse, centre, covariance in zip(plot_mixture(X, PI, MU, SIGMA).patches, MU, SIGMA, strict=True):
        outline = ellipse.get_patch_transform().transform(ellipse.get_path().vertices) - centre
        on_curve = outline[ellipse.get_path().codes != 4][:1]  # a vertex that lies on the curve
        distance = np.einsum("ni,ij,nj->n", on_curve, np.linalg.inv(covariance), on_curve)
        np.testing.assert_allclose(np.sqrt(distance), 2)
        np.testing.assert_allclose(np.abs(outline).max(axis=0), 2 * np.sqrt(np.diag(covariance)), rtol=0.05)


def test_points_far_from_every_centre_still_have_an_owner() -> None:
    assert owned(plot_mixture(X + np.array([1e4, 1e4]), PI[::-1], MU[::-1], SIGMA[::-1])) == [0, 5]


def test_the_weights_count_for_who_owns_a_point() -> None:
    same = np.tile(np.eye(2), (2, 1, 1))
    assert owned(plot_mixture([[0.49, 0]], [0.01, 0.99], [[0, 0], [1, 0]], same)) == [0, 1]
    assert owned(plot_mixture([[0.49, 0]], [1.0, 0.0], [[9, 9], [0.49, 0]], same)) == [1, 0]


def test_a_narrow_component_owns_what_is_near_its_centre() -> None:
    wide_and_narrow = [np.eye(2) * 9, np.eye(2)]
    assert owned(plot_mixture([[0.5, 0], [8, 0]], [0.5, 0.5], np.zeros((2, 2)), wide_and_narrow)) == [1, 1]
    assert owned(plot_mixture([[0.5, 0]], [0.5, 0.5], np.zeros((2, 2)), wide_and_narrow)) == [0, 1]


def test_collapsed_components_are_drawn_without_complaint() -> None:
    ax = plot_mixture(X, PI, MU, [[[0, 0], [0, 0]], [[1, 1], [1, 1]]])
    ax.figure.canvas.draw()
    assert len(ax.patches) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"X": np.zeros((5, 3))}, r"Only points in the plane .* \(5, 3\)"),
        ({"X": np.zeros(5)}, "Only points in the plane"),
        ({"mu": np.zeros((3, 2))}, r"mu has shape \(3, 2\) where \(C, d\) = \(2, 2\) is due"),
        ({"sigma": np.ones((2, 2))}, "sigma has shape"),
        ({"pi": None}, "pi is None"),
        ({"mu": MU * np.nan}, "mu has 4 NaN entries"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_a_figure_is_made(change: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        plot_mixture(**({"X": X, "pi": PI, "mu": MU, "sigma": SIGMA} | change))
    assert plt.get_fignums() == []


def test_progress_marks_exactly_where_the_bound_goes_down() -> None:
    ax = plot_progress([-900, -700, -710, -600, -600 - 1e-9, -605])
    bound, marks = ax.lines
    assert len(bound.get_xdata()) == 6
    assert list(marks.get_xdata()) == [2, 5]
    assert to_hex(marks.get_color()) == "#cc0000"


def test_progress_of_a_growing_bound_has_no_marks() -> None:
    assert len(plot_progress(np.arange(5.0)).lines) == 1
    assert len(plot_progress([-1.0, np.nan, -np.inf, -np.inf]).lines) == 1
    assert len(plot_progress([3.0]).lines) == 1


@pytest.mark.parametrize("losses", [[], None, 3.0, np.zeros((2, 2))])
def test_progress_of_anything_but_a_row_is_refused(losses: object) -> None:
    with pytest.raises(ValueError, match="losses"):
        plot_progress(losses)
