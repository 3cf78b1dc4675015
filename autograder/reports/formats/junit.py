"""Writes `junit.xml` after Jenkins' junit-10.xsd: a suite for each student, and in it a test case for each check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from autograder.grading import Result, earned
from autograder.marking import Grade
from autograder.reports.formats.book import Book, entries, explanation

# The characters that XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {"fail": "failure", "error": "error", "skipped": "skipped"}


def files(book: Book) -> Iterator[tuple[str, str]]:
    """Yield the file of all students. A failed check is a failure. An error of the grader is an error."""
    root = ElementTree.Element("testsuites", name=_text(book.assignment.title))
    for result in book.results:
        root.append(_suite(result, book.grades[result["student"]]))
    ElementTree.indent(root, " ")
    yield (
        "junit.xml",
        '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n",
    )


def _suite(result: Result, grade: Grade) -> ElementTree.Element:
    checks = entries(result, grade)
    count = {status: sum(check["status"] == status for check in checks) for status in _ELEMENTS}
    suite = ElementTree.Element(
        "testsuite",
        name=_text(result["student"]),
        tests=str(len(checks)),
        failures=str(count["fail"]),
        errors=str(count["error"]),
        skipped=str(count["skipped"]),
        time=_seconds(result["seconds"]),
    )
    if result.get("submitted_at"):
        suite.set("timestamp", result["submitted_at"].removesuffix("Z"))
    # The schema allows no properties in a test case, so the points of all checks stand here.
    properties = ElementTree.SubElement(suite, "properties")
    points = {"status": result["status"], "max_score": f"{grade.max_score:g}"}
    if grade.note:
        points["note"] = grade.note
    if grade.late_text:
        points["late"] = grade.late_text
    if grade.score is not None:
        points["score"] = f"{grade.score:g}"
    if result["status"] != "error":  # the points of an error of the grader mean nothing
        points |= {
            f"points.{check['name']}": f"{earned(check):g} of {check['points']:g}"
            for check in checks
            if not _is_unmarked(check)
        }
    for name, value in points.items():
        ElementTree.SubElement(properties, "property", name=_text(name), value=_text(value))
    for check in checks:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            name=_text(check["title"]),
            classname=_text(check["part"] or result["assignment"]),
            time=_seconds(check["seconds"]),
        )
        if check["status"] in _ELEMENTS:
            element = _ELEMENTS[check["status"]]
            why = ElementTree.SubElement(case, element, type=check["status"], message=_text(check["message"]))
            why.text = _text(explanation(check))
    return suite


def _is_unmarked(check: Mapping[str, Any]) -> bool:
    return bool(check.get("by_hand")) and check["status"] == "skipped"


def _text(text: str) -> str:
    """The text with a replacement character for each character that XML cannot hold."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
