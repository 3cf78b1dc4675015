"""Who is in the class: a CSV with `student_id,email`, or a platform's own export, whose columns are kept."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import UsageError


@dataclass(frozen=True)
class Roster:
    """The rows of a roster as they stand in the file, each a mapping of column to text."""

    columns: tuple[str, ...] = ()
    rows: tuple[Mapping[str, str], ...] = ()

    def of(self, student: str) -> Mapping[str, str]:
        """The row whose `student_id` this is; empty where there is none."""
        return next((row for row in self.rows if row.get("student_id") == student), {})


def read_roster(path: Path) -> Roster:
    """Read a roster. Raises UsageError when it is no CSV with a head row."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            rows = [{k: v.strip() for k, v in row.items() if isinstance(v, str)} for row in reader]
            columns = tuple(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise UsageError(f"{path}: the roster can't be read ({problem}).") from None
    if not columns:
        raise UsageError(f"{path}: the roster is empty; expected a CSV with the columns student_id,email.")
    return Roster(columns, tuple(rows))
