"""The object that a student uses. It takes answers, judges them at once and keeps them for submission."""

from __future__ import annotations

import copy
import difflib
import inspect
import itertools
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .causes import likely_cause
from .display import show_sentence, show_status, show_verdicts
from .key import BrokenKey, Part, Submit, load_key
from .same import plain_json
from .submission import NotSubmitted, hand_in
from .values import Array, BadValue, as_array, subject
from .verdict import Verdict, in_the_keys_order, judge


class Points(float):
    """The points that one call earned: as the last line of a cell, a number that nbgrader can read."""


@dataclass(frozen=True, eq=False)
class _Kept:
    answer: Any  # as JSON has it
    verdict: Verdict


class Grader:
    """Checks answers, keeps them and writes them to a submission file.

    The methods that take answers are made from the assignment's key: see `repr(grader)` for their names.
    Each shows its verdict at once and returns the points earned. `status()` shows where you stand,
    `submit(email, token)` hands in.
    """

    def __init__(self, key: str | os.PathLike[str] | None = None) -> None:
        """Read the key in the folder `key`, or the one next to this file. Raises BrokenKey."""
        self._key = load_key(Path(__file__).parent if key is None else Path(key))
        self._parts = {part.id: part for part in self._key.parts}
        self._kept: dict[str, _Kept] = {}
        for submit in self._key.submits:
            if hasattr(self, submit.method):
                raise BrokenKey(
                    f"The grader's key is damaged: {submit.method} is taken. Download the assignment again, and copy "
                    "only its folder `grader` over yours."
                )
            setattr(self, submit.method, self._method(submit))

    def __repr__(self) -> str:
        return "\n  ".join([f"Grader of {self._key.title}:", *self._calls()])

    def __getattr__(self, name: str) -> Any:
        """Say which methods there are, the most similar one first. Python asks this only for a name that is missing."""
        if name.startswith("_"):  # Python and Jupyter ask for many of these
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

        def unlike(call: str) -> float:
            return -difflib.SequenceMatcher(None, name.lower(), call.partition("(")[0].lower()).ratio()

        raise AttributeError(f"the grader has no {name}. It has: {', '.join(sorted(self._calls(), key=unlike))}.")

    def _calls(self) -> list[str]:
        calls = [f"{submit.method}({', '.join(submit.values)})" for submit in self._key.submits]
        return [*calls, "status()", "submit(email, token)"]

    @property
    def answers(self) -> dict[str, Any]:
        """The kept answers by part id, as JSON has them: numbers, texts, nested lists; None for NaN and infinities."""
        return {part: copy.deepcopy(kept.answer) for part, kept in self._kept.items()}

    def status(self) -> None:
        """Show which parts have an answer, how it was judged, and the points so far."""
        rows = [(part, self._verdict(part)) for part in self._key.parts]
        total = _points([(part, verdict) for part, verdict in rows if verdict is not None])
        show_status(self._key.title, rows, total)

    def submit(
        self,
        email: str = "",
        token: str = "",
        notebook: str | os.PathLike[str] | None = None,
        endpoint: str | None = None,
    ) -> None:
        """Send the kept answers and the notebook to the course; without a service, write them to a file instead.

        Save the notebook first: what is sent is what is on the disk. `notebook` names it when it is not called as it
        came, and is neither in the current folder nor beside the grader. `endpoint` is the service's address where the
        course gives another than the key has. The token is never written down.
        """
        try:
            beside = Path(__file__).resolve().parent.parent
            show_sentence(
                hand_in(
                    self._key, self.answers, email, token, notebook, endpoint, beside=beside, report_delay=show_sentence
                )
            )
        except NotSubmitted as sentence:
            show_sentence(str(sentence))

    def _method(self, submit: Submit) -> Callable[..., Points]:
        """Return the method that takes the values of `submit`. The method never raises, whatever it is given."""
        parameters = [inspect.Parameter(v, inspect.Parameter.POSITIONAL_OR_KEYWORD) for v in submit.values]
        signature = inspect.Signature(parameters, return_annotation=Points)

        def method(*args: object, **kwargs: object) -> Points:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError:
                show_sentence(_arity(submit, args))
                return Points(0)
            answers = bound.arguments
            ordered = in_the_keys_order(answers, self._key)
            verdicts = [self._take(name, answer, ordered[name]) for name, answer in answers.items()]
            judged = [(self._parts[verdict.part], verdict) for verdict in verdicts]
            show_verdicts(judged)
            unknown = [verdict for verdict in verdicts if verdict.is_unknown]
            if unknown:
                before = self._before({verdict.part for verdict in verdicts})
                random = any(self._key.values[verdict.value].random for verdict in unknown)
                show_sentence(likely_cause(unknown, before, random))
            return _points(judged)

        titles = ", ".join(self._parts[self._key.values[name].part].title for name in submit.values)
        method.__name__ = submit.method
        method.__qualname__ = f"{type(self).__qualname__}.{submit.method}"
        method.__doc__ = f"Check and keep your answer for {titles}. Returns the points it earns."
        method.__signature__ = signature  # type: ignore[attr-defined]
        return method

    def _before(self, judged: set[str]) -> list[tuple[Part, Verdict | None]]:
        """The parts before the first one of `judged`, each with the verdict on its kept answer or None."""
        before = itertools.takewhile(lambda part: part.id not in judged, self._key.parts)
        return [(part, self._verdict(part)) for part in before]

    def _take(self, name: str, answer: object, ordered: object) -> Verdict:
        """Judge an answer. Keep it if it holds what is due. `ordered` is the answer in the order of the key."""
        value = self._key.values[name]
        earlier = self._verdict(self._parts[value.part])
        try:
            if answer is ...:
                raise BadValue(f"{subject(name)} is not answered yet: it is still `...`.")
            if value.compare == "close":
                kept = _as_json(as_array(answer, value.expected.shape, name, value.axes))
            else:
                kept = plain_json(answer, name)
            verdict = judge(name, ordered, self._key)
        except BadValue as sentence:
            stays = f" Your earlier answer stays{_which(earlier)}." if earlier else ""
            return Verdict(value.part, name, False, f"{sentence}{stays}", counted=False)
        if earlier and earlier.passed and not verdict.passed:
            verdict = replace(verdict, message=f"{verdict.message} It replaces your earlier answer{_which(earlier)}.")
        self._kept[value.part] = _Kept(kept, verdict)
        return verdict

    def _verdict(self, part: Part) -> Verdict | None:
        kept = self._kept.get(part.id)
        return kept.verdict if kept else None


def _points(judged: list[tuple[Part, Verdict]]) -> Points:
    # Rounded, because nbgrader refuses a sum that rounding errors lift above the cell's points.
    return Points(round(math.fsum(part.max_score for part, verdict in judged if verdict.passed), 9))


def _which(earlier: Verdict) -> str:
    return "" if earlier.kept else ", which passed" if earlier.passed else ", which did not pass"


def _arity(submit: Submit, args: tuple[object, ...]) -> str:
    """Return a sentence about a call with the wrong arguments."""
    call = f"{submit.method}({', '.join(submit.values)})"
    if len(args) == 1 and isinstance(args[0], tuple) and len(submit.values) > 1:
        return f"{submit.method} takes its values one by one, not in a tuple: call {call}."
    count = "one value" if len(submit.values) == 1 else f"{len(submit.values)} values"
    return f"{submit.method} takes exactly {count}: call {call}."


def _as_json(array: Array) -> Any:
    plain = array.astype(object)
    plain[~np.isfinite(array)] = None
    return plain.tolist()
