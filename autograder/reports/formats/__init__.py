"""Writes the files that platforms and people read. Each format has a module, which reads only the ledger's results.

The exception is `trust`, which reads what `prove` measured. Installed packages may add formats of their own: each is an
entry point of the group `autograder.formats` (docs/platforms.md).
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol

from autograder.assignment import UsageError
from autograder.reports.formats import (
    blackboard,
    brightspace,
    canvas,
    classroom50,
    feedback,
    github,
    grade_table,
    grades_csv,
    gradescope,
    html,
    junit,
    moodle,
    prairielearn,
    trust,
)
from autograder.reports.formats.book import Book


class Format(Protocol):
    """Yields the files of a format: each file's path below the ledger's folder, and its text, or bytes of any kind."""

    def __call__(self, book: Book) -> Iterator[tuple[str, str | bytes]]: ...


def _installed(entry: EntryPoint) -> Format:
    """A format of another package. It is imported when it is used. Its errors become UsageError with its name."""

    def files(book: Book) -> Iterator[tuple[str, str | bytes]]:
        try:
            yield from entry.load()(book)
        except Exception as problem:  # whatever another package raises
            raise UsageError(
                f"the format '{entry.name}' ({entry.value}) failed: {type(problem).__name__}: {problem}"
            ) from problem

    return files


_OWN: Mapping[str, Format] = {
    "feedback": feedback.files,  # before the report, because the report links to it
    "trust": trust.files,  # before the report as well
    "html": html.files,
    "csv": grades_csv.files,
    "canvas": canvas.files,
    "moodle": moodle.files,
    "brightspace": brightspace.files,
    "blackboard": blackboard.files,
    "gradescope": gradescope.files,
    "junit": junit.files,
    "classroom50": classroom50.files,
    "github": github.files,
    "prairielearn": prairielearn.files,
}
# A package can add a format, but it can't replace one of the kit's.
FORMATS = {**_OWN, **{e.name: _installed(e) for e in entry_points(group="autograder.formats") if e.name not in _OWN}}

FOR_PEOPLE = ("feedback", "trust", "html")


# What fills the table of a platform cannot be written without that table.
NEED_ROSTER = ("moodle", "blackboard")
# Formats that leave out a student whom the roster does not have, and what tells which.
UNMATCHED: Mapping[str, Callable[[Book], list[str]]] = {
    "canvas": canvas.unmatched_students,
    **dict.fromkeys(("moodle", "brightspace", "blackboard"), grade_table.unmatched_students),
}

# What to say of a file for a platform, as sentences.
NOTES: Mapping[str, Callable[[Book], list[str]]] = {"canvas": canvas.notes, "brightspace": brightspace.notes}


def file_bytes(relative: str, text: str | bytes) -> bytes:
    """Return the content of a format's file. Excel reads accents only in a CSV that begins with a byte-order mark.

    Canvas reads canvas.csv without one, as the first column's name must be its own.
    """
    if isinstance(text, bytes):
        return text
    mark = codecs.BOM_UTF8 if relative == "grades.csv" else b""
    return mark + text.encode("utf-8", "backslashreplace")


def write_format(book: Book, name: str) -> list[Path]:
    """Write the files of this format beside the ledger, and return their paths.

    Raises UsageError if there is no such format, if a file cannot be written, or if the roster cannot be used.
    """
    if name not in FORMATS:
        raise UsageError(f"there is no format '{name}'; there are: {', '.join(FORMATS)}.")
    try:
        return _write(book, name)
    except OSError as problem:
        raise UsageError(f"{book.folder}: {name} can't be written ({problem.strerror}).") from None


def _write(book: Book, name: str) -> list[Path]:
    written = []
    for relative, text in FORMATS[name](book):
        path = book.folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file_bytes(relative, text))
        written.append(path)
    folder = book.folder / name
    if all(path.parent == folder for path in written):
        # An earlier report may have left a file for a student who has none now. It would look like part of this report.
        for path in set(folder.glob("*")).difference(written):
            if path.is_file():
                path.unlink()
    return written
