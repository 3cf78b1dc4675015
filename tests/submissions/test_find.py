"""Every way to hand in submissions, and the message for a path or a folder that can't be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.assignment import Assignment, Unreadable, UsageError
from autograder.submissions import find_submissions, names_without_submission
from tests.submissions.layouts import ADA, BOB, notebooks_by_student, write_files, write_zip

LAYOUTS = [
    {"ada.ipynb": ADA, "bob.ipynb": BOB},
    {"submitted/ada/em_gmm/em_gmm.ipynb": ADA, "submitted/bob/em_gmm/em_gmm.ipynb": BOB},
    {"ada/em_gmm/em_gmm.ipynb": ADA, "bob/em_gmm/em_gmm.ipynb": BOB},
    {"ada/em_gmm.ipynb": ADA, "bob/em_gmm.ipynb": BOB},
    {"ada/my work.ipynb": ADA, "bob/em_gmm.ipynb": BOB, "bob/scratch.ipynb": b"{}"},
    {"ada.ipynb": ADA, "bob.ipynb": BOB, "readme.txt": b"", "class.csv": b"a,b"},
    {"ada.ipynb": ADA, "bob.ipynb": BOB, ".ipynb_checkpoints/ada-checkpoint.ipynb": b"{}"},
    {
        "submitted/ada/em_gmm/em_gmm.ipynb": ADA,
        "submitted/ada/em_gmm/.ipynb_checkpoints/em_gmm-checkpoint.ipynb": b"{}",
        "submitted/ada/another/another.ipynb": b"{}",
        "submitted/bob/em_gmm/em_gmm.ipynb": BOB,
        "submitted/bob/em_gmm/samples.npz": b"",
        "submitted/eve/another/another.ipynb": b"{}",
        "__MACOSX/submitted/ada/em_gmm/._em_gmm.ipynb": b"",
    },
]


WRAPPED = [  # as desktops pack a folder
    {"class/ada.ipynb": ADA, "class/bob.ipynb": BOB, "__MACOSX/class/._ada.ipynb": b"", ".DS_Store": b""},
    {"class/ada/em_gmm.ipynb": ADA, "class/bob.ipynb": BOB},
    {"class/ada/em_gmm/em_gmm.ipynb": ADA, "class/bob/em_gmm/em_gmm.ipynb": BOB},
]


@pytest.mark.parametrize("files", WRAPPED)
@pytest.mark.parametrize("zipped", [False, True])
def test_a_folder_around_the_whole_class_is_not_a_student(
    tmp_path: Path, assignment: Assignment, files: dict[str, bytes], zipped: bool
) -> None:
    path = write_zip(tmp_path / "class.zip", files) if zipped else write_files(tmp_path / "all", files)
    assert notebooks_by_student([path], assignment) == {"ada": ADA, "bob": BOB}


ONLY_ADA = [
    {"ada/em_gmm.ipynb": ADA},
    {"ada/my work.ipynb": ADA},
    {"ada/em_gmm.ipynb": ADA, "ada/scratch.ipynb": BOB},
    {"ada/em_gmm/em_gmm.ipynb": ADA, "ada/em_gmm/backup/em_gmm.ipynb": BOB},
    {"ada/homework/em_gmm.ipynb": ADA},
    {"ADA.IPYNB": ADA},
]


@pytest.mark.parametrize("files", ONLY_ADA)
@pytest.mark.parametrize("zipped", [False, True])
def test_a_class_of_one_student_is_read_without_the_copies_in_deeper_folders(
    tmp_path: Path, assignment: Assignment, files: dict[str, bytes], zipped: bool
) -> None:
    path = write_zip(tmp_path / "class.zip", files) if zipped else write_files(tmp_path / "all", files)
    assert {student.lower(): raw for student, raw in notebooks_by_student([path], assignment).items()} == {"ada": ADA}


def test_a_copy_in_a_deeper_folder_does_not_count_whichever_path_is_given(
    tmp_path: Path, assignment: Assignment
) -> None:
    write_files(tmp_path / "submitted", ONLY_ADA[3])
    for path in ("submitted", "submitted/ada", "submitted/ada/em_gmm/em_gmm.ipynb"):
        assert notebooks_by_student([tmp_path / path], assignment) == {"ada": ADA}


def test_the_folder_of_one_student_is_read_as_that_students(tmp_path: Path, assignment: Assignment) -> None:
    write_files(tmp_path, {"class/ada/em_gmm.ipynb": ADA, "submitted/bob/em_gmm/em_gmm.ipynb": BOB})
    paths = [tmp_path / "class/ada", tmp_path / "submitted/bob/em_gmm"]
    assert notebooks_by_student(paths, assignment) == {"ada": ADA, "bob": BOB}


@pytest.mark.parametrize("zipped", [False, True])
def test_files_and_folders_without_a_submission_are_listed_and_no_others(
    tmp_path: Path, assignment: Assignment, zipped: bool
) -> None:
    others = {"bob/notes.txt": b"", "eve.pdf": b"", "gil/hw.zip": b"", "hal/inner/other.ipynb": b"{}", ".git/x": b""}
    files = {"ada.ipynb": ADA, "cy/em_gmm.ipynb": BOB, "cy/samples.npz": b"", **others}
    path = write_zip(tmp_path / "class.zip", files) if zipped else write_files(tmp_path / "class", files)
    assert [submission.student for submission in find_submissions([path], assignment)] == ["ada", "cy"]
    assert names_without_submission([path], assignment) == ["bob", "eve.pdf", "gil", "hal"]


def test_nbgraders_folders_of_other_assignments_are_not_listed(tmp_path: Path, assignment: Assignment) -> None:
    write_files(tmp_path, LAYOUTS[-1])
    assert names_without_submission([tmp_path / "submitted", tmp_path], assignment) == []


def test_two_notebooks_with_the_right_name_side_by_side_can_not_be_read(tmp_path: Path, assignment: Assignment) -> None:
    files = {"ada/a/em_gmm.ipynb": ADA, "ada/b/em_gmm.ipynb": ADA, "bob.ipynb": BOB}
    ada, _ = find_submissions([write_files(tmp_path, files)], assignment)
    with pytest.raises(Unreadable, match=r"^there are 2 notebooks with the .* name side by side: keep one\.$"):
        ada.read()


@pytest.mark.parametrize("files", LAYOUTS)
def test_a_folder_in_each_layout_is_read(tmp_path: Path, assignment: Assignment, files: dict[str, bytes]) -> None:
    assert notebooks_by_student([write_files(tmp_path / "class", files)], assignment) == {"ada": ADA, "bob": BOB}


def test_the_folder_submitted_itself_is_read(tmp_path: Path, assignment: Assignment) -> None:
    write_files(tmp_path, LAYOUTS[1])
    assert notebooks_by_student([tmp_path / "submitted"], assignment) == {"ada": ADA, "bob": BOB}


def test_a_single_notebook_belongs_to_the_student_in_its_path(tmp_path: Path, assignment: Assignment) -> None:
    write_files(tmp_path, {"ada.ipynb": ADA, "submitted/bob/em_gmm/em_gmm.ipynb": BOB})
    paths = [tmp_path / "submitted/bob/em_gmm/em_gmm.ipynb", tmp_path / "ada.ipynb"]
    assert list(notebooks_by_student(paths, assignment).items()) == [("ada", ADA), ("bob", BOB)]


@pytest.mark.parametrize("name", ["em_gmm.ipynb", "em_gmm/em_gmm.ipynb"])
def test_a_zip_of_one_students_files_is_that_students_as_a_folder_is(
    tmp_path: Path, assignment: Assignment, name: str
) -> None:
    more = {"samples.npz": b"", ".ipynb_checkpoints/em_gmm-checkpoint.ipynb": BOB, f"__MACOSX/._{name}": b""}
    zips = [write_zip(tmp_path / f"{who}.zip", {name: raw, **more}) for who, raw in (("ada", ADA), ("bob", BOB))]
    assert notebooks_by_student(zips, assignment) == {"ada": ADA, "bob": BOB}
    folder = write_files(tmp_path / "cy", {name: ADA, **more})
    assert notebooks_by_student([folder], assignment) == {"cy": ADA}


def test_a_folder_and_a_zip_can_be_given_together(tmp_path: Path, assignment: Assignment) -> None:
    paths = [write_files(tmp_path / "folder", {"ada.ipynb": ADA}), write_zip(tmp_path / "late.zip", {"bob.ipynb": BOB})]
    assert notebooks_by_student(paths, assignment) == {"ada": ADA, "bob": BOB}


@pytest.mark.parametrize("zipped", [False, True])
def test_two_notebooks_without_the_right_name_can_not_be_read(
    tmp_path: Path, assignment: Assignment, zipped: bool
) -> None:
    files = {"ada/a.ipynb": ADA, "ada/b.ipynb": ADA, "bob/em_gmm.ipynb": BOB}
    path = write_zip(tmp_path / "class.zip", files) if zipped else write_files(tmp_path / "class", files)
    ada, bob = find_submissions([path], assignment)
    with pytest.raises(Unreadable, match=r"^there are 2 notebooks and none has the assignment's name: keep one\.$"):
        ada.read()
    assert bob.read() == BOB


def test_two_submissions_of_one_student_are_refused_and_the_message_names_both(
    tmp_path: Path, assignment: Assignment
) -> None:
    one, two = write_files(tmp_path / "one", {"ada.ipynb": ADA}), write_files(tmp_path / "two", {"ada.ipynb": ADA})
    with pytest.raises(UsageError, match=r"two submissions of 'ada'.*one/ada.ipynb and .*two/ada.ipynb"):
        find_submissions([one, two], assignment)


@pytest.mark.parametrize("kind", ["empty folder", "folder of other files", "empty zip", "zip of other files"])
def test_a_path_without_submissions_is_refused(tmp_path: Path, assignment: Assignment, kind: str) -> None:
    files = {"readme.txt": b"x"} if "other" in kind else {}
    (tmp_path / "class").mkdir()
    path = write_zip(tmp_path / "class.zip", files) if "zip" in kind else write_files(tmp_path / "class", files)
    with pytest.raises(UsageError, match="no submission here; expected a notebook"):
        find_submissions([path], assignment)


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path, assignment: Assignment) -> None:
    with pytest.raises(UsageError, match=r"nowhere: no such file or folder\."):
        find_submissions([tmp_path / "nowhere"], assignment)


def test_the_folder_of_one_student_in_nbgraders_layout_is_read_as_that_students(
    assignment: Assignment, tmp_path: Path
) -> None:
    folder = tmp_path / "submitted" / "ash" / assignment.slug
    folder.mkdir(parents=True)
    (folder / assignment.notebook).write_text("{}")
    assert [found.student for found in find_submissions([tmp_path / "submitted" / "ash"], assignment)] == ["ash"]


def test_nbgraders_timestamp_says_when_a_notebook_was_handed_in(assignment: Assignment, tmp_path: Path) -> None:
    for student, text in (("ash", "2026-03-01 12:30:00.5 EST"), ("elm", "yesterday"), ("fir", "")):
        folder = tmp_path / "submitted" / student / assignment.slug
        folder.mkdir(parents=True)
        (folder / assignment.notebook).write_text("{}")
        (folder / "timestamp.txt").write_text(text)
    times = {found.student: found.submitted_at for found in find_submissions([tmp_path / "submitted"], assignment)}
    assert times == {"ash": "2026-03-01T17:30:00Z", "elm": None, "fir": None}


def test_a_time_beside_a_notebook_in_an_ordinary_folder_counts_too(assignment: Assignment, tmp_path: Path) -> None:
    """docs/late-days.md says so for platforms that export no times."""
    files = {"ash/em_gmm.ipynb": ADA, "ash/timestamp.txt": b"2027-03-02 14:30:00 Europe/Berlin", "elm/x.ipynb": BOB}
    times = {s.student: s.submitted_at for s in find_submissions([write_files(tmp_path / "x", files)], assignment)}
    assert times == {"ash": "2027-03-02T13:30:00Z", "elm": None}


@pytest.mark.parametrize("zipped", [False, True])
def test_a_student_who_handed_in_a_folder_without_a_notebook_is_told_so(
    tmp_path: Path, assignment: Assignment, zipped: bool
) -> None:
    files = {"submitted/ada/em_gmm/em_gmm.ipynb": ADA, "submitted/eve/em_gmm/em_gmm.py": b"", "submitted/notes/x": b""}
    path = write_zip(tmp_path / "class.zip", files) if zipped else write_files(tmp_path / "class", files)
    ada, eve = find_submissions([path], assignment)
    assert (ada.student, ada.read()) == ("ada", ADA)
    assert eve.student == "eve"
    with pytest.raises(Unreadable, match="there is no notebook"):
        eve.read()


@pytest.mark.parametrize("files", LAYOUTS)
def test_a_zip_of_each_layout_is_read(tmp_path: Path, assignment: Assignment, files: dict[str, bytes]) -> None:
    assert notebooks_by_student([write_zip(tmp_path / "class.zip", files)], assignment) == {"ada": ADA, "bob": BOB}
