"""Makes the key of the local grader: expected values, tolerances and the wrong answers of known mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from autograder.assignment import (
    Alternative,
    Assignment,
    Misconception,
    UsageError,
    Value,
    declared_in,
    known_mistakes,
    to_json,
    to_npz,
)
from autograder.grading import Raised, outcome_of, quiet_and_repeatable, run_quietly
from autograder.proof import FLOOR, deviation_of, freedom_of, is_exact, is_kept, tolerance_midway
from grader.compare import compare
from grader.key import to_json as plain_to_json
from grader.same import is_same
from grader.values import BadValue, as_array, finite

_DIGITS = 12  # significant digits that are stored: enough for any tolerance, and the same on every machine
_GRAIN = 1e-11  # the deviation that this rounding may cause between two equal answers


def make_key(assignment: Assignment, measured: Mapping[str, Any], seed: int | None = None) -> tuple[bytes, bytes]:
    """The bytes of key.json and key.npz for calibrated tolerances; with a `seed`, for the data of that student.

    A student's tolerances are set between right and wrong answers on the student's own data. Raises UsageError when a
    right answer is not a number, or when public_mistakes names an unknown misconception.
    """
    arrays: dict[str, Any] = {}
    values: dict[str, Any] = {}
    fingerprints: dict[str, list[dict[str, Any]]] = {}
    own = () if seed is None else (seed,)
    mistakes = known_mistakes(assignment.misconceptions)
    for value in (v for submit in assignment.submits.values() for v in submit):
        if is_kept(assignment, value):
            due = _kind_due(getattr(assignment.solution, assignment.part(value.part).function))
            values[value.name] = {"part": value.part, "axes": list(value.axes), "compare": "kept", **due}
            fingerprints[value.name] = []
            continue
        answer = assignment.cases.public_answer(value.name, {}, *own)
        if is_exact(answer):
            entry, known = _exact_entry(
                assignment, mistakes, value, answer, arrays, measured[value.name]["tolerance"], own
            )
            values[value.name], fingerprints[value.name] = entry, known
            continue
        expected = _rounded(answer)
        scale = assignment.cases.public_scale(value.name, expected, *own)
        wrong = {} if value.random else _wrong_answers(assignment, mistakes, value, expected.shape, own)
        free = freedom_of(value)
        far = {mistake.name: deviation_of(answer, expected, scale, **free) for mistake, answer in wrong.items()}
        tolerance = measured[value.name]["tolerance"]
        if own and not value.random and f"key.{value.name}" not in assignment.tolerances:
            tolerance = _own_tolerance(assignment, value, measured[value.name], far, own)
        arrays[value.name] = expected
        values[value.name] = {
            "part": value.part,
            "axes": list(value.axes),
            "tolerance": tolerance,
            "scale": float(f"{scale:.6g}"),
            **({"random": True} if value.random else {}),
            **free,
        }
        fingerprints[value.name] = []
        for number, known in enumerate(assignment.cases.public_mistakes(value.name, *own) if value.random else []):
            mistake = _misconception(mistakes, known["name"])
            name = f"{value.name}.{mistake.name}.{number}"  # a mistake may have several answers
            arrays[name] = _rounded(known["answer"])
            entry = {"name": mistake.name, "array": name, "hint": mistake.hint, "see": mistake.see}
            fingerprints[value.name].append(entry | {"tolerance": known["tolerance"]})
        for mistake, answer in wrong.items():
            if far[mistake.name] <= 10 * tolerance:
                continue
            # Two answers at different distances from the right one can't be near each other: no need to compare them.
            near = [f for f in fingerprints[value.name] if abs(far[f["name"]] - far[mistake.name]) <= 10 * tolerance]
            if any(compare(answer, arrays[f["array"]], scale).size <= 10 * tolerance for f in near):
                continue  # two mistakes with the same answer: the first one in the file stands for both
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
            {"id": p.id, "title": p.title, "max_score": p.max_score, "function": p.function}
            | ({"wire_id": p.wire_id} if p.wire_id else {})
            for p in assignment.parts
        ],
        "submits": [{"method": m, "values": [v.name for v in vs]} for m, vs in assignment.submits.items()],
        "values": values,
        "fingerprints": fingerprints,
    }
    return to_json(head), to_npz(arrays)


def _kind_due(answer: Any) -> dict[str, str]:
    """Of which kind a variable has to be, if it is a number or text. That gives no answer away."""
    if isinstance(answer, str):
        return {"due": "text"}
    return {"due": "number"} if isinstance(answer, Real) and not isinstance(answer, bool) else {}


def _exact_entry(
    assignment: Assignment,
    mistakes: Sequence[Misconception],
    value: Value,
    expected: Any,
    arrays: dict[str, Any],
    tolerance: float,
    own: tuple[int, ...],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The entry of a value that is no array of floats, and those of its known mistakes. Adds arrays to `arrays`.

    The tolerance is that of floats in a list or a dict.
    """
    entry: dict[str, Any] = {"part": value.part, "axes": list(value.axes), "tolerance": tolerance, "scale": 1}
    entry |= {"compare": "exact", **freedom_of(value)}
    is_array = isinstance(expected, np.ndarray | np.generic)
    if is_array:
        arrays[value.name] = np.asarray(expected)
    else:
        entry["plain"] = plain_to_json(expected)
    known: list[dict[str, Any]] = []
    kept: list[Any] = []
    for mistake, answer in _answers_of_mistakes(assignment, mistakes, value, own).items():
        same_kind = _as_expected(answer, expected)
        if (
            same_kind is None
            or is_same(answer, expected, tolerance)
            or any(is_same(same_kind, other, tolerance) for other in kept)
        ):
            continue
        kept.append(same_kind)
        line = {"name": mistake.name, "hint": mistake.hint, "see": mistake.see}
        if is_array:
            arrays[f"{value.name}.{mistake.name}"] = same_kind
            line["array"] = f"{value.name}.{mistake.name}"
        else:
            line["plain"] = plain_to_json(same_kind)
        known.append(line)
    return entry, known


