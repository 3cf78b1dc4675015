"""Links, huge files, and damaged or hostile zips are refused with a sentence, and cost no other student anything."""

from __future__ import annotations

import os
import random
import zipfile
from pathlib import Path

import pytest

from autograder.assignment import Assignment, Unreadable, UsageError
from autograder.submissions import find_submissions
from tests.submissions.layouts import ADA, BOB, write_files, write_zip


@pytest.mark.parametrize("name", ["../../x.ipynb", "/x.ipynb", "../../../../tmp/../x.ipynb"])
def test_a_path_that_leads_out_of_a_zip_is_refused_and_writes_nothing(
    tmp_path: Path, assignment: Assignment, name: str
) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    path = write_zip(inside / "class.zip", {name: ADA, "bob.ipynb": BOB})
    found = {submission.student: submission for submission in find_submissions([path], assignment)}
    assert found.pop("bob").read() == BOB
    (outside,) = found.values()
    assert "/" not in outside.student
    with pytest.raises(Unreadable, match="leads out of the zip"):
        outside.read()
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_a_link_in_a_folder_or_in_a_zip_is_refused_wherever_it_leads(tmp_path: Path, assignment: Assignment) -> None:
    write_files(tmp_path, {"secret/eve.ipynb": b"{}", "class/ada.ipynb": ADA})
    (tmp_path / "class/eve.ipynb").symlink_to(tmp_path / "secret/eve.ipynb")
    (tmp_path / "class/mallory.ipynb").symlink_to("/etc/shadow")
    (tmp_path / "class/more").symlink_to(tmp_path / "secret")
    path = write_zip(tmp_path / "class.zip", {"bob.ipynb": BOB})
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


def test_a_small_zip_with_a_huge_notebook_is_refused(tmp_path: Path, assignment: Assignment) -> None:
    path = write_zip(tmp_path / "class.zip", {"ada.ipynb": bytes(60 << 20)})
    assert path.stat().st_size < 1 << 20
    with pytest.raises(Unreadable, match="larger than 50 MB"):
        find_submissions([path], assignment)[0].read()


def test_a_zip_with_a_password_can_not_be_read(tmp_path: Path, assignment: Assignment) -> None:
    path = write_zip(tmp_path / "class.zip", {"ada.ipynb": ADA, "bob.ipynb": BOB})
    raw = bytearray(path.read_bytes())
    raw[6] |= 1  # the flag of an encrypted member: in its own header, and in the list at the end
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    ada, bob = find_submissions([path], assignment)
    with pytest.raises(Unreadable, match=r"can't be read: .*(encrypted|password)"):
        ada.read()
    assert bob.read() == BOB


def test_a_damaged_member_of_a_zip_affects_its_student_only(tmp_path: Path, assignment: Assignment) -> None:
    path = write_zip(tmp_path / "class.zip", {"ada.ipynb": bytes(range(256)) * 40, "bob.ipynb": BOB})
    raw = bytearray(path.read_bytes())
    raw[60:70] = b"\xff" * 10
    path.write_bytes(raw)
    ada, bob = find_submissions([path], assignment)
    with pytest.raises(Unreadable, match="the file can't be read"):
        ada.read()
    assert bob.read() == BOB


def test_a_zip_with_a_damaged_list_of_members_is_refused(tmp_path: Path, assignment: Assignment) -> None:
    path = write_zip(tmp_path / "class.zip", {"ada.ipynb": ADA})
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02")] = 0
    path.write_bytes(raw)
    with pytest.raises(UsageError, match="the zip is broken"):
        find_submissions([path], assignment)


@pytest.mark.parametrize("name", ["ada.ipynb", "class.zip"])
def test_a_file_that_this_machine_fails_to_read_is_not_called_unreadable(
    tmp_path: Path, assignment: Assignment, name: str
) -> None:
    write_files(tmp_path, {"ada.ipynb": ADA})
    write_zip(tmp_path / "class.zip", {"ada.ipynb": ADA})
    (submission,) = find_submissions([tmp_path / name], assignment)
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError):
        submission.read()


def test_a_link_whose_path_is_given_is_refused_too(tmp_path: Path, assignment: Assignment) -> None:
    write_files(tmp_path, {"secret/ada.ipynb": ADA})
    (tmp_path / "eve.ipynb").symlink_to(tmp_path / "secret/ada.ipynb")
    (eve,) = find_submissions([tmp_path / "eve.ipynb"], assignment)
    with pytest.raises(Unreadable, match="the file is a link"):
        eve.read()


def test_a_zip_with_the_name_of_a_notebook_gives_one_submission_and_no_others(
    tmp_path: Path, assignment: Assignment
) -> None:
    path = write_zip(tmp_path / "eve.ipynb", {"bob.ipynb": BOB})
    assert [submission.student for submission in find_submissions([path], assignment)] == ["eve"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_with_an_unusual_compression_is_not_unpacked(
    tmp_path: Path, assignment: Assignment, method: int
) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w", method) as archive:
        archive.writestr("ada.ipynb", ADA)
    (ada,) = find_submissions([tmp_path / "class.zip"], assignment)
    with pytest.raises(Unreadable, match="packed in an unusual way"):
        ada.read()


def test_any_damage_to_a_zip_ends_in_a_sentence(tmp_path: Path, assignment: Assignment) -> None:
    path, rng = tmp_path / "class.zip", random.Random(1)
    sound = write_zip(path, {"ada.ipynb": ADA * 50, "b\xf6b.ipynb": BOB * 30}).read_bytes()
    problems = set()
    for _ in range(3000):
        raw = bytearray(sound)
        for _ in range(rng.randint(1, 3)):
            raw[rng.randrange(len(raw))] = rng.choice([0, 255, rng.randrange(256)])
        path.write_bytes(raw)
        try:
            for submission in find_submissions([path], assignment):
                submission.read()
        except (Unreadable, UsageError) as problem:
            problems.add(type(problem))
    assert problems == {Unreadable, UsageError}


def test_a_timestamp_that_is_too_long_is_ignored(tmp_path: Path, assignment: Assignment) -> None:
    write_files(tmp_path, {"submitted/ada/em_gmm/em_gmm.ipynb": ADA})
    stamp = tmp_path / "submitted/ada/em_gmm/timestamp.txt"
    stamp.write_bytes(b" " * 2000 + b"2026-01-01 00:00:00 UTC")
    assert find_submissions([tmp_path], assignment)[0].submitted_at is None
