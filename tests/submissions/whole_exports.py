"""A whole export of each platform, and how it is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from autograder.assignment import Assignment
from autograder.submissions import Submission, find_submissions
from tests.submissions import exports
from tests.submissions.exports import STUDENTS, Student

NAME = "em_gmm.ipynb"
WHEN = datetime(2026, 2, 28, 9, 0)
A, B, C, D, E, F, G = STUDENTS


def found_in(path: Path, assignment: Assignment, platform: str | None = None) -> tuple[list[Submission], list[str]]:
    notes: list[str] = []
    return find_submissions([path], assignment, platform, notes.append), notes


def of_all(file_of: Callable[[int, Student], str]) -> dict[str, bytes]:
    return {file_of(i, student): student.login.encode() for i, student in enumerate(STUDENTS)}


def gradescope_export(students: tuple[Student, ...] = STUDENTS) -> dict[str, bytes]:
    folders = {f"submission_{1000 + i}": [student] for i, student in enumerate(students)}
    metadata = exports.gradescope_metadata(folders, WHEN, history=2).encode()
    files = {f"{folder}/{NAME}": s.login.encode() for folder, [s] in folders.items()}
    return {
        f"assignment_77_export/{name}": raw for name, raw in (files | {"submission_metadata.yml": metadata}).items()
    }


def blackboard_export() -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for student in STUDENTS:
        names = exports.blackboard(student.login, WHEN, NAME)
        files |= {name: text.encode() if text else student.login.encode() for name, text in names.items()}
    return files


EXPORTS: list[tuple[str, dict[str, bytes]]] = [
    ("canvas", of_all(lambda i, s: exports.canvas(s, 900 + i, f"em_gmm-{i}.ipynb" if i else NAME, late=i % 2 == 1))),
    ("canvas", of_all(lambda i, s: exports.canvas_anonymous(f"aB{i}xY", 900 + i, NAME))),
    ("moodle", of_all(lambda i, s: exports.moodle(s, NAME)) | {exports.moodle(A, "x.html", plugin="onlinetext"): b""}),
    ("moodle", of_all(lambda i, s: exports.moodle(s, NAME, end=""))),
    ("moodle", of_all(lambda i, s: exports.moodle(s, NAME, flat=True))),
    ("moodle", {f"Teilnehmerin_{i}_assignsubmission_file_/{NAME}": s.login.encode() for i, s in enumerate(STUDENTS)}),
    ("blackboard", blackboard_export()),
    ("brightspace", of_all(lambda i, s: exports.brightspace(s, WHEN, NAME)) | {"index.html": b"<html>"}),
    ("brightspace", of_all(lambda i, s: exports.brightspace(s, WHEN, NAME, gap=""))),
    ("brightspace", of_all(lambda i, s: exports.brightspace(s, WHEN, NAME, flat=True))),
    ("gradescope", gradescope_export()),
    ("ilias", {exports.ilias(s, NAME, late=s is B): s.login.encode() for s in (A, B, C)} | {"EM.xlsx": b""}),
    ("ilias", {exports.ilias(s, NAME, above=f"EM/Abgaben/Team {s.number}/"): s.login.encode() for s in (A, B, C)}),
]
