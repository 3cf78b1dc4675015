"""Writes submissions into folders and zips, and reads them back."""

from __future__ import annotations

import zipfile
from pathlib import Path

from autograder.assignment import Assignment
from autograder.submissions import find_submissions

ADA, BOB = b'{"who": "ada"}', b'{"who": "bob"}'


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def notebooks_by_student(paths: list[Path], assignment: Assignment) -> dict[str, bytes]:
    return {submission.student: submission.read() for submission in find_submissions(paths, assignment)}
