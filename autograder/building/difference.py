"""Whether a committed file is what build makes, up to what machines differ in; else the first difference."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

_SAME = 1e-9  # relative; what machines may differ in when they make the same arrays
_DRIFT = 3.0  # between two measurements of how far code strays
_NOISE = 1e-12  # below it a deviation is rounding, and chance says who strays furthest
_ROUNDED = 1.5  # between two tolerances, or one step of their only digit
_LUCK = {"a_single_try_fails": 0.05, "right_code_passes_at_least": 1e-3, "share_taken_for_right": 0.02}


def difference(path: Path, new: bytes, draw: Callable[[Any], bytes]) -> str:
    """How a file differs from what build makes, with the place where that can be said; empty when it does not.

    `draw` makes the picture of a calibration, which has to show the numbers that are committed beside it.
    """
    if not path.is_file():
        return "missing"
    old = path.read_bytes()
    if path.suffix == ".svg":
        return _of_picture(old, path.with_suffix(".json"), draw)
    if old == new:
        return ""
    if path.suffix == ".npz":
        return "" if _same_arrays(old, new) else "not what build makes"
    if path.suffix == ".json":
        try:
            place = _first(json.loads(old), json.loads(new))
        except ValueError:
            return "not what build makes"
        return f"{place} is not what build makes" if place else ""
    return "not what build makes"


def _of_picture(old: bytes, numbers: Path, draw: Callable[[Any], bytes]) -> str:
    try:
        drawn = draw(json.loads(numbers.read_bytes()))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return f"can't be compared, because {numbers.name} is missing or damaged"
    return "" if old == drawn else f"not what {numbers.name} looks like"


def _same_arrays(old: bytes, new: bytes) -> bool:
    try:
        with np.load(BytesIO(old)) as a, np.load(BytesIO(new)) as b:
            return list(a) == list(b) and all(
                a[k].shape == b[k].shape and np.allclose(a[k], b[k], rtol=_SAME, atol=_SAME) for k in a
            )
    except (ValueError, OSError, KeyError):
        return False


def _first(old: Any, new: Any, key: str = "") -> str:
    """The path of the first difference, such as `checks.a_check.tolerance`; empty when there is none."""
    if key in ("furthest_alternative", "nearest_misconception"):
        return _of_evidence(old, new, key)
    if isinstance(old, dict) and isinstance(new, dict):
        by_hand = "why" in new and old.get("tolerance") != new.get("tolerance")
        inside = ["tolerance"] if by_hand else []
        inside += [k for k in {**new, **old} if k not in old or k not in new]
        inside += [_first(old[k], new[k], k) for k in new if k in old]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        inside = [_first(o, n, str(i)) for i, (o, n) in enumerate(zip(old, new, strict=True))]
    else:
        return "" if _same_number(old, new, key) else key
    first = next(filter(None, inside), "")
    return f"{key}.{first}".lstrip(".") if first else ""


def _of_evidence(old: Any, new: Any, key: str) -> str:
    if not isinstance(old, dict) or old.keys() != new.keys():
        return key
    was, now = old["deviation"], new["deviation"]
    if None in (was, now):
        return "" if old == new else key
    if not _number(was) or was < 0:
        return f"{key}.deviation"
    if max(was, now) <= _NOISE:
        return ""
    if old["name"] != new["name"]:
        return f"{key}.name"
    return "" if was and now and 1 / _DRIFT <= was / now <= _DRIFT else f"{key}.deviation"


def _same_number(old: Any, new: Any, key: str) -> bool:
    if old == new and type(old) is type(new):
        return True
    if key == "unluckiest":
        return True  # of several that are nearly as lucky
    if not (_number(old) and _number(new)):
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


def _number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
