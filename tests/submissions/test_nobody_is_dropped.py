"""Everybody who handed in something has a submission, or is named; a path that is no submission is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.assignment import Assignment, Unreadable, UsageError
from autograder.submissions import find_submissions, names_without_submission
from tests.submissions.layouts import ADA, BOB, notebooks_by_student, write_files, write_zip


@pytest.mark.parametrize("link", ["eve", "eve/em_gmm"])
def test_a_linked_folder_in_submitted_is_that_students_and_the_message_says_so(
    tmp_path: Path, assignment: Assignment, link: str
) -> None:
    write_files(tmp_path, {"elsewhere/em_gmm.ipynb": BOB, "submitted/ada/em_gmm/em_gmm.ipynb": ADA})
    (tmp_path / "submitted" / link).parent.mkdir(exist_ok=True)
    (tmp_path / "submitted" / link).symlink_to(tmp_path / "elsewhere")
    ada, eve = find_submissions([tmp_path / "submitted"], assignment)
    assert (ada.read(), eve.student) == (ADA, "eve")
    with pytest.raises(Unreadable, match="the folder is a link: hand in the folder itself"):
        eve.read()


def test_a_linked_folder_in_a_zip_of_submitted_is_that_students(tmp_path: Path, assignment: Assignment) -> None:
    path = write_zip(tmp_path / "class.zip", {"submitted/ada/em_gmm/em_gmm.ipynb": ADA})
    link = zipfile.ZipInfo("submitted/eve")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/srv")
    assert [submission.student for submission in find_submissions([path], assignment)] == ["ada", "eve"]


_AS_USER = """
import os, sys
from pathlib import Path
from autograder.assignment import load, UsageError
from autograder.submissions import find_submissions
assignment = load(Path(sys.argv[2]), "em_gmm")
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
try:
    for submission in find_submissions([Path(sys.argv[1])], assignment):
        try:
            print(submission.student, submission.read().decode())
        except OSError as problem:
            print(submission.student, type(problem).__name__)
except UsageError as problem:
    print(problem)
