"""Reads the roster of a class: a CSV with `student_id,email`, or the table that a platform exports.

All columns are kept as they are.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from autograder.assignment import UsageError
from autograder.submissions.identity import by_any_capitals, same_name, without_capitals
from autograder.submissions.people import Person, people_of, platform_of, role_of

_OWN = ("student_id", "email", "first_name", "last_name")
_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", "LastName", "FirstName")
_NAMES = ("student_id", "email", "ID", "SIS User ID", "SIS Login ID")  # one of these columns is enough
_DELIMITERS = (",", ";", "\t", "|")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NAMED_ADDRESS = re.compile(
    r"[^<>]*<\s*(?i:mailto:)?([^<>]*?)\s*>"
)  # Ada L <ada@example.org>, as mail programs copy it
_MOST_BYTES = 200  # of a folder's name; most systems allow 255


@dataclass(frozen=True)
class Table:
    """A roster as the file has it, so that it can be written back: `cells` have one list of texts for each row."""

    columns: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    delimiter: str = ","
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Roster:
    """The rows of a roster, in the order of the file. Each maps the names of columns to text.

    - `lines` has the number of the line at which each row begins, as an editor counts.
    - `platform` names the platform that exported it: "canvas", "moodle", "brightspace" or "blackboard".
    - `table` is what the file itself says.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[Mapping[str, str], ...] = ()
    lines: tuple[int, ...] = field(default=(), compare=False)
    platform: str = ""
    table: Table = field(default_factory=Table, compare=False, repr=False)

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """The students by what the columns say of them, also if the roster is the table of a platform."""
        return people_of(self.platform, self.columns, self.rows)

    @cached_property
    def students(self) -> tuple[str, ...]:
        """Every `student_id`, once each. Some rows may have none."""
        return tuple(dict.fromkeys(name for row in self.rows if (name := row.get("student_id"))))

    @cached_property
    def _row_by_student(self) -> Mapping[str, Mapping[str, str]]:
        return {row.get("student_id", ""): row for row in reversed(self.rows)}

    @cached_property
    def _by_any_capitals(self) -> Mapping[str, list[str]]:
        return by_any_capitals(self.students)

    def student(self, name: str) -> str:
        """The `student_id` of the student that a submission names. Empty if there is none, or if there is doubt."""
        if (exact := same_name(name)) in self._row_by_student:
            return exact
        alike = self._by_any_capitals.get(without_capitals(name), [])
        return alike[0] if len(alike) == 1 else ""

    def row_of(self, name: str) -> Mapping[str, str]:
        """The row of the student that a submission names. Empty if there is none.

        If a platform exported the roster, the row has the kit's own columns too.
        """
        student = self.student(name)
        if student or "student_id" in self.columns:
            return self._row_by_student[student] if student else {}
        return self._row_of_platform.get(same_name(name), {})

    @cached_property
    def _row_of_platform(self) -> Mapping[str, Mapping[str, str]]:
        return {
            person.student: {
                **self.rows[person.row],
                **{name: text for name, text in _own_columns(person).items() if text},
            }
            for person in reversed(self.people)
        }


def _own_columns(person: Person) -> dict[str, str]:
    own = (person.student, person.email, person.first_name, person.last_name)
    return dict(zip(_OWN, own, strict=True))


def read_roster(path: Path) -> Roster:
    """Read a roster as spreadsheets save it.

    Columns are separated by commas, semicolons or tabs. Empty rows are skipped. Raises UsageError when the file is not
    a CSV in UTF-8 or UTF-16, when no column of its first line names students, or when such a column is there twice.
    """
    table, lines = _read(path, "roster")
    platform = platform_of([same_name(name) for name in table.columns], table.cells)
    own = platform in ("", "canvas")
    columns = tuple(_column(name) if own else same_name(name) for name in table.columns)
    rows = tuple(_row(columns, row) for row in table.cells)
    roster = Roster(columns, rows, lines, platform, table)
    if not set(columns) & set(_NAMES) and not roster.people:
        raise UsageError(
            f"{path}: no column of the roster names students; expected a CSV whose first line is "
            "student_id,email or the gradebook that a platform exports."
        )
    for column in (*_OWN, *_CANVAS):
        if columns.count(column) > 1:
            raise UsageError(f"{path}: the roster has the column {column} {columns.count(column)} times: leave one.")
    return roster


def read_table(path: Path, what: str) -> Table:
    """Read a CSV as spreadsheets save it. `what` is in it, for messages. Raises UsageError if it can't be read."""
    return _read(path, what)[0]


def _read(path: Path, what: str) -> tuple[Table, tuple[int, ...]]:
    try:
        encoding, text = _decoded(path.read_bytes())
        delimiter, head, table = _parsed(text)
    except UnicodeDecodeError:
        raise UsageError(
            f"{path}: the {what} can't be read; save it as CSV in UTF-8 (in Excel: `CSV UTF-8`)."
        ) from None
    except (OSError, csv.Error) as problem:
        raise UsageError(f"{path}: the {what} can't be read ({problem}).") from None
    cells = tuple(tuple(row) for _, row in table)
    return Table(tuple(head), cells, delimiter, encoding), tuple(line for line, _ in table)


