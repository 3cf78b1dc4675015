"""Names the known mistake that a wrong answer looks like: run each on the same input and compare."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.checks import Case, Check, Function, Misconception
from autograder.spec import Spec
from grader.values import BadValue, as_array

Call = tuple[str, tuple[Any, ...], Any]


def diagnose(call: Call | None, check: Check, case: Case, spec: Spec) -> Misconception | None:
    """The misconception of the check's part that returns what the student's call returned, if one does.

    The most specific is the one that fewest others agree with here; among equals the first of the file.
    """
    if call is None or call[0] != spec.assignment.part(check.part).function:
        return None
    _, arguments, value = call
    matches = []
    for misconception in spec.misconceptions:
        if misconception.part == check.part and same(run_quietly(misconception.function, arguments), value):
            matches.append(misconception)
    return matches[0] if matches else None


def run_quietly(function: Function, arguments: Sequence[Any]) -> Any:
    """What a wrong function returns for copies of the arguments; the exception where it raises one."""
    copies = [np.array(a) if isinstance(a, np.ndarray) else a for a in arguments]
    silent = contextlib.redirect_stdout(io.StringIO())
    with warnings.catch_warnings(), np.errstate(all="ignore"), silent:
        warnings.simplefilter("ignore")
        try:
            return function(*copies)
        except Exception as problem:  # noqa: BLE001 - wrong functions may raise anything; that is an answer too
            return problem


def same(expected: Any, got: Any) -> bool:
    """Whether two returned values agree to seven digits, NaN and infinities included; exceptions never do."""
    if isinstance(expected, Exception) or expected is None:
        return False
    if isinstance(expected, tuple | list):
        fits = isinstance(got, tuple | list) and len(got) == len(expected)
        return fits and all(same(e, g) for e, g in zip(expected, got, strict=True))
    try:
        wanted = np.asarray(expected, dtype=float)
        given = as_array(got, wanted.shape, "value")
    except (BadValue, TypeError, ValueError):
        return False
    size = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0) or 1.0
    return bool(np.allclose(given, wanted, rtol=1e-7, atol=1e-9 * size, equal_nan=True))
