"""junit.xml fits Jenkins' junit-10.xsd, and shows failed checks, errors of the grader and scores differently."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.assignment import Assignment
from autograder.grading import Result
from autograder.reports import Book
from autograder.reports.formats import junit

Make = Callable[..., Book]

# From the schema: attributes (required ones in capitals), children, and whether the element may hold text.
SCHEMA = {
    "testsuites": ("name time tests failures errors", "testsuite", False),
    "testsuite": (
        "NAME TESTS FAILURES ERRORS group time skipped timestamp hostname id package file log url",
        "testsuite properties testcase system-out system-err",
        False,
    ),
    "properties": ("", "property", False),
    "property": ("NAME VALUE", "", False),
    "testcase": ("NAME time classname group", "skipped error failure system-out system-err", False),
    "failure": ("type message", "", True),
    "error": ("type message", "", True),
    "skipped": ("type message", "", True),
}
SECONDS = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def schema_errors(root: ElementTree.Element) -> list[str]:
    """The schema's rules that a file breaks."""
    wrong = [] if root.tag == "testsuites" else [f"the root is {root.tag}"]
    for element in root.iter():
        attributes, children, text = SCHEMA[element.tag]
        wrong += [
            f"{element.tag} has no {name}" for name in re.findall("[A-Z]+", attributes) if not _has(element, name)
        ]
        wrong += [f"{element.tag} has {name}" for name in element.attrib if name not in attributes.lower().split()]
        wrong += [f"{element.tag} holds {child.tag}" for child in element if child.tag not in children.split()]
        if not text and any((part or "").strip() for part in (element.text, *(child.tail for child in element))):
            wrong.append(f"{element.tag} holds text")
        if element.tag.startswith("testsuite") and not SECONDS.fullmatch(element.get("time", "")):
            wrong.append(f"{element.tag} takes {element.get('time')}")
    return wrong


def _has(element: ElementTree.Element, name: str) -> bool:
    return name.lower() in element.attrib


def written(book: Book) -> ElementTree.Element:
    return ElementTree.fromstring(dict(junit.files(book))["junit.xml"])


def test_junit_fits_the_schema(book: Make, class_of_five: list[Result], interrupted: Result) -> None:
    assert schema_errors(written(book([*class_of_five, interrupted]))) == []
    assert schema_errors(written(book([{**class_of_five[0], "seconds": 12345.678}]))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (' failures="0"', ""),
        ("<testcase ", '<testcase points="5" '),
        ("<properties>", "<properties>5"),
        ('time="1.500"', 'time="1 s"'),
        ("<properties>", "<system-in/><properties>"),
    ],
)
def test_the_schema_check_finds_broken_files(old: str, new: str, book: Make) -> None:
    text = dict(junit.files(book()))["junit.xml"]
    assert old in text
    broken = text.replace(old, new, 1).replace("<system-in/>", "<property/>")
    assert schema_errors(ElementTree.fromstring(broken))


def test_students_are_suites_checks_are_test_cases_and_parts_are_classes(
    book: Make, class_of_five: list[Result], course: Assignment
) -> None:
    suites = list(written(book()))
    assert [suite.get("name") for suite in suites] == [result["student"] for result in class_of_five]
    titles = [check["title"] for part in class_of_five[0]["parts"] for check in part["checks"]]
    assert [case.get("name") for case in suites[0].iter("testcase")] == titles
    assert list(dict.fromkeys(case.get("classname") for case in suites[0].iter("testcase"))) == [
        part.id for part in course.parts
    ]


def test_a_lost_check_is_a_failure_and_an_error_of_the_grader_is_an_error(
    book: Make, class_of_five: list[Result], interrupted: Result
) -> None:
    suites = written(book())
    every = str(sum(len(part["checks"]) for part in class_of_five[0]["parts"]))
    counted = [tuple(s.get(name) for name in ("tests", "failures", "errors", "skipped")) for s in suites]
    assert counted == [
        (every, "0", "0", "0"),
        (every, "1", "0", "0"),
        ("1", "1", "0", "0"),
        ("1", "0", "1", "0"),
        (every, "1", "0", "1"),
    ]
    assert [len(list(s.iter(tag))) for s in suites for tag in ("failure", "error", "skipped")] == [
        *(0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1)
    ]
    assert "Divide by N_c." in suites[1].findtext(".//failure", "")
    assert [s.get("errors") for s in written(book([interrupted]))] == ["1"]


def test_the_points_are_properties_that_add_up_and_an_error_of_the_grader_has_none(
    book: Make, class_of_five: list[Result], interrupted: Result
) -> None:
    for suite, result in zip(written(book([*class_of_five, interrupted])), [*class_of_five, interrupted], strict=True):
        properties = {p.get("name", ""): p.get("value", "") for p in suite.iter("property")}
        points = [value.split(" of ") for name, value in properties.items() if name.startswith("points.")]
        assert float(properties["max_score"]) == result["max_score"]
        if result["status"] == "error":
            assert "score" not in properties
            assert not points
        else:
            assert float(properties["score"]) == sum(float(got) for got, _ in points) == result["score"]
            assert sum(float(most) for _, most in points) == result["max_score"]


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_written_and_the_characters_of_xml_are_kept(text: str) -> None:
    element = ElementTree.Element("a", message=junit._text(text + "\x00\ud800"))
    back = ElementTree.fromstring(ElementTree.tostring(element, encoding="unicode")).get("message", "")
    assert len(back) == len(text) + 2
    assert all(new in (old, "\ufffd") for old, new in zip(text, back, strict=False))


def test_text_that_xml_can_hold_stays_unchanged() -> None:
    assert junit._text("größer <&>\"'\n\t🌳 \ue000\ufffd") == "größer <&>\"'\n\t🌳 \ue000\ufffd"
