"""Makes the key of the local grader: expected values, tolerances and the prints of known mistakes."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder.assignment import Assignment, Value
from autograder.checks import Misconception, marked
from autograder.diagnose import run_quietly
from grader.compare import compare
from grader.values import BadValue, as_array, finite

_DIGITS = 12  # what is stored: more than any tolerance needs, fewer than machines differ in


def make_key(assignment: Assignment, measured: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """The bytes of key.json and key.npz for calibrated tolerances."""
    arrays: dict[str, Any] = {}
    values: dict[str, Any] = {}
    fingerprints: dict[str, list[dict[str, Any]]] = {}
    for value in (v for submit in assignment.submits.values() for v in submit):
        expected = _rounded(assignment.cases.public_answer(value.name, {}))
        scale = assignment.cases.public_scale(value.name, expected)
        tolerance = measured[value.name]["tolerance"]
        arrays[value.name] = expected
        values[value.name] = {
            "part": value.part,
            "axes": list(value.axes),
            "tolerance": tolerance,
            "scale": float(f"{scale:.6g}"),
        }
        fingerprints[value.name] = []
        if value.random:
            for known in assignment.cases.public_mistakes(value.name):
                name = f"{value.name}.{known['name']}"
                arrays[name] = _rounded(known.pop("answer"))
                fingerprints[value.name].append({**known, "array": name})
            continue
        for mistake in marked(assignment.misconceptions, Misconception):
            answer = _wrong_answer(assignment, value, mistake, expected.shape)
            if answer is None or compare(answer, expected, scale).size <= 10 * tolerance:
                continue
            if any(compare(answer, arrays[f["array"]], scale).size <= 10 * tolerance for f in fingerprints[value.name]):
                continue  # two mistakes that look the same here: the first of the file stands for both
            name = f"{value.name}.{mistake.name}"
            arrays[name] = answer
            fingerprints[value.name].append(
                {"name": mistake.name, "array": name, "hint": mistake.hint, "see": mistake.see}
            )
    head = {
        "schema": "autograder/key/v1",
        "assignment": assignment.slug,
        "title": assignment.title,
        "notebook": assignment.notebook,
        "assignment_key": assignment.key,
        "endpoint": assignment.endpoint,
        "parts": [
            {"id": p.id, "title": p.title, "max_score": p.max_score} | ({"wire_id": p.wire_id} if p.wire_id else {})
            for p in assignment.parts
        ],
        "submits": [{"method": m, "values": [v.name for v in vs]} for m, vs in assignment.submits.items()],
        "values": values,
        "fingerprints": fingerprints,
    }
    return to_json(head), to_npz(arrays)


def _wrong_answer(assignment: Assignment, value: Value, mistake: Misconception, shape: tuple[int, ...]) -> Any:
    """What the mistake makes of a value on the public samples; None where that is no array of numbers."""
    if mistake.part != value.part:
        return None
    function = assignment.part(value.part).function
    answer = run_quietly(assignment.cases.public_answer, (value.name, {function: mistake.function}))
    try:
        array = as_array(answer, shape, value.name)
        finite(array, value.name)
    except BadValue:
        return None
    return _rounded(array)


def _rounded(array: Any) -> Any:
    """To so many significant digits that another machine's last bit does not show."""
    text = [f"{x:.{_DIGITS - 1}e}" for x in np.asarray(array, dtype=float).ravel()]
    return np.array([float(t) for t in text]).reshape(np.shape(array))


def to_json(record: Mapping[str, Any]) -> bytes:
    """Readable, stable JSON."""
    return (json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def to_npz(arrays: Mapping[str, Any]) -> bytes:
    """The same arrays give the same bytes."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()
