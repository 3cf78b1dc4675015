"""The files for other platforms have the required fields, and their scores are the ledger's."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.grading import Result
from autograder.reports import FORMATS, NEED_ROSTER, Book, write_format
from autograder.reports.formats.github import MAX_BYTES
from autograder.submissions import file_name

Make = Callable[..., Book]


def texts(name: str, book: Book) -> dict[str, str]:
    return dict(FORMATS[name](book))


def of_student(name: str, book: Book, student: str) -> dict[str, Any]:
    return json.loads(texts(name, book)[f"{name}/{file_name(student)}.json"])


# ---------------------------------------------------------------- all


@pytest.mark.parametrize("name", sorted({*FORMATS} - {*NEED_ROSTER}))
def test_a_class_with_every_kind_of_result_is_written(name: str, book: Make) -> None:
    written = write_format(book(), name)
    assert written
    assert all(path.stat().st_size for path in written)


@pytest.mark.parametrize("name", sorted({*FORMATS} - {*NEED_ROSTER}))
def test_two_students_never_share_a_file(name: str, book: Make, class_of_five: list[Result]) -> None:
    twins = [{**class_of_five[0], "student": student} for student in ("a/b", "a_b", "a b", "A b", "../x", "CON")]
    files = [path for path, _ in FORMATS[name](book(twins))]
    assert len(set(files)) == len(files)
    assert not any(".." in Path(path).parts or Path(path).is_absolute() for path in files)


@pytest.mark.parametrize("name", sorted({*FORMATS} - {*NEED_ROSTER}))
def test_no_name_and_no_message_breaks_a_file(name: str, book: Make, class_of_five: list[Result], hostile: str) -> None:
    result = copy.deepcopy(class_of_five[4]) | {"student": hostile, "message": hostile}
    for path in write_format(book([class_of_five[0], result]), name):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            json.loads(text)
        elif path.suffix == ".xml":
            ElementTree.fromstring(text)
        elif path.suffix == ".csv":
            assert len({len(row) for row in csv.reader(io.StringIO(text, newline=""))}) == 1
        elif path.suffix in (".html", ".md"):
            assert "<script>alert" not in text
        else:
            assert all(line.startswith("::notice title=") for line in text.splitlines())


@pytest.mark.parametrize("name", sorted({*FORMATS} - {*NEED_ROSTER}))
def test_writing_a_format_does_not_change_the_results(name: str, book: Make, class_of_five: list[Result]) -> None:
    before = copy.deepcopy(class_of_five)
    list(FORMATS[name](book()))
    assert class_of_five == before


@pytest.mark.parametrize("name", ["gradescope", "classroom50"])
def test_a_platform_that_knows_only_scores_gets_no_file_for_an_error_of_the_grader(
    name: str, book: Make, interrupted: Result
) -> None:
    assert f"{name}/alder.json" in texts(name, book())
    assert f"{name}/cedar.json" not in texts(name, book())
    assert texts(name, book([interrupted])) == {}


def test_a_new_report_removes_old_files_of_students_who_now_have_none(book: Make, class_of_five: list[Result]) -> None:
    write_format(book(), "gradescope")
    failed = [{**class_of_five[3], "student": "alder"}, *class_of_five[1:3]]
    write_format(book(failed), "gradescope")
    assert sorted(path.stem for path in (book().folder / "gradescope").iterdir()) == ["ash", "beech"]


def test_a_report_keeps_files_that_it_did_not_write(book: Make) -> None:
    mine = [book().folder / folder / "mine.txt" for folder in ("csv", "junit", "github")]
    for path in mine:
        path.parent.mkdir()
        path.write_text("mine", encoding="utf-8")
    for name in ["csv", "junit", "github"]:
        write_format(book(), name)
    assert all(path.is_file() for path in mine)


@given(st.text())
def test_no_student_can_be_named_like_another_students_file(name: str) -> None:
    assert file_name(file_name(name)) != file_name(name) or file_name(name) == name


def test_a_lone_surrogate_and_its_escape_give_different_file_names() -> None:
    assert file_name("x" * 60 + "\udc80") != file_name("x" * 60 + "\\udc80")


@given(st.lists(st.text(min_size=1), unique=True, max_size=20))
def test_different_names_give_different_plain_file_names(names: list[str]) -> None:
    files = [file_name(name) for name in names]
    assert len(set(files)) == len(files)
    assert all(re.fullmatch(r"[\w@][\w.@+=-]*", name, re.ASCII) and len(name) <= 100 for name in files)


# ---------------------------------------------------------------- gradescope


def test_gradescope_results_have_the_documented_fields_and_values(book: Make, class_of_five: list[Result]) -> None:
    for result in class_of_five:
        if result["status"] == "error":
            continue
        written = of_student("gradescope", book(), result["student"])
        assert set(written) == {
            *("score", "execution_time", "output", "output_format", "visibility", "stdout_visibility", "extra_data"),
            "tests",
        }
        assert written["score"] == result["score"] == sum(test["score"] for test in written["tests"])
        assert written["tests"]
        for test in written["tests"]:
            assert set(test) == {
                *("score", "max_score", "status", "name", "number", "output", "output_format", "tags", "visibility"),
                "extra_data",
            }
            assert test["status"] in ("passed", "failed")
            assert test["output_format"] in ("text", "html", "simple_format", "md", "ansi")
            assert test["visibility"] in ("hidden", "after_due_date", "after_published", "visible")
        assert sum(test["max_score"] for test in written["tests"]) == result["max_score"]


# ---------------------------------------------------------------- github


def test_the_summary_is_a_table_that_no_name_breaks(book: Make) -> None:
    summary = texts("github", book())["github-summary.md"]
    table = [line for line in summary.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert "<script" not in summary
    assert "| ? |" in table[5]


def test_the_summary_stays_below_githubs_limit_and_says_how_many_are_left_out(
    book: Make, class_of_five: list[Result]
) -> None:
    many = [{**class_of_five[4], "student": f"{'<' * 200}{number}"} for number in range(2000)]
    summary = texts("github", book(many))["github-summary.md"]
    assert 0.9 * MAX_BYTES < len(summary.encode()) <= MAX_BYTES
    shown = len(re.findall(r"^\| &#60;", summary, re.MULTILINE))
    assert f"{2000 - shown} more submissions are in the ledger" in summary


def test_each_annotation_is_a_line_and_there_are_no_more_than_github_shows(
    book: Make, class_of_five: list[Result]
) -> None:
    lines = texts("github", book())["github-annotations.txt"].splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::notice", "::notice"]
    many = [{**class_of_five[4], "student": str(number)} for number in range(30)]
    lines = texts("github", book(many))["github-annotations.txt"].splitlines()
    assert len(lines) == 10
    assert "21 more like these" in lines[-1]
