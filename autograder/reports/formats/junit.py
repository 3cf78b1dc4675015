"""`junit.xml`, as Jenkins' junit-10.xsd has it: a suite for each student, a case for each check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from autograder.grading import Result
from autograder.reports.formats.book import (
    Book,
    earned,
    entries,
    explanation,
)

# What XML 1.0 can't hold, however it is escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {"fail": "failure", "error": "error", "skipped": "skipped"}


def files(book: Book) -> Iterator[tuple[str, str]]:
    """One file of all students. A failed check is a failure; an error of ours is an error."""
    root = ElementTree.Element("testsuites", name=_text(book.assignment.title))
    for result in book.results:
        root.append(_suite(result))
    ElementTree.indent(root, " ")
    yield (
        "junit.xml",
        '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n",
    )


def _suite(result: Result) -> ElementTree.Element:
    checks = entries(result)
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
    # The schema has no properties below a case, so the points of all of them stand here.
    properties = ElementTree.SubElement(suite, "properties")
    points = {"status": result["status"], "max_score": f"{result['max_score']:g}"}
    if result["status"] != "error":  # an error of ours is no score
        points["score"] = f"{result['score']:g}"
        points |= {f"points.{check['name']}": f"{earned(check):g} of {check['points']:g}" for check in checks}
    for name, value in points.items():
        ElementTree.SubElement(properties, "property", name=_text(name), value=value)
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


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"
