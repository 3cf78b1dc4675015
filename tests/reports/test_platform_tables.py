"""The tables and zips that platforms take back: nobody's grade is lost, and each is read as the platform reads it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.assignment import UsageError
from autograder.grading import Result
from autograder.reports import FORMATS, NOTES, UNMATCHED, Book, write_format
from autograder.submissions import Roster, read_roster
from tests.submissions import exports
from tests.submissions.exports import STUDENTS

Make = Callable[..., Book]
SCORES = dict(zip((s.login for s in STUDENTS), (100, 87.5, 0, 33.333333, 100, 12, 60), strict=True))
NAMES = {"moodle": lambda s: s.email, "brightspace": lambda s: s.login, "blackboard": lambda s: s.login}


def graded(right: Result, name: str, score: float, **more: object) -> Result:
    return Result({**right, "student": name, "score": score, **more})


@pytest.fixture
def results(class_of_five: list[Result]) -> Callable[[str], list[Result]]:
    """All students but the last, of whom the last but one met an error of the grader."""

    def made(platform: str) -> list[Result]:
        rows = [graded(class_of_five[0], NAMES[platform](s), SCORES[s.login]) for s in STUDENTS[:-1]]
        rows[-1] = Result({**rows[-1], "status": "error", "parts": []})
        return rows

    return made


def roster_of(tmp_path: Path, raw: str | bytes) -> Roster:
    path = tmp_path / "roster.csv"
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return read_roster(path)


def table_in(raw: bytes, delimiter: str = ",", encoding: str = "utf-8") -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode(encoding), newline=""), delimiter=delimiter))


def written(book: Book, name: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in write_format(book, name)}


# ---------------------------------------------------------------- Moodle


def as_moodle_reads(raw: bytes, language: str) -> dict[str, str]:
    """The grade by the number of each student, as importgradeslib.php reads the three columns that it needs."""
    words, columns, _, point = exports.WORKSHEETS[language]
    head, *rows = table_in(raw)
    names = columns.split(",")
    identifier, grade = head.index(names[0]), head.index(names[4])
    assert names[8] in head  # the time of the last change
    return {row[identifier][len(words) :]: row[grade].replace(point, ".") for row in rows}


@pytest.mark.parametrize("language", exports.WORKSHEETS)
def test_moodles_worksheet_comes_back_with_its_columns_and_the_grades(
    tmp_path: Path, book: Make, results: Callable[[str], list[Result]], language: str
) -> None:
    old = {"aneem": "55.00", "a_oak": "44.00"}
    sheet = exports.moodle_worksheet(STUDENTS, language, grades=old)
    rows = results("moodle")
    if language == "xx":  # no address is found there, so that the number and the name are the student's name
        rows = [Result({**r, "student": f"{s.full}_{s.number}"}) for r, s in zip(rows, STUDENTS, strict=False)]
    raw = written(book(rows, roster_of(tmp_path, sheet)), "moodle")["moodle.csv"]
    read = as_moodle_reads(raw, language)
    wanted = {str(s.number): f"{SCORES[s.login]:.10g}" for s in STUDENTS[:5]}
    assert read == wanted | {"67890": "55.00", "78901": "44.00"}  # an error of ours, and nothing handed in
    before, after = table_in(sheet.encode()), table_in(raw)
    assert [row[:4] + row[5:] for row in after] == [row[:4] + row[5:] for row in before]


def test_moodles_zip_has_a_page_for_each_student_where_moodle_looks_for_it(
    tmp_path: Path, book: Make, results: Callable[[str], list[Result]]
) -> None:
    raw = written(book(results("moodle"), roster_of(tmp_path, exports.moodle_worksheet(STUDENTS))), "moodle")
    with zipfile.ZipFile(io.BytesIO(raw["moodle-feedback.zip"])) as archive:
        found = {}
        for name in archive.namelist():
            _, number, kind, plugin, rest = name.split("/")[0].split("_", 4)  # as importziplib.php does
            assert (kind, plugin, rest, name.split("/")[1:]) == ("assignsubmission", "file", "", ["feedback.html"])
            found[int(number)] = archive.read(name).decode()
    assert set(found) == {s.number for s in STUDENTS[:5]}
    assert all(f"Feedback for {s.email}" in found[s.number] for s in STUDENTS[:5])
    assert exports.moodle(STUDENTS[2], "feedback.html") in archive.namelist()


def moodle_book(tmp_path: Path, book: Make, rows: Sequence[Result], **sheet: object) -> Book:
    return book(rows, roster_of(tmp_path, exports.moodle_worksheet(STUDENTS, **sheet)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sheet", "sentence"),
    [
        ({"grades": {"zotam": "80.00"}}, r"another grade already: zotam@example.org \(80.00 there, 87.5 here\)"),
        ({"most": "10.00"}, "gives at most 10 points, and the assignment 100"),
        ({"changeable": {"zotam": "No"}}, "locked the grade of zotam@example.org"),
        ({"changeable": {"zotam": "Nein"}, "language": "de"}, "locked the grade of zotam@example.org"),
    ],
)
def test_a_worksheet_with_which_moodle_would_lose_a_grade_is_refused(
    tmp_path: Path, book: Make, results: Callable[[str], list[Result]], sheet: Mapping[str, object], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        list(FORMATS["moodle"](moodle_book(tmp_path, book, results("moodle"), **sheet)))


def test_a_grade_that_is_already_there_is_no_other_grade_if_it_was_rounded(
    tmp_path: Path, book: Make, results: Callable[[str], list[Result]]
) -> None:
    same = {"wbo": "33.33", "zotam": "87.50", "abirch": "100", "jolmo": "-", "a_oak": "-"}
    locked = {"zotam": "No"}
    made = moodle_book(tmp_path, book, results("moodle"), grades=same, changeable=locked)
    read = as_moodle_reads(written(made, "moodle")["moodle.csv"], "en")
    assert (read["45678"], read["23456"], read["12345"]) == ("33.33", "87.50", "100")
    assert (read["34567"], read["78901"]) == ("0", "-")  # some sites write a sign for no grade


def test_the_worksheet_of_another_assignment_is_refused(
    tmp_path: Path, book: Make, class_of_five: list[Result]
) -> None:
    said = {"name": "moodle", "id": "777", "student": "Alder Birch", "file": "Alder Birch_777_assignsubmission_file_"}
    rows = [graded(class_of_five[0], STUDENTS[0].email, 100, platform=said)]
    with pytest.raises(UsageError, match=r"worksheet is that of another assignment: .* is number 12345 there"):
        list(FORMATS["moodle"](moodle_book(tmp_path, book, rows)))


def test_a_worksheet_of_another_course_is_refused(tmp_path: Path, book: Make, class_of_five: list[Result]) -> None:
    with pytest.raises(UsageError, match="has none of the 1 graded students"):
        list(FORMATS["moodle"](moodle_book(tmp_path, book, [graded(class_of_five[0], "somebody", 100)])))


def test_only_a_worksheet_can_be_filled(tmp_path: Path, book: Make, class_of_five: list[Result]) -> None:
    for name in ("moodle", "blackboard"):
        with pytest.raises(UsageError, match=f"^{name}: give the "):
            list(FORMATS[name](book(class_of_five[:1], roster_of(tmp_path, "student_id,email\nalder,a@example.org\n"))))


def test_a_student_without_the_rosters_name_is_found_by_what_the_export_said(
    tmp_path: Path, book: Make, class_of_five: list[Result]
) -> None:
    zoe = STUDENTS[1]
    said = {"name": "moodle", "id": str(zoe.number), "student": exports.clean(zoe.full), "file": "x"}
    rows = [graded(class_of_five[0], "Zoë OTamarind_23456", 87.5, platform=said)]  # graded without a roster
    made = moodle_book(tmp_path, book, rows)
    assert as_moodle_reads(written(made, "moodle")["moodle.csv"], "en")["23456"] == "87.5"
    assert UNMATCHED["moodle"](made) == []


# ---------------------------------------------------------------- Brightspace and Blackboard


def test_brightspace_gets_its_keys_the_item_and_its_last_column(
    tmp_path: Path, book: Make, results: Callable[[str], list[Result]]
) -> None:
    roster = roster_of(tmp_path, exports.brightspace_gradebook(STUDENTS, grades={"aneem": "55", "a_oak": "44"}))
    raw = written(book(results("brightspace"), roster), "brightspace")["brightspace.csv"]
    head, *rows = table_in(raw)
    item = "EM for Gaussian mixtures Points Grade <Numeric MaxPoints:100 Weight:10>"
    assert head == ["OrgDefinedId", "Username", item, "End-of-Line Indicator"]
    scores = {s.login: f"{SCORES[s.login]:.10g}" for s in STUDENTS} | {"aneem": "55", "a_oak": "44"}
    assert rows == [[f"#0{s.number}", f"#{s.login}", scores[s.login], "#"] for s in STUDENTS]


def test_blackboard_gets_a_table_as_it_gave_it_and_no_other_assignment(
    tmp_path: Path, book: Make, results: Callable[[str], list[Result]]
) -> None:
    roster = roster_of(
        tmp_path, exports.blackboard_gradebook(STUDENTS, grades={"zotam": "Needs Grading", "a_oak": "44"})
    )
    raw = written(book(results("blackboard"), roster), "blackboard")["blackboard.xls"]
    assert raw.startswith(b"\xff\xfe")
    head, *rows = table_in(raw, "\t", "utf-16")
    column = "EM for Gaussian mixtures [Total Pts: 100 Score] |337483"
    assert head == ["Last Name", "First Name", "Username", "Student ID", column]
    scores = {s.login: f"{SCORES[s.login]:.10g}" for s in STUDENTS} | {"aneem": "", "a_oak": "44"}
    assert rows == [[s.last, s.first, s.login, f"M{s.number}", scores[s.login]] for s in STUDENTS]


GRADEBOOKS = {"brightspace": exports.brightspace_gradebook, "blackboard": exports.blackboard_gradebook}
COLUMN = {"brightspace": "{} Points Grade <Numeric MaxPoints:{}>", "blackboard": "{} [Total Pts: {} Score] |12"}


@pytest.mark.parametrize("platform", GRADEBOOKS)
def test_another_grade_or_other_points_in_the_gradebook_are_refused(
    tmp_path: Path, book: Make, results: Callable[[str], list[Result]], platform: str
) -> None:
    make = GRADEBOOKS[platform]
    for raw, sentence in (
        (make(STUDENTS, grades={"zotam": "80"}), r"another grade already: zotam \(80 there, 87.5 here\)"),
        (make(STUDENTS, grades={"zotam": "Needs Grading(80)"}), "another grade already: zotam"),
        (make(STUDENTS, COLUMN[platform].format("em_gmm", 10)), "gives at most 10 points"),
    ):
        with pytest.raises(UsageError, match=sentence):
            list(FORMATS[platform](book(results(platform), roster_of(tmp_path, raw))))


@pytest.mark.parametrize("platform", GRADEBOOKS)
def test_the_column_is_the_one_whose_name_has_the_assignments(
    tmp_path: Path, book: Make, results: Callable[[str], list[Result]], platform: str
) -> None:
    heading = COLUMN[platform].format("Homework 3: EM for Gaussian Mixtures", 100)
    roster = roster_of(tmp_path, GRADEBOOKS[platform](STUDENTS, heading))
    [raw] = written(book(results(platform), roster), platform).values()
    words = (",", "utf-8") if platform == "brightspace" else ("\t", "utf-16")
    assert heading in table_in(raw, *words)[0]


def test_the_gradebook_of_another_assignment_is_never_filled(
    tmp_path: Path, book: Make, results: Callable[[str], list[Result]]
) -> None:
    other = roster_of(
        tmp_path, exports.blackboard_gradebook(STUDENTS, "Hidden Markov models [Total Pts: 100 Score] |9")
    )
    with pytest.raises(UsageError, match="has no column for this assignment"):
        list(FORMATS["blackboard"](book(results("blackboard"), other)))
    column = "Hidden Markov models Points Grade <Numeric MaxPoints:100>"
    made = book(results("brightspace"), roster_of(tmp_path, exports.brightspace_gradebook(STUDENTS, column)))
    assert (
        "the roster has no column of this assignment, so Brightspace makes a new one" in NOTES["brightspace"](made)[0]
    )
    head = table_in(written(made, "brightspace")["brightspace.csv"])[0]
    assert head == ["OrgDefinedId", "Username", "EM for Gaussian mixtures Points Grade", "End-of-Line Indicator"]


def test_brightspace_can_make_the_item_from_the_rosters_logins(book: Make, class_of_five: list[Result]) -> None:
    rows = table_in(written(book(class_of_five[:3]), "brightspace")["brightspace.csv"])
    assert rows[0] == ["Username", "EM for Gaussian mixtures Points Grade", "End-of-Line Indicator"]
    assert [row[0] for row in rows[1:]] == ["#alder", "#ash", "#beech"]


@pytest.mark.parametrize("platform", ["moodle", *GRADEBOOKS])
def test_a_graded_student_who_is_not_in_the_table_is_named(
    tmp_path: Path, book: Make, results: Callable[[str], list[Result]], platform: str
) -> None:
    make = {**GRADEBOOKS, "moodle": exports.moodle_worksheet}[platform]
    made = book(results(platform), roster_of(tmp_path, make(STUDENTS[1:])))
    assert UNMATCHED[platform](made) == [NAMES[platform](STUDENTS[0])]


@pytest.mark.parametrize("platform", GRADEBOOKS)
def test_a_name_that_two_rows_have_gets_no_grade_in_either(
    tmp_path: Path, book: Make, results: Callable[[str], list[Result]], platform: str
) -> None:
    twins = (*STUDENTS, replace(STUDENTS[0], number=99))
    made = book(results(platform), roster_of(tmp_path, GRADEBOOKS[platform](twins)))
    assert UNMATCHED[platform](made) == [NAMES[platform](STUDENTS[0])]


@given(st.floats(0, 100), st.sampled_from(sorted(exports.WORKSHEETS)))
def test_any_score_comes_back_from_the_worksheet(
    tmp_path_factory: pytest.TempPathFactory, class_of_five: list[Result], score: float, language: str
) -> None:
    from autograder.assignment import load
    from tests.conftest import ROOT

    folder = tmp_path_factory.mktemp("sheet")
    roster = roster_of(folder, exports.moodle_worksheet(STUDENTS, language))
    name = STUDENTS[0].email if language != "xx" else f"{STUDENTS[0].full}_{STUDENTS[0].number}"
    made = Book(load(ROOT, "em_gmm"), folder, (graded(class_of_five[0], name, score),), roster)
    raw = dict(FORMATS["moodle"](made))["moodle.csv"]
    assert isinstance(raw, bytes)
    assert float(as_moodle_reads(raw, language)["12345"]) == pytest.approx(score, rel=1e-9, abs=1e-9)
