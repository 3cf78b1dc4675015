"""One rule says when two names are the same student, in folders, zips, rosters, file names and variants alike."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from autograder.assignment import Assignment, UsageError
from autograder.submissions import Submission, file_name, find_submissions, read_roster, same_name
from tests.submissions.layouts import ADA, BOB, write_files, write_zip

JOSE = "José"
DECOMPOSED = unicodedata.normalize("NFD", JOSE)


@pytest.mark.parametrize("layout", ["{}.ipynb", "{}/em_gmm.ipynb", "submitted/{}/em_gmm/em_gmm.ipynb"])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_name_as_a_mac_stores_it_is_the_same_student(
    tmp_path: Path, assignment: Assignment, layout: str, zipped: bool
) -> None:
    files = {layout.format(DECOMPOSED): ADA, layout.format("bob"): BOB}
    path = write_zip(tmp_path / "class.zip", files) if zipped else write_files(tmp_path / "class", files)
    found = {submission.student: submission.read() for submission in find_submissions([path], assignment)}
    assert found == {JOSE: ADA, "bob": BOB}
    (tmp_path / "roster.csv").write_text(f"student_id,email\n{DECOMPOSED},j@example.org\n", encoding="utf-8")
    assert read_roster(tmp_path / "roster.csv").row_of(JOSE)["email"] == "j@example.org"
    assert read_roster(tmp_path / "roster.csv").students == (JOSE,)


@pytest.mark.parametrize(
    ("one", "other"), [(JOSE, DECOMPOSED), ("ada", "ada "), ("ada", "ada\u200b"), ("\u212b", "\xc5")]
)
def test_two_spellings_of_one_student_in_one_folder_are_refused_by_name(
    tmp_path: Path, assignment: Assignment, one: str, other: str
) -> None:
    path = write_files(tmp_path / "class", {f"{one}/em_gmm.ipynb": ADA, f"{other}/em_gmm.ipynb": BOB})
    with pytest.raises(UsageError, match=rf"two submissions of '{same_name(one)}'"):
        find_submissions([path], assignment)


def test_students_whose_names_differ_only_in_capitals_are_two_and_get_files_of_their_own(
    tmp_path: Path, assignment: Assignment
) -> None:
    path = write_files(tmp_path / "class", {"Ada/em_gmm.ipynb": ADA, "ada/em_gmm.ipynb": BOB})
    assert [submission.student for submission in find_submissions([path], assignment)] == ["Ada", "ada"]
    assert len({file_name(name).casefold() for name in ("Ada", "ada", "ADA", "aDa")}) == 4


@pytest.mark.parametrize(
    "name", ["con", "CON", "aux.x", "nul", "com1", "LPT9.txt", "prn", "ada.", "ada .", "é", "שלום", "x" * 300]
)
def test_no_file_name_is_one_that_windows_refuses_or_changes(name: str) -> None:
    made = file_name(name)
    assert made != name
    assert made.isascii()
    assert not made.endswith((".", " "))
    assert len(made) <= 100


def test_names_that_are_alike_once_they_are_cleaned_have_different_files() -> None:
    names = ["a b", "a_b", "a\tb", "a/b", "a:b", "é", "è", "\U0001f600", "\U0001f601", ""]
    assert len({file_name(name).casefold() for name in names}) == len(names)


def test_a_roster_finds_a_student_with_other_capitals_unless_there_is_doubt(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("student_id\nAda\nBob\nbob\n", encoding="utf-8")
    roster = read_roster(path)
    assert [roster.student(name) for name in ("ada", "ADA", "Bob", "bob", "BOB", "eve")] == [
        "Ada",
        "Ada",
        "Bob",
        "bob",
        "",
        "",
    ]
    assert roster.row_of("eve") == {}


def test_every_submission_has_its_student_in_the_form_in_which_names_are_compared() -> None:
    assert Submission(DECOMPOSED + " ", Path("x.ipynb")).student == JOSE