"""


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that another user can read. pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        ("submitted/eve", ["ada {}", "eve PermissionError"]),
        ("submitted/eve/em_gmm", ["ada {}", "eve PermissionError"]),
        ("submitted/eve/em_gmm/em_gmm.ipynb", ["ada {}", "eve PermissionError"]),
        ("submitted/ada/em_gmm/private", ["ada {}", "eve {}"]),
        ("submitted/ada/another", ["ada {}", "eve {}"]),
        ("submitted", ["can't be read"]),
    ],
)
def test_a_folder_that_this_machine_can_not_read_is_no_fault_of_its_student(
    public_folder: Path, root: Path, closed: str, expected: list[str]
) -> None:
    course = public_folder
    names = ("ada/em_gmm/em_gmm.ipynb", "eve/em_gmm/em_gmm.ipynb", "ada/em_gmm/private/x", "ada/another/another.ipynb")
    write_files(course / "submitted", dict.fromkeys(names, b"{}"))
    (course / closed).chmod(0)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _AS_USER, course / "submitted", root], capture_output=True, text=True, check=True
        )
    finally:
        (course / closed).chmod(0o700)
    lines = done.stdout.splitlines()
    assert len(lines) == len(expected)
    assert all(text in line for text, line in zip(expected, lines, strict=True))


@pytest.mark.parametrize("zipped", [True, False])
def test_who_handed_in_nothing_but_a_checkpoint_is_named(tmp_path: Path, assignment: Assignment, zipped: bool) -> None:
    files = {
        "ada/em_gmm.ipynb": ADA,
        "bob/.ipynb_checkpoints/em_gmm-checkpoint.ipynb": BOB,
        "cy/._em_gmm.ipynb": b"",
        "__MACOSX/ada/._em_gmm.ipynb": b"",
        ".DS_Store": b"",
        ".ipynb_checkpoints/dan-checkpoint.ipynb": b"",
    }
    path = write_zip(tmp_path / "class.zip", files) if zipped else write_files(tmp_path / "class", files)
    assert notebooks_by_student([path], assignment) == {"ada": ADA}
    assert names_without_submission([path], assignment) == ["bob", "cy"]


def test_in_submitted_a_student_without_any_assignment_and_a_stray_file_are_named(
    tmp_path: Path, assignment: Assignment
) -> None:
    files = {"ada/em_gmm/em_gmm.ipynb": ADA, "bob/other/other.ipynb": b"{}", "cy/hw.pdf": b"", "dan.rar": b""}
    write_files(tmp_path / "submitted", files)
    (tmp_path / "submitted/eve").mkdir()
    for path in (tmp_path / "submitted", tmp_path):
        assert names_without_submission([path], assignment) == ["cy", "dan.rar", "eve"]


def write_tar(path: Path, mode: str) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        archive.add(__file__, "ada.ipynb")
    return path


@pytest.mark.parametrize("name", ["class.tar", "class.tar.gz", "class.tgz", "class.tar.bz2", "class.tar.xz", "class"])
def test_a_tar_is_refused_with_the_mend(tmp_path: Path, assignment: Assignment, name: str) -> None:
    kind = {"class.tar.bz2": "w:bz2", "class.tar.xz": "w:xz", "class.tar": "w", "class": "w"}.get(name, "w:gz")
    with pytest.raises(UsageError, match=r"archive can't be read here: unpack it and give its folder"):
        find_submissions([write_tar(tmp_path / name, kind)], assignment)


@pytest.mark.parametrize(
    ("name", "raw", "mend"),
    [
        ("class.7z", b"7z\xbc\xaf\x27\x1c\0\4", "a 7z archive can't be read here: unpack it"),
        ("class.rar", b"Rar!\x1a\x07\x01\0", "a rar archive can't be read here: unpack it"),
        ("roster.csv", b"student_id,email\nash,a@x.org\n", "the roster by --roster"),
        ("ada.pdf", b"%PDF-1.7\n", "this file is no notebook"),
        ("class.zip", b"PK\3\4 a download that was cut off", "download it again"),
        ("class.zip", b"<html>please log in</html>", "download it again"),
        ("assignment.toml", b"title = 'x'", "this file is no notebook"),
        ("ada.json", b'{"a": 1}', "this file is no notebook"),
        ("ada.txt", b"", "this file is no notebook"),
        ("ada.py", b"print()", "this file is no notebook"),
    ],
)
def test_a_file_that_is_no_submission_is_refused_with_the_mend_and_becomes_no_student(
    tmp_path: Path, assignment: Assignment, name: str, raw: bytes, mend: str
) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(UsageError, match=mend):
        find_submissions([tmp_path / name], assignment)


def test_a_zip_of_zips_is_refused_and_names_what_is_in_it_beside_others(tmp_path: Path, assignment: Assignment) -> None:
    write_zip(tmp_path / "ada.zip", {"ada.ipynb": ADA})
    inner = (tmp_path / "ada.zip").read_bytes()
    with pytest.raises(UsageError, match="no submission here"):
        find_submissions([write_zip(tmp_path / "all.zip", {"ada.zip": inner})], assignment)
    both = write_zip(tmp_path / "both.zip", {"ada.zip": inner, "bob.ipynb": BOB})
    assert names_without_submission([both], assignment) == ["ada.zip"]


@pytest.mark.parametrize("name", ["ada.ipynb.json", "ada.ipynb.txt", "ada"])
def test_a_notebook_to_which_a_browser_gave_another_ending_is_still_graded(
    tmp_path: Path, assignment: Assignment, name: str
) -> None:
    (tmp_path / name).write_bytes(b'{"cells": [], "nbformat": 4}')
    assert [submission.student for submission in find_submissions([tmp_path / name], assignment)] == ["ada"]


def test_what_is_no_file_and_no_folder_is_refused(tmp_path: Path, assignment: Assignment) -> None:
    os.mkfifo(tmp_path / "ada.ipynb")
    for path in (tmp_path / "ada.ipynb", tmp_path, Path("/dev/null"), tmp_path / "none"):
        with pytest.raises(UsageError, match=r"no submission here|no such file or folder"):
            find_submissions([path], assignment)
    assert names_without_submission([tmp_path], assignment) == ["ada.ipynb"]
