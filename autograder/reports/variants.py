"""Asks whether a variant, the personal data of a student, turned out harder for the class than `prove` found it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.grading import Result
from autograder.reports.statistics import checks_of, interval

CERTAIN = 0.05  # of the variants that are called harder, at most this share is expected to be chance


@dataclass(frozen=True)
class VariantCheck:
    """A check on one variant: `passed` of `asked` notebooks, the interval of that share, and the share on all others.

    `chance` is how often chance alone makes the variant look so hard, corrected for the number of comparisons.
    """

    variant: str
    students: tuple[str, ...]
    check: str
    passed: int
    asked: int
    low: float
    high: float
    elsewhere: float
    chance: float

    @property
    def is_harder(self) -> bool:
        return self.chance < CERTAIN


@dataclass(frozen=True)
class VariantFindings:
    """What a class says about its variants.

    - `variants` and `notebooks`: how many there are.
    - `hardest`: for each variant with several notebooks, the check with the least `chance`. The hardest comes first.
    - `can_tell`: whether any variant has enough notebooks. If all of them failed a check, that would then be noticed.
    """

    variants: int
    notebooks: int
    hardest: tuple[VariantCheck, ...]
    can_tell: bool


def variants_in_class(results: Sequence[Result], personal: Collection[str]) -> VariantFindings | None:
    """Compare each variant with all others. `personal` names the checks that ask about a student's own data.

    `prove` claims that all variants are equally hard. So students with one variant should pass each check as often as
    students with other variants. A one-sided Fisher's exact test compares them for each variant and check. It is
    corrected for the number of comparisons (Benjamini and Hochberg, Journal of the Royal Statistical Society B 57,
    1995). A notebook that several students handed in together counts once. Returns None if the class has no variants.
    """
    from scipy.stats import false_discovery_control, hypergeom  # slow to import

    notebooks: dict[tuple[str, str], list[Result]] = defaultdict(list)  # by variant and hash of the notebook
    for result in results:
        if result["status"] == "graded" and result.get("variant"):
            notebooks[result["variant"], result["notebook_sha256"]].append(result)
    if not notebooks:
        return None
    students: dict[str, list[str]] = defaultdict(list)
    counts: dict[tuple[str, str], list[bool]] = defaultdict(list)  # by check and variant: which notebooks passed
    for (variant, _), same in notebooks.items():
        students[variant] += [result["student"] for result in same]
        for check in checks_of(same[0]):
            if check["name"] in personal:
                counts[check["name"], variant].append(check["status"] == "pass")
    places = list(counts)
    asked = np.array([len(counts[place]) for place in places])
    passed = np.array([sum(counts[place]) for place in places])
    check_of = np.unique([check for check, _ in places], return_inverse=True)[1]
    all_asked = np.bincount(check_of, asked)[check_of].astype(int) if places else asked
    all_passed = np.bincount(check_of, passed)[check_of].astype(int) if places else passed
    chances = hypergeom.cdf(passed, all_asked, all_passed, asked) if places else np.array([])
    if_all_failed = hypergeom.cdf(0, all_asked, all_passed - passed, asked) if places else np.array([])
    adjusted = false_discovery_control(chances) if places else chances
    by_variant: dict[str, int] = {}  # the place that speaks most against a variant
    for place in np.argsort(chances, kind="stable"):
        if asked[place] > 1 and all_asked[place] > asked[place]:
            by_variant.setdefault(places[place][1], int(place))
    hardest = tuple(
        VariantCheck(
            *(variant, tuple(students[variant]), places[place][0], int(passed[place]), int(asked[place])),
            *interval(int(passed[place]), int(asked[place])),
            float((all_passed[place] - passed[place]) / (all_asked[place] - asked[place])),
            float(adjusted[place]),
        )
        for variant, place in by_variant.items()
    )
    return VariantFindings(len(students), len(notebooks), hardest, bool((if_all_failed * len(places) < CERTAIN).any()))
