"""A submission's folder is removed, whatever the submission did to it."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import remove as remove_module
from autograder.sandbox.remove import remove


def make_chain(folder: Path, depth: int) -> None:
    """Make `depth` nested folders with a file in each. Their path is far longer than the system allows."""
    folder.mkdir()
    current = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=current)
        below = os.open("d", os.O_RDONLY, dir_fd=current)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=below))
        os.close(current)
        current = below
    os.close(current)


def test_a_chain_of_folders_is_removed_however_long_it_is(tmp_path: Path) -> None:
    make_chain(tmp_path / "left", 3000)
    remove(str(tmp_path / "left"))
    assert list(tmp_path.iterdir()) == []


def test_files_beside_the_folder_and_targets_of_links_stay(tmp_path: Path) -> None:
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
    monkeypatch.setattr(remove_module, "_BATCH", 3)
    left = tmp_path / "left"
    for i in range(10):
        (left / f"folder{i}").mkdir(parents=True)
        (left / f"file{i}").touch()
        (left / "folder0" / f"file{i}").touch()
    remove(str(left))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_denies_access_to_its_own_user_is_removed() -> None:
    with tempfile.TemporaryDirectory() as name:
        left = Path(name, "left")
        inside = [left, left / "closed", left / "closed" / "inner"]
        inside[-1].mkdir(parents=True)
        for folder in reversed(inside):
            folder.chmod(0)
        if os.geteuid() == 0:  # no mode stops root, so another user removes it
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


def test_the_next_removal_finishes_one_that_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_chain(tmp_path / "left", 20)
    rmdir, calls = os.rmdir, iter(range(10))
    monkeypatch.setattr(os, "rmdir", lambda path: rmdir(path) if next(calls, None) is not None else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        remove(str(tmp_path / "left"))
    monkeypatch.undo()
    remove(str(tmp_path / "left"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_on_a_full_file_system_is_removed(tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "nr_inodes=40", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this user cannot mount a file system here")
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


def test_a_folder_that_is_gone_already_is_no_error(tmp_path: Path) -> None:
    remove(str(tmp_path / "gone"))
