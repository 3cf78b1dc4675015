"""Reads assignment.toml. All slips are found at once, each with its line and the mend, before anything runs."""

from __future__ import annotations

import codecs
import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from autograder.assignment.findings import Finding, Findings
from autograder.assignment.policy_model import (
    ByHand,
    Late,
    LimitsTable,
    Part,
    Policy,
    RubricLine,
    SecondsByHand,
    Submission,
    Value,
)
from autograder.assignment.toml_lines import line_of


def read_policy(raw: bytes, file: str) -> Policy:
    """The content of the file. Raises Findings with every slip in it. `file` is its name for the messages."""
    text, policy = _parsed(raw, file)
    found: dict[tuple[str | int, ...], str] = {}
    held = None
    try:
        held = Policy.model_validate(policy)
    except ValidationError as problem:
        errors = {tuple(error["loc"]): error for error in reversed(problem.errors(include_url=False))}
        misspelt = {(*path[:-1], _nearest(path)) for path, e in errors.items() if e["type"] == "extra_forbidden"}
        for path, error in errors.items():
            if error["type"] != "missing" or path not in misspelt:
                found[path] = _sentence(error["type"], path, error)
    for path, sentence in (*_clashes(policy), *_late_clashes(held)):
        found.setdefault(path, sentence)
    if found or held is None:
        raise Findings(sorted(Finding(file, line_of(text, path) or 1, sentence) for path, sentence in found.items()))
    return held


def _parsed(raw: bytes, file: str) -> tuple[str, dict[str, Any]]:
    """The text of the file and its tables. Raises Findings if it is no TOML in UTF-8."""

    def refused(line: int, text: str) -> Findings:
        return Findings([Finding(file, line, text)])

    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in raw:
        raise refused(0, "it is in UTF-16: save it as UTF-8.")
    if raw.startswith(codecs.BOM_UTF8):
        raise refused(1, "it begins with a byte-order mark: save it as UTF-8 without one.")
    try:
        text = raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as problem:
        raise refused(raw.count(b"\n", 0, problem.start) + 1, "it is not in UTF-8: save the file as UTF-8.") from None
    try:
        return text, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        line = re.search(r"at line (\d+)", str(problem))
        said = re.sub(r" \(at (line \d+, column \d+|end of document)\)$", "", str(problem))
        raise refused(int(line[1]) if line else text.count("\n") + 1, f"this is no TOML: {said}.") from None


def _sentence(kind: str, path: tuple[str | int, ...], error: Mapping[str, Any]) -> str:
    """What is wrong with the value at a path, and the mend."""
    head, key = _head(path[:-1]), path[-1] if path else ""
    if isinstance(key, int):
        head, key = "", _head(path)
    table = head.rstrip(":") or "the policy"
    if kind == "missing":
        return f"{table} has no '{key}': add it."
    if kind == "extra_forbidden":
        near = _nearest(path)
        mend = f"did you mean '{near}'?" if near else f"the keys are {', '.join(_keys_at(path[:-1]))}."
        return f"{table} has an unknown key '{key}': {mend}"
    tables = f"a list of tables{', each with the head [[parts]]' if key == 'parts' else ', one for each value'}"
    wanted = error.get("ctx", {}).get("wanted") or (tables if kind.startswith(("tuple", "too_short")) else "a table")
    return f"{head} {key} must be {wanted}, not {_shown(error['input'], wanted)}.".lstrip()


def _head(path: tuple[str | int, ...]) -> str:
    """How an instructor calls the table at a path."""
    if not path:
        return ""
    if path[0] == "parts" and len(path) > 1:
        return f"[[parts]] number {int(path[1]) + 1}:"
    if path[0] == "submits" and len(path) > 1:
        return f"[submits] {path[1]}{f' number {int(path[2]) + 1}' if len(path) > 2 else ''}:"
    return f"[{'.'.join(json.dumps(str(key)) if '.' in str(key) else str(key) for key in path)}]"


def _keys_at(path: tuple[str | int, ...]) -> list[str]:
    """The keys of the table at a path of the model."""
    tables: dict[str, type[BaseModel]] = {
        "parts": Part,
        "submits": Value,
        "tolerances": ByHand,
        "rubric": RubricLine,
        "seconds": SecondsByHand,
        "limits": LimitsTable,
        "submission": Submission,
        "late": Late,
    }
    return list((tables[str(path[0])] if path else Policy).model_fields)


def _nearest(path: tuple[str | int, ...]) -> str:
    """The key that an unknown key looks like. Empty if it looks like none."""
    return next(iter(difflib.get_close_matches(str(path[-1]), _keys_at(path[:-1]), 1)), "")


def _shown(value: Any, wanted: str) -> str:
    """The value as it is in the file, with the mend if it is a number in quotes."""
    shown = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    is_quoted = isinstance(value, str) and "number" in wanted and re.fullmatch(r"\s*[\d.]+\s*", value)
    return f"{shown}: leave out the quotes" if is_quoted else shown


def _clashes(policy: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Names that two parts share, and names of parts that do not exist, with their paths. The file may be broken."""
    parts = policy.get("parts")
    parts = [part if isinstance(part, dict) else {} for part in parts] if isinstance(parts, list) else []
    for key in ("id", "wire_id"):
        seen: set[str] = set()
        for number, part in enumerate(parts):
            name = part.get(key) or part.get("id")
            if isinstance(name, str) and name in seen:
                place = ("parts", number, key if key in part else "id")
                yield place, f"more than one part has the {key} {name!r}: give each its own."
            seen |= {name} if isinstance(name, str) else set()
    ids = {part["id"] for part in parts if isinstance(part.get("id"), str)}
    all_known = len(parts) == sum(isinstance(part.get("id"), str) for part in parts)
    submits = policy.get("submits")
    taken: dict[str, str] = {}
    for method, values in (submits if isinstance(submits, dict) else {}).items():
        for number, value in enumerate(values if isinstance(values, list) else ()):
            name, part = (value.get("name"), value.get("part")) if isinstance(value, dict) else (None, None)
            if all_known and isinstance(part, str) and part not in ids:
                known = ", ".join(sorted(ids))
                yield ("submits", method, number, "part"), f"no part has the id {part!r}: the parts are {known}."
            if isinstance(name, str) and name in taken:
                said = f"the value {name!r} is taken by {taken[name]} already: give each value its own name."
                yield ("submits", method, number, "name"), said
            if isinstance(name, str):
                taken[name] = method


def _late_clashes(policy: Policy | None) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Lines of [late] that have no effect or contradict each other, with their paths."""
    if policy is None or policy.late is None:
        return
    late, due = policy.late, policy.submission.due
    if due is None:
        yield ("late",), "[late] needs a deadline: add 'due' to [submission]."
    elif late.last and late.last < due:
        yield ("late", "last"), "[late]: last is before the deadline, 'due' in [submission]: give a later moment."
    if late.last and late.last_day:
        yield ("late", "last"), "[late] has both last and last_day: leave one."
    if late.last_day and late.share_per_day is None and 0 < late.free_days < late.last_day:
        said = f"nothing counts after {late.free_days} late days, so last_day changes nothing: give share_per_day."
        yield ("late", "last_day"), f"[late]: {said}"
