"""The rosters of platforms name the students of their exports, and nobody is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.assignment import Assignment
from autograder.submissions import Roster, name_students, read_roster
from tests.submissions import exports
from tests.submissions.exports import STUDENTS, Student
from tests.submissions.layouts import ADA, write_files, write_zip
from tests.submissions.whole_exports import EXPORTS, NAME, WHEN, A, B, C, found_in

pytestmark = pytest.mark.usefixtures("in_berlin")

IN_DOUBT = "In doubt, because the roster does not say which student it is"


def roster_of(tmp_path: Path, raw: str | bytes) -> Roster:
    path = tmp_path / "roster.csv"
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return read_roster(path)


OWN = "student_id,email,first_name,last_name\n" + "".join(
    f'{s.login},{s.email},"{s.first}","{s.last}"\n' for s in STUDENTS
)
ROSTERS: dict[str, str | bytes] = {
    "canvas": exports.canvas_gradebook(STUDENTS, "EM (1)"),
    "moodle": exports.moodle_worksheet(STUDENTS),
    "moodle in German": exports.moodle_worksheet(STUDENTS, "de"),
    "moodle in another language": exports.moodle_worksheet(STUDENTS, "xx"),
    "blackboard": exports.blackboard_gradebook(STUDENTS),
    "brightspace": exports.brightspace_gradebook(STUDENTS),
    "own": OWN,
}
MATCHES = [
    ("canvas", EXPORTS[0][1], {s.login: s.login for s in STUDENTS}),
    ("moodle", EXPORTS[2][1], {s.login: s.email for s in STUDENTS}),
    ("moodle in German", EXPORTS[3][1], {s.login: s.email for s in STUDENTS}),
    ("moodle in another language", EXPORTS[4][1], {s.login: f"{s.full}_{s.number}" for s in STUDENTS}),
    ("blackboard", EXPORTS[6][1], {s.login: s.login for s in STUDENTS}),
    ("brightspace", EXPORTS[7][1], {s.login: s.login for s in STUDENTS}),
    *(("own", EXPORTS[i][1], {s.login: s.login for s in STUDENTS}) for i in (0, 2, 4, 6, 7, 10)),
    ("own", EXPORTS[11][1], {s.login: s.login for s in (A, B, C)}),
]


@pytest.mark.parametrize(("roster", "files", "names"), MATCHES)
def test_the_roster_of_the_platform_or_of_the_course_names_every_student(
    tmp_path: Path, assignment: Assignment, roster: str, files: dict[str, bytes], names: dict[str, str]
) -> None:
    found, _ = found_in(write_zip(tmp_path / "x.zip", files), assignment)
    named, notes = name_students(found, roster_of(tmp_path, ROSTERS[roster]), {})
    assert {s.read().decode(): s.student for s in named} == names
    assert [note for note in notes if note[1]] == []


def test_the_columns_of_a_platform_stay_as_exported(tmp_path: Path) -> None:
    roster = roster_of(tmp_path, ROSTERS["blackboard"])
    assert roster.platform == "blackboard"
    assert roster.columns[:4] == ("Last Name", "First Name", "Username", "Student ID")
    assert roster.table.encoding == "utf-16"
    assert roster.row_of("zotam")["last_name"] == "O'Tamarind"
    assert roster_of(tmp_path, ROSTERS["moodle in German"]).columns[1] == "Vollständiger Name"


def test_two_students_with_one_name_are_named_and_nobody_is_guessed(tmp_path: Path, assignment: Assignment) -> None:
    twin = Student(A.first, A.last, "abirch2", 99999)
    files = {exports.brightspace(s, WHEN, NAME): s.login.encode() for s in (A, twin, B)}
    found, _ = found_in(write_files(tmp_path / "x", files), assignment)
    roster = roster_of(tmp_path, exports.brightspace_gradebook([*STUDENTS, twin]))
    named, notes = name_students(found, roster, {})
    assert [s.student for s in named] == ["Alder Birch_12345", "Alder Birch_99999", "zotam"]
    told = dict(notes)
    assert told["In doubt, because the roster does not say which student it is"] == [
        "Alder Birch_12345",
        "Alder Birch_99999",
    ]
    assert "abirch" in told["On the roster, but no submission"]


def test_one_of_two_namesakes_who_handed_in_alone_is_in_doubt_too(tmp_path: Path, assignment: Assignment) -> None:
    twin = Student(A.first, A.last, "abirch2", 99999)
    found, _ = found_in(write_files(tmp_path / "x", {exports.brightspace(A, WHEN, NAME): ADA}), assignment)
    named, _ = name_students(found, roster_of(tmp_path, exports.brightspace_gradebook([A, twin])), {})
    assert [s.student for s in named] == ["Alder Birch_12345"]
    moodle, _ = found_in(write_files(tmp_path / "y", {exports.moodle(A, NAME): ADA}), assignment)
    named, _ = name_students(moodle, roster_of(tmp_path, exports.moodle_worksheet([A, twin])), {})
    assert [s.student for s in named] == [A.email]  # the number decides


def test_a_student_who_is_not_on_the_roster_is_named(tmp_path: Path, assignment: Assignment) -> None:
    found, _ = found_in(write_files(tmp_path / "x", EXPORTS[2][1]), assignment)
    _, notes = name_students(found, roster_of(tmp_path, exports.moodle_worksheet(STUDENTS[1:])), {})
    assert dict(notes)["Submitted, but not on the roster"] == ["Alder Birch_12345"]


def test_moodles_numbers_of_another_assignment_match_nobody(tmp_path: Path, assignment: Assignment) -> None:
    moved = [Student(s.first, s.last, s.login, STUDENTS[i - 1].number) for i, s in enumerate(STUDENTS)]
    found, _ = found_in(write_files(tmp_path / "x", EXPORTS[2][1]), assignment)
    named, notes = name_students(found, roster_of(tmp_path, exports.moodle_worksheet(moved)), {})
    assert [s.student for s in named] == [s.student for s in found]
    assert len(dict(notes)[IN_DOUBT]) == len(STUDENTS)


@pytest.mark.parametrize(
    ("language", "time_there"),
    [("en", "Saturday, 28 February 2026, 9:00 AM"), ("de", "Samstag, 28. Februar 2026, 09:00")],
)
def test_moodles_worksheet_says_when_it_was_handed_in(
    tmp_path: Path, assignment: Assignment, language: str, time_there: str
) -> None:
    found, _ = found_in(write_files(tmp_path / "x", EXPORTS[2][1]), assignment)
    times = {s.login: time_there for s in STUDENTS[:3]}
    named, _ = name_students(found, roster_of(tmp_path, exports.moodle_worksheet(STUDENTS, language, times=times)), {})
    assert {s.student: s.submitted_at for s in named} == {
        s.email: "2026-02-28T08:00:00Z" if s.login in times else None for s in STUDENTS
    }


def test_who_is_left_over_among_namesakes_is_not_guessed(tmp_path: Path, assignment: Assignment) -> None:
    """One of them is sure by the number, but the other may be nobody of the class."""
    twin = Student(A.first, A.last, "abirch2", 99999)
    stranger = Student(A.first, A.last, "other", 77777)
    folders = {"submission_1": [A], "submission_2": [stranger]}
    files = {"submission_metadata.yml": exports.gradescope_metadata(folders, WHEN).encode()}
    files |= {f"{folder}/{NAME}": ADA for folder in folders}
    found, _ = found_in(write_files(tmp_path / "x", files), assignment)
    header = "student_id,email,first_name,last_name\n"
    for people in ([A, twin], [A]):
        rows = "".join(f"{s.number},{s.email},{s.first},{s.last}\n" for s in people)
        named, notes = name_students(found, roster_of(tmp_path, header + rows), {})
        assert [s.student for s in named] == ["12345", "77777"]
        assert dict(notes)[IN_DOUBT] == ["77777"]


def test_an_anonymous_worksheet_matches_an_anonymous_export(tmp_path: Path, assignment: Assignment) -> None:
    lines = ["Identifier,Status,Grade,Maximum grade,Grade can be changed,Last modified (grade)"]
    lines += [f"Participant {s.number},Submitted for grading,,100.00,Yes,-" for s in STUDENTS]
    files = {f"Participant_{s.number}_assignsubmission_file_/{NAME}": ADA for s in STUDENTS}
    found, _ = found_in(write_files(tmp_path / "x", files), assignment)
    roster = roster_of(tmp_path, "\n".join(lines) + "\n")
    named, notes = name_students(found, roster, {})
    assert [s.student for s in named] == [f"Participant_{s.number}" for s in STUDENTS]
    assert [note for note in notes if note[1]] == []
    assert all(roster.row_of(s.student) for s in named)


def test_blackboards_columns_are_known_by_their_places_in_any_language(tmp_path: Path) -> None:
    text = exports.blackboard_gradebook(STUDENTS).decode("utf-16")
    for word, other in {"Last Name": "Aaa", "First Name": "Bbb", "Username": "Ccc", "Student ID": "Ddd"}.items():
        text = text.replace(word, other)
    roster = roster_of(tmp_path, text.encode("utf-16"))
    assert [person.student for person in roster.people] == [s.login for s in STUDENTS]


def test_a_name_without_its_accents_is_no_other_name(tmp_path: Path, assignment: Assignment) -> None:
    students = [
        Student("Eli", "Núñez", "eli", 11111),
        Student("Søren", "Łąka-Bø", "soren", 22222),
        Student("Zoë", "Ahorn", "zoe", 33333),
    ]
    written = ("nunezeli_11111_901_", "lakabosoren_22222_902_", "team7_33333_903_")
    found, _ = found_in(write_files(tmp_path / "x", {f"{name}{NAME}": ADA for name in written}), assignment)
    named, notes = name_students(found, roster_of(tmp_path, exports.canvas_gradebook(students, "x (1)")), {})
    assert [s.student for s in named] == ["eli", "soren", "zoe"]
    assert [names for what, names in notes if what.startswith("Another name")] == [["team7 (zoe)"]]
