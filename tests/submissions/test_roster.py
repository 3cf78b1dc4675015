"""Rosters as spreadsheets save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.assignment import UsageError
from autograder.submissions import Roster, read_roster, student_ids, students_by_email

PLAIN = "student_id,email\nash,a@example.org\nelm,e@example.org\n"
SAME = [
    PLAIN.encode("utf-8-sig"),
    PLAIN.encode("utf-16"),
    PLAIN.replace(",", "\t").encode("utf-16"),
    b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    PLAIN.replace(",", ";").encode(),
    b"sep=;\r\n" + PLAIN.replace(",", ";").encode(),
    PLAIN.replace("\n", "\r\n").encode(),
    PLAIN.replace("\n", "\r").encode(),
    (PLAIN + ",\n,\n;;\n\n ,\n").replace(";;\n", ",,\n").encode(),
    PLAIN.replace(",", " , ").encode(),
    PLAIN.replace("ash", "ash\u200b\u00a0").encode(),
    PLAIN.replace("student_id,email", '"Student_ID","Email"').encode(),
    PLAIN.replace("a@example.org", "Ash Tree <a@example.org>").encode(),
    PLAIN.replace("a@example.org", '"Tree, Ash <mailto:a@example.org>"').encode(),
    PLAIN.replace("a@example.org", "<A@Example.org>").encode(),
    PLAIN.replace("a@example.org", "Mailto:a@example.org").encode(),
    PLAIN.replace("student_id,email", "Student ID,E-Mail").encode(),
    PLAIN.replace("student_id,email", "student-id,e-mail").encode(),
]


def roster_of(tmp_path: Path, raw: bytes) -> Roster:
    path = tmp_path / "roster.csv"
    path.write_bytes(raw)
    return read_roster(path)


@pytest.mark.parametrize("raw", SAME, ids=range(len(SAME)))
def test_a_roster_as_spreadsheets_save_it_names_the_same_students(tmp_path: Path, raw: bytes) -> None:
    assert students_by_email(roster_of(tmp_path, raw)) == {"a@example.org": "ash", "e@example.org": "elm"}


def test_a_quoted_cell_may_have_several_lines_and_a_semicolon_in_a_name_is_no_separator(tmp_path: Path) -> None:
    roster = roster_of(tmp_path, b'student_id,email,first_name\nash,a@x.org,"A;\nB"\n')
    assert roster.row_of("ash")["first_name"] == "A;\nB"


@pytest.mark.parametrize(
    "line", ["ash,b@x.org", "yew,nobody", ",b@x.org", "../x,b@x.org", "yew,a@x.org,", "Ash,b@x.org"]
)
def test_a_message_names_the_line_that_an_editor_shows(tmp_path: Path, line: str) -> None:
    text = f'\nstudent_id,email,note\n\nash,a@x.org,"two\nlines"\n,,\n{line}\n'
    with pytest.raises(UsageError, match=r"^line 7 of the roster"):
        students_by_email(roster_of(tmp_path, text.encode()))


@pytest.mark.parametrize("head", ["student_id,email,email", "student_id,email,Student_ID ", "ID,Student,ID"])
def test_a_column_that_is_there_twice_is_refused_by_name(tmp_path: Path, head: str) -> None:
    with pytest.raises(UsageError, match=r"has the column (email|student_id|ID) 2 times: leave one"):
        roster_of(tmp_path, f"{head}\nash,a@x.org,b@x.org\n".encode())


@pytest.mark.parametrize("other", ["Ash", "ASH", "ash."])
def test_ids_that_would_have_the_same_folder_elsewhere_are_refused_by_name(tmp_path: Path, other: str) -> None:
    roster = roster_of(tmp_path, f"student_id\nash\n{other}\n".encode())
    with pytest.raises(UsageError, match=rf"line 3 of the roster: {other} and ash would have the same folder"):
        student_ids(roster)


@pytest.mark.parametrize("email", ["a b@x.org", "a@b@x.org", "a@x.org; b@x.org", "@x.org", "a@", "Ada L <>"])
def test_a_cell_that_holds_no_address_is_refused(tmp_path: Path, email: str) -> None:
    with pytest.raises(UsageError, match="line 2 of the roster needs a student_id and an e-mail address"):
        students_by_email(roster_of(tmp_path, f'student_id,email\nash,"{email}"\n'.encode()))


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "utf-16-le"])
def test_an_encoding_that_can_not_be_known_is_refused_with_the_mend(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(UsageError, match=r"save it as CSV in UTF-8|names students"):
        roster_of(tmp_path, "student_id,first_name\nash,Björn\n".encode(encoding))


def test_an_id_that_is_too_long_for_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be the name of a student's folder"):
        student_ids(roster_of(tmp_path, f"student_id\n{'本' * 90}\n".encode()))
