"""Reads assignment.toml and checks the type of everything in it, so that a slip is found before anything runs."""

from __future__ import annotations

import codecs
import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from autograder.sandbox import Limits

_Made = TypeVar("_Made")
_Holds = Callable[[Any], bool]
_Kind = tuple[str, _Holds]  # what a value must be, as a sentence says it, and whether it is that


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _is_text(value: Any) -> bool:
    return type(value) is str


_TEXT: _Kind = ("a text in quotes", _is_text)
_TEXTS: _Kind = ("a list of texts in quotes", lambda value: type(value) is list and all(map(_is_text, value)))
_YES_NO: _Kind = ("true or false", lambda value: type(value) is bool)
_NUMBER: _Kind = ("a number above zero", lambda value: _is_number(value) and value > 0)
_WHOLE: _Kind = ("a whole number, zero or more", lambda value: type(value) is int and value >= 0)
_WHOLE_NUMBER: _Kind = ("a whole number above zero", lambda value: type(value) is int and value > 0)
_TABLE: _Kind = ("a table", lambda value: type(value) is dict)
_LINES: _Kind = ("a table of texts in quotes", lambda value: type(value) is dict and all(map(_is_text, value.values())))

_TOP = {"title": _TEXT, "notebook": _TEXT, "files": _TEXTS, "runs": _TEXTS, "equivalent": _LINES, "kept": _LINES}
_TOP |= dict.fromkeys(("submission", "limits", "tolerances", "rubric", "seconds", "submits"), _TABLE)
_PART = dict.fromkeys(("id", "title", "function", "cell", "wire_id"), _TEXT)
_PART |= {"max_score": _NUMBER, "builds_on": _TEXTS}
_VALUE = {"name": _TEXT, "part": _TEXT, "axes": _TEXTS, "random": _YES_NO}
_SUBMISSION = {"key": _TEXT, "endpoint": _TEXT}
_TOLERANCE = {"value": _NUMBER, "why": _TEXT, "blind_to": _TEXTS}
_MAY_BE_ZERO = ("replays", "output_characters")


def _limit_kind(name: str, default: object) -> _Kind:
    if isinstance(default, tuple):
        return _TEXTS
    if isinstance(default, int):
        return _WHOLE if name in _MAY_BE_ZERO else _WHOLE_NUMBER
    return _NUMBER


_LIMITS = {field.name: _limit_kind(field.name, field.default) for field in fields(Limits)}


def read_policy(raw: bytes) -> dict[str, Any]:
    """The tables of the file. Raises TypeError or TOMLDecodeError, with the line where it is known, and the mend."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in raw:
        raise TypeError("it is in UTF-16: save it as UTF-8")
    if raw.startswith(codecs.BOM_UTF8):
        raise TypeError("line 1 begins with a byte-order mark: save it as UTF-8 without one")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise TypeError(f"line {line} is not in UTF-8: save the file as UTF-8") from None
    policy = tomllib.loads(text.replace("\r\n", "\n"))
    for where, key, value, kinds in _values(policy):
        if key not in kinds:
            continue  # the caller knows what else a table may have
        wanted, holds = kinds[key]
        if not holds(value):
            raise TypeError(f"{_place(text, where, key)}{key} must be {wanted}, not {_shown(value, wanted)}")
    return policy


def from_table(kind: type[_Made], table: Mapping[str, Any], where: str) -> _Made:
    """The dataclass made from a table. Raises TypeError that names an unknown or a missing key."""
    known = {field.name: field.default is MISSING for field in fields(kind)}  # type: ignore[arg-type]
    if unknown := [key for key in table if key not in known]:
        raise TypeError(f"{where} has an unknown key '{unknown[0]}'; the keys are {', '.join(known)}")
    if missing := [key for key, is_needed in known.items() if is_needed and key not in table]:
        raise TypeError(f"{where} has no '{missing[0]}'")
    return kind(**table)


_Where = tuple[str, int]  # a table's name, and which one of several with this name


def _values(policy: Mapping[str, Any]) -> Iterator[tuple[_Where, str, Any, Mapping[str, _Kind]]]:
    """Every value with the table that it is in and the kinds of that table's values. Outer tables come first."""
    parts: _Kind = ("tables, each with the head [[parts]]", lambda value: _are_tables(value) and len(value) > 0)
    for key, value in policy.items():
        yield ("", 0), key, value, {**_TOP, "parts": parts}
    for number, part in enumerate(policy.get("parts", ())):
        for key, value in part.items():
            yield ("parts", number), key, value, _PART
    for name, kinds in (("limits", _LIMITS), ("submission", _SUBMISSION)):
        for key, value in policy.get(name, {}).items():
            yield (name, 0), key, value, kinds
    for name, tolerance in policy.get("tolerances", {}).items():
        yield ("tolerances", 0), name, tolerance, {name: _TABLE}
        for key, value in tolerance.items():
            yield (f"tolerances.{name}", 0), key, value, _TOLERANCE
    for name, line in policy.get("rubric", {}).items():
        yield ("rubric", 0), name, line, {name: _TABLE}
    for method, values in policy.get("submits", {}).items():
        yield ("submits", 0), method, values, {method: ("a list of tables, one for each value", _are_tables)}
        for entry in values:
            for key, value in entry.items():
                yield ("submits", 0), key, value, _VALUE


def _are_tables(value: Any) -> bool:
    return type(value) is list and all(type(entry) is dict for entry in value)


def _place(text: str, where: _Where, key: str) -> str:
    """The line of a value and the table it is in, as far as they can be found."""
    table, number = where
    head = f"[{table}] " if table else ""
    now, seen = "", {"": 0}
    for line_number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*\[\[?([^\[\]]+)\]\]?\s*(?:#.*)?$", line):
            now = found[1].strip().replace('"', "").replace("'", "")
            seen[now] = seen.get(now, -1) + 1
        elif (now, seen[now]) == (table, number) and re.search(rf"(?:^|[\s{{,])[\"']?{re.escape(key)}[\"']?\s*=", line):
            return f"line {line_number}: {head}"
    return head


def _shown(value: Any, wanted: str) -> str:
    """The value as it is in the file, with the mend if it is a number in quotes."""
    shown = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    is_quoted = isinstance(value, str) and "number" in wanted and re.fullmatch(r"\s*[\d.]+\s*", value)
    return f"{shown}: leave out the quotes" if is_quoted else shown
