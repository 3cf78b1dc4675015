"""The files for other platforms: what each demands of its fields, and that no score is made up on the way."""

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
from typer.testing import CliRunner

from autograder.cli import app
from autograder.file_names import file_name
from autograder.formats import FORMATS, canvas, write
from autograder.formats.book import Book
from autograder.formats.github import MAX_BYTES
from autograder.formats.junit import _text as xml_text
from autograder.ledger import Result
from autograder.roster import Roster, read_roster

Make = Callable[..., Book]
EXPORT = """\
Student,ID,SIS User ID,SIS Login ID,Section,EM for Gaussian mixtures (4711),Total
    Points Possible,,,,,100,(read only)
"Tree, Alder",11,s-1,ALDER@example.org,A,,0
"Tree, Ash",12,ash,other@example.org,A,50,50
"Tree, Yew",13,s-3,yew@example.org,B,17,17
"Student, Test",14,,abcdef,A,,
"""


def texts(name: str, book: Book) -> dict[str, str]:
    return dict(FORMATS[name](book))


def one(name: str, book: Book, student: str) -> dict[str, Any]:
    return json.loads(texts(name, book)[f"{name}/{file_name(student)}.json"])


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# ---------------------------------------------------------------- all


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_class_with_every_kind_of_result_is_written(name: str, book: Make) -> None:
    written = write(book(), [name])
    assert written
    assert all(path.stat().st_size for path in written)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_two_students_never_share_a_file(name: str, book: Make, class_of_five: list[Result]) -> None:
    twins = [{**class_of_five[0], "student": student} for student in ("a/b", "a_b", "a b", "A b", "../x", "CON")]
    files = [path for path, _ in FORMATS[name](book(twins))]
    assert len(set(files)) == len(files)
    assert not any(".." in Path(path).parts or Path(path).is_absolute() for path in files)


@pytest.mark.parametrize("name", ["gradescope", "classroom50"])
def test_a_platform_that_knows_only_scores_gets_no_file_for_an_error_of_ours(name: str, book: Make) -> None:
    assert f"{name}/alder.json" in texts(name, book())
    assert f"{name}/cedar.json" not in texts(name, book())


def test_what_an_earlier_report_wrote_for_a_student_does_not_outlive_it(
    book: Make, class_of_five: list[Result]
) -> None:
    write(book(), ["gradescope"])
    failed = [{**class_of_five[3], "student": "alder"}, *class_of_five[1:3]]
    write(book(failed), ["gradescope"])
    assert sorted(path.stem for path in (book().folder / "gradescope").iterdir()) == ["ash", "beech"]


@given(st.lists(st.text(min_size=1), unique=True, max_size=20))
def test_file_names_differ_when_names_do_and_are_plain(names: list[str]) -> None:
    files = [file_name(name) for name in names]
    assert len({name.casefold() for name in files if "-" in name} | {n for n in files if "-" not in n}) == len(files)
    assert all(re.fullmatch(r"[\w@+=-][\w.@+=-]*", name, re.ASCII) and len(name) <= 100 for name in files)


# ---------------------------------------------------------------- csv and canvas


def test_csv_has_nbgraders_columns_and_the_scores_of_the_ledger(book: Make, class_of_five: list[Result]) -> None:
    person = {"student_id": "ash", "email": "ash@example.org", "first_name": "Ash, Jr.", "last_name": 'The "Tree"'}
    table = rows(texts("csv", book(roster=Roster(tuple(person), (person,))))["grades.csv"])
    named = "assignment duedate timestamp student_id last_name first_name email raw_score late_submission_penalty"
    assert list(table[0]) == [*named.split(), "score", "max_score"]
    assert [float(row["score"] or -1) for row in table] == [
        -1 if result["status"] == "error" else result["score"] for result in class_of_five
    ]
    assert (table[1]["first_name"], table[1]["last_name"], table[1]["email"]) == (
        "Ash, Jr.",
        'The "Tree"',
        "ash@example.org",
    )


def test_csv_has_a_column_for_each_part_when_asked(book: Make, class_of_five: list[Result]) -> None:
    table = rows(texts("csv", book(parts=True))["grades.csv"])
    for row, result in zip(table, class_of_five, strict=True):
        assert sum(float(row[part["id"]]) for part in result["parts"]) == result["score"]


@pytest.mark.parametrize("name", ["csv", "canvas"])
@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_name_is_a_formula_to_a_spreadsheet(
    name: str, formula: str, book: Make, class_of_five: list[Result]
) -> None:
    (text,) = texts(name, book([{**class_of_five[0], "student": formula}])).values()
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for row in csv.reader(io.StringIO(text)) for cell in row)


