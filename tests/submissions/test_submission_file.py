"""The file that `grader.submit` writes is as good as the notebook that was put into it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.assignment import Assignment, Unreadable
from autograder.submissions import find_submissions
from autograder.submissions.submission_file import notebook_inside

SUBMIT = "from grader import Grader; print(Grader().submit('ada@example.org', ''))"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, assignment: Assignment) -> Path:
    """A student's folder after grader.submit, with the file that it wrote."""
    folder = tmp_path_factory.mktemp("ada") / "em_gmm"
    shutil.copytree(assignment.release, folder)
    subprocess.run([sys.executable, "-c", SUBMIT], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def written(work: Path) -> bytes:
    return (work / "em_gmm-submission.json").read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        *("class/ada/em_gmm-submission.json", "class/ada_em_gmm-submission.json", "class/ada-em_gmm-submission.json"),
        *("class/ada/em_gmm-submission (1).json", "class/ada_em_gmm-submission(12).json"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_the_file_stands_for_the_notebook_in_it(
    tmp_path: Path, assignment: Assignment, work: Path, written: bytes, name: str, zipped: bool
) -> None:
    where = tmp_path / "class"
    if zipped:
        where = tmp_path / "class.zip"
        with zipfile.ZipFile(where, "w") as archive:
            archive.writestr(name.removeprefix("class/"), written)
    else:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(written)
    [submission] = find_submissions([where], assignment)
    assert submission.student == "ada"
    assert submission.read() == (work / "em_gmm.ipynb").read_bytes()


def test_the_file_alone_can_be_named(assignment: Assignment, work: Path) -> None:
    [submission] = find_submissions([work / "em_gmm-submission.json"], assignment)
    assert submission.read() == (work / "em_gmm.ipynb").read_bytes()


def test_beside_the_notebook_the_notebook_is_what_counts(assignment: Assignment, work: Path) -> None:
    [submission] = find_submissions([work], assignment)
    assert submission.path.name == "em_gmm.ipynb"


def test_other_json_is_nobodys_submission(tmp_path: Path, assignment: Assignment, written: bytes) -> None:
    (tmp_path / "ada.ipynb").write_bytes(b"{}")
    (tmp_path / "notes.json").write_bytes(written)
    assert [submission.student for submission in find_submissions([tmp_path], assignment)] == ["ada"]


def test_answers_without_a_notebook_are_told_to_hand_it_in(written: bytes) -> None:
    with pytest.raises(Unreadable, match="no notebook, and the notebook is what is graded"):
        notebook_inside(json.dumps(json.loads(written) | {"notebook": None}).encode())


def test_a_notebook_that_was_changed_in_the_file_is_refused(written: bytes) -> None:
    whole = json.loads(written)
    whole["notebook"]["base64"] = "e30=" + whole["notebook"]["base64"]
    with pytest.raises(Unreadable, match="hand in the notebook itself"):
        notebook_inside(json.dumps(whole).encode())


NOT_OURS = [
    *(b"", b"\xff", b"[]", b"{}", b"3", b'{"notebook": 1}', b"[" * 100_000),
    b'{"notebook": {"base64": 1, "sha256": ""}}',
    b'{"notebook": {"base64": "\xc3\xa4", "sha256": ""}}',
    b'{"notebook": [' + b"[]," * 300_000,
]


@pytest.mark.parametrize("raw", NOT_OURS, ids=range(len(NOT_OURS)))
def test_what_grader_submit_has_not_written_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable, match=r"not written by grader\.submit"):
        notebook_inside(raw)


def test_beside_a_notebook_of_another_name_the_notebook_is_what_counts(
    tmp_path: Path, assignment: Assignment, written: bytes
) -> None:
    (tmp_path / "class/bob").mkdir(parents=True)
    for name in ("bob/bob_final.ipynb", "alice.ipynb"):
        (tmp_path / "class" / name).write_bytes(b"{}")
    for name in ("bob/em_gmm-submission.json", "alice_em_gmm-submission.json"):
        (tmp_path / "class" / name).write_bytes(written)
    found = {s.student: (s.path.name, s.problem) for s in find_submissions([tmp_path / "class"], assignment)}
    assert found == {"alice": ("alice.ipynb", ""), "bob": ("bob_final.ipynb", "")}


def test_a_zip_or_a_link_under_the_files_name_is_its_students_alone(tmp_path: Path, assignment: Assignment) -> None:
    forged = tmp_path / "mallory_em_gmm-submission.json"
    with zipfile.ZipFile(forged, "w") as archive:
        archive.writestr("bob.ipynb", b"{}")
    link = tmp_path / "eve_em_gmm-submission.json"
    link.symlink_to("/etc/passwd")
    for submission in find_submissions([forged, link], assignment):
        assert submission.student in ("mallory", "eve")
        with pytest.raises(Unreadable):
            submission.read()
