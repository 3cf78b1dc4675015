"""Draws the properties of a sample of personal variants: a histogram for each property."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

_BAR, _MARK, _INK = "#2a7fba", "#c8553d", "#5f6b76"
_COLUMNS = 3


def draw_histograms(
    values: Mapping[str, Sequence[float]],
    limits: Mapping[str, tuple[float, float]],
    common: Mapping[str, float],
    path: Path,
) -> None:
    """Draw a histogram for each property that differs among the variants.

    Dashed lines are the limits. The solid line is the common data. The suffix of `path`, .png or .svg, sets the format.
    """
    from matplotlib.figure import Figure  # takes half a second, which other commands need not spend

    varied = [name for name, found in values.items() if min(found) < max(found)]
    rows = -(-len(varied) // _COLUMNS)
    figure = Figure(figsize=(10, 2.6 * rows), layout="constrained")
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes, name in zip(panels, varied, strict=False):
        axes.hist(values[name], bins=24, color=_BAR)
        low, high = min(values[name]), max(values[name])
        for limit in limits[name]:
            if low - (high - low) <= limit <= high + (high - low):
                axes.axvline(limit, color=_INK, linestyle="--")
        axes.axvline(common[name], color=_MARK)
        axes.set_title(textwrap.fill(name, 48), fontsize=9, loc="left")
        axes.tick_params(colors=_INK, labelsize=8)
        axes.set_yticks([])
        axes.spines[["top", "right", "left"]].set_visible(False)
    for axes in panels[len(varied) :]:
        axes.set_axis_off()
    figure.suptitle("blue: the variants   red: everybody's data   dashed: what is allowed", fontsize=9, color=_INK)
    figure.savefig(path, dpi=110)
