"""Which differences from what build makes `build --check` accepts, and which place it names for the others."""

from __future__ import annotations

import copy
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.building.difference import difference

ROW = {
    "tolerance": 3e-7,
    "furthest_alternative": {"name": "loops", "deviation": 3e-10},
    "nearest_misconception": {"name": "swapped", "deviation": 3e-4},
    "slowest_alternative": {"name": "loops", "seconds": 0.5},
}
LUCK = {"runs_per_case": 100, "right_code_passes_at_least": 0.9998, "unluckiest": "loops", "a_single_try_fails": 0.5}
MADE: dict[str, Any] = {
    "checks": {
        "measured": ROW,
        "by_hand": ROW | {"why": "because", "luck": LUCK},
        "exact": ROW | {"furthest_alternative": {"name": "loops", "deviation": 2e-16}},
        "shape": ROW | {"nearest_misconception": {"name": "table", "deviation": None}},
    },
    "hints": ["one", "two"],
    "yardstick_seconds": 0.02,
}


def draw(measured: Any) -> bytes:
    return f"a picture of {measured['checks']['measured']['tolerance']}".encode()


def difference_of(folder: Path, committed: Any) -> str:
    path = folder / "calibration.json"
    path.write_text(json.dumps(committed))
    return difference(path, json.dumps(MADE, indent=1).encode(), draw)


def changed(place: str, value: Any) -> Any:
    record = copy.deepcopy(MADE)
    *keys, last = place.split(".")
    entry = record
    for key in keys:
        entry = entry[key]
    entry[last] = value
    return record


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("checks.measured.tolerance", 4e-7),
        ("checks.measured.tolerance", 2e-7),  # one step of its only digit
        ("checks.measured.furthest_alternative.deviation", 8e-10),
        ("checks.measured.nearest_misconception.deviation", 1.1e-4),
        ("checks.exact.furthest_alternative", {"name": "einsum", "deviation": 9e-16}),  # both are rounding
        ("checks.by_hand.luck.unluckiest", "einsum"),
        ("checks.by_hand.luck.a_single_try_fails", 0.53),
        ("checks.measured.slowest_alternative", {"name": "einsum", "seconds": 4.0}),
        ("checks.measured.slowest_alternative.seconds", 1e-5),  # any call gets more than it needs
        ("yardstick_seconds", 0.1),
    ],
)
def test_what_differs_between_machines_is_accepted(tmp_path: Path, place: str, value: Any) -> None:
    assert difference_of(tmp_path, changed(place, value)) == ""


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("checks.measured.tolerance", 8.7e-7),
        ("checks.measured.tolerance", 1e-7),
        ("checks.measured.tolerance", -3e-7),
        ("checks.measured.tolerance", "3e-7"),
        ("checks.measured.tolerance", True),
        ("checks.by_hand.tolerance", 3.1e-7),
        ("checks.by_hand.why", "because!"),
        ("checks.measured.furthest_alternative.name", "einsum"),
        ("checks.measured.furthest_alternative.deviation", 9.1e-10),
        ("checks.measured.nearest_misconception.name", "other"),
        ("checks.measured.nearest_misconception.deviation", 9.1e-5),
        ("checks.measured.nearest_misconception.deviation", -1.0),
        ("checks.measured.nearest_misconception.deviation", "3e-4"),
        ("checks.exact.furthest_alternative.deviation", 1e-3),
        ("checks.by_hand.luck.runs_per_case", 10),
        ("checks.by_hand.luck.right_code_passes_at_least", 1.1),
        ("checks.by_hand.luck.a_single_try_fails", 0.6),
        ("checks.measured.slowest_alternative.seconds", 11.0),
        ("checks.measured.slowest_alternative.seconds", -1.0),
        ("checks.measured.slowest_alternative.name", None),
        ("yardstick_seconds", 0.5),
        ("yardstick_seconds", None),
        ("hints.1", "three"),
    ],
)
def test_a_forged_number_or_name_is_reported_with_its_place(tmp_path: Path, place: str, value: Any) -> None:
    committed = MADE | {"hints": ["one", value]} if place == "hints.1" else changed(place, value)
    assert difference_of(tmp_path, committed) == f"{place} is not what build makes"


@pytest.mark.parametrize("value", [0.5, "null"])
def test_a_mistake_that_no_tolerance_accepts_has_no_deviation(tmp_path: Path, value: Any) -> None:
    found = difference_of(tmp_path, changed("checks.shape.nearest_misconception.deviation", value))
    assert found == "checks.shape.nearest_misconception is not what build makes"


@pytest.mark.parametrize("change", ["missing", "added"])
def test_a_row_that_is_missing_or_added_is_reported(tmp_path: Path, change: str) -> None:
    committed = copy.deepcopy(MADE)
    if change == "missing":
        del committed["checks"]["exact"]
    else:
        committed["checks"]["exact too"] = ROW
    place = "exact" if change == "missing" else "exact too"
    assert difference_of(tmp_path, committed) == f"checks.{place} is not what build makes"


def test_a_picture_has_to_show_the_numbers_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "calibration.svg"
    path.write_bytes(draw(MADE))
    assert "calibration.json is missing or damaged" in difference(path, draw(MADE), draw)
    difference_of(tmp_path, MADE)
    assert difference(path, b"drawn from numbers that differ in the last digit", draw) == ""
    path.write_bytes(draw(changed("checks.measured.tolerance", 4e-7)))
    assert difference(path, draw(MADE), draw) == "does not show the numbers of calibration.json"


def test_arrays_are_compared_except_for_their_last_bits(tmp_path: Path) -> None:
    path = tmp_path / "key.npz"

    def packed(**arrays: Any) -> bytes:
        np.savez(file := BytesIO(), **arrays)
        return file.getvalue()

    path.write_bytes(packed(a=np.array([1.0, 2.0])))
    assert difference(path, packed(a=np.array([1.0, 2.0 + 1e-12])), draw) == ""
    for other in (packed(a=np.array([1.0, 2.1])), packed(b=np.array([1.0, 2.0])), b"no archive"):
        assert difference(path, other, draw) == "not what build makes"


def test_damaged_json_and_a_missing_file_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    assert difference(path, b"{}", draw) == "missing"
    path.write_text("{")
    assert difference(path, b"{}", draw) == "not what build makes"
