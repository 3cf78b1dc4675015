"""Writes records and arrays so that the same content gives the same bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np


def to_json(record: Mapping[str, Any]) -> bytes:
    """The record as readable JSON. The same record gives the same bytes."""
    return (json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def to_npz(arrays: Mapping[str, Any]) -> bytes:
    """The arrays as an .npz file. The same arrays give the same bytes."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()
