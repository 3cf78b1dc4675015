"""Draws the notebook's pictures of good and bad results into its source: `python -m reference.hmm.gallery`."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from reference.hmm import solution
from reference.hmm.models import drawn, sequence
from reference.hmm.solution import Array

NOTEBOOK = Path(__file__).resolve().parents[2] / "source" / "hmm" / "hmm.ipynb"
_COLOURS = ("#0072B2", "#E69F00", "#009E73")  # of Okabe and Ito: colour-blind readers can tell them apart
_A = np.array([[0.94, 0.03, 0.03], [0.04, 0.92, 0.04], [0.03, 0.05, 0.92]])
_B = np.array(
    [[0.40, 0.30, 0.12, 0.08, 0.06, 0.04], [0.08, 0.10, 0.36, 0.30, 0.09, 0.07], [0.04, 0.06, 0.09, 0.11, 0.30, 0.40]]
)
_PI = np.array([0.4, 0.3, 0.3])


def posteriors() -> Figure:
    """The right posterior, and three wrong ones."""
    obs = sequence(_A, _B, _PI, 120, np.random.default_rng(3))[1]
    gamma = solution.posterior(_A, _B, _PI, obs)[0]
    alpha, beta = _scaled(obs)
    emissions = _B[:, obs].T
    panels = {
        "right": gamma,
        "forward variables only": alpha,
        "symbols only": emissions / emissions.sum(axis=1, keepdims=True),
        "a factor missing": alpha * beta,
    }
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    for axes, (title, bands) in zip(figure.subplots(2, 2, sharex=True).flat, panels.items(), strict=True):
        axes.stackplot(np.arange(len(obs)), bands.T, colors=_COLOURS, step="mid", linewidth=0)
        axes.set_xlim(0, len(obs) - 1)
        axes.set_ylim(0, max(1.0, bands.sum(axis=1).max()))
        axes.set_title(title)
    return figure


def _scaled(obs: Array) -> tuple[Array, Array]:
    """Forward and backward variables (T, K), scaled by the same divisors."""
    b = _B[:, obs].T
    alpha, beta, c = np.zeros(b.shape), np.ones(b.shape), np.zeros(len(obs))
    for t in range(len(obs)):
        alpha[t] = b[t] * (alpha[t - 1] @ _A if t else _PI)
        c[t] = alpha[t].sum()
        alpha[t] /= c[t]
    beta[-1] /= c[-1]
    for t in range(len(obs) - 2, -1, -1):
        beta[t] = _A @ (b[t + 1] * beta[t + 1]) / c[t]
    return alpha, beta


def runs() -> Figure:
    """Log-likelihoods over the iterations: right runs, and three wrong ones."""
    obs = sequence(_A, _B, _PI, 150, np.random.default_rng(5))[1]
    begin = [drawn(60 + i, 3, 6, 1) for i in range(5)]
    right = [_climb(obs, start, 60) for start in begin]
    fitted = dict(zip(("A", "B", "pi"), solution.baum_welch(obs, 3, 6, seed=0)[1:], strict=True))
    uniform = dict(A=np.full((3, 3), 1 / 3), B=np.full((3, 6), 1 / 6), pi=np.full(3, 1 / 3))
    panels = {
        "right: five restarts": right,
        "a wrong M-step": [_climb(obs, start, 60, shifted=True) for start in (fitted, begin[0])],
        "equal states at the start": [_climb(obs, uniform, 60)],
        "stopped too early": [curve[:8] for curve in right],
    }
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    low, high = min(map(min, right)), max(map(max, right))
    for axes, (title, curves) in zip(figure.subplots(2, 2, sharex=True).flat, panels.items(), strict=True):
        for curve in curves:
            axes.plot(curve, linewidth=1.5)
        axes.set_xlim(0, 60)
        axes.set_ylim(low - 0.1 * (high - low), high + 0.1 * (high - low))
        axes.set_title(title)
    figure.supxlabel("iteration")
    figure.supylabel("log-likelihood")
    return figure


def _climb(obs: Array, start: dict[str, Array], iterations: int, shifted: bool = False) -> list[float]:
    """The log-likelihood after each iteration. If `shifted`, each symbol counts for the next time."""
    A, B, pi = start["A"], start["B"], start["pi"]
    curve = [solution.forward(A, B, pi, obs)]
    for _ in range(iterations):
        gamma, xi = solution.posterior(A, B, pi, obs)
        A, B, pi = solution.reestimate(A, B, gamma, xi, np.roll(obs, 1) if shifted else obs)
        curve.append(solution.forward(A, B, pi, obs))
    return curve


def as_png(figure: Figure) -> str:
    """The picture as base64 text. The same picture gives the same text on one version of matplotlib."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=80, metadata={"Software": None})
    return base64.b64encode(file.getvalue()).decode()


def main() -> None:
    """Write the pictures into the cells that refer to them."""
    pictures = {"posterior.png": posteriors, "training.png": runs}
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        for name, draw in pictures.items():
            if f"(attachment:{name})" in text:
                cell["attachments"] = {name: {"image/png": as_png(draw())}}
    NOTEBOOK.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
