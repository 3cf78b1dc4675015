"""Compares a committed file with what build makes, apart from what differs between machines."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from autograder.grading import FLOOR, MULTIPLE

_SAME = 1e-9  # the relative difference that two machines may have in the same array
_DRIFT = 3.0  # the factor that two measurements of one deviation may differ by
_FASTER = 20.0  # the factor that the processor time of two machines may differ by
_QUICK = FLOOR / MULTIPLE  # seconds; a quicker call gets the shortest limit, however quick it is
_NOISE = 1e-12  # a smaller deviation is rounding, and chance decides which solution has the largest
_ROUNDED = 1.5  # the factor that two tolerances may differ by; one step of their only digit is allowed too
# How much measurements of luck may differ.
_LUCK = {"a_single_try_fails": 0.05, "right_code_passes_at_least": 1e-3, "share_taken_for_right": 0.02}


def difference(path: Path, new: bytes, draw: Callable[[Any], bytes]) -> str:
    """How a file differs from what build makes, with the place if it is known; empty if there is no difference.

    `draw` makes the picture of a calibration. A picture has to show the numbers in the file committed beside it.
    """
    if not path.is_file():
        return "missing"
    old = path.read_bytes()
    if path.suffix == ".svg":
        return _picture_difference(old, path.with_suffix(".json"), draw)
    if old == new:
        return ""
    if path.suffix == ".npz":
        return "" if _same_arrays(old, new) else "not what build makes"
    if path.suffix == ".json":
        try:
            place = _first_difference(json.loads(old), json.loads(new))
        except ValueError:
            return "not what build makes"
        return f"{place} is not what build makes" if place else ""
    return "not what build makes"


def _picture_difference(old: bytes, numbers: Path, draw: Callable[[Any], bytes]) -> str:
    try:
        drawn = draw(json.loads(numbers.read_bytes()))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return f"can't be compared, because {numbers.name} is missing or damaged"
    return "" if old == drawn else f"does not show the numbers of {numbers.name}"


def _same_arrays(old: bytes, new: bytes) -> bool:
    try:
        with np.load(BytesIO(old)) as a, np.load(BytesIO(new)) as b:
            return list(a) == list(b) and all(
                a[k].shape == b[k].shape and np.allclose(a[k], b[k], rtol=_SAME, atol=_SAME) for k in a
            )
    except (ValueError, OSError, KeyError):
        return False


def _first_difference(old: Any, new: Any, key: str = "") -> str:
    """The path of the first difference, such as `checks.a_check.tolerance`; empty if there is none."""
    if key in ("furthest_alternative", "nearest_misconception"):
        return _evidence_difference(old, new, key)
    if key == "slowest_alternative":  # several may be nearly as slow, and chance decides among them
        if not isinstance(old, dict) or old.keys() != new.keys():
            return key
        if not isinstance(old["name"], str):
            return f"{key}.name"
        return "" if _same_seconds(old["seconds"], new["seconds"], _QUICK) else f"{key}.seconds"
    if key == "yardstick_seconds":
        return "" if _same_seconds(old, new, 0.0) else key
    if isinstance(old, dict) and isinstance(new, dict):
        by_hand = "why" in new and old.get("tolerance") != new.get("tolerance")
        differences = ["tolerance"] if by_hand else []
        differences += [k for k in {**new, **old} if k not in old or k not in new]
        differences += [_first_difference(old[k], new[k], k) for k in new if k in old]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        differences = [_first_difference(o, n, str(i)) for i, (o, n) in enumerate(zip(old, new, strict=True))]
    else:
        return "" if _same_number(old, new, key) else key
    first = next(filter(None, differences), "")
    return f"{key}.{first}".lstrip(".") if first else ""


def _evidence_difference(old: Any, new: Any, key: str) -> str:
    if not isinstance(old, dict) or old.keys() != new.keys():
        return key
    before, now = old["deviation"], new["deviation"]
    if None in (before, now):
        return "" if old == new else key
    if not _is_number(before) or before < 0:
        return f"{key}.deviation"
    if max(before, now) <= _NOISE:
        return ""
    if old["name"] != new["name"]:
        return f"{key}.name"
    return "" if before and now and 1 / _DRIFT <= before / now <= _DRIFT else f"{key}.deviation"


def _same_number(old: Any, new: Any, key: str) -> bool:
    if old == new and type(old) is type(new):
        return True
    if key == "unluckiest":
        return True  # several solutions are nearly as unlucky, and chance decides among them
    if not (_is_number(old) and _is_number(new)):
        return False
    if key in _LUCK:
        return bool(abs(old - new) <= _LUCK[key])
    if key == "furthest_of_these":
        return bool(old > 0 and new > 0 and 1 / _DRIFT <= old / new <= _DRIFT)
    if key == "tolerance" and old > 0:
        low, high = sorted((old, new))
        step = 10.0 ** math.floor(math.log10(low) + 1e-9)
        return bool(high <= _ROUNDED * low or high - low <= 1.01 * step)
    return False


def _same_seconds(old: Any, new: float, quick: float) -> bool:
    """Whether two machines may have measured these. Seconds below `quick` are as good as `quick`."""
    if not _is_number(old) or old < 0:
        return False
    before, now = max(old, quick), max(new, quick)
    return bool(before > 0 and 1 / _FASTER <= now / before <= _FASTER)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