@pytest.fixture
def export(tmp_path: Path) -> Roster:
    path = tmp_path / "canvas-export.csv"
    path.write_text(EXPORT, encoding="utf-8-sig")
    return read_roster(path)


def test_canvas_gets_its_own_identity_columns_back(book: Make, export: Roster) -> None:
    text = texts("canvas", book(roster=export))["canvas.csv"]
    head, points, *lines = list(csv.reader(io.StringIO(text)))
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "EM for Gaussian mixtures (4711)"]
    assert points == ["    Points Possible", "", "", "", "", "100"]
    assert lines[0] == ["Tree, Alder", "11", "s-1", "ALDER@example.org", "A", "100"]
    assert lines[1] == ["Tree, Ash", "12", "ash", "other@example.org", "A", "93"]


def test_canvas_keeps_the_score_of_who_handed_in_nothing_and_gets_none_for_an_error_of_ours(
    book: Make, export: Roster
) -> None:
    table = {
        row["Student"]: row["EM for Gaussian mixtures (4711)"]
        for row in rows(texts("canvas", book(roster=export))["canvas.csv"])
    }
    assert table["Tree, Yew"] == ""
    assert table["cedar"] == ""
    assert "Student, Test" not in table


def test_students_who_are_not_in_the_roster_are_kept_and_named(book: Make, export: Roster) -> None:
    found = canvas.strangers(book(roster=export))
    assert found[:2] == ["beech", "cedar"]
    assert "beech" in texts("canvas", book(roster=export))["canvas.csv"]


def test_canvas_without_an_export_gets_a_column_of_its_own(book: Make) -> None:
    table = rows(texts("canvas", book())["canvas.csv"])
    assert table[1]["SIS Login ID"] == "alder"
    assert table[1]["EM for Gaussian mixtures"] == "100"


# ---------------------------------------------------------------- gradescope, prairielearn, classroom50


def test_gradescope_results_have_the_documented_fields_and_values(book: Make, class_of_five: list[Result]) -> None:
    for result in class_of_five:
        if result["status"] == "error":
            continue
        written = one("gradescope", book(), result["student"])
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


def test_prairielearn_takes_no_points_for_a_broken_file_or_an_error_of_ours(book: Make) -> None:
    assert one("prairielearn", book(), "ash")["score"] == 0.93
    for student in ("beech", "cedar"):
        written = one("prairielearn", book(), student)
        assert written["gradable"] is False
        assert "score" not in written
        assert written["format_errors"] == [written["message"]]
        assert set(written["tests"][0]) == {"name", "description", "points", "max_points", "message", "output"}


