"""Withholds the text of an exception that a call on hidden data raised, unless the text is known to be harmless.

The text comes out of the sandbox. The student's code may have put numbers of a hidden case into it, or letters that
stand for numbers. The text is shown if it is a sentence of Python, NumPy or SciPy, or if it stands in quotes in the
student's own cells. Then it says nothing that the student did not know before the call.
"""

from __future__ import annotations

import builtins
import collections
import functools
import itertools
import re
import types
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from autograder.grading.known_sentences import Part, known_sentence

_LONGEST = 200
_READ = 1 << 20  # letters of the cells that are searched for names
_GAP = "\N{HORIZONTAL ELLIPSIS}"
_ITERATED: tuple[Any, ...] = (
    [],
    (),
    {},
    {}.values(),
    {}.items(),
    set(),
    "",
    "é",
    b"",
    bytearray(),
    range(0),
    range(2**70),
    np.zeros(1),
)
_ITERATORS = [type(iter(value)).__name__ for value in _ITERATED] + [type(reversed([])).__name__, "list_reverseiterator"]
_COLLECTIONS = [*dir(collections), *dir(itertools), "Fraction", "Decimal", "Generator", "memoryview", "mappingproxy"]
_NAMES = frozenset(
    [
        *dir(builtins),
        *_ITERATORS,
        *_COLLECTIONS,
        *dir(types),
        *dir(np),
        *dir(np.ndarray),
        "numpy",
        "<locals>",
        "<lambda>",
    ]
).union(
    ("NoneType", "ellipsis", "builtin_function_or_method", "ufunc", "generator", "function", "method", "module"),
    ("list_iterator", "tuple_iterator", "range_iterator", "dict_keys", "dict_values", "dict_items"),
    ("LinAlgError", "AxisError", "UFuncTypeError", "UFuncNoLoopError", "_ArrayMemoryError", "_UFuncOutputCastingError"),
    ("_UFuncInputCastingError", "JSONDecodeError", "BdbQuit", "DataFrame", "Series", "Tensor"),
)
_SMALL = frozenset("0123456789")  # axes, positions, and how many arguments there are
_FEW = 16  # numbers of two digits or more in a cell


def without_case_data(failure: Mapping[str, Any], arguments: Sequence[Any], cells: Sequence[str]) -> dict[str, Any]:
    """Return what may be shown of a failure in a call with these arguments of a function that these cells define."""
    kind = str(failure["type"])[:80]
    cell, line = failure.get("cell"), failure.get("line")
    place: dict[str, Any] = {}
    numbers = _SMALL | {str(length) for argument in arguments for length in _lengths(argument)}
    if type(cell) is int and type(line) is int and 0 <= cell < len(cells) and line <= cells[cell].count("\n") + 1:
        place = {"cell": cell, "line": line}
        numbers |= _numbers_of(cells[cell])
    text = _safe_text(str(failure["text"]), numbers, cells)
    return {"type": kind if is_known_name(kind, cells) else "an exception", "text": text, **place}


def _lengths(argument: Any) -> tuple[int, ...]:
    """The lengths of an array, or of a list and of the lists in it."""
    if isinstance(argument, list | tuple):
        return (len(argument), *(length for item in argument for length in _lengths(item)))
    return np.shape(argument) if isinstance(argument, np.ndarray) else ()


def _numbers_of(cell: str) -> set[str]:
    """Return the whole numbers that stand in a cell, such as a size that is wired in.

    Return none if there are many. Otherwise a submission could list all numbers and spell a hidden case with them.
    """
    numbers = set(re.findall(r"(?<![\w.])\d{2,9}(?![\w.])", cell[:_READ]))
    return numbers if len(numbers) <= _FEW else set()


def is_known_name(name: str, cells: Sequence[str]) -> bool:
    """Whether a name is known from Python or NumPy, or stands in the cells.

    A name made of many known words could spell hidden data. Therefore at most three of Python's words may be joined.
    """
    parts = name.split(".", 3)
    return len(name) <= 80 and (name in _words(tuple(cells)) or (len(parts) <= 3 and _NAMES.issuperset(parts)))


def _safe_text(text: str, numbers: Set[str], cells: Sequence[str]) -> str:
    line = next(iter(text.strip().splitlines()), "").strip()
    if not line:
        return ""
    parts = known_sentence(line)
    if parts:
        return "".join(_safe_part(part, numbers, cells) for part in parts)
    escaped = line.encode("unicode_escape").decode("ascii")  # as the cell may spell it
    quoted = [f"{quote}{form}{quote}" for quote in "'\"" for form in (line, escaped)]
    if len(line) <= _LONGEST and any(form in cell for form in quoted for cell in cells):
        return line
    return "(its text is kept back, because it may hold data of the case)"


def _safe_part(part: Part, numbers: Set[str], cells: Sequence[str]) -> str:
    """Return a part of a sentence, with a gap for a name or number that could tell what the arguments hold."""
    if part.hole in ("#", "$"):
        return re.sub(r"\d+", lambda n: n[0] if n[0] in numbers else _GAP, part.text)
    if part.hole == "@" or (part.hole == "~" and not is_known_name(part.text, cells)):
        return _GAP
    return part.text


@functools.lru_cache(maxsize=1)  # one submission is graded at a time, and it may need thousands of names
def _words(cells: tuple[str, ...]) -> frozenset[str]:
    """Return the words of the cells, and the words that dots join."""
    text = "\n".join(cells)[:_READ]
    found = re.finditer(r"\w+", text), re.finditer(r"[\w.]+", text)
    return frozenset(word[0] for words in found for word in words if word.end() - word.start() <= 80)
