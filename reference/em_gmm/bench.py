"""Times the reference's training against scikit-learn's, run by run, on one thread each: `make bench` sets that."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from reference.em_gmm import cases, solution

TOL = 1e-3  # change of the bound for one point at which a run ends, in both


def compare(X: solution.Array, C: int, restarts: int, rounds: int) -> list[float]:
    """Ratios of scikit-learn's time to ours, a pair a round: same data, restarts, tolerance and kind of start."""
    N = len(X)
    typical = solution.train_EM(X, C, restarts=1, seed=0)[0] / N
    ratios = []
    for round_ in range(rounds):
        ours = _seconds(lambda seed=round_: solution.train_EM(X, C, TOL / abs(typical), 100, restarts, seed))  # type: ignore[misc]
        peer = GaussianMixture(C, n_init=restarts, tol=TOL, init_params="random_from_data", random_state=round_)
        ratios.append(_seconds(lambda peer=peer: peer.fit(X)) / ours)  # type: ignore[misc]
    return ratios


def _seconds(run: Callable[[], Any]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def main() -> None:
    """Print one table."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    rng = np.random.default_rng(0)
    large = rng.normal(0, 3, (8, 16))[rng.integers(8, size=100_000)] + rng.normal(size=(100_000, 16))
    table = Table("data", "restarts", "pairs", "scikit-learn's time / ours: median", "least", "most")
    for name, X, C, restarts, rounds in (
        ("N = 280, d = 2, C = 3", cases.X, 3, 10, 15),
        ("N = 100,000, d = 16, C = 8", large, 8, 1, 3),
    ):
        ratios = compare(X, C, restarts, rounds)
        figures = [statistics.median(ratios), min(ratios), max(ratios)]
        table.add_row(name, str(restarts), str(rounds), *(f"{figure:.1f}" for figure in figures))
    Console().print(table)


if __name__ == "__main__":
    main()
