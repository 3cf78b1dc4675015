"""grades.csv and canvas.csv have the columns of nbgrader and Canvas, and each line has the points of its student."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.assignment import Assignment, UsageError
from autograder.grading import Result
from autograder.marking.marks_file import MarksFile
from autograder.reports import NOTES, Book
from autograder.reports.formats import canvas, grades_csv
from autograder.submissions import Roster, read_roster
from tests.marking.making import QUESTIONS

Make = Callable[..., Book]
TITLE = "EM for Gaussian mixtures"
COLUMN = f"{TITLE} (4711)"
EXPORT = """\
Student,ID,SIS User ID,SIS Login ID,Section,EM for Gaussian mixtures (4711),Total
,,,,,Manual Posting,
    Points Possible,,,,,100,(read only)
"Tree, Alder",11,s-1,ALDER@example.org,A,,0
"Tree, Ash",12,ash,other@example.org,A,50,50
"Tree, Cedar",15,s-5,cedar,A,17,17
"Tree, Yew",13,s-3,yew@example.org,B,17,17
"Tree, Oak",16,s-6,oak,B,,
"Student, Test",14,,abcdef,A,,
"""


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def grades(book: Book) -> list[dict[str, str]]:
    return table(dict(grades_csv.files(book))["grades.csv"])


def canvas_rows(book: Book) -> list[dict[str, str]]:
    return table(dict(canvas.files(book))["canvas.csv"])


def people(tmp_path: Path, text: str, encoding: str = "utf-8") -> Roster:
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode(encoding))
    return read_roster(path)


@pytest.fixture
def export(tmp_path: Path) -> Roster:
    return people(tmp_path, EXPORT, "utf-8-sig")


# ---------------------------------------------------------------- csv


def test_csv_has_nbgraders_columns_and_the_scores_of_the_ledger(book: Make, class_of_five: list[Result]) -> None:
    person = {"student_id": "ash", "email": "ash@example.org", "first_name": "Ash, Jr.", "last_name": 'The "Tree"'}
    rows = grades(book(roster=Roster(tuple(person), (person,))))
    named = "assignment duedate timestamp student_id last_name first_name email raw_score late_submission_penalty"
    assert list(rows[0]) == [*named.split(), "score", "max_score"]
    assert [row["score"] for row in rows] == [
        "" if result["status"] == "error" else str(float(result["score"])) for result in class_of_five
    ]
    assert (
        rows[0]["timestamp"] == "2026-03-01 10:00:00"
    )  # nbgrader's form; tests/nbgrader compares it with nbgrader's own export
    assert [rows[1][name] for name in ("first_name", "last_name", "email")] == [
        *("Ash, Jr.", 'The "Tree"', "ash@example.org")
    ]


def test_csv_has_a_column_for_each_part_when_asked(book: Make, class_of_five: list[Result]) -> None:
    for row, result in zip(grades(book(part_columns=True)), class_of_five, strict=True):
        assert sum(float(row[part["id"]]) for part in result["parts"]) == result["score"]


def test_an_error_of_the_grader_has_no_score_in_any_cell(book: Make, interrupted: Result) -> None:
    row = grades(book([interrupted], part_columns=True))[0]
    assert [name for name, cell in row.items() if cell and name not in ("assignment", "timestamp", "student_id")] == [
        *("late_submission_penalty", "max_score")
    ]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"])
def test_a_spreadsheet_takes_no_name_for_a_formula(
    formula: str, book: Make, class_of_five: list[Result], tmp_path: Path
) -> None:
    named = {"student_id": "alder", "last_name": formula, "first_name": formula, "email": formula}
    exported = {"ID": "7", "Student": formula, "SIS Login ID": "alder"}
    for roster in (Roster(), Roster(tuple(named), (named,)), Roster(tuple(exported), (exported,))):
        for result in (class_of_five[0], {**class_of_five[0], "student": formula}):
            made = book([result], roster=roster)
            for text in (*dict(grades_csv.files(made)).values(), *dict(canvas.files(made)).values()):
                cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
                assert any(formula in cell for cell in cells) or result["student"] != formula
                assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")) for cell in cells)


# ---------------------------------------------------------------- canvas


def test_canvas_gets_its_own_identity_columns_back(book: Make, export: Roster) -> None:
    head, points, *lines = list(csv.reader(io.StringIO(dict(canvas.files(book(roster=export)))["canvas.csv"])))
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", COLUMN]
    assert points == ["    Points Possible", "", "", "", "", "100"]
    assert lines[0] == ["Tree, Alder", "11", "s-1", "ALDER@example.org", "A", "100"]
    assert lines[1] == ["Tree, Ash", "12", "ash", "other@example.org", "A", "93"]


@pytest.mark.parametrize("points", ["90", "90.00", "90,0"])
def test_a_gradebook_with_other_points_than_the_assignment_is_refused_for_canvas(
    book: Make, tmp_path: Path, points: str
) -> None:
    made = book(roster=people(tmp_path, EXPORT.replace(",,,,,100,", f',,,,,"{points}",')))
    with pytest.raises(UsageError, match="the gradebook gives at most 90 points, and the assignment 100: set the plat"):
        dict(canvas.files(made))


def test_points_by_hand_ask_for_more_points_in_canvas(book: Make, export: Roster, course: Assignment) -> None:
    made = book(roster=export)
    MarksFile(made.folder, course.slug).write(
        "ada", QUESTIONS[0], lambda _: ({"kind": "done", "student": "alder", "done": True},)
    )
    with pytest.raises(UsageError, match="at most 100 points, and the assignment 130"):
        dict(canvas.files(made))


@pytest.mark.parametrize(
    ("column", "fits"),
    [
        (f"Homework 3: {TITLE.upper()} (5502)", True),
        ("HW4_em-gmm (5502)", True),
        ("em_gmm (5502)", True),
        ("HW4 (5502)", False),
        ("system_gmm (5502)", False),  # the slug is not a word of its own
        ("em_gmm2 (5502)", False),
        ("em_gmm", False),  # without a number it is not Canvas' own
    ],
)
def test_canvas_column_is_the_one_with_the_assignments_name_in_it_and_a_new_one_is_said(
    book: Make, tmp_path: Path, column: str, fits: bool
) -> None:
    made = book(roster=people(tmp_path, EXPORT.replace(COLUMN, column)))
    assert (column in canvas_rows(made)[0]) == fits
    assert (TITLE in canvas_rows(made)[0]) != fits
    said = "".join(NOTES["canvas"](made))
    assert (
        f"so Canvas makes a new one. If Canvas has one already, give it a name there with '{TITLE}'" in said
    ) != fits


@pytest.mark.parametrize("platform", ["canvas", "brightspace"])
def test_a_table_without_a_roster_says_which_one_to_give(book: Make, platform: str) -> None:
    [said] = NOTES[platform](book())
    assert f"give the gradebook, as {platform.capitalize()} exports it, with --roster." in said


def test_a_missing_submission_or_an_error_of_the_grader_changes_no_score_in_canvas(
    book: Make, export: Roster, interrupted: Result, class_of_five: list[Result]
) -> None:
    failed = {**interrupted, "student": "alder"}
    scores = {row["Student"]: row[COLUMN] for row in canvas_rows(book([failed, *class_of_five[1:]], roster=export))}
    assert scores["Tree, Oak"] == ""
    assert scores["Tree, Alder"] == ""
    assert scores["Tree, Yew"] == scores["Tree, Cedar"] == "17", "a blank would take the score away"
    assert "Student, Test" not in scores
    assert [name for name in scores if "Points" in name] == ["    Points Possible"]


def test_an_unreadable_file_is_a_zero_in_canvas_as_in_the_ledger(book: Make, export: Roster) -> None:
    assert {row["Student"]: row[COLUMN] for row in canvas_rows(book(roster=export))}["beech"] == "0"


def test_students_who_are_not_in_the_roster_are_kept_and_named(book: Make, export: Roster) -> None:
    made = book(roster=export)
    assert canvas.unmatched_students(made)[0] == "beech"
    assert len(canvas.unmatched_students(made)) == 2
    assert sum(row["SIS Login ID"] in ("beech", "cedar") for row in canvas_rows(made)) == 2


@pytest.mark.parametrize(
    ("roster", "matched"),
    [
        ("Student,ID,SIS Login ID\nA,1,ash\nB,2,ash\n", []),  # two people with the same login
        ("Student,ID,SIS Login ID\nA,1,ash@x.org\nB,2,ash@y.org\n", []),  # and with the same name before the @
        ("Student,ID,SIS Login ID\nA,1,ash\nB,2,ash@y.org\n", ["A"]),  # an exact match is preferred to a similar one
        ("Student,ID,SIS Login ID\nA,1,ASH\nB,2,ash\n", ["B"]),
        ("Student,ID,SIS User ID,SIS Login ID\nA,ash,u1,l1\nB,2,ash,l2\n", ["B"]),
    ],
)
def test_points_go_to_one_person_or_to_none(
    roster: str, matched: list[str], book: Make, class_of_five: list[Result], tmp_path: Path
) -> None:
    made = book([class_of_five[1]], roster=people(tmp_path, roster))
    assert [row["Student"] for row in canvas_rows(made) if row[TITLE] == "93"] == (matched or ["ash"])
    assert canvas.unmatched_students(made) == ([] if matched else ["ash"])


def test_two_submissions_that_fit_the_same_person_are_both_left_unmatched(
    book: Make, class_of_five: list[Result], tmp_path: Path
) -> None:
    twins = [{**class_of_five[0], "student": "Ash"}, {**class_of_five[1], "student": "ASH"}]
    roster = people(tmp_path, "Student,ID,SIS Login ID\nA,1,ash\n")
    assert canvas.unmatched_students(book(twins, roster=roster)) == ["Ash", "ASH"]
    assert canvas_rows(book(twins, roster=roster))[1][TITLE] == ""


def test_two_columns_for_the_same_assignment_are_refused(book: Make, tmp_path: Path) -> None:
    roster = people(tmp_path, f"Student,ID,Section,{TITLE} (1),{TITLE} (2)\nA,1,s,,\n")
    with pytest.raises(UsageError, match="more than one column"):
        canvas_rows(book(roster=roster))


def test_canvas_without_an_export_gets_a_column_of_its_own(book: Make) -> None:
    row = canvas_rows(book())[1]
    assert (row["Student"], row["SIS Login ID"], row[TITLE]) == ("alder", "alder", "100")


def test_canvas_gets_id_address_and_name_from_the_kits_own_roster(book: Make, tmp_path: Path) -> None:
    text = "student_id,email,first_name,last_name\nalder,a@example.org,Alder,Tree\nelm,e@example.org\n"
    rows = canvas_rows(book(roster=people(tmp_path, text)))
    assert list(rows[1].values()) == ["Tree, Alder", "", "alder", "a@example.org", "", "100"]
    assert list(rows[2].values()) == ["elm", "", "elm", "e@example.org", "", ""]


# ---------------------------------------------------------------- the roster


def test_a_roster_with_semicolons_spaces_and_empty_lines_is_read_the_same_way(tmp_path: Path) -> None:
    plain = people(tmp_path, "student_id,email\nash,a@example.org\n")
    assert people(tmp_path, "student_id ; email\r\n\r\n ash ;a@example.org\r\n", "utf-8-sig") == plain
    assert plain.row_of("ash")["email"] == "a@example.org"
    assert plain.row_of("yew") == {}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "names students"),
        (b"\n\n", "names students"),
        (b"name,mail\nAsh,a@example.org\n", "names students"),
        ("student_id\nbjörk\n".encode("latin-1"), "save it as CSV in UTF-8"),
        (b"student_id\n" + b"x" * 200_000 + b"\n", "can't be read"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_with_advice(raw: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(raw)
    with pytest.raises(UsageError, match=message):
        read_roster(path)
