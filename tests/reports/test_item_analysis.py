"""Fifths, years and variants: as computed by hand, for any class by property, and silent where nothing is to find."""

from __future__ import annotations

import functools
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.assignment import UsageError
from autograder.reports import earlier, variants
from autograder.reports.earlier import Earlier, by_year, read_earlier
from autograder.reports.statistics import ENOUGH, check_statistics, interval, shares_by_fifth
from autograder.reports.variants import variants_in_class
from autograder.runs import Ledger

Result = dict[str, Any]
KNOWN_INTERVALS = functools.cache(interval)
CLASSES = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=ENOUGH, max_size=60)


@pytest.fixture(autouse=True)
def _each_interval_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of them are of a few numbers."""
    for module in (earlier, variants):
        monkeypatch.setattr(module, "interval", KNOWN_INTERVALS)


def result(student: str, *passed: bool, variant: str | None = None, sha: str = "") -> Result:
    checks = [
        {"name": f"c{i}", "title": f"C{i}.", "points": 1, "status": "pass" if ok else "fail", "message": ""}
        | {"misconception": None, "hint": None}
        for i, ok in enumerate(passed)
    ]
    return {
        **{"assignment": "em_gmm", "student": student, "status": "graded", "message": "", "variant": variant},
        **{"notebook_sha256": sha or student, "parts": [{"id": "p", "checks": checks}]},
    }


def test_the_fifths_are_those_that_one_counts_by_hand() -> None:
    scores = list(range(10))
    passed = [0, 0, 0, 1, 0, 1, 1, 1, 1, 1]
    assert shares_by_fifth(passed, scores) == pytest.approx((0, 0.5, 0.5, 1, 1))


def test_students_with_the_same_score_share_the_places_that_they_fill() -> None:
    # The ten in the middle fill the upper half of the second fifth, the third, and the lower half of the fourth.
    scores = [0] * 6 + [1] * 8 + [2] * 6
    passed = [0] * 6 + [1, 0] * 4 + [1] * 6
    assert shares_by_fifth(passed, scores) == pytest.approx((0, 0.25, 0.5, 0.75, 1))


@settings(max_examples=200)
@given(CLASSES, st.randoms(use_true_random=False))
def test_the_order_of_students_changes_no_fifth_and_their_mean_is_the_facility(
    students: list[tuple[bool, int]], draw: random.Random
) -> None:
    fifths = shares_by_fifth(*zip(*students, strict=True))
    assert sum(fifths) / 5 == pytest.approx(sum(passed for passed, _ in students) / len(students))
    assert all(-1e-12 <= share <= 1 + 1e-12 for share in fifths)
    turned = draw.sample(students, len(students))
    assert shares_by_fifth(*zip(*turned, strict=True)) == pytest.approx(fifths)


def test_a_notebook_that_a_group_handed_in_counts_once_for_a_check() -> None:
    together = [{**result(name, False), "members": ["ash", "elm", "oak"]} for name in ("ash", "elm", "oak")]
    (item,) = check_statistics([*together, result("fir", True)])
    assert (item.passed, item.asked) == (1, 2)


def test_a_check_that_weak_and_strong_pass_alike_has_level_fifths() -> None:
    draw = random.Random(0)
    fifths = shares_by_fifth([draw.random() < 0.5 for _ in range(5000)], [draw.random() for _ in range(5000)])
    assert max(fifths) - min(fifths) < 0.1


def test_a_class_of_nine_has_no_fifths() -> None:
    nine = [result(str(n), n > 4) for n in range(ENOUGH - 1)]
    assert check_statistics(nine)[0].fifths == ()
    assert len(check_statistics([*nine, result("tenth", True)])[0].fifths) == 5


def test_the_interval_is_that_of_clopper_and_pearson() -> None:
    assert interval(0, 10) == pytest.approx((0, 0.3085), abs=1e-4)  # 1 - 0.025 ** (1 / 10)
    assert interval(10, 10) == pytest.approx((0.6915, 1), abs=1e-4)
    low, high = interval(15, 30)
    assert (low, high) == pytest.approx((0.313, 0.687), abs=1e-3)


def year(label: str, *passed: int, size: int = 60) -> Earlier:
    """A class of which so many pass each check."""
    return Earlier(label, Path(label), tuple(result(str(n), *(n < p for p in passed)) for n in range(size)))  # type: ignore[misc]


def test_a_year_in_which_a_check_was_easier_is_named_and_the_others_are_not() -> None:
    now = check_statistics(year("now", 20, 40, 30).results)
    table = by_year(now, [year("2025", 55, 38, 31), year("2024", 21, 41, 29)])
    assert table.labels == ("now", "2025", "2024")
    assert [[cell and cell.change for cell in cells] for _, cells in table.rows] == [
        ["", "easier", ""],
        ["", "", ""],
        ["", "", ""],
    ]
    first = table.rows[0][1][1]
    assert first is not None
    assert (first.facility, first.asked) == (pytest.approx(55 / 60), 60)
    assert (first.low, first.high) == interval(55, 60)


def test_equal_years_are_called_different_about_as_rarely_as_promised() -> None:
    """A negative control: 24 checks in three years that differ by chance only."""
    draw = random.Random(7)

    def classroom(label: str) -> Earlier:
        students = tuple(result(str(n), *(draw.random() < 0.6 for _ in range(24))) for n in range(80))
        return Earlier(label, Path(label), students)  # type: ignore[arg-type]

    wrong = 0
    for _ in range(20):
        table = by_year(check_statistics(classroom("now").results), [classroom("a"), classroom("b")])
        wrong += any(cell and cell.change for _, cells in table.rows for cell in cells)
    assert wrong <= 3


def test_a_small_year_is_shown_with_its_interval_and_never_called_different() -> None:
    table = by_year(check_statistics(year("now", 0).results), [year("2025", 9, size=9)])
    cell = table.rows[0][1][1]
    assert cell is not None
    assert (cell.facility, cell.change) == (1, "")
    assert table.small == ("2025",)


def test_a_check_that_only_some_years_have_is_no_difference() -> None:
    table = by_year(check_statistics(year("now", 5).results), [year("2025", 5, 50)])
    assert table.gone == ("c1",)
    table = by_year(check_statistics(year("now", 5, 50).results), [year("2025", 5)])
    assert table.rows[1][1][1] is None


def ledger_in(folder: Path, *results: Result) -> Path:
    for one in results:
        Ledger(folder).append({"status": "graded", "score": 0, "max_score": 1, "spec_sha256": "", **one})
    return folder


def test_an_earlier_ledger_is_called_as_its_folder_if_that_tells_it_from_the_others(tmp_path: Path) -> None:
    paths = [ledger_in(tmp_path / name, result("ada", True)) for name in ("2025", "2024", "old/2025")]
    assert [e.label for e in read_earlier(paths[:2], "em_gmm", tmp_path / "now")] == ["2025", "2024"]
    assert [e.label for e in read_earlier(paths[::2], "em_gmm", tmp_path / "now")] == [str(paths[0]), str(paths[2])]


def test_an_earlier_ledger_in_a_folder_that_names_no_year_is_called_as_the_folder_above_it(tmp_path: Path) -> None:
    paths = [
        ledger_in(tmp_path / name, result("ada", True)) for name in ("2025/grades", "2024/grades/em_gmm", "old/2025")
    ]
    assert [e.label for e in read_earlier(paths[:2], "em_gmm", tmp_path / "now")] == ["2025", "2024"]
    assert [e.label for e in read_earlier(paths[::2], "em_gmm", tmp_path / "now")] == [str(paths[0]), str(paths[2])]


@pytest.mark.parametrize(
    ("which", "said"),
    [("none", "no graded submission"), ("hmm", "about hmm, and not"), ("now", "compared with itself")],
)
def test_a_ledger_that_cannot_be_an_earlier_year_is_refused_with_the_reason(
    which: str, said: str, tmp_path: Path
) -> None:
    ledger_in(tmp_path / "now", result("ada", True))
    ledger_in(tmp_path / "hmm", {**result("ada", True), "assignment": "hmm"})
    with pytest.raises(UsageError, match=said):
        read_earlier([tmp_path / which], "em_gmm", tmp_path / "now")


def class_with_variants(chances: dict[str, float], each: int, draw: random.Random, checks: int = 4) -> list[Result]:
    """Students of several variants. The last check is harder on a variant by its chance to pass."""
    return [
        result(
            f"{variant}{n}",
            *(draw.random() < 0.8 for _ in range(checks - 1)),
            draw.random() < chance,
            variant=variant,
        )
        for variant, chance in chances.items()
        for n in range(each)
    ]


def named(results: list[Result], personal: set[str]) -> list[tuple[str, str]]:
    found = variants_in_class(results, personal)  # type: ignore[arg-type]
    assert found is not None
    return [(row.variant, row.check) for row in found.hardest if row.is_harder]


ALL = {f"c{i}" for i in range(4)}


def test_a_variant_that_is_harder_than_the_others_is_named_with_its_check_and_interval() -> None:
    students = class_with_variants({"a": 0.9, "b": 0.9, "c": 0.1, "d": 0.9}, 20, random.Random(1))
    assert named(students, ALL) == [("c", "c3")]
    found = variants_in_class(students, ALL)  # type: ignore[arg-type]
    assert found is not None
    worst = found.hardest[0]
    assert (worst.variant, worst.asked, worst.students[0]) == ("c", 20, "c0")
    assert worst.low <= worst.passed / 20 <= worst.high < worst.elsewhere
    assert found.can_tell


def test_a_check_that_asks_no_own_data_says_nothing_about_variants() -> None:
    students = class_with_variants({"a": 0.9, "b": 0.9, "c": 0.1, "d": 0.9}, 20, random.Random(1))
    assert named(students, {"c0", "c1", "c2"}) == []


def test_variants_that_are_equally_hard_are_rarely_called_harder() -> None:
    """A negative control with forty variants of five: without the correction, half of these classes would have one."""
    wrong = sum(
        bool(named(class_with_variants({f"v{n}": 0.7 for n in range(40)}, 5, random.Random(seed)), ALL))
        for seed in range(40)
    )
    assert wrong <= 4


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_a_class_in_which_each_student_has_their_own_variant_cannot_tell(chance: float) -> None:
    students = class_with_variants({f"v{n}": chance for n in range(200)}, 1, random.Random(0))
    found = variants_in_class(students, ALL)  # type: ignore[arg-type]
    assert found is not None
    assert (found.variants, found.notebooks, found.can_tell, found.hardest) == (200, 200, False, ())


def test_a_notebook_that_a_group_handed_in_together_counts_once() -> None:
    group = [result(f"g{n}", True, True, True, False, variant="a", sha="same") for n in range(30)]
    others = class_with_variants({"b": 0.9, "c": 0.9}, 30, random.Random(3))
    assert named([*group, *others], ALL) == []
    alone = [{**one, "notebook_sha256": one["student"]} for one in group]
    assert named([*alone, *others], ALL) == [("a", "c3")]


def test_a_class_with_the_same_data_for_all_has_no_variants() -> None:
    assert variants_in_class([result("ada", True)], ALL) is None  # type: ignore[list-item]
    assert variants_in_class([], ALL) is None
