"""Decides whether an answer is right, and what the student reads if it is not."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

import numpy as np

from .compare import Array, Deviation, compare
from .key import Key, Value
from .relabelling import best_order, labelled, reordered, with_sign
from .same import Differs, demand_same, is_same
from .values import BadValue, as_array, finite, subject


@dataclass(frozen=True)
class Verdict:
    """What the grader says about one value of one part.

    `message` says what is wrong, where, what came and what was due. When the answer carries the trace of
    a known mistake, `misconception` is its name, `hint` a sentence about it and `see` a place to look. An answer that
    is `kept` is neither right nor wrong here. One that is not `counted` cannot be read, and an earlier answer stays.
    `size` is the deviation in the unit of the tolerance: 0 for a right answer that is no array of floats, infinite if
    there is no such number.
    """

    part: str
    value: str
    passed: bool
    message: str
    hint: str | None = None
    see: str | None = None
    misconception: str | None = None
    kept: bool = False
    counted: bool = True
    size: float = np.inf

    @property
    def is_unknown(self) -> bool:
        """Whether the answer is wrong and looks like no known mistake."""
        return self.counted and not (self.passed or self.hint or self.kept)


def judge(value_name: str, answer: object, key: Key) -> Verdict:
    """Compare `answer` with the value of the key called `value_name`.

    Raises BadValue when `answer` does not carry numbers in the due shape, and KeyError when the key
    has no such value. An answer with NaN or infinities is a wrong one.
    """
    value = key.values[value_name]
    if value.compare == "kept":
        said = f"{subject(value.name)} is kept. It is graded later."
        other = {"number": str, "text": Real}.get(value.due, ())
        if isinstance(answer, other) and not isinstance(answer, bool):
            what = "text: a number" if value.due == "number" else "a number: text"
            said = f"{subject(value.name)} is kept, but it is {what} is due."
        return Verdict(value.part, value.name, False, said, kept=True)
    if value.compare == "exact":
        return _judge_exactly(value, answer)
    got = as_array(answer, value.expected.shape, value.name, value.axes)
    deviation = compare(got, value.expected, value.scale)
    if deviation.size <= value.tolerance:
        return Verdict(value.part, value.name, True, f"{subject(value.name)} is right.", size=deviation.size)
    message = f"{_what_is_wrong(got, value, deviation)}: {_evidence(value, deviation)}."
    for mistake in value.fingerprints:  # the key lists the most specific mistake first
        if compare(got, mistake.array, value.scale).size <= mistake.tolerance:
            return Verdict(value.part, value.name, False, message, mistake.hint, mistake.see, mistake.name)
    return Verdict(value.part, value.name, False, message, size=deviation.size)


def _judge_exactly(value: Value, answer: object) -> Verdict:
    expected = value.expected if value.plain is None else value.plain
    try:
        demand_same(answer, expected, value.name, value.tolerance)
    except Differs as problem:
        if problem.is_kind:
            raise BadValue(str(problem)) from None
        for mistake in value.fingerprints:
            if is_same(answer, mistake.array, mistake.tolerance):
                return Verdict(value.part, value.name, False, str(problem), mistake.hint, mistake.see, mistake.name)
        return Verdict(value.part, value.name, False, str(problem))
    except Exception as problem:  # code of the value itself runs here and can raise anything
        raise BadValue(f"{value.name} could not be read ({type(problem).__name__}).") from problem
    return Verdict(value.part, value.name, True, f"{subject(value.name)} is right.", size=0.0)


def in_the_keys_order(answers: Mapping[str, object], key: Key) -> dict[str, object]:
    """The answers of one call with the labels and the signs of the key, where the key says that these are free.

    An answer that cannot be read stays as it is: `judge` says why.
    """
    ordered = dict(answers)
    with np.errstate(all="ignore"):
        for name in answers:
            value = key.values[name]
            if value.sign is not None:
                with contextlib.suppress(BadValue):
                    array = as_array(answers[name], value.expected.shape, name, value.axes)
                    ordered[name] = with_sign(array, value.expected, value.sign)
        free = {name: key.values[name] for name in answers if key.values[name].labels is not None}
        try:
            arrays = {name: as_array(answers[name], v.expected.shape, name, v.axes) for name, v in free.items()}
            results = [labelled(arrays[name], v.expected, v.labels, v.scale) for name, v in free.items()]  # type: ignore[arg-type]
            if results:
                order, _ = best_order(results)
                ordered.update({name: reordered(arrays[name], order, v.labels) for name, v in free.items()})
        except (BadValue, ValueError):
            return ordered
    return ordered


def _what_is_wrong(got: Array, value: Value, deviation: Deviation) -> str:
    try:
        finite(got, value.name)
    except BadValue as sentence:
        return str(sentence).removesuffix(".")
    where = f" at {list(deviation.index)}" if deviation.index else ""
    return f"{subject(value.name)} is off by {abs(deviation.got - deviation.expected):.3g}{where}"


def _evidence(value: Value, deviation: Deviation) -> str:
    got, expected = _with_their_difference(deviation.got, deviation.expected)
    return f"got {got}, expected {expected} (tolerance {value.tolerance * value.scale:.3g})"


def _with_their_difference(got: float, expected: float) -> tuple[str, str]:
    """Write two numbers with at least 6 digits, and with so many that they differ by as much as the sentence says."""
    for digits in range(6, 18):
        texts = f"{got:.{digits}g}", f"{expected:.{digits}g}"
        if f"{abs(float(texts[0]) - float(texts[1])):.3g}" == f"{abs(got - expected):.3g}":
            break
    return texts
