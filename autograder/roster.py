"""Who is in the class: a CSV with `student_id,email`, or a platform's own export, whose columns are kept."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import UsageError

_NAMES = ("student_id", "email", "ID", "SIS User ID", "SIS Login ID")  # the last three are Canvas'


@dataclass(frozen=True)
class Roster:
    """The rows of a roster as they stand in the file, each a mapping of column to text."""

    columns: tuple[str, ...] = ()
    rows: tuple[Mapping[str, str], ...] = ()

    def of(self, student: str) -> Mapping[str, str]:
        """The row whose `student_id` this is; empty where there is none."""
        return next((row for row in self.rows if row.get("student_id") == student), {})


def read_roster(path: Path) -> Roster:
    """Read a roster, with commas or, as spreadsheets of many countries save it, semicolons.

    Raises UsageError when it is no CSV in UTF-8 whose head row has a column that names students.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        head = text.partition("\n")[0]
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
        columns, *rows = [[cell.strip() for cell in line] for line in lines if line] or [[]]
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the roster can't be read; save it as CSV in UTF-8.") from None
    except (OSError, csv.Error) as problem:
        raise UsageError(f"{path}: the roster can't be read ({problem}).") from None
    if not set(columns) & set(_NAMES):
        raise UsageError(
            f"{path}: no column of the roster names students; expected a CSV whose first line is "
            "student_id,email or the gradebook that Canvas exports."
        )
    filled = [dict(zip(columns, [*row, *[""] * len(columns)], strict=False)) for row in rows]  # short lines are common
    return Roster(tuple(columns), tuple(filled))
