"""Decides whether an answer is right, and what the student reads if it is not."""

from __future__ import annotations

from dataclasses import dataclass

from .compare import Array, Deviation, compare
from .key import Key, Value
from .values import BadValue, as_array, finite


@dataclass(frozen=True)
class Verdict:
    """What the grader says about one value of one part.

    `message` says what is wrong, where, what came and what was due. When the answer carries the trace of
    a known mistake, `misconception` is its name, `hint` a sentence about it and `see` a place to look.
    """

    part: str
    value: str
    passed: bool
    message: str
    hint: str | None = None
    see: str | None = None
    misconception: str | None = None


def judge(value_name: str, answer: object, key: Key) -> Verdict:
    """Compare `answer` with the value of the key called `value_name`.

    Raises BadValue when `answer` does not carry numbers in the due shape, and KeyError when the key
    has no such value. An answer with NaN or infinities is a wrong one.
    """
    value = key.values[value_name]
    got = as_array(answer, value.expected.shape, value.name, value.axes)
    deviation = compare(got, value.expected, value.scale)
    if deviation.size <= value.tolerance:
        return Verdict(value.part, value.name, True, f"{value.name} is right.")
    message = f"{_what_is_wrong(got, value, deviation)}: {_evidence(value, deviation)}."
    for mistake in value.fingerprints:  # the key lists the most specific mistake first
        if compare(got, mistake.array, value.scale).size <= mistake.tolerance:
            return Verdict(value.part, value.name, False, message, mistake.hint, mistake.see, mistake.name)
    return Verdict(value.part, value.name, False, message)


def _what_is_wrong(got: Array, value: Value, deviation: Deviation) -> str:
    try:
        finite(got, value.name)
    except BadValue as sentence:
        return str(sentence).removesuffix(".")
    where = f" at {list(deviation.index)}" if deviation.index else ""
    return f"{value.name} is off by {abs(deviation.got - deviation.expected):.3g}{where}"


def _evidence(value: Value, deviation: Deviation) -> str:
    got, expected = _apart(deviation.got, deviation.expected)
    return f"got {got}, expected {expected} (tolerance {value.tolerance * value.scale:.3g})"


def _apart(got: float, expected: float) -> tuple[str, str]:
    """Write two different numbers with the fewest digits that show their difference."""
    for digits in (6, 10, 13):
        if f"{got:.{digits}g}" != f"{expected:.{digits}g}":
            return f"{got:.{digits}g}", f"{expected:.{digits}g}"
    return f"{got:.17g}", f"{expected:.17g}"
