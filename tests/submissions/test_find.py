"""Every way to hand submissions over, and what is told of those that can't be used."""

from __future__ import annotations

import os
import random
import zipfile
from pathlib import Path

import pytest

from autograder.assignment import Assignment, Unreadable, UsageError
from autograder.submissions import find_submissions, passed_over

ADA, BOB = b'{"who": "ada"}', b'{"who": "bob"}'


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def read(paths: list[Path], assignment: Assignment) -> dict[str, bytes]:
    return {submission.student: submission.read() for submission in find_submissions(paths, assignment)}


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
def test_a_folder_around_the_class_is_nobodys(
    tmp_path: Path, assignment: Assignment, files: dict[str, bytes], zipped: bool
) -> None:
    path = pack(tmp_path / "class.zip", files) if zipped else write(tmp_path / "all", files)
    assert read([path], assignment) == {"ada": ADA, "bob": BOB}


OF_ADA_ALONE = [
    {"ada/em_gmm.ipynb": ADA},
    {"ada/my work.ipynb": ADA},
    {"ada/em_gmm.ipynb": ADA, "ada/scratch.ipynb": BOB},
    {"ada/em_gmm/em_gmm.ipynb": ADA, "ada/em_gmm/backup/em_gmm.ipynb": BOB},
    {"ada/homework/em_gmm.ipynb": ADA},
    {"ADA.IPYNB": ADA},
]


@pytest.mark.parametrize("files", OF_ADA_ALONE)
@pytest.mark.parametrize("zipped", [False, True])
def test_a_class_of_one_is_its_students_and_a_copy_kept_deeper_down_does_not_count(
    tmp_path: Path, assignment: Assignment, files: dict[str, bytes], zipped: bool
) -> None:
    path = pack(tmp_path / "class.zip", files) if zipped else write(tmp_path / "all", files)
    assert {student.lower(): raw for student, raw in read([path], assignment).items()} == {"ada": ADA}


def test_the_copy_deeper_down_does_not_count_from_wherever_the_student_is_named(
    tmp_path: Path, assignment: Assignment
) -> None:
    write(tmp_path / "submitted", OF_ADA_ALONE[3])
    for path in ("submitted", "submitted/ada", "submitted/ada/em_gmm/em_gmm.ipynb"):
        assert read([tmp_path / path], assignment) == {"ada": ADA}


def test_the_folder_of_one_student_is_that_students(tmp_path: Path, assignment: Assignment) -> None:
    write(tmp_path, {"class/ada/em_gmm.ipynb": ADA, "submitted/bob/em_gmm/em_gmm.ipynb": BOB})
    paths = [tmp_path / "class/ada", tmp_path / "submitted/bob/em_gmm"]
    assert read(paths, assignment) == {"ada": ADA, "bob": BOB}


@pytest.mark.parametrize("zipped", [False, True])
def test_what_gave_no_submission_is_named_and_what_did_is_not(
    tmp_path: Path, assignment: Assignment, zipped: bool
) -> None:
    others = {"bob/notes.txt": b"", "eve.pdf": b"", "gil/hw.zip": b"", "hal/inner/other.ipynb": b"{}", ".git/x": b""}
    files = {"ada.ipynb": ADA, "cy/em_gmm.ipynb": BOB, "cy/samples.npz": b"", **others}
    path = pack(tmp_path / "class.zip", files) if zipped else write(tmp_path / "class", files)
    assert [submission.student for submission in find_submissions([path], assignment)] == ["ada", "cy"]
    assert passed_over([path], assignment) == ["bob", "eve.pdf", "gil", "hal"]


def test_nbgraders_folders_of_other_assignments_are_not_named(tmp_path: Path, assignment: Assignment) -> None:
    write(tmp_path, LAYOUTS[-1])
    assert passed_over([tmp_path / "submitted", tmp_path], assignment) == []


