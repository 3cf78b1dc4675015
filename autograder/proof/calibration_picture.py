"""Draws a calibration: for each check, the gap between correct and wrong code, and the tolerance inside the gap."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

_RIGHT, _WRONG, _GAP, _INK = "#2a7fba", "#c8553d", "#b9c2cb", "#5f6b76"
_SMALLEST, _LARGEST = 1e-17, 1e3


def draw_calibration(measured: Mapping[str, Mapping[str, Any]], title: str) -> bytes:
    """An SVG with a bar for each check, from the furthest alternative to the nearest misconception on a log axis.

    The same calibration gives the same bytes. A deviation of zero is drawn at the left edge. A mistake that no
    tolerance could accept, such as a wrong shape, is drawn at the right edge.
    """
    # Imported here because it takes half a second and no other command needs it.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = {**measured["checks"], **{f"key: {name}": row for name, row in measured["key"].items()}}
    style = {"svg.hashsalt": "calibration", "svg.fonttype": "none", "font.family": "sans-serif", "text.color": _INK}
    with mpl.rc_context(style):
        figure = Figure(figsize=(9, 0.3 * len(rows) + 1.4), layout="constrained")
        axes = figure.subplots()
        for y, row in enumerate(rows.values()):
            right, wrong = (
                _axis_position(row[side]["deviation"]) for side in ("furthest_alternative", "nearest_misconception")
            )
            axes.plot([right, wrong], [y, y], color=_GAP, linewidth=7, solid_capstyle="butt", zorder=1)
            axes.plot(right, y, "o", color=_RIGHT, zorder=3, label="furthest correct solution" if y == 0 else None)
            axes.plot(wrong, y, "X", color=_WRONG, zorder=3, label="nearest mistake it sees" if y == 0 else None)
            axes.plot(
                row["tolerance"], y, "|", color="black", markersize=13, zorder=4, label="tolerance" if y == 0 else None
            )
        axes.set_xscale("log")
        axes.set_xlim(_SMALLEST / 3, _LARGEST * 3)
        axes.set_yticks(range(len(rows)), list(rows), fontsize=8)
        axes.invert_yaxis()
        axes.set_xlabel("deviation from the reference, relative to the scale of the answer", color=_INK)
        axes.set_title(title, loc="left", fontsize=11)
        axes.tick_params(colors=_INK)
        axes.grid(axis="x", color="#e3e7ea", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
    return file.getvalue()


def _axis_position(deviation: float | None) -> float:
    return _LARGEST if deviation is None else min(max(deviation, _SMALLEST), _LARGEST)
