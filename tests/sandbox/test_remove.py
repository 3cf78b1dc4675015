"""What is left of a submission is removed, whatever it has made of its folder."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import remove as room
from autograder.sandbox.remove import remove


def chain(folder: Path, depth: int) -> None:
    """So many folders, one in the other, and a file in each: far longer than a path may be."""
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=below))
        os.close(here)
        here = below
    os.close(here)


def test_a_chain_of_folders_is_removed_however_long_it_is(tmp_path: Path) -> None:
    chain(tmp_path / "left", 3000)
    remove(str(tmp_path / "left"))
    assert list(tmp_path.iterdir()) == []


def test_what_lies_beside_the_folder_or_is_only_linked_to_stays(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("kept")
    left = tmp_path / "left"
    (left / "a" / "b").mkdir(parents=True)
    (left / "to a folder").symlink_to(tmp_path / "kept")
    (left / "a" / "to a file").symlink_to(tmp_path / "kept" / "file")
    (left / "a" / "b" / "nowhere").symlink_to("nowhere")
    remove(str(left))
    assert [path.name for path in tmp_path.rglob("*")] == ["kept", "file"]


def test_more_entries_than_are_held_in_memory_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_BATCH", 3)
    left = tmp_path / "left"
    for i in range(10):
        (left / f"folder{i}").mkdir(parents=True)
        (left / f"file{i}").touch()
        (left / "folder0" / f"file{i}").touch()
    remove(str(left))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_shut_against_its_own_user_is_removed() -> None:
    with tempfile.TemporaryDirectory() as name:
        left = Path(name, "left")
        inside = [left, left / "shut", left / "shut" / "inner"]
        inside[-1].mkdir(parents=True)
        for folder in reversed(inside):
            folder.chmod(0)
        if os.geteuid() == 0:  # whom nothing is shut against: have it done by somebody else
            for path in (Path(name), *inside):
                os.chown(path, 60000, 60000)
        child = os.fork()
        if child == 0:
            if os.geteuid() == 0:
                os.setresuid(60000, 60000, 60000)
            try:
                remove(str(left))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert os.listdir(name) == []


def test_a_removal_that_was_cut_off_is_taken_up_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain(tmp_path / "left", 20)
    rmdir, left = os.rmdir, iter(range(10))
    monkeypatch.setattr(os, "rmdir", lambda path: rmdir(path) if next(left, None) is not None else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        remove(str(tmp_path / "left"))
    monkeypatch.undo()
    remove(str(tmp_path / "left"))
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_room_is_emptied(tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "nr_inodes=40", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody here mount a file system")
    try:
        inner = tmp_path / "left" / "a" / "b"
        inner.mkdir(parents=True)
        for number in range(os.statvfs(tmp_path).f_favail):
            (inner / str(number)).touch()
        assert os.statvfs(tmp_path).f_favail == 0
        remove(str(tmp_path / "left"))
        assert os.listdir(tmp_path) == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_what_is_gone_already_is_no_error(tmp_path: Path) -> None:
    remove(str(tmp_path / "gone"))