def test_two_notebooks_of_the_right_name_side_by_side_can_not_be_read(tmp_path: Path, assignment: Assignment) -> None:
    files = {"ada/a/em_gmm.ipynb": ADA, "ada/b/em_gmm.ipynb": ADA, "bob.ipynb": BOB}
    ada, _ = find_submissions([write(tmp_path, files)], assignment)
    with pytest.raises(Unreadable, match=r"^there are 2 notebooks with the .* name side by side: keep one\.$"):
        ada.read()


@pytest.mark.parametrize("files", LAYOUTS)
def test_a_folder_in_each_layout_is_read(tmp_path: Path, assignment: Assignment, files: dict[str, bytes]) -> None:
    assert read([write(tmp_path / "class", files)], assignment) == {"ada": ADA, "bob": BOB}


@pytest.mark.parametrize("files", LAYOUTS)
def test_a_zip_of_each_layout_is_read(tmp_path: Path, assignment: Assignment, files: dict[str, bytes]) -> None:
    assert read([pack(tmp_path / "class.zip", files)], assignment) == {"ada": ADA, "bob": BOB}


def test_the_folder_submitted_itself_is_read(tmp_path: Path, assignment: Assignment) -> None:
    write(tmp_path, LAYOUTS[1])
    assert read([tmp_path / "submitted"], assignment) == {"ada": ADA, "bob": BOB}


def test_a_single_notebook_is_its_students(tmp_path: Path, assignment: Assignment) -> None:
    write(tmp_path, {"ada.ipynb": ADA, "submitted/bob/em_gmm/em_gmm.ipynb": BOB})
    paths = [tmp_path / "submitted/bob/em_gmm/em_gmm.ipynb", tmp_path / "ada.ipynb"]
    assert list(read(paths, assignment).items()) == [("ada", ADA), ("bob", BOB)]


def test_paths_of_different_kinds_go_together(tmp_path: Path, assignment: Assignment) -> None:
    paths = [write(tmp_path / "folder", {"ada.ipynb": ADA}), pack(tmp_path / "late.zip", {"bob.ipynb": BOB})]
    assert read(paths, assignment) == {"ada": ADA, "bob": BOB}


@pytest.mark.parametrize("zipped", [False, True])
def test_two_notebooks_of_which_none_has_the_right_name_can_not_be_read(
    tmp_path: Path, assignment: Assignment, zipped: bool
) -> None:
    files = {"ada/a.ipynb": ADA, "ada/b.ipynb": ADA, "bob/em_gmm.ipynb": BOB}
    path = pack(tmp_path / "class.zip", files) if zipped else write(tmp_path / "class", files)
    ada, bob = find_submissions([path], assignment)
    with pytest.raises(Unreadable, match=r"^there are 2 notebooks and none has the assignment's name: keep one\.$"):
        ada.read()
    assert bob.read() == BOB


def test_two_submissions_of_one_student_are_refused_with_both_named(tmp_path: Path, assignment: Assignment) -> None:
    one, two = write(tmp_path / "one", {"ada.ipynb": ADA}), write(tmp_path / "two", {"ada.ipynb": ADA})
    with pytest.raises(UsageError, match=r"two submissions of 'ada'.*one/ada.ipynb and .*two/ada.ipynb"):
        find_submissions([one, two], assignment)


@pytest.mark.parametrize("kind", ["empty folder", "folder of other files", "empty zip", "zip of other files"])
def test_a_path_without_submissions_is_refused(tmp_path: Path, assignment: Assignment, kind: str) -> None:
    files = {"readme.txt": b"x"} if "other" in kind else {}
    (tmp_path / "class").mkdir()
    path = pack(tmp_path / "class.zip", files) if "zip" in kind else write(tmp_path / "class", files)
    with pytest.raises(UsageError, match="no submission here; expected a notebook"):
        find_submissions([path], assignment)


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path, assignment: Assignment) -> None:
    with pytest.raises(UsageError, match=r"nowhere: no such file or folder\."):
        find_submissions([tmp_path / "nowhere"], assignment)


