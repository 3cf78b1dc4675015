"""Compares values before and after a frame carried them."""

from typing import Any

import numpy as np


def same_value(a: Any, b: Any) -> bool:
    """Whether two values have the same type and the same content, bit by bit."""
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same_value, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_value(a[key], b[key]) for key in a)
    return repr(a) == repr(b)  # so that NaN equals NaN
