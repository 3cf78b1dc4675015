"""Writes the files that platforms and people read. Each format has a module, which reads only the ledger's results.

The exception is `trust`, which reads what `prove` measured.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from autograder.reports.formats import (
    canvas,
    classroom50,
    feedback,
    github,
    grades_csv,
    gradescope,
    html,
    junit,
    prairielearn,
    trust,
)
from autograder.reports.formats.book import Book


class Format(Protocol):
    """Yields the files of a format: each file's path below the ledger's folder, and its text."""

    def __call__(self, book: Book) -> Iterator[tuple[str, str]]: ...


FORMATS: Mapping[str, Format] = {
    "feedback": feedback.files,  # before the report, because the report links to it
    "trust": trust.files,  # before the report as well
    "html": html.files,
    "csv": grades_csv.files,
    "canvas": canvas.files,
    "gradescope": gradescope.files,
    "junit": junit.files,
    "classroom50": classroom50.files,
    "github": github.files,
    "prairielearn": prairielearn.files,
}

FOR_PEOPLE = ("feedback", "trust", "html")


def write_formats(book: Book, formats: Sequence[str]) -> list[Path]:
    """Write the files of these formats beside the ledger, and return their paths.

    Raises OSError when a file cannot be written, and UsageError when the roster cannot be used.
    """
    return [path for name in formats for path in _write(book, name)]


def file_bytes(relative: str, text: str) -> bytes:
    """Return the content of a format's file. Excel reads accents only in a CSV that begins with a byte-order mark.

    Canvas reads canvas.csv without one, as the first column's name must be its own.
    """
    mark = codecs.BOM_UTF8 if relative == "grades.csv" else b""
    return mark + text.encode("utf-8", "backslashreplace")


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