@pytest.mark.parametrize("name", ["../../x.ipynb", "/x.ipynb", "../../../../tmp/../x.ipynb"])
def test_a_path_that_climbs_out_of_a_zip_is_refused_and_writes_nothing(
    tmp_path: Path, assignment: Assignment, name: str
) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    path = pack(inside / "class.zip", {name: ADA, "bob.ipynb": BOB})
    found = {submission.student: submission for submission in find_submissions([path], assignment)}
    assert found.pop("bob").read() == BOB
    (climber,) = found.values()
    assert "/" not in climber.student
    with pytest.raises(Unreadable, match="leads out of the zip"):
        climber.read()
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_a_link_is_refused_wherever_it_leads_and_in_a_zip_too(tmp_path: Path, assignment: Assignment) -> None:
    write(tmp_path, {"secret/eve.ipynb": b"{}", "class/ada.ipynb": ADA})
    (tmp_path / "class/eve.ipynb").symlink_to(tmp_path / "secret/eve.ipynb")
    (tmp_path / "class/mallory.ipynb").symlink_to("/etc/shadow")
    (tmp_path / "class/more").symlink_to(tmp_path / "secret")
    path = pack(tmp_path / "class.zip", {"bob.ipynb": BOB})
    link = zipfile.ZipInfo("trent.ipynb")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/shadow")
    found = {submission.student: submission for submission in find_submissions([tmp_path / "class", path], assignment)}
    assert found.pop("ada").read() == ADA
    assert found.pop("bob").read() == BOB
    assert set(found) == {"eve", "mallory", "trent"}
    for submission in found.values():
        with pytest.raises(Unreadable, match="the file is a link"):
            submission.read()


def test_a_file_of_60_megabytes_is_refused_without_being_read(tmp_path: Path, assignment: Assignment) -> None:
    path = tmp_path / "ada.ipynb"
    path.touch()
    os.truncate(path, 60 << 20)
    (submission,) = find_submissions([path], assignment)
    with pytest.raises(Unreadable, match="larger than 50 MB"):
        submission.read()


def test_a_zip_that_swells_is_refused(tmp_path: Path, assignment: Assignment) -> None:
    path = pack(tmp_path / "class.zip", {"ada.ipynb": bytes(60 << 20)})
    assert path.stat().st_size < 1 << 20
    with pytest.raises(Unreadable, match="larger than 50 MB"):
        find_submissions([path], assignment)[0].read()


def test_a_zip_with_a_password_can_not_be_read(tmp_path: Path, assignment: Assignment) -> None:
    path = pack(tmp_path / "class.zip", {"ada.ipynb": ADA, "bob.ipynb": BOB})
    raw = bytearray(path.read_bytes())
    raw[6] |= 1  # the flag of an encrypted member, in its own head and in the list at the end
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    ada, bob = find_submissions([path], assignment)
    with pytest.raises(Unreadable, match=r"can't be read: .*(encrypted|password)"):
        ada.read()
    assert bob.read() == BOB


def test_a_damaged_member_costs_its_student_only(tmp_path: Path, assignment: Assignment) -> None:
    path = pack(tmp_path / "class.zip", {"ada.ipynb": bytes(range(256)) * 40, "bob.ipynb": BOB})
    raw = bytearray(path.read_bytes())
    raw[60:70] = b"\xff" * 10
    path.write_bytes(raw)
    ada, bob = find_submissions([path], assignment)
    with pytest.raises(Unreadable, match="the file can't be read"):
        ada.read()
    assert bob.read() == BOB


def test_a_zip_whose_list_is_damaged_is_refused(tmp_path: Path, assignment: Assignment) -> None:
    path = pack(tmp_path / "class.zip", {"ada.ipynb": ADA})
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02")] = 0
    path.write_bytes(raw)
    with pytest.raises(UsageError, match="the zip is broken"):
        find_submissions([path], assignment)


