"""A ledger on a share that lacks something. The kernel's answers are made here, because no test can mount a share."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path

import pytest

from autograder.assignment import UsageError, write_private
from autograder.runs import Ledger, locked


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS])
def test_a_disk_that_can_not_lock_is_named_and_grading_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def flock(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    said: list[str] = []
    with locked(tmp_path / "out", said.append):
        Ledger(tmp_path / "out").append({"student": "ada"})
    [sentence] = said
    assert "can't lock files" in sentence
    assert "only one run at a time" in sentence
    assert set(Ledger(tmp_path / "out").latest()) == {"ada"}


def test_a_lock_that_another_run_holds_is_still_respected(tmp_path: Path) -> None:
    said: list[str] = []
    with locked(tmp_path, said.append), pytest.raises(UsageError, match="another run"), locked(tmp_path, said.append):
        pass
    assert said == []


@pytest.mark.parametrize("of", ["folders", "files"])
@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF])
def test_a_disk_that_does_not_confirm_what_is_stored_is_remembered_and_no_result_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of: str, number: int
) -> None:
    def fsync(descriptor: int) -> None:
        if of == "files" or stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    ledger = Ledger(tmp_path)
    assert ledger.is_confirmed
    for student in ("ada", "bob"):
        ledger.append({"student": student})
    assert not ledger.is_confirmed
    assert set(ledger.latest()) == {"ada", "bob"}


def test_a_disk_that_fails_is_no_share_that_lacks_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fsync)
    ledger = Ledger(tmp_path)
    with pytest.raises(OSError, match="Input/output error"):
        ledger.append({"student": "ada"})
    assert ledger.latest() == {}


def test_a_secret_can_be_kept_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", link)
    write_private(tmp_path / "course.key", "first", replace=False)
    write_private(tmp_path / "course.key", "second", replace=False)
    assert (tmp_path / "course.key").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["course.key"]