def _decoded(raw: bytes) -> tuple[str, str]:
    """The name of the encoding, and the text."""
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    return encoding, raw.decode(encoding)


def _parsed(text: str) -> tuple[str, list[str], list[tuple[int, list[str]]]]:
    """The delimiter, the first row, and each other row that is not empty with the line at which it begins."""
    hint = re.match(r"sep=(.)\r?\n", text)  # a first line with which Excel names the separator
    delimiters = (hint[1],) if hint else _DELIMITERS
    heads = {d: next((cells for _, cells in _rows(text, d) if cells != [f"sep={d}"]), []) for d in delimiters}
    delimiter = max(delimiters, key=lambda d: _known_columns(heads[d]))
    rows = list(_rows(text, delimiter))[1 if hint else 0 :]
    if not rows:
        return delimiter, [], []
    return delimiter, rows[0][1], rows[1:]


def _known_columns(head: list[str]) -> tuple[int, int, int]:
    """How many of these columns are the kit's own or Canvas', how many are known at all, and how many there are."""
    own = {_column(name) for name in head} & {*_OWN, *_CANVAS}
    return len(own), sum(bool(role_of(name)) for name in head), len(head)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    for cells in lines:
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = lines.line_num + 1


def _column(name: str) -> str:
    """The name of a column. The kit's own names may be written with capitals, spaces or hyphens: `E-mail`."""
    letters = re.sub(r"[ _-]", "", same_name(name).lower())
    return next((own for own in _OWN if own.replace("_", "") == letters), same_name(name))


def _row(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    filled = [same_name(cell) for cell in cells] + [""] * len(columns)  # short lines are common
    row = dict(zip(columns, filled, strict=False))
    if "email" in row:
        row["email"] = _bare_address(row["email"])
    return row


def _bare_address(email: str) -> str:
    """The address alone, of `Ada L <ada@example.org>`."""
    named = _NAMED_ADDRESS.fullmatch(email)
    return same_name(named[1] if named else re.sub(r"^\s*mailto:", "", email, flags=re.IGNORECASE))


def email_key(email: str) -> str:
    """The address in a form that does not depend on capitals or on how its accents are encoded."""
    return without_capitals(_bare_address(same_name(email)))


def students_by_email(roster: Roster) -> dict[str, str]:
    """A mapping from the `email_key` of each address to the `student_id`.

    Raises UsageError when a column or a value is missing, when a value is there twice, or when an id can't be the
    name of a folder, which nbgrader needs.
    """
    absent = [column for column in ("student_id", "email") if column not in roster.columns]
    if absent:
        raise UsageError(f"the roster has no column {' and no column '.join(absent)}; it needs student_id,email.")
    students: dict[str, str] = {}
    for student, row, line in zip(student_ids(roster), roster.rows, _lines(roster), strict=True):
        email = email_key(row.get("email", ""))
        name, _, host = email.partition("@")
        if not name or not host or "@" in host or re.search(r"[\s<>,;]", email):
            raise UsageError(f"line {line} of the roster needs a student_id and an e-mail address.")
        if email in students:
            raise UsageError(f"line {line} of the roster: {email} is in the roster twice.")
        students[email] = student
    return students


def student_ids(roster: Roster) -> list[str]:
    """The `student_id` of every row.

    Raises UsageError when an id is missing, is there twice, can't be the name of a folder, or would have the same
    folder as another on Windows and macOS, where capitals and a dot at the end do not count.
    """
    if "student_id" not in roster.columns:
        raise UsageError("the roster has no column student_id; it needs student_id,email.")
    students: dict[str, str] = {}  # by the name of the folder
    for row, line in zip(roster.rows, _lines(roster), strict=True):
        student = row.get("student_id", "")
        if not student:
            raise UsageError(f"line {line} of the roster needs a student_id and an e-mail address.")
        if not _is_folder_name(student):
            raise UsageError(f"line {line} of the roster: {student!r} can't be the name of a student's folder.")
        folder = without_capitals(student).rstrip(".")
        if folder in students:
            other = students[folder]
            if other == student:
                raise UsageError(f"line {line} of the roster: {student} is in the roster twice.")
            raise UsageError(
                f"line {line} of the roster: {student} and {other} would have the same folder on Windows and macOS: "
                "rename one."
            )
        students[folder] = student
    return list(students.values())


def _is_folder_name(student: str) -> bool:
    plain = student.isprintable() and not student.startswith(".") and not set(student) & set("/\\\0")
    return plain and len(student) <= 100 and len(student.encode("utf-8", "replace")) <= _MOST_BYTES


def _lines(roster: Roster) -> tuple[int, ...]:
    """The lines of the rows. A roster that was not read from a file has a row on each line."""
    return roster.lines or tuple(range(2, len(roster.rows) + 2))