def _as_expected(answer: Any, expected: Any) -> Any:
    """The answer of a mistake in the form of the expected one. None if it is of another kind or shape."""
    if isinstance(answer, Raised):
        return None
    if not isinstance(expected, np.ndarray | np.generic):
        return answer if type(answer) is type(expected) else None
    due, array = np.asarray(expected), np.asarray(answer)
    same = array.shape == due.shape and array.dtype.kind == due.dtype.kind
    return array if same else None


def _misconception(mistakes: Sequence[Misconception], name: str) -> Misconception:
    """The misconception of this name. Raises UsageError when there is none."""
    for mistake in mistakes:
        if mistake.name == name:
            return mistake
    raise UsageError(f"public_mistakes names '{name}', but there is no such misconception: add it, with its hint.")


def _own_tolerance(
    assignment: Assignment, value: Value, measured: Mapping[str, Any], far: Mapping[str, float], own: tuple[int, ...]
) -> float:
    """A tolerance between the wrong answers on a student's data and the right solution that is furthest off.

    That solution is the furthest one on the common data. Running every right solution for every student would take
    longer than all else. `prove --variants` shows on a sample of students that no right solution exceeds the tolerance.
    """
    name, deviation = measured["furthest_alternative"]["name"], measured["furthest_alternative"]["deviation"]
    right = {name: max(deviation, _GRAIN)}
    alternative = next((a for a in declared_in(assignment.alternatives, Alternative) if a.name == name), None)
    if alternative is not None and deviation > FLOOR:
        expected = assignment.cases.public_answer(value.name, {}, *own)
        answers = {alternative.solves: alternative.function}
        answer = run_quietly(assignment.cases.public_answer, (value.name, answers, *own))
        right[name] = max(
            right[name], deviation_of(answer, expected, assignment.cases.public_scale(value.name, expected, *own))
        )
    return tolerance_midway(f"key.{value.name}", right, far).tolerance


def _wrong_answers(
    assignment: Assignment,
    mistakes: Sequence[Misconception],
    value: Value,
    shape: tuple[int, ...],
    own: tuple[int, ...],
) -> dict[Misconception, Any]:
    """The answer of each mistake to a value on the public samples, if it is an array of numbers of this shape."""
    answers = _answers_of_mistakes(assignment, mistakes, value, own)
    found = {mistake: answer for mistake, answer in answers.items() if _is_valid_answer(answer, shape, value.name)}
    # They are rounded all at once: to round each one alone takes longer than to compute most of them.
    return dict(zip(found, _rounded(list(found.values())), strict=True))


def _answers_of_mistakes(
    assignment: Assignment, mistakes: Sequence[Misconception], value: Value, own: tuple[int, ...]
) -> dict[Misconception, Any]:
    function = assignment.part(value.part).function
    ask = assignment.cases.public_answer
    with quiet_and_repeatable():
        return {
            m: outcome_of(ask, (value.name, {function: m.function}, *own)) for m in mistakes if m.part == value.part
        }


def _is_valid_answer(answer: Any, shape: tuple[int, ...], name: str) -> bool:
    if type(answer) is np.ndarray and answer.dtype == np.float64 and answer.shape == shape:
        return bool(np.isfinite(answer).all())  # quick: nearly all answers take this path
    try:
        finite(as_array(answer, shape, name), name)
    except BadValue:
        return False
    return True


def _rounded(array: Any) -> Any:
    """The array rounded to _DIGITS significant digits, so that it is the same on every machine."""
    array = np.array(array, dtype=float)
    with np.errstate(divide="ignore"):
        size = np.where(array == 0, 0, np.floor(np.log10(np.abs(array)))).clip(-280, 280)
    unit = 10.0 ** (_DIGITS - 1 - size)
    return np.round(array * unit) / unit