@pytest.mark.parametrize("name", ["ada.ipynb", "class.zip"])
def test_a_file_that_the_machine_does_not_give_is_not_called_unreadable(
    tmp_path: Path, assignment: Assignment, name: str
) -> None:
    write(tmp_path, {"ada.ipynb": ADA})
    pack(tmp_path / "class.zip", {"ada.ipynb": ADA})
    (submission,) = find_submissions([tmp_path / name], assignment)
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError):
        submission.read()


def test_the_folder_of_one_student_in_nbgraders_layout_is_that_students(assignment: Assignment, tmp_path: Path) -> None:
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


@pytest.mark.parametrize("zipped", [False, True])
def test_who_handed_in_a_folder_without_a_notebook_is_told_so(
    tmp_path: Path, assignment: Assignment, zipped: bool
) -> None:
    files = {"submitted/ada/em_gmm/em_gmm.ipynb": ADA, "submitted/eve/em_gmm/em_gmm.py": b"", "submitted/notes/x": b""}
    path = pack(tmp_path / "class.zip", files) if zipped else write(tmp_path / "class", files)
    ada, eve = find_submissions([path], assignment)
    assert (ada.student, ada.read()) == ("ada", ADA)
    assert eve.student == "eve"
    with pytest.raises(Unreadable, match="there is no notebook"):
        eve.read()


def test_a_link_that_is_named_itself_is_refused_too(tmp_path: Path, assignment: Assignment) -> None:
    write(tmp_path, {"secret/ada.ipynb": ADA})
    (tmp_path / "eve.ipynb").symlink_to(tmp_path / "secret/ada.ipynb")
    (eve,) = find_submissions([tmp_path / "eve.ipynb"], assignment)
    with pytest.raises(Unreadable, match="the file is a link"):
        eve.read()


def test_a_zip_that_is_named_as_a_notebook_is_its_students_and_holds_nobody_elses(
    tmp_path: Path, assignment: Assignment
) -> None:
    path = pack(tmp_path / "eve.ipynb", {"bob.ipynb": BOB})
    assert [submission.student for submission in find_submissions([path], assignment)] == ["eve"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_is_packed_in_an_unusual_way_is_not_unpacked(
    tmp_path: Path, assignment: Assignment, method: int
) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w", method) as archive:
        archive.writestr("ada.ipynb", ADA)
    (ada,) = find_submissions([tmp_path / "class.zip"], assignment)
    with pytest.raises(Unreadable, match="packed in an unusual way"):
        ada.read()


def test_whatever_is_wrong_with_a_zip_has_a_sentence(tmp_path: Path, assignment: Assignment) -> None:
    path, draw = tmp_path / "class.zip", random.Random(1)
    sound = pack(path, {"ada.ipynb": ADA * 50, "b\xf6b.ipynb": BOB * 30}).read_bytes()
    ends = set()
    for _ in range(3000):
        raw = bytearray(sound)
        for _ in range(draw.randint(1, 3)):
            raw[draw.randrange(len(raw))] = draw.choice([0, 255, draw.randrange(256)])
        path.write_bytes(raw)
        try:
            for submission in find_submissions([path], assignment):
                submission.read()
        except (Unreadable, UsageError) as problem:
            ends.add(type(problem))
    assert ends == {Unreadable, UsageError}


def test_a_timestamp_is_not_read_without_end(tmp_path: Path, assignment: Assignment) -> None:
    write(tmp_path, {"submitted/ada/em_gmm/em_gmm.ipynb": ADA})
    stamp = tmp_path / "submitted/ada/em_gmm/timestamp.txt"
    stamp.write_bytes(b" " * 2000 + b"2026-01-01 00:00:00 UTC")
    assert find_submissions([tmp_path], assignment)[0].submitted_at is None
