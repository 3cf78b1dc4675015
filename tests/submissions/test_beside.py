"""Files that were handed in beside the notebook: whose they are, what is never taken, and how much is enough."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from autograder.assignment import Assignment
from autograder.submissions import Beside, files_beside, find_submissions
from autograder.submissions.beside import MAX_FILES
from tests.submissions.layouts import ADA, BOB, write_files, write_zip


def beside(path: Path, assignment: Assignment) -> dict[str, Beside]:
    return {s.student: files_beside(s, assignment) for s in find_submissions([path], assignment)}


OWN = [  # each student's folder is the student's own
    {
        "submitted/ada/em_gmm/em_gmm.ipynb": ADA,
        "submitted/ada/em_gmm/solution.py": b"x",
        "submitted/bob/em_gmm/a.ipynb": BOB,
    },
    {"ada/em_gmm/em_gmm.ipynb": ADA, "ada/em_gmm/solution.py": b"x", "bob/em_gmm/em_gmm.ipynb": BOB},
    {"ada/my work.ipynb": ADA, "ada/solution.py": b"x", "bob/em_gmm.ipynb": BOB},
    {"class/ada/em_gmm.ipynb": ADA, "class/ada/solution.py": b"x", "class/bob.ipynb": BOB, "class/other.py": b"y"},
    {"ada/a\u0301.ipynb": ADA, "ada/solution.py": b"x", "bob.ipynb": BOB, "solution.py": b"y"},
]
SHARED = [  # the notebooks of several students lie in one folder
    {"ada.ipynb": ADA, "bob.ipynb": BOB, "solution.py": b"x", "roster.csv": b"y", "data/a.csv": b"z"},
    {"class/ada.ipynb": ADA, "class/bob.ipynb": BOB, "class/solution.py": b"x"},
    {"ada.ipynb": ADA, "bob.ipynb": BOB, "em_gmm.py": b"x"},
]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("files", OWN)
def test_a_students_folder_gives_the_files_in_it(
    tmp_path: Path, assignment: Assignment, files: dict[str, bytes], zipped: bool
) -> None:
    path = write_zip(tmp_path / "class.zip", files) if zipped else write_files(tmp_path / "all", files)
    found = beside(path, assignment)
    assert {student: dict(one.files) for student, one in found.items()} == {"ada": {"solution.py": b"x"}, "bob": {}}
    assert [one.left_out for one in found.values()] == [(), ()]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("files", SHARED)
def test_a_folder_with_notebooks_of_several_students_gives_nothing(
    tmp_path: Path, assignment: Assignment, files: dict[str, bytes], zipped: bool
) -> None:
    path = write_zip(tmp_path / "class.zip", files) if zipped else write_files(tmp_path / "all", files)
    assert all(one == Beside() for one in beside(path, assignment).values())
    if not zipped:
        [notebook, *_] = sorted(path.rglob("ada.ipynb"))
        assert beside(notebook, assignment) == {"ada": Beside()}


@pytest.mark.parametrize("inside", ["submitted/ada", "submitted/ada/em_gmm", "submitted/ada/em_gmm/em_gmm.ipynb"])
def test_one_student_of_nbgrader_keeps_the_own_files(tmp_path: Path, assignment: Assignment, inside: str) -> None:
    files = {"em_gmm/em_gmm.ipynb": ADA, "em_gmm/data/a.csv": b"1", "other/other.ipynb": b"{}", "other/secret.py": b""}
    write_files(tmp_path / "submitted" / "ada", files)
    assert dict(beside(tmp_path / inside, assignment)["ada"].files) == {"data/a.csv": b"1"}


def test_what_the_assignment_gives_out_and_what_is_no_work_is_not_taken(tmp_path: Path, assignment: Assignment) -> None:
    not_taken = ["samples.npz", "grader/key.json", "timestamp.txt", ".git/config", "__pycache__/a.pyc", ".env"]
    files = {"em_gmm.ipynb": ADA, "solution.py": b"x", "copy.ipynb": BOB} | dict.fromkeys(not_taken, b"y")
    path = write_files(tmp_path / "all", {f"ada/{name}": content for name, content in files.items()})
    assert (dict(beside(path, assignment)["ada"].files), beside(path, assignment)["ada"].left_out) == (
        {"solution.py": b"x"},
        (),
    )


def test_the_courses_own_folders_give_nothing(assignment: Assignment) -> None:
    for folder in (assignment.source, assignment.release):
        assert dict(next(iter(beside(folder, assignment).values())).files) == {}


def test_links_and_files_beyond_the_limits_are_left_out_by_name(tmp_path: Path, assignment: Assignment) -> None:
    files = {"em_gmm.ipynb": ADA, "solution.py": b"x", "large.bin": bytes(assignment.limits.file_mb << 20)}
    path = write_files(tmp_path / "ada", files)
    (path / "link.py").symlink_to("/etc/hostname")
    (path / "folder").symlink_to("/etc")
    one = beside(path, assignment)["ada"]
    assert (dict(one.files), sorted(one.left_out)) == ({"solution.py": b"x"}, ["folder", "large.bin", "link.py"])
    write_files(path, {f"{i}.txt": b"" for i in range(MAX_FILES)})
    one = beside(path, assignment)["ada"]
    assert len(one.files) == MAX_FILES
    assert "solution.py" in one.files
    assert len(one.left_out) == 4


def test_a_zip_that_leads_out_of_itself_gives_nothing_of_that(tmp_path: Path, assignment: Assignment) -> None:
    files = {"ada/em_gmm.ipynb": ADA, "ada/../../evil.py": b"x", "/ada/evil.py": b"x", "ada/good.py": b"x"}
    assert list(beside(write_zip(tmp_path / "class.zip", files), assignment)["ada"].files) == ["good.py"]


def test_a_member_that_was_packed_to_grow_is_left_out(tmp_path: Path, assignment: Assignment) -> None:
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ada/em_gmm.ipynb", ADA)
        archive.writestr("ada/bomb", bytes(64 << 20))
    one = beside(path, assignment)["ada"]
    assert (dict(one.files), one.left_out) == ({}, ("bomb",))


def test_the_hash_changes_with_a_name_and_with_a_content() -> None:
    hashes = {Beside(files).sha256 for files in ({}, {"a": b"1"}, {"b": b"1"}, {"a": b"2"}, {"a": b"1", "b": b""})}
    assert len(hashes) == 5