def test_classroom50_results_are_whole_and_add_up(
    book: Make, class_of_five: list[Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMIT_URL", "https://example.org/commit/1")
    halves = copy.deepcopy(class_of_five[:3])
    for part in halves[1]["parts"]:
        for check in part["checks"]:
            check["points"] /= 8
    for results in (class_of_five[:3], halves):
        for result in results:
            written = one("classroom50", book(results), result["student"])
            assert set(written) == {
                *("schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release"),
                *("review", "datetime", "score", "max-score", "tests"),
            }
            assert written["schema"] == "classroom50/result/v1"
            assert all(value for key, value in written.items() if isinstance(value, str))
            assert type(written["score"]) is type(written["max-score"]) is int
            assert written["score"] == sum(test["score"] for test in written["tests"])
            assert written["max-score"] == sum(test["max-score"] for test in written["tests"])
            assert written["review"] == "https://example.org/commit/1"
            for test in written["tests"]:
                assert set(test) == {"test-name", "passed", "score", "max-score"}
                assert type(test["score"]) is int


# ---------------------------------------------------------------- junit

# What junit-10.xsd allows: the attributes (those that must be there in capitals) and the children of each element.
_SCHEMA = {
    "testsuites": ("name time tests failures errors", "testsuite"),
    "testsuite": (
        "NAME TESTS FAILURES ERRORS group time skipped timestamp hostname id package file log url",
        "testsuite properties testcase system-out system-err",
    ),
    "properties": ("", "property"),
    "property": ("NAME VALUE", ""),
    "testcase": ("NAME time classname group", "skipped error failure system-out system-err"),
    "failure": ("type message", ""),
    "error": ("type message", ""),
    "skipped": ("type message", ""),
}


def test_junit_keeps_to_the_schema(book: Make) -> None:
    root = ElementTree.fromstring(texts("junit", book())["junit.xml"])
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = _SCHEMA[element.tag]
        assert {name.lower() for name in attributes.split() if name.isupper()} <= set(element.attrib)
        assert set(element.attrib) <= {name.lower() for name in attributes.split()}
        assert {child.tag for child in element} <= set(children.split())
        if element.tag in ("testsuites", "testsuite"):
            assert re.fullmatch(r"[0-9]*(\.[0-9]*)?", element.get("time", "0"))


def test_in_junit_a_lost_check_is_a_failure_and_an_error_of_ours_an_error(book: Make) -> None:
    suites = ElementTree.fromstring(texts("junit", book())["junit.xml"])
    counted = [(s.get("tests"), s.get("failures"), s.get("errors"), s.get("skipped")) for s in suites]
    assert counted == [
        ("21", "0", "0", "0"),
        ("21", "1", "0", "0"),
        ("1", "1", "0", "0"),
        ("1", "0", "1", "0"),
        ("21", "1", "0", "1"),
    ]
    assert "Divide by N_c." in suites[1].findtext(".//failure", "")
    assert suites[1].find(".//property[@name='score']").get("value") == "93"  # type: ignore[union-attr]


@given(st.text())
def test_any_text_can_stand_in_xml(text: str) -> None:
    element = ElementTree.Element("a", message=xml_text(text + "\x00\ud800"))
    assert ElementTree.fromstring(ElementTree.tostring(element, encoding="unicode")).get("message") is not None


# ---------------------------------------------------------------- github


def test_the_summary_is_a_table_that_no_name_breaks(book: Make) -> None:
    summary = texts("github", book())["github-summary.md"]
    table = [line for line in summary.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert "<script" not in summary
    assert "| ? |" in table[5]


def test_the_summary_stays_below_what_github_takes_and_says_what_is_left_out(
    book: Make, class_of_five: list[Result]
) -> None:
    many = [{**class_of_five[4], "student": f"{'<' * 200}{number}"} for number in range(2000)]
    summary = texts("github", book(many))["github-summary.md"]
    assert 0.9 * MAX_BYTES < len(summary.encode()) <= MAX_BYTES
    shown = len(re.findall(r"^\| &#60;", summary, re.MULTILINE))
    assert f"{2000 - shown} more submissions are in the ledger" in summary


def test_annotations_are_one_command_a_line_and_not_more_than_github_shows(
    book: Make, class_of_five: list[Result]
) -> None:
    lines = texts("github", book())["github-annotations.txt"].splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::notice", "::notice"]
    many = [{**class_of_five[4], "student": str(number)} for number in range(30)]
    lines = texts("github", book(many))["github-annotations.txt"].splitlines()
    assert len(lines) == 10
    assert "21 more like these" in lines[-1]


# ---------------------------------------------------------------- the command


def report(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["report", *map(str, words)])
    return done.exit_code, " ".join(done.output.split())


def test_the_command_writes_each_format_beside_the_ledger(ledger: Path) -> None:
    code, said = report(ledger, "--format", "junit", "--format", "csv", "--parts")
    assert code == 0, said
    assert "m_step.mu" in (ledger / "grades.csv").read_text(encoding="utf-8").splitlines()[0]
    assert (ledger / "junit.xml").is_file()


def test_the_command_says_who_is_missing_from_canvas_export(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(EXPORT, encoding="utf-8")
    code, said = report(ledger, "--format", "canvas", "--roster", tmp_path / "export.csv")
    assert code == 0
    assert "not in the roster, so Canvas may not know them: " in said
    assert said.endswith("beech, cedar")


def test_a_line_that_is_being_written_is_not_read(ledger: Path) -> None:
    with (ledger / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"schema": "autograder/res')
    assert report(ledger, "--format", "csv")[0] == 0
    assert len(rows((ledger / "grades.csv").read_text(encoding="utf-8"))) == 5


@pytest.mark.parametrize("trouble", ["no ledger", "two assignments", "unknown format", "no roster", "no text"])
def test_bad_input_gets_a_sentence_and_exit_code_two(trouble: str, ledger: Path, tmp_path: Path) -> None:
    words: list[object] = [ledger, "--format", "csv"]
    if trouble == "no ledger":
        words[0], said = tmp_path, "no graded submission here"
    elif trouble == "two assignments":
        lines = (ledger / "results.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        lines[0] = lines[0].replace('"assignment": "em_gmm"', '"assignment": "other"')
        (ledger / "results.jsonl").write_text("".join(lines), encoding="utf-8")
        said = "grade each apart"
    elif trouble == "unknown format":
        words[2], said = "fax", "is not one of"
    elif trouble == "no roster":
        words, said = [*words, "--roster", tmp_path / "none.csv"], "the roster can't be read"
    else:
        (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00")
        words, said = [*words, "--roster", tmp_path / "bad.csv"], "the roster can't be read"
    code, output = report(*words)
    assert code == 2
    assert said in output
