"""Compares a class with earlier ones: how many passed each check in each year, and whether that differs from today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import UsageError
from autograder.grading import Result
from autograder.reports.statistics import ENOUGH, CheckStatistics, check_statistics, interval
from autograder.runs import LEDGER_NAME, latest_results

CERTAIN = 0.05  # of the differences that are called real, at most this share is expected to be chance


@dataclass(frozen=True)
class Earlier:
    """An earlier class: the ledger's folder, what to call it, and the latest result of each student."""

    label: str
    folder: Path
    results: tuple[Result, ...]


@dataclass(frozen=True)
class YearCell:
    """A check in one year. `facility` is the share that passed, `low` and `high` its interval.

    `change` says if the check was easier or harder in that year than now. If chance explains it, it is empty.
    """

    facility: float
    low: float
    high: float
    asked: int
    change: str = ""


@dataclass(frozen=True)
class YearTable:
    """The checks of this year's class, each with a cell for this year and for each earlier one (None: not asked).

    `small` has the years with too few students to be compared, and `gone` the checks that only earlier years had.
    """

    labels: tuple[str, ...]
    rows: tuple[tuple[CheckStatistics, tuple[YearCell | None, ...]], ...]
    small: tuple[str, ...]
    gone: tuple[str, ...]


def read_earlier(paths: Sequence[Path], slug: str, folder: Path) -> tuple[Earlier, ...]:
    """Read the ledgers of earlier classes of an assignment. `folder` is that of this year's ledger.

    Raises UsageError if one has no results, is of another assignment, or is this year's.
    """
    names = [_year(path.resolve(), slug) for path in paths]
    labels = names if len(set(names)) == len(names) else [str(path) for path in paths]
    classes: list[Earlier] = []
    for path, label in zip(paths, labels, strict=True):
        if path.resolve() in (folder.resolve(), *(known.folder.resolve() for known in classes)):
            raise UsageError(f"{path}: this ledger is compared with itself: give --earlier another folder.")
        results = latest_results(path / LEDGER_NAME)
        if not results:
            raise UsageError(f"{path / LEDGER_NAME}: no graded submission here. Give --earlier the folder of a ledger.")
        others = sorted({result.assignment for result in results.values()} - {slug})
        if others:
            raise UsageError(f"{path / LEDGER_NAME}: this ledger is about {', '.join(others)}, and not about {slug}.")
        classes.append(Earlier(label, path, tuple(results[student] for student in sorted(results))))
    return tuple(classes)


def _year(folder: Path, slug: str) -> str:
    """Name the year of a ledger's folder after the last folder that is not called `grades` or like the assignment."""
    names = [name for name in folder.parts if name not in ("grades", slug)]
    return names[-1]


def by_year(items: Sequence[CheckStatistics], earlier: Sequence[Earlier]) -> YearTable:
    """Return the checks of this year's class beside those of earlier years. A check is known by its name.

    A year is named easier or harder only if Fisher's exact test finds a difference. The test is corrected for the
    number of checks and years (Benjamini and Hochberg, Journal of the Royal Statistical Society B 57, 1995).
    """
    from scipy.stats import false_discovery_control, fisher_exact  # slow to import

    years = [{item.name: item for item in check_statistics(year.results)} for year in earlier]
    chances: dict[tuple[int, str], float] = {}  # by year and check: how often chance makes such a difference
    for number, year in enumerate(years):
        for item in items:
            then = year.get(item.name)
            if then and min(then.asked, item.asked) >= ENOUGH:
                table = [[then.passed, then.asked - then.passed], [item.passed, item.asked - item.passed]]
                chances[number, item.name] = float(fisher_exact(table).pvalue)
    adjusted = false_discovery_control(list(chances.values())) if chances else ()
    real = {place for place, chance in zip(chances, adjusted, strict=True) if chance < CERTAIN}

    def cell(item: CheckStatistics | None, now: CheckStatistics, is_real: bool) -> YearCell | None:
        if item is None:
            return None
        change = ("easier" if item.facility > now.facility else "harder") if is_real else ""
        return YearCell(item.facility, *interval(item.passed, item.asked), item.asked, change)

    rows = tuple(
        (
            item,
            (
                cell(item, item, False),
                *(cell(year.get(item.name), item, (n, item.name) in real) for n, year in enumerate(years)),
            ),
        )
        for item in items
    )
    sizes = [max((item.asked for item in year), default=0) for year in (items, *(y.values() for y in years))]
    labels = ("now", *(year.label for year in earlier))
    small = tuple(label for label, size in zip(labels, sizes, strict=True) if size < ENOUGH)
    known = {item.name for item in items}
    return YearTable(labels, rows, small, tuple(dict.fromkeys(n for year in years for n in year if n not in known)))
