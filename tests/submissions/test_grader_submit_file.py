"""The file that `grader.submit` writes counts as the notebook that it contains."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.assignment import Assignment, Unreadable
from autograder.submissions import files_beside, find_submissions, names_without_submission
from autograder.submissions.grader_submit_file import notebook_inside
from tests.submissions import exports
from tests.submissions.layouts import write_files, write_zip
from tests.submissions.whole_exports import A, B

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
def test_the_file_counts_as_the_notebook_that_it_contains(
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


def test_the_path_of_the_file_itself_can_be_given(assignment: Assignment, work: Path) -> None:
    [submission] = find_submissions([work / "em_gmm-submission.json"], assignment)
    assert submission.read() == (work / "em_gmm.ipynb").read_bytes()


def test_if_the_notebook_is_beside_the_file_the_notebook_counts(assignment: Assignment, work: Path) -> None:
    [submission] = find_submissions([work], assignment)
    assert submission.path.name == "em_gmm.ipynb"


RENAMED = [
    *(
        "cem-submission.json",
        "cem.json",
        "cem.json.txt",
        "cem_em_gmm-submission.json.txt",
        "cem",
        "Cem submission.JSON",
    ),
    *("cem-submission (2).json", "em_gmm-submission_cem.json", "submission-cem.json", "cem.ipynb.json", "cem.ipynb"),
]


@pytest.mark.parametrize("zipped", [False, True])
def test_the_file_counts_whatever_its_name_is(
    tmp_path: Path, assignment: Assignment, work: Path, written: bytes, zipped: bool
) -> None:
    right = (work / "em_gmm.ipynb").read_bytes()
    for place, name in enumerate(RENAMED):
        files = {name: written, "dan/anything.json": written, "notes.json": b'{"schema": 1}', "eve.ipynb": right}
        folder = tmp_path / str(place)
        where = write_zip(folder.with_suffix(".zip"), files) if zipped else write_files(folder, files)
        found = {s.student.lower(): s.read() for s in find_submissions([where], assignment)}
        assert found == dict.fromkeys(("cem", "dan", "eve"), right), name
        assert names_without_submission([where], assignment) == ["notes.json"]
        if not zipped:
            [alone] = find_submissions([where / name], assignment)
            assert alone.read() == right


def test_a_renamed_file_is_found_in_what_a_platform_exports_and_beside_a_notebook_it_is_no_work(
    tmp_path: Path, assignment: Assignment, work: Path, written: bytes
) -> None:
    right = (work / "em_gmm.ipynb").read_bytes()
    files = {exports.moodle(A, "my answers.json"): written, exports.moodle(B, "em_gmm.ipynb"): right}
    found = find_submissions([write_zip(tmp_path / "x.zip", files)], assignment)
    assert [(s.handed_in is not None, s.read()) for s in found] == [(True, right)] * 2
    path = write_files(tmp_path / "y", {"ada/em_gmm.ipynb": right, "ada/mine.json": written, "ada/a.py": b""})
    [ada] = find_submissions([path], assignment)
    assert sorted(files_beside(ada, assignment).files) == ["a.py"]


def test_a_file_without_a_notebook_is_refused_and_the_message_asks_for_the_notebook(written: bytes) -> None:
    with pytest.raises(Unreadable, match="no notebook, and only a notebook is graded"):
        notebook_inside(json.dumps(json.loads(written) | {"notebook": None}).encode())


def test_a_notebook_that_was_changed_in_the_file_is_refused(written: bytes) -> None:
    content = json.loads(written)
    content["notebook"]["base64"] = "e30=" + content["notebook"]["base64"]
    with pytest.raises(Unreadable, match="hand in the notebook itself"):
        notebook_inside(json.dumps(content).encode())


OTHER_JSON = [
    *(b"", b"\xff", b"[]", b"{}", b"3", b'{"notebook": 1}', b"[" * 100_000),
    b'{"notebook": {"base64": 1, "sha256": ""}}',
    b'{"notebook": {"base64": "\xc3\xa4", "sha256": ""}}',
    b'{"notebook": [' + b"[]," * 300_000,
]


@pytest.mark.parametrize("raw", OTHER_JSON, ids=range(len(OTHER_JSON)))
def test_a_file_that_grader_submit_did_not_write_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable, match=r"not written by grader\.submit"):
        notebook_inside(raw)


def test_a_notebook_with_another_name_counts_before_the_file_beside_it(
    tmp_path: Path, assignment: Assignment, written: bytes
) -> None:
    (tmp_path / "class/bob").mkdir(parents=True)
    for name in ("bob/bob_final.ipynb", "alice.ipynb"):
        (tmp_path / "class" / name).write_bytes(b"{}")
    for name in ("bob/em_gmm-submission.json", "alice_em_gmm-submission.json"):
        (tmp_path / "class" / name).write_bytes(written)
    found = {s.student: (s.path.name, s.problem) for s in find_submissions([tmp_path / "class"], assignment)}
    assert found == {"alice": ("alice.ipynb", ""), "bob": ("bob_final.ipynb", "")}


def test_a_zip_or_a_link_with_the_files_name_is_one_submission_that_can_not_be_read(
    tmp_path: Path, assignment: Assignment
) -> None:
    forged = tmp_path / "mallory_em_gmm-submission.json"
    with zipfile.ZipFile(forged, "w") as archive:
        archive.writestr("bob.ipynb", b"{}")
    link = tmp_path / "eve_em_gmm-submission.json"
    link.symlink_to("/etc/passwd")
    for submission in find_submissions([forged, link], assignment):
        assert submission.student in ("mallory", "eve")
        with pytest.raises(Unreadable):
            submission.read()
