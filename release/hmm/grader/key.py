"""The key of an assignment: its parts, the expected values and the traces of known mistakes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SCHEMA = "autograder/key/v1"


class BrokenKey(ValueError):
    """The key is missing or damaged. The text says so, and how to correct it."""


@dataclass(frozen=True)
class Part:
    """One graded part of the assignment."""

    id: str
    title: str
    max_score: float
    wire_id: str  # what the course's service calls it
    function: str  # the name under which grading looks for the answer in the notebook, empty if it is not known


@dataclass(frozen=True)
class Submit:
    """A method of the grader: its name, and the names of the values that it takes, in order."""

    method: str
    values: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """The value that one known mistake returns (same shape), and the hint for a student who made it."""

    name: str
    array: Any  # or a text, a list, a tuple or a dict, where one is expected
    hint: str
    see: str
    tolerance: float


@dataclass(frozen=True, eq=False)
class Value:
    """One expected value: a read-only array whose axes are named by `axes`, a 0-d one for a number.

    An answer is right when max|answer - expected| / scale <= tolerance, as `compare` says:

    - "close": the answer is an array of floats. This is the usual one.
    - "exact": only floats in a list, tuple or dict have a tolerance. If one of these or a text is expected, it is
      `plain`.
    - "kept": the answer is kept and not judged, and nothing is expected here. `due` says of which kind it has to be: a
      "number" or "text". It is empty for other kinds.

    `labels` are the axes that count labels, whose order does not matter, or "values" if the entries are labels. All
    values of one call have the same order. With `sign`, the answer may have the other sign: "all" of it, or each entry
    along the axis of this number. A `random` value depends on chance, and its tolerance allows for that.
    """

    name: str
    part: str
    axes: tuple[str, ...]
    tolerance: float
    scale: float
    expected: Array
    fingerprints: tuple[Fingerprint, ...]
    compare: str = "close"
    plain: Any = None
    labels: tuple[int, ...] | str | None = None
    sign: int | str | None = None
    due: str = ""
    random: bool = False


@dataclass(frozen=True, eq=False)
class Key:
    """Everything the grader knows about the assignment; each part has exactly one value."""

    assignment: str
    title: str
    notebook: str
    assignment_key: str
    endpoint: str | None
    parts: tuple[Part, ...]
    submits: tuple[Submit, ...]
    values: Mapping[str, Value]


def load_key(folder: str | Path) -> Key:
    """Read `key.json` and `key.npz` in `folder`. Raises BrokenKey when they cannot be used."""
    folder = Path(folder)
    mend = (
        f"The grader's key in {folder} is missing or damaged: download the assignment again, and copy only its folder "
        "`grader` over yours"
    )
    try:
        description = json.loads((folder / "key.json").read_text(encoding="utf-8"))
        # Opened here, because numpy forgets to close a file that turns out to be damaged.
        with (folder / "key.npz").open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        return _key(description, arrays)
    except BrokenKey as error:
        raise BrokenKey(f"{mend} ({error}).") from None
    except Exception as error:  # a damaged file can fail anywhere inside json, zipfile and numpy
        raise BrokenKey(f"{mend} ({type(error).__name__}).") from error


def _key(description: dict[str, Any], arrays: dict[str, Array]) -> Key:
    _need(description["schema"] == SCHEMA, f"its schema is not {SCHEMA}")
    parts = tuple(_part(entry) for entry in description["parts"])
    submits = tuple(Submit(s["method"], tuple(s["values"])) for s in description["submits"])
    values = {
        name: _value(name, entry, description.get("fingerprints", {}).get(name, []), arrays)
        for name, entry in description["values"].items()
    }
    key = Key(
        assignment=description["assignment"],
        title=description["title"],
        notebook=description["notebook"],
        assignment_key=description["assignment_key"],
        endpoint=description.get("endpoint"),
        parts=parts,
        submits=submits,
        values=values,
    )
    _check(key)
    return key


def _part(entry: dict[str, Any]) -> Part:
    score, wire_id = _positive(entry["max_score"]), entry.get("wire_id", entry["id"])
    return Part(entry["id"], entry["title"], score, wire_id, entry.get("function", ""))


def _check(key: Key) -> None:
    """Raise BrokenKey if parts of the key contradict each other."""
    # Both become names of files in the student's folder. They must not lead out of it.
    _need(re.fullmatch(r"[\w-]+", key.assignment) is not None, "the assignment's name is not a plain word")
    _need(re.fullmatch(r"[\w -]+\.ipynb", key.notebook) is not None, "the notebook's name is not a file name")
    _need(
        sorted(part.id for part in key.parts) == sorted(value.part for value in key.values.values()),
        "parts and values do not match one to one",
    )
    for submit in key.submits:
        for name in (submit.method, *submit.values):
            plain = name.isidentifier() and not iskeyword(name) and not name.startswith("_")
            _need(plain, f"{name!r} cannot be a name in Python")
        _need(set(submit.values) <= set(key.values), f"{submit.method} takes an unknown value")


def _value(name: str, entry: dict[str, Any], fingerprints: list[dict[str, Any]], arrays: dict[str, Array]) -> Value:
    axes, how = tuple(entry["axes"]), entry.get("compare", "close")
    _need(how in ("close", "exact", "kept"), f"{name} is compared in an unknown way")
    labels, sign = entry.get("labels"), entry.get("sign")
    order = (tuple(labels) if isinstance(labels, list) else labels, sign)
    if how == "kept":
        return Value(name, entry["part"], axes, 0.0, 1.0, np.empty(0), (), how, due=entry.get("due", ""))
    tolerance = _positive(entry["tolerance"])
    if "plain" in entry:
        plain = from_json(entry["plain"])
        known = [
            Fingerprint(one["name"], from_json(one["plain"]), one["hint"], one["see"], tolerance)
            for one in fingerprints
        ]
        return Value(name, entry["part"], axes, tolerance, 1.0, np.empty(0), tuple(known), how, plain, *order)
    expected = _array(arrays[name], name, how)
    _need(expected.ndim == len(axes), f"{name} has {expected.ndim} axes, not {len(axes)}")
    if expected.dtype.kind == "f":
        _need(bool(np.isfinite(expected).all()), f"{name} is not finite")
    found = []
    for mistake in fingerprints:
        array = _array(arrays[mistake["array"]], mistake["array"], how)
        _need(array.shape == expected.shape, f"{mistake['array']} has another shape than {name}")
        own = _positive(mistake.get("tolerance", tolerance))
        found.append(Fingerprint(mistake["name"], array, mistake["hint"], mistake["see"], own))
    scale, random = _positive(entry["scale"]), bool(entry.get("random"))
    return Value(name, entry["part"], axes, tolerance, scale, expected, tuple(found), how, None, *order, random=random)


def from_json(node: Any) -> Any:
    """A text, number, None, list, tuple or dict as `to_json` wrote it."""
    if isinstance(node, list):
        return [from_json(item) for item in node]
    if isinstance(node, dict) and "tuple" in node:
        return tuple(from_json(item) for item in node["tuple"])
    if isinstance(node, dict):
        return {from_json(key): from_json(item) for key, item in node["dict"]}
    return node


def to_json(value: Any) -> Any:
    """JSON for a text, number, True, False, None, an array, or a list, tuple or dict of these."""
    if isinstance(value, (np.ndarray, np.generic)):
        return to_json(value.tolist())
    if isinstance(value, tuple):
        return {"tuple": [to_json(item) for item in value]}
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[to_json(key), to_json(item)] for key, item in value.items()]}
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise TypeError(f"a key cannot hold a value of type {type(value).__name__}")


def _array(array: Array, name: str, how: str) -> Array:
    if how == "close":
        _need(array.dtype == np.float64 and array.size > 0, f"{name} is not a float64 array")
    else:
        _need(array.dtype.kind in "biufU", f"{name} does not hold numbers, texts, or True and False")
    array.setflags(write=False)
    return array


def _positive(number: Any) -> float:
    _need(math.isfinite(number) and number > 0, f"{number} is not a positive number")
    return float(number)


def _need(holds: bool, sentence: str) -> None:
    if not holds:
        raise BrokenKey(sentence)
